// Apache httpd as a client: mod_proxy_fcgi with and without enablereuse, and how mod_cgid connects to its daemon.
import { noPadding } from '../../../fastcgi/encode.js';
import { type CgiRequest, headerVariables, type ParamList } from '../cgi-request.js';
import type { RuleChanges } from '../client-rules.js';
import type { ClientPolicy, PolicyFact } from './policy.js';

const RECORDED = 'recorded, Apache 2.4.71';
const SOURCE = 'source, httpd 2.4.68';

const COMMON_FACTS: readonly PolicyFact[] = [
  {
    what: 'request id 1; another id in the answer ends the request, an unknown type is skipped',
    from: 'measured, 2.4.71',
  },
  { what: 'no padding anywhere', from: RECORDED },
  { what: 'PARAMS in records of at most 16 KiB, cut between pairs, then the empty one', from: RECORDED },
  { what: 'STDIN in records of 8192 bytes, then the empty one', from: RECORDED },
  { what: 'headers before the CGI variables; SCRIPT_FILENAME with "proxy:fcgi://" before the path', from: RECORDED },
  { what: 'a closed kept connection is not tried again', from: 'measured, 2.4.71' },
  {
    what: 'connecting to AF_UNIX blocks while the accept queue is full, without a time limit',
    from: 'measured, 2.4.71',
  },
  { what: 'no GET_VALUES, no ABORT_REQUEST', from: SOURCE },
];

const RULES: RuleChanges = {
  requestIds: 'one',
  multiplex: 'never',
  params: { cut: 'at-pairs', recordSize: 16_384, padding: noPadding, tooLarge: 'split' },
  body: { recordSize: 8192, padding: noPadding },
  foreignIds: 'fail',
  foreignTypes: 'report',
  abort: 'close',
  closing: 'fin',
  retry: { attempts: 1 },
  connectRetry: { blocking: true },
  timeouts: { connect: 60_000, firstByte: 60_000, idle: 60_000 },
};

function params(request: CgiRequest): ParamList {
  const list: ParamList = [];
  headerVariables(request, { repeated: 'joined', cookieJoint: ', ', bare: ['content-type', 'content-length'] }, list);
  list.push(
    ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    ['SERVER_SIGNATURE', ''],
    ['SERVER_SOFTWARE', request.serverSoftware ?? 'Apache/2.4.71 (Debian)'],
    ['SERVER_NAME', request.serverName],
    ['SERVER_ADDR', request.serverAddress],
    ['SERVER_PORT', String(request.serverPort)],
    ['REMOTE_ADDR', request.remoteAddress],
    ['DOCUMENT_ROOT', request.root],
    ['REQUEST_SCHEME', request.scheme],
    ['CONTEXT_PREFIX', ''],
    ['CONTEXT_DOCUMENT_ROOT', request.root],
    ['SERVER_ADMIN', '[no address given]'],
    ['SCRIPT_FILENAME', proxied(request)],
    ['REMOTE_PORT', String(request.remotePort)],
    ['GATEWAY_INTERFACE', 'CGI/1.1'],
    ['SERVER_PROTOCOL', request.protocol],
    ['REQUEST_METHOD', request.method],
    ['QUERY_STRING', request.query],
    ['REQUEST_URI', request.uri],
    ['SCRIPT_NAME', request.scriptName],
  );
  if (request.pathInfo !== undefined) list.push(['PATH_INFO', request.pathInfo]);
  return list;
}

function proxied(request: CgiRequest): string {
  const host = request.endpoint.startsWith('unix:') ? 'localhost' : request.endpoint;
  return `proxy:fcgi://${host}${request.scriptFilename}`;
}

export const apache: ClientPolicy = {
  name: 'apache',
  summary: 'Apache mod_proxy_fcgi by default: a connection for each request',
  rules: { ...RULES, keepConn: false, pool: { maximum: Number.POSITIVE_INFINITY, keepIdle: 0 } },
  params,
  facts: [...COMMON_FACTS, { what: 'flags 0; the application sends the first FIN', from: 'recorded, 2.4.71, 6 of 6' }],
};

/** @param max connections of one Apache process (its threads, unless `max=` says otherwise). */
export function apacheReuse(max = 25): ClientPolicy {
  return {
    name: 'apache-reuse',
    summary: `Apache mod_proxy_fcgi with enablereuse=on: keeps up to ${max} connections`,
    rules: {
      ...RULES,
      keepConn: true,
      pool: { maximum: max, keepIdle: max, order: 'lifo', idleTimeout: 60_000 },
    },
    params,
    facts: [
      ...COMMON_FACTS,
      { what: 'flags 1; requests one after the other on one connection', from: RECORDED },
      { what: 'idle connections are kept for ttl, 60 s', from: 'documentation, mod_proxy' },
    ],
  };
}

/** How mod_cgid connects: everything else is as `apache`. */
export const modCgid: ClientPolicy = {
  name: 'mod-cgid',
  summary: "mod_cgid's way to connect: 15 tries, waiting 100 ms doubled up to 3.2 s",
  rules: {
    ...apache.rules,
    connectRetry: {
      attempts: 15,
      firstDelay: 100,
      doubleBelow: 2000,
      codes: ['ECONNREFUSED', 'ENOENT'],
      blocking: true,
    },
    timeouts: { connect: 0, firstByte: 60_000, idle: 60_000 },
  },
  params,
  facts: [
    { what: 'ECONNREFUSED and ENOENT are tried again, 15 tries in all', from: SOURCE },
    {
      what: 'sleeps of 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 3.2 ... s: doubled while below 2 s, 31.9 s in the worst case',
      from: SOURCE,
    },
    { what: 'the socket blocks: a full accept queue is waited for and nothing is logged', from: 'measured, 2.4.71' },
  ],
};
