// The client as a library: `fcgi-inspect/client`.
export { noPadding, type PaddingRule, padToEight } from '../../fastcgi/encode.js';
export { UserError } from '../../model/errors.js';
export type { ResponseHeaders } from '../../protocol/web-server-response.js';
export { type EndpointAddress, formatAddress, parseAddress } from '../address.js';
export type { Clock, Timer } from '../clock.js';
export {
  type CgiRequest,
  type CgiRequestOptions,
  nginxParams,
  type ParamChanges,
  type ParamList,
  type RequestHeaders,
} from './cgi-request.js';
export { type ClientCounts, type ClientOptions, type ClientRequest, FastcgiClient } from './client.js';
export {
  type BodyStreamRules,
  type ClientRules,
  type ConnectRetryRules,
  DEFAULT_RULES,
  type ParamsStreamRules,
  type PoolRules,
  type RequestTimeouts,
  type RetryRules,
  type RuleChanges,
  type Timeouts,
} from './client-rules.js';
export type { ClientProblem } from './connection.js';
export { type Arrived, ClientError, type ClientErrorCode, type Phase } from './errors.js';
export type { Completion, ExchangeRequest, ExchangeSink, RunningExchange } from './exchange-request.js';
export type { OutgoingFaults, OutgoingRecord } from './outgoing.js';
export { apache, apacheReuse, modCgid } from './policies/apache.js';
export { haproxy, haproxyMultiplexing } from './policies/haproxy.js';
export { POLICIES, policyNamed } from './policies/index.js';
export { lighttpd, lighttpd2009 } from './policies/lighttpd.js';
export { nginx, nginxKeepalive, nginxKeepConn } from './policies/nginx.js';
export type { ClientPolicy, PolicyFact } from './policies/policy.js';
export type { RequestBody } from './request-body.js';
export type { ClientResponse, ResponseTimes } from './response.js';
export { ScgiClient, type ScgiClientOptions, type ScgiRequest } from './scgi-client.js';
export type { TraceEvent, TraceHook, TraceRecord } from './trace.js';
export { VALUE_NAMES, type ValuesAnswer } from './values.js';
