// What can go wrong with a request, as one class with a code: everything an application or the network does wrong.
// A request that is asked wrongly is a UserError or a RangeError instead.

/**
 * | code | meaning |
 * | --- | --- |
 * | `connect-failed` | no connection: refused, no such socket, no permission, accept queue of a unix socket full (`cause` has the system's error) |
 * | `connect-timeout` | no connection within `timeouts.connect` |
 * | `queue-full`, `queue-timeout` | every connection was taken, and no place or no time left to wait for one |
 * | `first-byte-timeout` | nothing answered within `timeouts.firstByte` after the request was begun |
 * | `idle-timeout` | the exchange stood still for `timeouts.idle` |
 * | `total-timeout` | not finished within `timeouts.total` |
 * | `closed` | the application closed before END_REQUEST (section 5.5); `missing` bytes of a record that was cut |
 * | `reset` | the connection was reset, or broke while sending |
 * | `not-fastcgi` | the answer has another version than 1: no FastCGI is spoken there |
 * | `protocol-error` | END_REQUEST of a wrong length, or a record that the client's rules do not let pass |
 * | `cant-multiplex` | END_REQUEST with CANT_MPX_CONN, and the request could not be tried on another connection |
 * | `overloaded` | END_REQUEST with OVERLOADED |
 * | `unknown-role` | END_REQUEST with UNKNOWN_ROLE |
 * | `protocol-status` | END_REQUEST with a status that the specification does not know; see `protocolStatus` |
 * | `no-head` | the response ended before its head was complete |
 * | `bad-head` | the head is no CGI response: a line without a colon, a Status without a number, or a status line |
 * | `head-too-large` | the head is longer than `maxHead` |
 * | `body-failed` | the request's own body stream failed (`cause`) |
 * | `slow-reader` | the response was not read and the connection is shared, with `slowReader: 'abort'` |
 * | `params-too-large` | PARAMS do not fit into one record, and the rules allow no second one; nothing was sent |
 * | `aborted` | the request's AbortSignal (`cause` is its reason), or `abort()` |
 * | `client-closed` | the client was closed |
 * | `scgi-truncated` | an SCGI response that ended before its Content-Length |
 */
export type ClientErrorCode =
  | 'connect-failed'
  | 'connect-timeout'
  | 'queue-full'
  | 'queue-timeout'
  | 'first-byte-timeout'
  | 'idle-timeout'
  | 'total-timeout'
  | 'closed'
  | 'reset'
  | 'not-fastcgi'
  | 'protocol-error'
  | 'cant-multiplex'
  | 'overloaded'
  | 'unknown-role'
  | 'protocol-status'
  | 'no-head'
  | 'bad-head'
  | 'head-too-large'
  | 'body-failed'
  | 'slow-reader'
  | 'params-too-large'
  | 'aborted'
  | 'client-closed'
  | 'scgi-truncated';

/**
 * How far the exchange had come:
 * - `waiting`: for a connection in the pool
 * - `connecting`
 * - `before-answer`: not a byte had come
 * - `in-head`: something had come, but not the whole CGI head
 * - `in-body`
 * - `after-stdout`: the empty STDOUT record had come, END_REQUEST had not
 * - `ended`: END_REQUEST had come
 */
export type Phase = 'waiting' | 'connecting' | 'before-answer' | 'in-head' | 'in-body' | 'after-stdout' | 'ended';

/** What arrived before the failure. */
export interface Arrived {
  /** Bytes of STDOUT, head included. */
  readonly stdoutBytes: number;
  /** HTTP status, once the head was complete. */
  readonly status: number | undefined;
  /** STDERR so far, up to the client's limit. */
  readonly stderr: Uint8Array;
}

export interface ClientErrorDetails {
  readonly phase: Phase;
  /** The FastCGI request id; 0 where the request had none yet. */
  readonly requestId?: number;
  readonly arrived?: Arrived;
  readonly appStatus?: number;
  readonly protocolStatus?: number;
  readonly missing?: number;
  readonly attempts?: number;
  readonly cause?: unknown;
}

const NOTHING: Arrived = { stdoutBytes: 0, status: undefined, stderr: new Uint8Array(0) };

export class ClientError extends Error {
  readonly code: ClientErrorCode;
  readonly phase: Phase;
  readonly requestId: number;
  readonly arrived: Arrived;
  /** Of END_REQUEST, where it came. */
  readonly appStatus: number | undefined;
  readonly protocolStatus: number | undefined;
  /** Bytes that a cut record lacks; 0 where none was cut. */
  readonly missing: number;
  /** How often the request was sent or connecting was tried. */
  readonly attempts: number;

  constructor(code: ClientErrorCode, message: string, details: ClientErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'ClientError';
    this.code = code;
    this.phase = details.phase;
    this.requestId = details.requestId ?? 0;
    this.arrived = details.arrived ?? NOTHING;
    this.appStatus = details.appStatus;
    this.protocolStatus = details.protocolStatus;
    this.missing = details.missing ?? 0;
    this.attempts = details.attempts ?? 1;
  }
}

/** The system's name of an error (`ECONNREFUSED`), if it has one. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
