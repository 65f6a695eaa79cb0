// `fcgi-inspect/server`: a FastCGI and SCGI server for Node. See docs/server.md.

export {
  AUTHORIZER,
  CANT_MPX_CONN,
  FILTER,
  OVERLOADED,
  REQUEST_COMPLETE,
  RESPONDER,
  UNKNOWN_ROLE,
} from '../../fastcgi/constants.js';
export { noPadding, type PaddingRule, padToEight } from '../../fastcgi/encode.js';
export type {
  AlteredOutput,
  ApplicationLimits,
  OutgoingRecord,
  OutputAlteration,
  PeerEndPolicy,
} from '../../protocol/application-options.js';
export { DEFAULT_LIMITS } from '../../protocol/application-options.js';
export { Params } from '../../protocol/application-params.js';
export type { ApplicationProblem, ApplicationProblemCode } from '../../protocol/application-problems.js';
export type { AbortCause } from '../../protocol/application-sink.js';
export type { ConnectionSocket, ServerConnection } from './connection.js';
export type { ServerCounters } from './counters.js';
export { createServer } from './create-server.js';
export { ListenError, type ListenErrorCode, RequestError, type RequestErrorCode } from './errors.js';
export { type HttpListener, httpHandler } from './http-handler.js';
export { HttpRequest } from './http-request.js';
export { HttpResponse } from './http-response.js';
export {
  FCGI_LISTENSOCK_FILENO,
  type InheritedAddress,
  type ListenAddress,
  type TcpAddress,
  type UnixAddress,
} from './listen-address.js';
export {
  DEFAULT_TIMEOUTS,
  type RequestHandler,
  type ServerOptions,
  type ServerProtocol,
  type ServerTimeouts,
} from './options.js';
export { DEFAULT_BODY_LIMIT, type RequestProtocol, ServerRequest } from './request.js';
export { type CloseOptions, Server } from './server.js';
export type { ServerEvents } from './server-events.js';
export { closeOnSignals, type SignalSource } from './signals.js';
export { webServerAddresses } from './web-server-addresses.js';
