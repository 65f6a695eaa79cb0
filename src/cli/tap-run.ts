// Runs the tap command: the relay, looks at the host, reports or events while it goes on, metrics for whoever asks.
import { CHECKS } from '../analysis/checks/index.js';
import { notesComment } from '../analysis/live/tap-notes.js';
import type { HostView } from '../host/host-view.js';
import { formatDuration } from '../reporters/format-duration.js';
import { beginEvent, findingEvents, hostEvent, rowEvents } from '../reporters/live-ndjson.js';
import { giveWayToRelay } from '../sources/tap/analysis-priority.js';
import { type LiveTap, openLiveTap } from '../sources/tap/live-tap.js';
import { EXIT_FINDINGS, exitWith } from './exit.js';
import { failsOn } from './fail-on.js';
import { parseMetricsAddress } from './host-options.js';
import { liveFormat } from './live-format.js';
import type { LiveScreen } from './live-screen.js';
import { LogFile } from './log-file.js';
import { openMetrics } from './open-metrics.js';
import { advise, complain } from './output.js';
import { Signals } from './signals.js';
import { openTapHost, type TapHost } from './tap-host.js';
import { pairsOf, type TapCommandOptions } from './tap-options.js';
import { TapOutput } from './tap-output.js';
import { greeting, reverting } from './tap-words.js';

/** Milliseconds between two looks at what has happened. */
const LOOK = 200;
/** Between two conclusions. */
const FINDINGS = 1000;

type Say = (text: string) => void;

export async function runTap(options: TapCommandOptions, version: string): Promise<void> {
  const pairs = pairsOf(options);
  const faults = options.fault ?? [];
  const metricsAddress = parseMetricsAddress(options.metrics);
  const output = new TapOutput(options);
  const log = new LogFile(options.logFile);
  const format = liveFormat(options, options.limit !== undefined || options.time !== undefined);
  let screen: LiveScreen | undefined;
  const say: Say = (text) => {
    // The screen has the terminal to itself, and says the same in its own words.
    if (options.quiet !== true && screen === undefined) advise(text);
    log.say(text);
  };
  // Before the relay runs: whoever sees it answer may end it at once.
  const signals = new Signals();
  let host: TapHost | undefined;
  const live = await openLiveTap({
    pairs,
    mode: options.listenMode,
    checks: CHECKS,
    faults,
    host: () => host?.view,
    ...(format === 'tui' ? { screen: { hold: () => screen?.hold() } } : {}),
    record:
      options.record === undefined
        ? undefined
        : {
            file: options.record,
            rotateSize: options.rotateSize,
            rotateTime: options.rotateTime,
            rotateFiles: options.rotateFiles,
            comment: notesComment,
            application: `fcgi-inspect ${version}`,
          },
  });
  giveWayToRelay();
  try {
    host = await openTapHost(live.applications, options, say);
    const metrics =
      metricsAddress &&
      (await openMetrics(metricsAddress, () => ({
        version,
        host: host?.view,
        findings: live.seen,
        traffic: live.traffic,
        perProcess: options.metricsPerProcess === true,
      })));
    try {
      if (format === 'tui') {
        screen = await screenOf(live, options, signals);
        void screen?.ended.then(() => signals.add());
      }
      for (const line of greeting(live)) say(line);
      if (faults.length > 0) say(`making faults on purpose: ${faults.join('; ')}`);
      if (metrics) say(`metrics at http://${metrics.address}/metrics`);
      if (format === 'ndjson') await output.write([beginEvent(live.names, live.origin)]);
      const run = new TapRun({ live, output, options, format, say, log, signals, screen, host: () => host?.view });
      await run.run(() => {
        screen?.close();
        screen = undefined;
        return host?.stop();
      });
    } finally {
      await metrics?.close();
    }
  } finally {
    screen?.close();
    await host?.stop();
    await live.close();
    signals.end();
  }
  const snapshot = live.snapshot();
  if (live.recording?.failure !== undefined) complain(`the recording ended early: ${live.recording.failure}`);
  await output.last(snapshot, live.histories, live.seen, format);
  for (const line of reverting(live)) say(line);
  const seen = live.seen.map(({ worst }) => ({ severity: worst }));
  if (failsOn(options.failOn, [...snapshot.findings, ...seen])) exitWith(EXIT_FINDINGS);
}

interface TapParts {
  readonly live: LiveTap;
  readonly output: TapOutput;
  readonly options: TapCommandOptions;
  readonly format: NonNullable<TapCommandOptions['format']>;
  readonly say: Say;
  readonly log: LogFile;
  readonly signals: Signals;
  readonly screen: LiveScreen | undefined;
  readonly host: () => HostView | undefined;
}

async function screenOf(live: LiveTap, options: TapCommandOptions, signals: Signals): Promise<LiveScreen | undefined> {
  const { openLiveScreen } = await import('./live-screen.js');
  const [{ listen, to }] = live.names;
  const more = live.names.length > 1 ? ` and ${live.names.length - 1} more` : '';
  return openLiveScreen({
    name: `tap ${listen} to ${to}${more}`,
    subject: live,
    filter: options.filter,
    showSecrets: options.showSecrets === true,
    color: options.color,
    ascii: options.ascii === true,
    abandon: () => signals.add(),
  });
}

class TapRun {
  private told = false;
  /** Told as an event last. */
  private lookedAt: HostView | undefined;
  private reported: number;

  constructor(private readonly parts: TapParts) {
    this.reported = parts.live.now();
  }

  /**
   * Until a signal, the duration or --once ends it; a second signal ends what is under way at once.
   * @param ending called when nothing more is accepted: what the host shows from then on is the end of the tap
   */
  async run(ending: () => Promise<void> | undefined): Promise<void> {
    const { live, options, format, output, signals } = this.parts;
    for (;;) {
      const elapsed = live.now();
      const left = options.duration === undefined ? Number.POSITIVE_INFINITY : options.duration - elapsed;
      if (signals.count > 0 || left <= 0 || output.closed) break;
      if (options.once === true && live.connections > 0 && live.open === 0) break;
      const next = format === 'text' && options.interval > 0 ? this.reported + options.interval - elapsed : LOOK;
      await signals.pause(Math.max(1, Math.min(LOOK, left, next)));
      await this.look(FINDINGS);
    }
    await ending();
    // What is there now may be gone when the connections have been ended.
    await this.look(0);
    await this.finish();
    // What came just before the signal may be told by the relay only now.
    await this.look(FINDINGS);
  }

  /** Tells what is new. */
  private async look(interval: number): Promise<void> {
    const { live, options, format, output, screen } = this.parts;
    live.flush();
    if (!this.told && live.connections > 0) {
      this.told = true;
      this.parts.say('the first connection has come');
    }
    const { connections, requests } = live.takeEnded();
    const changes = live.takeFindings(interval);
    for (const { state, finding } of changes) if (state !== 'changed') this.parts.log.finding(state, finding);
    if (format === 'ndjson') {
      await output.write(rowEvents(live.tables, live.protocolOf, live.histories, connections, requests));
      const host = this.parts.host();
      if (host !== this.lookedAt) await output.write(hostEvent(host));
      this.lookedAt = host;
      await output.write(findingEvents(changes, options.showSecrets === true));
    }
    const now = live.now();
    if (screen !== undefined && screen.hold() === undefined) {
      const rows = live.fold();
      if (rows !== undefined) screen.renumbered(rows);
    }
    screen?.heard(live.packets, live.bytes, this.parts.host()?.looks ?? 0);
    if (format !== 'text' || options.interval === 0 || now - this.reported < options.interval) return;
    this.reported = now;
    await output.report(live.snapshot(now), live.histories, `=== after ${formatDuration(now * 1e6)} ===`);
  }

  /** Accepts nothing more, ends what is idle, and waits for the rest. */
  private async finish(): Promise<void> {
    const { live, options, signals, say } = this.parts;
    live.stopAccepting();
    const until = live.now() + options.grace;
    let told = false;
    for (;;) {
      live.endIdle();
      await signals.pause(50);
      live.flush();
      if (live.open === 0 || signals.count > 1 || live.now() > until) return;
      if (!told && live.busy > 0) {
        told = true;
        say(`waiting for ${live.busy} connections with requests under way; Ctrl-C again ends them`);
      }
    }
  }
}
