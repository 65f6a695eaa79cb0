// FastCGI 1.0 without IO, as `fcgi-inspect/protocol` exports it: constants, records, name-value pairs, CGI response
// heads, and the state machines of both ends of a connection.
export * from '../fastcgi/constants.js';
export * from '../fastcgi/encode.js';
export { EVERY_LENGTH, MAX_PAIR, NameValueParser, type PairSink } from '../fastcgi/name-value.js';
export { RecordParser, type RecordSink } from '../fastcgi/record-parser.js';
export { MAX_HEAD, ResponseHead } from '../fastcgi/response-head.js';
export * from './application-connection.js';
export * from './application-options.js';
export { Params } from './application-params.js';
export type { ApplicationProblem, ApplicationProblemCode } from './application-problems.js';
export type { ApplicationRequest } from './application-request.js';
export type { AbortCause, ApplicationSink } from './application-sink.js';
export {
  WebServerConnection,
  type WebServerConnectionOptions,
  type WebServerSink,
} from './web-server-connection.js';
export { FixedId, HighestPlusOneIds, LowestFreeIds, OddGrowingIds, type RequestIds } from './web-server-ids.js';
export {
  fitsOneRecord,
  type ParamsCut,
  type ParamsRules,
  type ParamsWritten,
  writeParams,
} from './web-server-params.js';
export {
  type AnswerLoss,
  type AnswerSink,
  NO_ANSWER,
  type StreamRules,
  WebServerRequest,
} from './web-server-request.js';
export { authorizerVariables, CgiResponse, type HeadFault, ResponseHeaders } from './web-server-response.js';
