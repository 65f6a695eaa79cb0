// One run of a case through the tap: both sides played, the web server's side against a real application, or the
// application's side served to a real web server. Whatever ends it, nothing of it is left.
import { CHECKS } from '../analysis/checks/index.js';
import { notesComment } from '../analysis/live/tap-notes.js';
import { compareReports } from '../compare/compare.js';
import { renamed } from '../compare/endpoints.js';
import { systemClock } from '../endpoints/clock.js';
import { Door } from '../endpoints/replay/door.js';
import { playCase } from '../endpoints/replay/play-case.js';
import { serveCase } from '../endpoints/replay/serve-case.js';
import { type EndpointAddress, formatEndpoint } from '../model/endpoint-address.js';
import { UserError } from '../model/errors.js';
import { answersOf } from '../replay/answers.js';
import type { Replay } from '../reporters/replay.js';
import { type LiveTap, openLiveTap } from '../sources/tap/live-tap.js';
import { reportOfSnapshot } from './compare-input.js';
import { advise, complain } from './output.js';
import type { CaseToPlay } from './reproduce-case.js';
import type { FromOptions } from './reproduce-from.js';

const LOOPBACK = '127.0.0.1';
/** Milliseconds between two looks whether the tap has passed everything on, and how many there are. */
const LOOK = 20;
const MOST_LOOKS = 50;

/** What is to be ended after a run, the last first. */
type Cleanup = (() => void | Promise<void>)[];

/** What came of a run, beside the report. */
type Outcome = Pick<Replay, 'late' | 'divergences'>;

/** @throws UserError where nobody can listen, or a recording cannot be written */
export async function runCase(
  toPlay: CaseToPlay,
  options: FromOptions,
  version: string,
  signal: AbortSignal,
): Promise<Replay> {
  const { opened, before } = toPlay;
  const limit = new AbortController();
  const stop = () => limit.abort();
  const timer = systemClock.after(options.timeLimit, stop);
  signal.addEventListener('abort', stop);
  const cleanup: Cleanup = [() => timer.cancel()];
  try {
    const run = options.serve === undefined ? bothOrWebServer : applicationOnly;
    const { live, outcome, applications, took } = await run(toPlay, options, version, limit.signal, cleanup);
    if (live.recording?.failure !== undefined) complain(`the recording ended early: ${live.recording.failure}`);
    // The same endpoint has another port here.
    const names = new Map(
      applications.map((to, index) => [formatEndpoint(to), opened.header.listeners[index]?.endpoint ?? '']),
    );
    const snapshot = live.snapshot();
    const lost = snapshot.tap?.lost ?? 0;
    const after = renamed(reportOfSnapshot('the replay', snapshot), names);
    return {
      header: opened.header,
      against: options.against === undefined ? undefined : formatEndpoint(options.against),
      served: options.serve === undefined ? undefined : formatEndpoint(live.listening[0]),
      speed: options.speed,
      took,
      interrupted: limit.signal.aborted,
      comparison: compareReports(before, after),
      late: outcome.late,
      divergences: lost === 0 ? outcome.divergences : new Map([...outcome.divergences, ['not-seen', lost]]),
    };
  } finally {
    for (const end of cleanup.reverse()) await end();
  }
}

interface Run {
  readonly live: LiveTap;
  readonly outcome: Outcome;
  /** Where the applications were, by the place of their listener in the case. */
  readonly applications: readonly EndpointAddress[];
  /** Milliseconds. */
  readonly took: number;
}

/** The web server's side is played, and the application's unless there is a real one. */
async function bothOrWebServer(
  { opened }: CaseToPlay,
  options: FromOptions,
  version: string,
  signal: AbortSignal,
  cleanup: Cleanup,
): Promise<Run> {
  const { listeners } = opened.header;
  const doors = options.against === undefined ? listeners.map(() => new Door(systemClock)) : undefined;
  for (const door of doors ?? []) {
    await door.open();
    cleanup.push(() => door.end());
  }
  const applications = listeners.map((_, index) => options.against ?? loopback(doors![index].port));
  const pairs = applications.map((to) => ({ listen: loopback(0), to }));
  const { live, closeTap } = await openTap(pairs, options, version, cleanup);
  const begun = live.now();
  const played = await playCase(opened, {
    clock: systemClock,
    speed: options.speed,
    addresses: live.listening,
    doors,
    patience: options.patience,
    signal,
  });
  cleanup.push(() => played.close());
  const took = live.now() - begun;
  // The last ends are on their way through the tap.
  const isBehind = () => live.connections < played.begun || live.open > played.open;
  for (let looks = 0; looks < MOST_LOOKS && isBehind() && !signal.aborted; looks++)
    await new Promise<void>((resolve) => systemClock.after(LOOK, resolve));
  // Connections that were open at the end of the capture are so in the report as well.
  await closeTap();
  return { live, applications, took, outcome: { late: played.late, divergences: played.divergences } };
}

/** The application's side is served until all was asked for once. */
async function applicationOnly(
  { opened }: CaseToPlay,
  options: FromOptions,
  version: string,
  signal: AbortSignal,
  cleanup: Cleanup,
): Promise<Run> {
  if (opened.header.listeners.some(({ protocol }) => protocol === 'scgi'))
    throw new UserError('--serve answers FastCGI, and the capture has SCGI', 'leave it out: --filter');
  const answers = answersOf(opened);
  const served = await serveCase(opened, answers, { clock: systemClock, speed: options.speed, signal });
  cleanup.push(() => served.close());
  const to = loopback(served.port);
  const { live, closeTap } = await openTap([{ listen: options.serve!, to }], options, version, cleanup);
  if (options.quiet !== true)
    advise(
      `Serving ${answers.length} captured answers on ${live.names[0].listen}; ends when each was asked for once, or with Ctrl-C.`,
    );
  const begun = live.now();
  await served.done;
  const took = live.now() - begun;
  await closeTap();
  const { used, repeated, unknown } = served.choice;
  const counts = [
    ['not-asked-for', answers.length - used],
    ['asked-again', repeated],
    ['not-in-the-capture', unknown],
  ] as const;
  const divergences = new Map(counts.filter(([, count]) => count > 0));
  return { live, applications: [to], took, outcome: { late: 0, divergences } };
}

async function openTap(
  pairs: Parameters<typeof openLiveTap>[0]['pairs'],
  { record }: FromOptions,
  version: string,
  cleanup: Cleanup,
): Promise<{ readonly live: LiveTap; readonly closeTap: () => Promise<void> }> {
  const live = await openLiveTap({
    pairs,
    checks: CHECKS,
    record:
      record === undefined
        ? undefined
        : { file: record, comment: notesComment, application: `fcgi-inspect ${version}` },
  });
  let closing: Promise<void> | undefined;
  const closeTap = () => {
    closing ??= live.close();
    return closing;
  };
  cleanup.push(closeTap);
  return { live, closeTap };
}

function loopback(port: number): EndpointAddress {
  return { kind: 'tcp', host: LOOPBACK, port };
}
