// nginx as a FastCGI client: without keep-alive, with fastcgi_keep_conn but no pool, and with both.
import { padToEight } from '../../../fastcgi/encode.js';
import { type CgiRequest, type HeaderStyle, nginxParams, type ParamList } from '../cgi-request.js';
import type { RuleChanges } from '../client-rules.js';
import type { ClientPolicy, PolicyFact } from './policy.js';

const RECORDED = 'recorded, nginx 1.22.1';
const SOURCE = 'source, nginx 1.22 and 1.31';

const COMMON_FACTS: readonly PolicyFact[] = [
  { what: 'request id 1, one request at a time; other ids and types than 3, 6, 7 end the request', from: SOURCE },
  { what: 'BEGIN_REQUEST without padding; PARAMS in one record padded to 8, then the empty one', from: RECORDED },
  { what: 'PARAMS over 65,535 bytes: "fastcgi request record is too big", nothing is sent', from: RECORDED },
  {
    what: 'STDIN in records of 32,768 bytes (the body is buffered first), padded to 8, then the empty one',
    from: RECORDED,
  },
  { what: 'PARAMS in the order of fastcgi.conf; HTTP_ variables after them, repeated headers apart', from: RECORDED },
  { what: 'everything up to the empty STDIN in one write where it is small', from: RECORDED },
  { what: 'no GET_VALUES, no ABORT_REQUEST: it closes the connection', from: SOURCE },
];

const RULES: RuleChanges = {
  requestIds: 'one',
  multiplex: 'never',
  params: { cut: 'at-pairs', recordSize: 65_535, padding: padToEight, tooLarge: 'refuse' },
  body: { recordSize: 32_768, padding: padToEight },
  foreignIds: 'fail',
  foreignTypes: 'fail',
  abort: 'close',
  closing: 'fin',
  timeouts: { connect: 60_000, firstByte: 60_000, idle: 60_000 },
};

const HEADERS: HeaderStyle = { repeated: 'apart' };

function params(request: CgiRequest): ParamList {
  return nginxParams({ ...request, serverSoftware: request.serverSoftware ?? 'nginx/1.22.1' }, HEADERS);
}

/** Default settings: a connection for every request. */
export const nginx: ClientPolicy = {
  name: 'nginx',
  summary: 'nginx by default: a connection for each request, the application closes',
  rules: {
    ...RULES,
    keepConn: false,
    pool: { maximum: Number.POSITIVE_INFINITY, keepIdle: 0 },
    doneAt: 'stdout-end',
    eofCompletes: 'after-head',
    retry: { attempts: 1 },
  },
  params,
  facts: [
    ...COMMON_FACTS,
    { what: 'flags 0; the application sends the first FIN', from: 'recorded, nginx 1.22.1, 6 of 6' },
    {
      what: 'complete at the empty STDOUT; a response cut in its body looks complete too',
      from: 'measured, nginx 1.22.1',
    },
  ],
};

/** `fastcgi_keep_conn on` without an upstream's `keepalive`. */
export const nginxKeepConn: ClientPolicy = {
  name: 'nginx-keep-conn',
  summary: 'nginx with fastcgi_keep_conn but no keepalive pool: asks to keep connections and closes them itself',
  rules: {
    ...RULES,
    keepConn: true,
    pool: { maximum: Number.POSITIVE_INFINITY, keepIdle: 0 },
    retry: { attempts: 1 },
  },
  params,
  facts: [
    ...COMMON_FACTS,
    { what: 'flags 1; nginx sends the first FIN after END_REQUEST', from: 'recorded, nginx 1.22.1, 6 of 6' },
    { what: 'a response without END_REQUEST is cut', from: 'measured, nginx 1.22.1' },
  ],
};

/**
 * `fastcgi_keep_conn on` and `keepalive SIZE`.
 * @param size idle connections kept; of one nginx worker process.
 */
export function nginxKeepalive(size = 32): ClientPolicy {
  return {
    name: 'nginx-keepalive',
    summary: `nginx with fastcgi_keep_conn and a keepalive pool of ${size}`,
    rules: {
      ...RULES,
      keepConn: true,
      pool: {
        maximum: Number.POSITIVE_INFINITY,
        keepIdle: size,
        order: 'lifo',
        idleTimeout: 60_000,
        maxRequests: 1000,
        maxAge: 3_600_000,
      },
      retry: {
        attempts: 2,
        on: 'reused',
        // All but POST, LOCK and PATCH.
        methods: [
          'GET',
          'HEAD',
          'PUT',
          'DELETE',
          'MKCOL',
          'COPY',
          'MOVE',
          'OPTIONS',
          'PROPFIND',
          'PROPPATCH',
          'UNLOCK',
          'TRACE',
        ],
      },
    },
    params,
    facts: [
      ...COMMON_FACTS,
      { what: 'flags 1; the connection used last serves next, the one unused longest makes room', from: SOURCE },
      { what: 'keepalive_timeout 60 s, keepalive_requests 1000, keepalive_time 1 h', from: SOURCE },
      {
        what: 'a kept connection that was closed: idempotent methods are sent again on a new one',
        from: 'measured, nginx 1.22.1',
      },
    ],
  };
}
