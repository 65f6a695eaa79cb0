// What can go wrong in the server, as classes with codes. What a web server does wrong is not here: it is told by the
// server's `problem` event.
import { UserError } from '../../model/errors.js';
import type { AbortCause } from '../../protocol/application-sink.js';

export type RequestErrorCode =
  /** The web server aborted the request or is gone, or the server is being closed: see `abortCause`. */
  | 'ERR_REQUEST_ABORTED'
  /** The request was ended: nothing more of it can be read, and nothing written. */
  | 'ERR_REQUEST_ENDED'
  /** A body is longer than the handler wanted to take. */
  | 'ERR_BODY_TOO_LARGE'
  /** Something was written after the end of the response. */
  | 'ERR_WRITE_AFTER_END'
  /** A header was set after the head was sent. */
  | 'ERR_HEADERS_SENT'
  /** A header's name or value can't stand in a response head. */
  | 'ERR_INVALID_HEADER';

/** Something about one request. */
export class RequestError extends Error {
  constructor(
    readonly code: RequestErrorCode,
    message: string,
    /** With ERR_REQUEST_ABORTED: why. */
    readonly abortCause?: AbortCause,
  ) {
    super(message);
    this.name = 'RequestError';
  }
}

export type ListenErrorCode =
  /** Somebody listens at that address. */
  | 'ERR_ADDRESS_IN_USE'
  /** The path of an AF_UNIX socket is taken by something that is no socket. */
  | 'ERR_NOT_A_SOCKET'
  /** Descriptor 0 is no listening socket: the program was not started as a FastCGI application. */
  | 'ERR_NOT_STARTED_AS_FASTCGI'
  /** The server listens already, or was closed. */
  | 'ERR_SERVER_STATE'
  /** Any other refusal of the system: see the message. */
  | 'ERR_LISTEN_FAILED';

/** The server can't listen as it was told. */
export class ListenError extends UserError {
  constructor(
    readonly code: ListenErrorCode,
    message: string,
    hint?: string,
  ) {
    super(message, hint);
    this.name = 'ListenError';
  }
}

const CAUSES: Readonly<Record<AbortCause, string>> = {
  'abort-request': 'the web server sent ABORT_REQUEST',
  'peer-ended': 'the web server closed the connection',
  'connection-lost': 'the connection to the web server broke',
  'protocol-error': 'the web server broke the protocol',
  timeout: 'the request took too long',
  closing: 'the server is closing',
};

export function endedError(): RequestError {
  return new RequestError('ERR_REQUEST_ENDED', 'the request has ended');
}

export function abortError(cause: AbortCause): RequestError {
  return new RequestError('ERR_REQUEST_ABORTED', `the request was aborted: ${CAUSES[cause]}`, cause);
}
