// lighttpd as a FastCGI client: of today, and as it was when request ids grew until they overflowed.
import { noPadding } from '../../../fastcgi/encode.js';
import { type CgiRequest, headerVariables, type ParamList } from '../cgi-request.js';
import type { RuleChanges } from '../client-rules.js';
import type { ClientPolicy } from './policy.js';

const RECORDED = 'recorded, lighttpd 1.4.69';
const SOURCE = 'source, lighttpd 1.4.69';

const RULES: RuleChanges = {
  keepConn: false,
  pool: { maximum: Number.POSITIVE_INFINITY, keepIdle: 0 },
  requestIds: 'one',
  multiplex: 'never',
  params: { cut: 'at-pairs', recordSize: 65_535, padding: noPadding, tooLarge: 'refuse' },
  body: { recordSize: 65_535, padding: noPadding },
  foreignIds: 'accept',
  foreignTypes: 'report',
  abort: 'close',
  closing: 'fin',
  retry: { attempts: 1 },
  timeouts: { connect: 0, firstByte: 0, idle: 0 },
};

function params(request: CgiRequest): ParamList {
  const list: ParamList = [
    ['CONTENT_LENGTH', String(request.contentLength ?? 0)],
    ['QUERY_STRING', request.query],
    ['REQUEST_URI', request.uri],
    ['REDIRECT_STATUS', '200'],
    ['SCRIPT_NAME', request.scriptName],
  ];
  if (request.pathInfo !== undefined) {
    list.push(['PATH_INFO', request.pathInfo], ['PATH_TRANSLATED', request.root + request.pathInfo]);
  }
  list.push(
    ['SCRIPT_FILENAME', request.scriptFilename],
    ['DOCUMENT_ROOT', request.root],
    ['REQUEST_METHOD', request.method],
    ['SERVER_PROTOCOL', request.protocol],
    ['SERVER_SOFTWARE', request.serverSoftware ?? 'lighttpd/1.4.69'],
    ['GATEWAY_INTERFACE', 'CGI/1.1'],
    ['REQUEST_SCHEME', request.scheme],
    ['SERVER_PORT', String(request.serverPort)],
    ['SERVER_ADDR', request.serverAddress],
    ['SERVER_NAME', request.serverName],
    ['REMOTE_ADDR', request.remoteAddress],
    ['REMOTE_PORT', String(request.remotePort)],
  );
  if (request.scheme === 'https') list.push(['HTTPS', 'on']);
  headerVariables(request, { repeated: 'joined', underscores: true, bare: ['content-type'] }, list);
  return list;
}

export const lighttpd: ClientPolicy = {
  name: 'lighttpd',
  summary: 'lighttpd 1.4.23 and later: a connection for each request, no padding, id 1',
  rules: RULES,
  params,
  facts: [
    { what: 'flags 0: connections are never kept', from: RECORDED },
    { what: 'request id 1; ids and versions of the answer are not looked at', from: SOURCE },
    {
      what: 'PARAMS in one record without padding, then the empty one; over 65,535 bytes nothing is sent',
      from: RECORDED,
    },
    { what: 'STDIN in records of 65,535 bytes without padding, then the empty one', from: RECORDED },
    {
      what: 'CONTENT_LENGTH first, also 0; repeated headers joined; Content-Type only as CONTENT_TYPE',
      from: RECORDED,
    },
    { what: 'no timeouts unless configured, no ABORT_REQUEST', from: SOURCE },
    { what: 'the application sends the first FIN, mostly', from: 'recorded, lighttpd 1.4.69, 5 of 6' },
  ],
};

/**
 * lighttpd before 1.4.23.
 * @param highest an id that counts as in use for ever, as that of a permanent long poll: with 65,535 the first request
 * goes out with id 0, which libfcgi answers by closing the connection.
 */
export function lighttpd2009(highest = 0): ClientPolicy {
  return {
    name: 'lighttpd-1.4.22',
    summary: 'lighttpd before 1.4.23: request ids grow while any request is in progress, and overflow to 0',
    rules: { ...RULES, requestIds: 'highest-plus-one', highestRequestId: highest },
    params,
    facts: [
      {
        what: 'the id is one more than the highest in use on any connection, written as 16 bits',
        from: 'source before 24 April 2009 (mended in r2477, "just use always id 1")',
      },
      { what: 'everything else as lighttpd of today', from: 'not checked' },
    ],
  };
}
