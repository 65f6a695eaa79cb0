// Runs the status command: asks for the page as often as told and shows what it says and what it does not.
import { parseAddress } from '../endpoints/address.js';
import { FastcgiClient } from '../endpoints/client/client.js';
import { ClientError } from '../endpoints/client/errors.js';
import { systemClock } from '../endpoints/clock.js';
import { hostAcceptQueue } from '../endpoints/host-queue.js';
import { UserError } from '../model/errors.js';
import { formatDuration } from '../reporters/format-duration.js';
import { safeText } from '../reporters/safe-text.js';
import { statusJson } from '../reporters/status-json.js';
import { statusText } from '../reporters/status-text.js';
import { parseFpmStatus } from '../status/parse-fpm-status.js';
import { poolLoad } from '../status/pool-load.js';
import type { PoolView } from '../status/pool-view.js';
import { statusChange } from '../status/status-change.js';
import { ChunkWriter } from './chunk-writer.js';
import { EXIT_ANSWER, EXIT_TIMEOUT, errorHint, errorSentence, exitCodeOf } from './endpoint-exit.js';
import { exitWith } from './exit.js';
import { interruptible } from './interrupt.js';
import { advise, complain } from './output.js';
import type { StatusCommandOptions } from './status-options.js';
import { terminalOf } from './terminal.js';

/** A page of a pool with very many workers. */
const LARGEST_PAGE = 64 << 20;

export async function runStatus(address: string, options: StatusCommandOptions): Promise<void> {
  if (options.count !== undefined && options.interval === undefined) {
    throw new UserError('--count is of --interval', 'add --interval 1s');
  }
  const format = options.json ? 'json' : (options.format ?? 'text');
  const interrupt = interruptible();
  const writer = new ChunkWriter(options.output);
  const times = options.interval === undefined ? 1 : (options.count ?? Number.POSITIVE_INFINITY);
  let before: { readonly view: PoolView; readonly at: number } | undefined;
  for (let turn = 0; turn < times && !interrupt.signal.aborted && !writer.closed; turn++) {
    if (turn > 0) await untilNext(options.interval ?? 0, interrupt.signal);
    if (interrupt.signal.aborted) break;
    const at = systemClock.now();
    const view = await look(address, options, before, interrupt.signal);
    if (view) {
      before = { view, at };
      writer.push(shown(view, format, options, turn));
      await writer.flush();
    }
    // A look that failed may be the very moment that somebody watches for.
    if (!view && times === 1) break;
  }
  await writer.end();
  interrupt.end();
  // Whoever watches ends it with Ctrl-C.
  if (options.interval === undefined && interrupt.exitCode !== 0) exitWith(interrupt.exitCode);
}

function shown(
  view: PoolView,
  format: 'text' | 'json' | 'ndjson',
  options: StatusCommandOptions,
  turn: number,
): string {
  const showQueries = options.showQueries === true;
  if (format !== 'text') return statusJson(view, showQueries, format === 'json' ? 2 : 0);
  const { width, colour, ascii } = terminalOf(options.color, options.ascii === true, options.output !== undefined);
  return `${turn > 0 ? '\n' : ''}${[...statusText(view, { width, colour, ascii, showQueries })].join('')}`;
}

function untilNext(interval: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = systemClock.after(interval, resolve);
    signal.addEventListener(
      'abort',
      () => {
        timer.cancel();
        resolve();
      },
      { once: true },
    );
  });
}

async function look(
  address: string,
  options: StatusCommandOptions,
  before: { readonly view: PoolView; readonly at: number } | undefined,
  signal: AbortSignal,
): Promise<PoolView | undefined> {
  // php-fpm looks for "json" and "full" in the query; the rest tells our own request from others in the list.
  const own = `fcgi-inspect-${process.pid}-${Math.floor(Math.random() * 2 ** 32).toString(36)}`;
  const endpoint = parseAddress(address);
  const client = new FastcgiClient(endpoint, {
    keepConn: false,
    pool: { maximum: 1, keepIdle: 0 },
    retry: { attempts: 1 },
    maxBuffered: LARGEST_PAGE,
    timeouts: { total: options.timeout },
  });
  const asked = systemClock.now();
  try {
    const response = await client.request({
      uri: `${options.path}?json&full&${own}`,
      script: options.path,
      signal,
      ...(options.param === undefined ? {} : { params: options.param as Iterable<readonly [string, string]> }),
    });
    const page = await response.text();
    const took = systemClock.now() - asked;
    const status = parseFpmStatus(page);
    if (!status) {
      tellNoPage(response.status, page, options.path);
      return undefined;
    }
    return {
      address,
      isUnix: endpoint.kind === 'unix',
      status,
      load: poolLoad(status, own, options.maxChildren),
      change: before && statusChange(before.view.status, status, (asked - before.at) / 1000, 1),
      took,
      acceptQueue: hostAcceptQueue(endpoint),
      own,
    };
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    if (!signal.aborted) tellFailure(error, address, options);
    return undefined;
  } finally {
    await client.destroy();
  }
}

function tellNoPage(status: number, page: string, path: string): void {
  complain(`what came is no status page: status ${status}, ${safeText(page.trim(), 80) || 'nothing'}`);
  advise(
    status === 404
      ? `The pool has no pm.status_path = ${path}; --path says another one.`
      : 'pm.status_path of the pool must be what --path says.',
  );
  exitWith(EXIT_ANSWER);
}

function tellFailure(error: ClientError, address: string, options: StatusCommandOptions): void {
  if (exitCodeOf(error) !== EXIT_TIMEOUT || error.phase === 'connecting') {
    complain(errorSentence(error));
    const hint = errorHint(error);
    if (hint !== undefined) advise(hint);
    exitWith(exitCodeOf(error));
    return;
  }
  // The connection was made, and no worker took it: the page waits in the queue that it is asked about.
  complain(`the pool did not answer within ${formatDuration(options.timeout * 1e6)}: the status page is starved`);
  const queue = hostAcceptQueue(parseAddress(address));
  if (queue !== undefined) advise(`The kernel shows ${queue} connections in its accept queue now.`);
  advise(
    'A worker of the pool has to answer, and all of them are busy or held by idle connections. pm.status_listen (PHP 8.0 and\nlater) gives the page an address of its own; ss -ltnp or ss -lxp shows the queue.',
  );
  exitWith(EXIT_TIMEOUT);
}
