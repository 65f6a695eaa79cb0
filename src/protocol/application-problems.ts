// What a web server can do wrong on a FastCGI connection, as the application's end sees it. These are told, never
// thrown: each has a code, the place, and one sentence. Codes that the analysis knows too have the same name there.
import { typeName } from '../fastcgi/constants.js';

export type ApplicationProblemCode =
  /** A record header whose version is not 1: the connection can't be read any further (section 3.3). */
  | 'record-bad-version'
  /** A type that only applications send (section 8). The record is skipped. */
  | 'record-wrong-direction'
  /** A BEGIN_REQUEST whose content is not 8 bytes (section 5.1). The connection is closed. */
  | 'record-bad-length'
  /** A record that may not come at this point of its request: skipped, or the request is ended where it can't be. */
  | 'record-out-of-order'
  /** PARAMS ended inside a name-value pair (section 3.4). The request is ended with appStatus 1. */
  | 'params-truncated'
  /** PARAMS beyond a limit. The request is ended with OVERLOADED. */
  | 'params-too-large'
  /** BEGIN_REQUEST for a request that is still being sent. The connection is closed, since two would be mixed. */
  | 'begin-for-active-id'
  /** BEGIN_REQUEST for an id whose request is sent but not answered: it waits for that answer. */
  | 'begin-before-end'
  /** BEGIN_REQUEST with request id 0 (section 3.3). The connection is closed. */
  | 'begin-id-zero'
  /** An application record with request id 0, or a management record with another (section 3.3). Skipped. */
  | 'record-wrong-id'
  /** A type the specification does not know: answered with UNKNOWN_TYPE where its id is 0, skipped elsewhere. */
  | 'record-unknown-type'
  /** A record whose request is not active (section 3.3). Skipped. */
  | 'record-for-unknown-request'
  /** The connection ended inside a record. */
  | 'record-cut'
  /** More requests on this connection at once than the limit. The new one is ended with OVERLOADED. */
  | 'too-many-requests'
  /** GET_VALUES that ends inside a pair (section 4.1). What could be read is answered. */
  | 'management-record-malformed'
  /** STDIN or DATA had not as many bytes as CONTENT_LENGTH or FCGI_DATA_LENGTH says (sections 6.2, 6.4). */
  | 'content-length-mismatch'
  /** An SCGI request that is not what that protocol says. The connection is closed. */
  | 'scgi-malformed';

export interface ApplicationProblem {
  readonly code: ApplicationProblemCode;
  /** One sentence about this case. */
  readonly detail: string;
  /** Of the record concerned. */
  readonly requestId: number;
  readonly recordType: number;
  /** Where its header stands in the web server's stream, in bytes. */
  readonly offset: number;
}

/** `STDIN of request 3`, `GET_VALUES`. */
export function recordText(type: number, requestId: number): string {
  return requestId === 0 ? typeName(type) : `${typeName(type)} of request ${requestId}`;
}

/** What another protocol's first byte says about who is calling (`version` is the byte where FastCGI has its version). */
export function versionText(version: number): string {
  const guess =
    version === 0x16
      ? ': a TLS handshake'
      : version >= 0x41 && version <= 0x5a
        ? `: the letter ${String.fromCharCode(version)}, as if an HTTP request began here`
        : version >= 0x30 && version <= 0x39
          ? `: the digit ${String.fromCharCode(version)}, as if an SCGI request began here`
          : '';
  return `the record's version is ${version}, not 1${guess}`;
}
