// What a server tells: the events of a Server and what their listeners get. None of them needs a listener.
import type { ApplicationProblem } from '../../protocol/application-problems.js';
import type { AbortCause } from '../../protocol/application-sink.js';
import type { ServerConnection } from './connection.js';
import type { ServerRequest } from './request.js';

export interface ServerEvents {
  listening: [];
  /** It does not accept any more; connections go on. */
  stopped: [];
  /** It has closed: no connection is left. */
  close: [];
  connection: [connection: ServerConnection];
  connectionClosed: [connection: ServerConnection];
  /** A socket was closed at once: over the limit, or its peer may not connect. */
  dropped: [reason: 'limit' | 'address' | 'closing'];
  /** A request's handler is about to begin. */
  request: [request: ServerRequest];
  requestAborted: [request: ServerRequest, cause: AbortCause];
  /** It was answered, or never can be. */
  requestEnd: [request: ServerRequest];
  /** Its handler has come to an end: its promise settled, or the request ended. After `requestEnd` or before. */
  handlerEnd: [request: ServerRequest];
  /** A handler threw or rejected; the request was ended for it. */
  handlerError: [error: unknown, request: ServerRequest];
  /** A request could not begin and was answered with that protocolStatus. */
  refused: [role: number, protocolStatus: number];
  /** A request ended before its PARAMS had. */
  unfinished: [role: number];
  /** A web server did something wrong. */
  problem: [problem: ApplicationProblem];
  /** The system could not accept a connection: too many open files, usually. */
  acceptError: [error: Error];
  /** A part of FCGI_WEB_SERVER_ADDRS is no address. */
  addressProblem: [part: string];
  /** What SCGI requests write to STDERR, which that protocol has no place for. */
  stderr: [text: Uint8Array, request: ServerRequest];
}
