// How a client behaves: what it sends, how it keeps connections, when it gives up. A policy sets some of these rules to
// those of a web server; options set single ones.
import { type PaddingRule, padToEight } from '../../fastcgi/encode.js';
import { getValuesPadding } from '../../protocol/web-server-connection.js';
import type { ParamsCut } from '../../protocol/web-server-params.js';

/** Times in milliseconds; 0 is none. */
export interface Timeouts {
  /** For one connection to be established. Default 10,000. */
  readonly connect: number;
  /** In the pool's queue, until a connection is free or begins to be opened. Default 30,000. */
  readonly queue: number;
  /** From the last byte of the request sent, or from its begin where it takes longer, to the first byte answered. Default 60,000. */
  readonly firstByte: number;
  /** Without a byte in either direction. Default 60,000. */
  readonly idle: number;
  /** From the call to the end of the exchange, waiting and connecting included. Default 0. */
  readonly total: number;
  /** For the answer to GET_VALUES. Default 1000. */
  readonly getValues: number;
  /** For END_REQUEST after ABORT_REQUEST; then the connection is given up. Default 5000. */
  readonly abort: number;
  /** For the application's FIN after ours; then the socket is destroyed. Default 2000. */
  readonly close: number;
}

/** Those of the times that one request can have its own of. */
export type RequestTimeouts = Pick<Timeouts, 'queue' | 'firstByte' | 'idle' | 'total'>;

export interface PoolRules {
  /** Most connections at a time. Default 100. */
  readonly maximum: number;
  /** Most idle connections that are kept; more are closed after their request. Default as `maximum`; 0 keeps none. */
  readonly keepIdle: number;
  /** Which idle connection serves next: the one used last (nginx) or the one used longest ago. Default `lifo`. */
  readonly order: 'lifo' | 'fifo';
  /** Milliseconds after which an idle connection is closed; 0 is never. Default 60,000. */
  readonly idleTimeout: number;
  /** A connection is closed after so many requests; 0 is no limit. Default 0. */
  readonly maxRequests: number;
  /** Milliseconds after which a connection serves no further request; 0 is no limit. Default 0. */
  readonly maxAge: number;
  /** Most requests that wait for a connection; more fail at once. Default 1000. */
  readonly queueLimit: number;
}

export interface RetryRules {
  /** Most tries of one request, the first included. Default 2; 1 never retries. */
  readonly attempts: number;
  /** Methods that may be repeated: by default those that RFC 9110 calls safe (GET, HEAD, OPTIONS, TRACE). */
  readonly methods: readonly string[];
  /**
   * `reused`: only where a kept connection was closed before a byte was answered; a new connection that fails is an
   * answer in itself. `any`: on new connections as well. Default `reused`.
   */
  readonly on: 'reused' | 'any';
}

/** How connecting is tried again. Nothing of the request has been sent then, so any request may be. */
export interface ConnectRetryRules {
  /** Most tries, the first included. Default 1. */
  readonly attempts: number;
  /** Milliseconds before the second try. */
  readonly firstDelay: number;
  /** The delay doubles after each try while it is less than this. */
  readonly doubleBelow: number;
  /** System errors that are tried again. */
  readonly codes: readonly string[];
  /**
   * A blocking connect(): where the accept queue of an AF_UNIX socket is full it waits for room instead of failing
   * (Apache's modules). Default false: EAGAIN fails at once (nginx, lighttpd, HAProxy).
   */
  readonly blocking: boolean;
}

export interface ParamsStreamRules {
  /** Where PARAMS that don't fit one record are cut. Default `at-pairs`, which every application understands. */
  readonly cut: ParamsCut;
  /** Most content bytes of one record; everything that fits goes into one. Default 65,535. */
  readonly recordSize: number;
  /** Default padToEight. */
  readonly padding: PaddingRule;
  /** `refuse`: PARAMS that don't fit one record are an error (nginx, lighttpd). Default `split`. */
  readonly tooLarge: 'split' | 'refuse';
}

export interface BodyStreamRules {
  /** Most content bytes of one record. Default 65,528: full records need no padding. */
  readonly recordSize: number;
  /** Default padToEight. */
  readonly padding: PaddingRule;
}

export interface ClientRules {
  /** BEGIN_REQUEST's KEEP_CONN flag: the application is asked to keep the connection. Default true. */
  readonly keepConn: boolean;
  readonly pool: PoolRules;
  /**
   * `lowest` free id of the connection (default); `one`: always 1; `odd-growing`: 1, 3, 5 ... never again (HAProxy);
   * `highest-plus-one`: one more than the highest in use on all connections (lighttpd before 1.4.23).
   */
  readonly requestIds: 'lowest' | 'one' | 'odd-growing' | 'highest-plus-one';
  /** With `highest-plus-one`: an id that counts as in use for ever. Default 0. */
  readonly highestRequestId: number;
  /**
   * Requests at a time on one connection: `never` more than one (default), a number, or `learn`: as many as FCGI_MAX_REQS
   * of GET_VALUES_RESULT says if it also says FCGI_MPXS_CONNS=1. CANT_MPX_CONN ends it for good.
   */
  readonly multiplex: 'never' | 'learn' | number;
  /** Every new connection begins with GET_VALUES and is used when it is answered (HAProxy). Default false. */
  readonly askFirst: boolean;
  /** The names GET_VALUES asks for. Default the three that the specification knows. */
  readonly getValuesNames: readonly string[];
  /** Padding of GET_VALUES. The default is at least 1, without which libfcgi does not answer. */
  readonly getValuesPadding: PaddingRule;
  readonly params: ParamsStreamRules;
  readonly body: BodyStreamRules;
  /** What completes a response: END_REQUEST (default), or already the empty STDOUT record (nginx without keep_conn). */
  readonly doneAt: 'end-request' | 'stdout-end';
  /**
   * When the application's FIN completes a response that has no END_REQUEST: `never` (default), `after-stdout` once the
   * empty STDOUT record came (HAProxy), `after-head` (nginx without keep_conn and Caddy: a cut response looks complete).
   */
  readonly eofCompletes: 'never' | 'after-stdout' | 'after-head';
  /** Records with an id that no request has: see WebServerConnectionOptions. Default `report`. */
  readonly foreignIds: 'report' | 'fail' | 'accept';
  /** Records of a type that does not belong there. Default `report`. */
  readonly foreignTypes: 'report' | 'fail';
  /**
   * How a request is given up: `close` the connection; `tell` the application with ABORT_REQUEST and wait for
   * END_REQUEST; `auto` (default): `tell` where other requests use the connection, else `close`.
   */
  readonly abort: 'auto' | 'close' | 'tell';
  /** How connections are closed: with FIN (default), or with RST as HAProxy drops idle ones. */
  readonly closing: 'fin' | 'rst';
  readonly retry: RetryRules;
  readonly connectRetry: ConnectRetryRules;
  /** Most bytes of an unread response that are held back before the connection is read no further. Default 1 MiB. */
  readonly maxBuffered: number;
  /**
   * On a shared connection, a response that is not read past `maxBuffered`: `pause` (default) reads no further, which
   * stops its neighbours too, because FastCGI has no flow control of its own; `abort` gives up the slow one.
   */
  readonly slowReader: 'pause' | 'abort';
  /** Most bytes of a response head. Default 65,536. */
  readonly maxHead: number;
  /** Heads that begin with a status line, or have lines without a colon, are taken as far as they can be read. Default false. */
  readonly tolerantHead: boolean;
  /** Most bytes of STDERR that are kept of one request; the rest is counted. Default 65,536. */
  readonly maxStderr: number;
  readonly timeouts: Timeouts;
}

export const DEFAULT_RULES: ClientRules = {
  keepConn: true,
  pool: {
    maximum: 100,
    keepIdle: 100,
    order: 'lifo',
    idleTimeout: 60_000,
    maxRequests: 0,
    maxAge: 0,
    queueLimit: 1000,
  },
  requestIds: 'lowest',
  highestRequestId: 0,
  multiplex: 'never',
  askFirst: false,
  getValuesNames: ['FCGI_MAX_CONNS', 'FCGI_MAX_REQS', 'FCGI_MPXS_CONNS'],
  getValuesPadding,
  params: { cut: 'at-pairs', recordSize: 65_535, padding: padToEight, tooLarge: 'split' },
  body: { recordSize: 65_528, padding: padToEight },
  doneAt: 'end-request',
  eofCompletes: 'never',
  foreignIds: 'report',
  foreignTypes: 'report',
  abort: 'auto',
  closing: 'fin',
  retry: { attempts: 2, methods: ['GET', 'HEAD', 'OPTIONS', 'TRACE'], on: 'reused' },
  connectRetry: { attempts: 1, firstDelay: 0, doubleBelow: 0, codes: [], blocking: false },
  maxBuffered: 1 << 20,
  slowReader: 'pause',
  maxHead: 1 << 16,
  tolerantHead: false,
  maxStderr: 1 << 16,
  timeouts: {
    connect: 10_000,
    queue: 30_000,
    firstByte: 60_000,
    idle: 60_000,
    total: 0,
    getValues: 1000,
    abort: 5000,
    close: 2000,
  },
};

type GroupName = 'pool' | 'params' | 'body' | 'retry' | 'connectRetry' | 'timeouts';

/** Some of the rules; those left out stay as they are. */
export type RuleChanges = Partial<Omit<ClientRules, GroupName>> & {
  readonly [Group in GroupName]?: Partial<ClientRules[Group]>;
};

/** The rules with some of them changed. */
export function changeRules(rules: ClientRules, changes: RuleChanges): ClientRules {
  const pool = { ...rules.pool, ...changes.pool };
  if (changes.pool?.maximum !== undefined && changes.pool.keepIdle === undefined)
    pool.keepIdle = Math.min(pool.maximum, rules.pool.keepIdle === rules.pool.maximum ? pool.maximum : pool.keepIdle);
  return {
    ...rules,
    ...changes,
    pool,
    params: { ...rules.params, ...changes.params },
    body: { ...rules.body, ...changes.body },
    retry: { ...rules.retry, ...changes.retry },
    connectRetry: { ...rules.connectRetry, ...changes.connectRetry },
    timeouts: { ...rules.timeouts, ...changes.timeouts },
  };
}
