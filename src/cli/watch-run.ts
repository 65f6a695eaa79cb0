// Runs the watch command: a look each interval, what is found then, and metrics for whoever asks.
import { appendFileSync } from 'node:fs';
import { CHECKS } from '../analysis/checks/index.js';
import { conclude, type Gathered } from '../analysis/conclude.js';
import { concludeSteps } from '../analysis/conclude-steps.js';
import { FindingHistory } from '../analysis/finding-history.js';
import { Pipeline } from '../analysis/pipeline.js';
import { systemClock } from '../endpoints/clock.js';
import type { Candidate } from '../host/candidates.js';
import type { HostView } from '../host/host-view.js';
import { UserError } from '../model/errors.js';
import { wallTime } from '../sources/clock.js';
import { discoverApplications } from '../sources/host-discovery.js';
import { ChunkWriter } from './chunk-writer.js';
import { EXIT_FINDINGS, exitWith } from './exit.js';
import { failsOn } from './fail-on.js';
import { parseMetricsAddress, statusSettings } from './host-options.js';
import { HostWatch } from './host-watch.js';
import { interruptible } from './interrupt.js';
import { liveFormat } from './live-format.js';
import type { LiveScreen } from './live-screen.js';
import { localOffset } from './local-offset.js';
import { LogFile } from './log-file.js';
import { openMetrics } from './open-metrics.js';
import { advise, complain } from './output.js';
import { terminalOf } from './terminal.js';
import type { WatchOptions } from './watch-options.js';
import { changeLines, type Look, watchOutput } from './watch-output.js';

export async function runWatch(addresses: readonly string[], options: WatchOptions, version: string): Promise<void> {
  const metricsAddress = parseMetricsAddress(options.metrics);
  const interrupt = interruptible();
  try {
    const watched = addresses.length > 0 ? addresses : await findAddresses(options);
    const watch = await HostWatch.open({
      addresses: watched,
      pid: options.pid,
      status: statusSettings(options),
    });
    await watchUntil(watch, options, metricsAddress && { ...metricsAddress, version }, interrupt.signal);
  } finally {
    interrupt.end();
  }
}

async function watchUntil(
  watch: HostWatch,
  options: WatchOptions,
  metricsAddress: { host: string; port: number; version: string } | undefined,
  signal: AbortSignal,
): Promise<void> {
  const pipeline = new Pipeline();
  pipeline.finish();
  const history = new FindingHistory();
  const writer = new ChunkWriter(options.output);
  const { width, colour, ascii } = terminalOf(options.color, options.ascii === true, options.output !== undefined);
  const { limit, showQueries = false, once = false } = options;
  const format = liveFormat(options, false);
  let screen: LiveScreen | undefined;
  const output = watchOutput(format, {
    width,
    colour,
    ascii,
    limit,
    showQueries,
    once,
    pipeline,
    zone: localOffset,
  });
  const log = new LogFile(options.logFile);
  const say = (text: string) => {
    if (options.quiet !== true && screen === undefined) advise(text);
    log.say(text);
  };
  const metrics =
    metricsAddress &&
    (await openMetrics(metricsAddress, () => ({
      version: metricsAddress.version,
      // Before the first look nothing is known of the host.
      host: watch.view.looks > 0 ? watch.view : undefined,
      findings: history.findings,
      perProcess: options.metricsPerProcess === true,
    })));
  if (metrics) say(`metrics at http://${metrics.address}/metrics`);
  const looks = once ? (options.interval > 0 ? 2 : 1) : Number.POSITIVE_INFINITY;
  const end = options.duration === undefined ? Number.POSITIVE_INFINITY : options.duration * 1e6;
  let last: Look | undefined;
  const leaving = new AbortController();
  signal.addEventListener('abort', () => leaving.abort(), { once: true });
  try {
    if (format === 'tui') {
      screen = await screenOf(watch, pipeline, options);
      void screen?.ended.then(() => leaving.abort());
    }
    for (let turn = 0; turn < looks && !writer.closed; turn++) {
      if (turn > 0) {
        const next = watch.view.time + options.interval * 1e6;
        // The last look is at the end, not an interval before it.
        if (last && last.view.time >= end) break;
        await until(Math.min(next, Math.max(end, 0)) - watch.now, leaving.signal);
      }
      if (leaving.signal.aborted || signal.aborted) break;
      last = await lookOnce(watch, pipeline, history);
      screen?.heard(0, 0, last.view.looks);
      if (options.log !== undefined) appendLog(options.log, [...changeLines(last.changes, last.wallTime)].join(''));
      for (const { kind, seen } of last.changes) log.finding(kind, seen.finding);
      for (const piece of output.look(last)) writer.push(piece);
      await writer.flush();
    }
    if (last) for (const piece of output.end(last)) writer.push(piece);
    await writer.end();
  } finally {
    screen?.close();
    await metrics?.close();
  }
  const worst = history.findings.map((seen) => ({ severity: seen.worst }));
  if (failsOn(options.failOn, worst)) exitWith(EXIT_FINDINGS);
}

async function screenOf(watch: HostWatch, pipeline: Pipeline, options: WatchOptions): Promise<LiveScreen | undefined> {
  const { openLiveScreen } = await import('./live-screen.js');
  return openLiveScreen({
    name: `watch ${watch.addresses.join(', ')}`,
    subject: {
      snapshotSteps: () => concludeSteps(gathered(pipeline, watch.view)),
      histories: pipeline.tracker.histories,
    },
    showSecrets: options.showQueries === true,
    color: options.color,
    ascii: options.ascii === true,
    abandon: () => {},
  });
}

function gathered(pipeline: Pipeline, host: HostView): Gathered {
  return { pipeline, files: [], problems: [], processes: [], checks: CHECKS, host };
}

async function lookOnce(watch: HostWatch, pipeline: Pipeline, history: FindingHistory): Promise<Look> {
  const view = await watch.look();
  const snapshot = conclude(gathered(pipeline, view));
  const changes = history.push(view.time, snapshot.findings);
  return { view, snapshot, changes, findings: history.findings, wallTime: wallTime() };
}

function until(nanoseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = () => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = systemClock.after(Math.max(0, nanoseconds / 1e6), done);
    signal.addEventListener('abort', done, { once: true });
  });
}

/** @throws UserError where there is nothing to watch */
async function findAddresses(options: WatchOptions): Promise<string[]> {
  const { candidates, denied } = await discoverApplications(options.pid === undefined ? {} : { pid: options.pid });
  // What is only a guess is watched where nothing better was found.
  const better = candidates.filter(({ certainty }) => certainty !== 'maybe');
  const chosen = better.length > 0 ? better : candidates;
  if (chosen.length === 0) {
    throw new UserError(
      'no FastCGI application was found on this host',
      denied > 0
        ? `name its address, as in fcgi-inspect watch 127.0.0.1:9000; as root more can be found (${denied} processes of other users were not looked at)`
        : 'name its address, as in fcgi-inspect watch 127.0.0.1:9000',
    );
  }
  if (options.quiet !== true) for (const candidate of chosen) advise(`watching ${candidateText(candidate)}`);
  return chosen.map(({ address }) => address);
}

function candidateText({ address, certainty, reasons }: Candidate): string {
  const sure = { sure: 'FastCGI', likely: 'probably FastCGI', maybe: 'perhaps FastCGI' }[certainty];
  return `${address}: ${sure} (${reasons.join('; ')})`;
}

let logFailed = false;

function appendLog(path: string, text: string): void {
  if (text === '' || logFailed) return;
  try {
    appendFileSync(path, text);
  } catch (error) {
    // The watch goes on without its log.
    logFailed = true;
    complain(`cannot write ${path}: ${(error as Error).message}`);
  }
}
