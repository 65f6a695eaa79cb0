// Runs the bench command: a plan, a carrier, progress while it goes on, the result at its end.
import { readFileSync } from 'node:fs';
import { systemClock } from '../endpoints/clock.js';
import { carrierFor, type LoadTarget } from '../endpoints/load/load-carriers.js';
import { LoadRun } from '../endpoints/load/load-run.js';
import type { LoadResult } from '../load/load-result.js';
import { LoadTally } from '../load/load-tally.js';
import { UserError } from '../model/errors.js';
import { loadJson } from '../reporters/load-json.js';
import { loadText } from '../reporters/load-text.js';
import { type BenchCommandOptions, DEFAULT_DURATION, MOST_CONNECTIONS } from './bench-options.js';
import { BenchProgress } from './bench-progress.js';
import { clientFaults } from './client-faults.js';
import { EXIT_ANSWER, EXIT_CONNECT } from './endpoint-exit.js';
import { exitWith } from './exit.js';
import { interruptible } from './interrupt.js';
import { advise, complain, writePieces } from './output.js';
import { terminalOf } from './terminal.js';

/** Milliseconds after which an interrupted load does not wait for answers any more. */
const PATIENCE = 500;

export async function runBench(address: string, uri: string, options: BenchCommandOptions): Promise<void> {
  const { concurrency, keepConn = false, multiplex, scgi = false } = checked(options);
  const faults = clientFaults(options);
  const target: LoadTarget = {
    address,
    scgi,
    keepConn,
    perConnection: multiplex,
    connections: Math.ceil(concurrency / multiplex),
    timeout: options.timeout,
    request: requestOf(uri, options),
    ...(faults ? { faults } : {}),
  };
  const carrier = carrierFor(target);
  const tally = new LoadTally();
  const kept = keepConn && !scgi;
  const limited = !kept && options.count === undefined && !address.startsWith('unix:');
  const duration = options.duration ?? (options.count === undefined ? DEFAULT_DURATION : undefined);
  const count = options.count ?? (limited ? MOST_CONNECTIONS : undefined);
  const interrupt = interruptible();
  const run = new LoadRun(carrier.carry, { concurrency, duration, count, rate: options.rate }, tally, systemClock);
  const progress = new BenchProgress(options.quiet === true, tally, duration, count, systemClock);
  interrupt.signal.addEventListener('abort', () => {
    run.stop();
    systemClock.after(PATIENCE, () => void carrier.destroy(), false);
  });
  const outcome = await run.run();
  progress.end();
  await (interrupt.exitCode === 0 ? carrier.close() : carrier.destroy());
  interrupt.end();
  if (outcome.unreachable) {
    complain(`nobody answers at ${address}: ${[...tally.errors.keys()].join(', ')}`);
    exitWith(EXIT_CONNECT);
    return;
  }
  const result: LoadResult = {
    address,
    protocol: scgi ? 'scgi' : 'fastcgi',
    method: options.request ?? (options.data === undefined ? 'GET' : 'POST'),
    uri,
    concurrency,
    keepConn: kept,
    perConnection: multiplex,
    rate: options.rate,
    seconds: outcome.seconds,
    tally,
    connections: carrier.connections,
    mostLate: outcome.mostLate,
    unsent: outcome.unsent,
    interrupted: interrupt.exitCode !== 0,
  };
  await writePieces(report(result, options), options.output);
  if (options.quiet !== true) for (const line of faults?.lines() ?? []) advise(line);
  if (limited && tally.complete + tally.failed >= MOST_CONNECTIONS && options.quiet !== true) {
    advise(`Stopped at ${MOST_CONNECTIONS} connections, as more would use up the local ports; -n says another number.`);
  }
  if (tally.complete === 0 && tally.failed > 0) exitWith(EXIT_ANSWER);
  if (interrupt.exitCode !== 0) exitWith(interrupt.exitCode);
}

function checked(options: BenchCommandOptions): BenchCommandOptions {
  if (options.multiplex > 1 && !options.keepConn) {
    throw new UserError('--multiplex is about kept connections', 'add --keep-conn');
  }
  if (options.scgi && options.keepConn) throw new UserError('--keep-conn is FastCGI; SCGI closes every connection');
  return options;
}

function requestOf(uri: string, options: BenchCommandOptions): LoadTarget['request'] {
  const body = options.data?.startsWith('@') ? bodyFile(options.data.slice(1)) : options.data;
  const headers = [...(options.header ?? [])];
  if (body !== undefined && !headers.some(([name]) => name.toLowerCase() === 'content-type')) {
    headers.push(['Content-Type', 'application/x-www-form-urlencoded']);
  }
  return {
    uri,
    headers,
    ...(options.request === undefined ? {} : { method: options.request }),
    ...(body === undefined ? {} : { body }),
    ...(options.root === undefined ? {} : { root: options.root }),
    ...(options.script === undefined ? {} : { script: options.script }),
    ...(options.param === undefined ? {} : { params: options.param as Iterable<readonly [string, string]> }),
  };
}

function bodyFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UserError(`-d: cannot read ${path}: ${(error as Error).message}`);
  }
}

function report(result: LoadResult, options: BenchCommandOptions): Iterable<string> {
  if (options.json || options.format === 'json') return [loadJson(result)];
  const { width, colour, ascii } = terminalOf(options.color, options.ascii === true, options.output !== undefined);
  return loadText(result, { width, colour, ascii });
}
