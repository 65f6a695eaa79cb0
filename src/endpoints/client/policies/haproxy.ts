// HAProxy as a FastCGI client: one request at a time on kept connections, and multiplexing as its options allow.
import { noPadding } from '../../../fastcgi/encode.js';
import { type CgiRequest, headerVariables, type ParamList } from '../cgi-request.js';
import type { RuleChanges } from '../client-rules.js';
import type { ClientPolicy, PolicyFact } from './policy.js';

const RECORDED = 'recorded, HAProxy 2.6.12';
const SOURCE = 'source, HAProxy of August 2026';

const COMMON_FACTS: readonly PolicyFact[] = [
  { what: 'flags 1 (option keep-conn is the default)', from: RECORDED },
  { what: 'ids 1, 3, 5 ... never used again; a connection is replaced after id 32,767', from: RECORDED },
  { what: 'no padding anywhere; PARAMS in one record, then the empty one', from: RECORDED },
  { what: 'STDIN in records of at most 16,320 bytes, then the empty one', from: RECORDED },
  {
    what: 'headers before the CGI variables, repeated ones apart; no empty QUERY_STRING; CONTENT_LENGTH 0 without a body',
    from: RECORDED,
  },
  { what: 'idle connections are closed with RST, half of them each 5 s', from: RECORDED },
  { what: 'ABORT_REQUEST where a request is given up', from: SOURCE },
  { what: 'a response with its empty STDOUT record is complete without END_REQUEST', from: 'measured, HAProxy 2.6.12' },
];

const RULES: RuleChanges = {
  keepConn: true,
  pool: { maximum: Number.POSITIVE_INFINITY, keepIdle: Number.POSITIVE_INFINITY, order: 'lifo', idleTimeout: 5000 },
  requestIds: 'odd-growing',
  params: { cut: 'at-pairs', recordSize: 65_535, padding: noPadding, tooLarge: 'refuse' },
  body: { recordSize: 16_320, padding: noPadding },
  eofCompletes: 'after-stdout',
  foreignIds: 'report',
  foreignTypes: 'report',
  abort: 'tell',
  closing: 'rst',
  getValuesNames: ['FCGI_MAX_REQS', 'FCGI_MPXS_CONNS'],
  getValuesPadding: noPadding,
};

function params(request: CgiRequest): ParamList {
  const list: ParamList = [];
  headerVariables(request, { repeated: 'apart', bare: ['content-type', 'content-length'] }, list);
  list.push(['GATEWAY_INTERFACE', 'CGI/1.1'], ['DOCUMENT_ROOT', request.root], ['SCRIPT_NAME', request.scriptName]);
  if (request.pathInfo !== undefined) {
    list.push(['PATH_INFO', request.pathInfo], ['PATH_TRANSLATED', request.root + request.pathInfo]);
  }
  const host = request.headers.find(([name]) => name === 'host')?.[1];
  list.push(['REQUEST_URI', request.uri], ['REQUEST_METHOD', request.method]);
  if (request.query !== '') list.push(['QUERY_STRING', request.query]);
  list.push(
    ['SERVER_NAME', host ?? request.serverName],
    ['SERVER_PORT', String(request.serverPort)],
    ['SERVER_PROTOCOL', request.protocol],
    ['REMOTE_ADDR', request.remoteAddress],
    ['REMOTE_PORT', String(request.remotePort)],
    ['SCRIPT_FILENAME', request.scriptFilename],
  );
  if (request.scheme === 'https') list.push(['HTTPS', 'on']);
  if (request.contentLength === undefined) list.push(['CONTENT_LENGTH', '0']);
  list.push(['SERVER_SOFTWARE', request.serverSoftware ?? 'HAProxy 2.6.12']);
  return list;
}

export const haproxy: ClientPolicy = {
  name: 'haproxy',
  summary: 'HAProxy by default: kept connections, one request at a time, ids that only grow',
  rules: { ...RULES, multiplex: 'never' },
  params,
  facts: COMMON_FACTS,
};

/**
 * With `option mpxs-conns`, `option get-values` and `option max-reqs`.
 * @param maxReqs requests at a time on one connection.
 */
export function haproxyMultiplexing(maxReqs = 10): ClientPolicy {
  return {
    name: 'haproxy-multiplexing',
    summary: `HAProxy with mpxs-conns, get-values and max-reqs ${maxReqs}: multiplexes`,
    rules: { ...RULES, multiplex: maxReqs, askFirst: true },
    params,
    facts: [
      ...COMMON_FACTS,
      { what: 'GET_VALUES for FCGI_MAX_REQS and FCGI_MPXS_CONNS first on every connection, unpadded', from: RECORDED },
      {
        what: 'requests wait for its answer: libfcgi, which does not answer unpadded records, is never used',
        from: 'measured, HAProxy 2.6.12',
      },
      { what: 'without FCGI_MPXS_CONNS=1, and after CANT_MPX_CONN, one request at a time', from: SOURCE },
    ],
  };
}
