// `reproduce-bug --from capture.pcap`: plays what was captured through the tap, and shows the new report beside the
// capture's.
import { CHECKS } from '../analysis/checks/index.js';
import { notesComment } from '../analysis/live/tap-notes.js';
import { compareReports, newSeverities } from '../compare/compare.js';
import { renamed } from '../compare/endpoints.js';
import { systemClock } from '../endpoints/clock.js';
import { Door } from '../endpoints/replay/door.js';
import { type Played, playCase } from '../endpoints/replay/play-case.js';
import { type EndpointAddress, formatEndpoint } from '../model/endpoint-address.js';
import { UserError } from '../model/errors.js';
import { formatDuration } from '../reporters/format-duration.js';
import { type Replay, replayJson, replayText } from '../reporters/replay.js';
import { type LiveTap, openLiveTap } from '../sources/tap/live-tap.js';
import { reportOfSnapshot } from './compare-input.js';
import { EXIT_FINDINGS, exitWith } from './exit.js';
import { type FailOn, failsOn } from './fail-on.js';
import { interruptible } from './interrupt.js';
import { complain, writePieces } from './output.js';
import { progressLine } from './progress.js';
import { type CaseToPlay, caseToPlay } from './reproduce-case.js';
import { checkedFrom, type ReproduceFromOptions } from './reproduce-from-options.js';
import { terminalOf } from './terminal.js';

/** Options of the command as a whole that mean the same here. */
export interface SharedReproduceOptions {
  readonly format: string;
  /** Milliseconds. */
  readonly timeLimit: number;
  readonly failOn: FailOn;
  readonly output?: string;
  readonly showSecrets?: boolean;
  readonly color: boolean;
  readonly ascii?: boolean;
  readonly quiet?: boolean;
}

type Options = ReproduceFromOptions & SharedReproduceOptions;

/** Connections that are open at once at most: each takes four descriptors. */
const MOST_OPEN = 4000;
const LOOPBACK = '127.0.0.1';

export async function reproduceFrom(given: Options, version: string): Promise<void> {
  const options = { ...given, ...checkedFrom(given) };
  const quiet = options.quiet === true;
  const progress = progressLine(quiet);
  const interrupt = interruptible();
  try {
    const toPlay = await caseToPlay(options, { version, signal: interrupt.signal, onProgress: progress.update });
    progress.end();
    try {
      if (options.export !== undefined) {
        const { header } = toPlay.opened;
        const text = `${options.export}: ${header.connections} connections, ${header.requests} requests, ${header.events} events\nplay it: fcgi-inspect reproduce-bug --from ${options.export}\n`;
        await writePieces([text], options.output);
        return;
      }
      checkBounds(toPlay, options);
      await playAndReport(toPlay, options, version, interrupt.signal);
    } finally {
      toPlay.opened.close();
    }
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
  } finally {
    progress.end();
    interrupt.end();
  }
  if (interrupt.exitCode !== 0) exitWith(interrupt.exitCode);
}

/** @throws UserError for a case that takes longer, or more sockets, than it should */
function checkBounds({ opened: { header } }: CaseToPlay, { speed, timeLimit }: Options): void {
  const takes = header.duration / 1e6 / speed;
  if (takes > timeLimit) {
    const hint = `--speed ${Math.ceil((header.duration / 1e6 / timeLimit) * 10) / 10}, a larger --time-limit, or --until for a part of it`;
    throw new UserError(
      `it takes ${formatDuration(takes * 1e6)}, and ends after ${formatDuration(timeLimit * 1e6)}`,
      hint,
    );
  }
  if (header.mostOpen > MOST_OPEN)
    throw new UserError(
      `it has ${header.mostOpen} connections open at once, and ${MOST_OPEN} are played at most`,
      'take a part of it: --filter or --until',
    );
  if (header.connections === 0) throw new UserError('there is no connection to play');
}

async function playAndReport(
  toPlay: CaseToPlay,
  options: Options,
  version: string,
  signal: AbortSignal,
): Promise<void> {
  const { opened, before } = toPlay;
  const { header } = opened;
  const limit = new AbortController();
  const stop = () => limit.abort();
  // The run ends before; this is for what hangs.
  const timer = systemClock.after(options.timeLimit, stop);
  signal.addEventListener('abort', stop);
  const doors = options.against === undefined ? header.listeners.map(() => new Door(systemClock)) : undefined;
  let live: LiveTap | undefined;
  let closed = false;
  const closeTap = async () => {
    if (!closed) await live?.close();
    closed = true;
  };
  let played: Played | undefined;
  try {
    for (const door of doors ?? []) await door.open();
    const applications = header.listeners.map(
      (_, index): EndpointAddress => options.against ?? { kind: 'tcp', host: LOOPBACK, port: doors![index].port },
    );
    live = await openLiveTap({
      pairs: applications.map((to) => ({ listen: { kind: 'tcp', host: LOOPBACK, port: 0 }, to })),
      checks: CHECKS,
      record:
        options.record === undefined
          ? undefined
          : { file: options.record, comment: notesComment, application: `fcgi-inspect ${version}` },
    });
    const begun = live.now();
    played = await playCase(opened, {
      clock: systemClock,
      speed: options.speed,
      addresses: live.listening,
      doors,
      patience: options.patience,
      signal: limit.signal,
    });
    const took = live.now() - begun;
    await closeTap();
    if (live.recording?.failure !== undefined) complain(`the recording ended early: ${live.recording.failure}`);
    // The same endpoint has another port here.
    const names = new Map(applications.map((to, index) => [formatEndpoint(to), header.listeners[index].endpoint]));
    const after = renamed(reportOfSnapshot('the replay', live.snapshot()), names);
    const comparison = compareReports(before, after);
    const replay: Replay = {
      header,
      against: options.against === undefined ? undefined : formatEndpoint(options.against),
      speed: options.speed,
      took,
      late: played.late,
      interrupted: limit.signal.aborted,
      divergences: played.divergences,
      comparison,
    };
    const showSecrets = options.showSecrets === true;
    const terminal = terminalOf(options.color, options.ascii === true, options.output !== undefined);
    const pieces =
      options.format === 'json'
        ? replayJson(replay, { showSecrets })
        : replayText(replay, { ...terminal, showSecrets });
    await writePieces(pieces, options.output);
    if (failsOn(options.failOn, newSeverities(comparison))) exitWith(EXIT_FINDINGS);
  } finally {
    timer.cancel();
    await closeTap();
    played?.close();
    for (const door of doors ?? []) door.end();
  }
}
