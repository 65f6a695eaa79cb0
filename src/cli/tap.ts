// `fcgi-inspect tap`: relays between web server and application, and says what is wrong with what passes.
import { appendFileSync } from 'node:fs';
import type { Command } from 'commander';
import { CHECKS } from '../analysis/checks/index.js';
import { SEVERITIES } from '../analysis/finding.js';
import { notesComment } from '../analysis/live/tap-notes.js';
import type { Snapshot } from '../analysis/snapshot.js';
import { parseFault } from '../faults/parse-fault.js';
import { formatEndpoint } from '../model/endpoint-address.js';
import { UserError } from '../model/errors.js';
import { formatDuration } from '../reporters/format-duration.js';
import { beginEvent, findingEvents, rowEvents } from '../reporters/live-ndjson.js';
import { type LiveTap, openLiveTap } from '../sources/tap/live-tap.js';
import { EXIT_FINDINGS, exitWith } from './exit.js';
import { advise, complain } from './output.js';
import { addTapOptions, pairsOf, TAP_EXAMPLES, type TapCommandOptions } from './tap-options.js';
import { TapOutput } from './tap-output.js';

/** Milliseconds between two looks at what has happened. */
const LOOK = 200;

export function addTapCommand(program: Command): void {
  const command = program
    .command('tap')
    .description('relay between web server and application, and say what is wrong with what passes (live)');
  addTapOptions(command)
    .addHelpText('before', TAP_EXAMPLES)
    .action((options: TapCommandOptions) => tap(options, program.version() ?? ''));
}

async function tap(options: TapCommandOptions, version: string): Promise<void> {
  const faults = options.fault ?? [];
  if (faults.includes('help')) {
    const { tellFaults } = await import('./fault-help.js');
    await tellFaults('tap');
    return;
  }
  for (const text of faults) parseFault(text, 'tap');
  const pairs = pairsOf(options);
  const output = new TapOutput(options);
  const say = speaker(options);
  // Before the relay runs: whoever sees it answer may end it at once.
  const signals = new Signals();
  const live = await openLiveTap({
    pairs,
    mode: options.listenMode,
    checks: CHECKS,
    faults,
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
  try {
    greet(live, say);
    if (faults.length > 0) say(`making faults on purpose: ${faults.join('; ')}`);
    if (options.format === 'ndjson') await output.write([beginEvent(live.names, live.origin)]);
    await run(live, output, options, say, signals);
  } finally {
    await live.close();
    signals.end();
  }
  const snapshot = live.snapshot();
  if (live.recording?.failure !== undefined) complain(`the recording ended early: ${live.recording.failure}`);
  await output.last(snapshot, live.histories);
  for (const line of reverting(live)) say(line);
  if (isAtLeast(snapshot, options.failOn)) exitWith(EXIT_FINDINGS);
}

type Say = (text: string) => void;

/** Messages go to stderr, and to a file where one is named. */
function speaker({ quiet, logFile }: TapCommandOptions): Say {
  return (text) => {
    if (quiet !== true) advise(text);
    if (logFile === undefined) return;
    try {
      appendFileSync(logFile, `${new Date().toISOString()} ${text}\n`);
    } catch (error) {
      throw new UserError(`cannot write ${logFile}: ${(error as Error).message}`);
    }
  };
}

function greet(live: LiveTap, say: Say): void {
  for (const { listen, to } of live.names) say(`listening on ${listen}, relaying to ${to}`);
  for (const warning of live.warnings) say(`note: ${warning}`);
  const [address] = live.listening;
  const name = formatEndpoint(address);
  say(`no traffic yet; point the web server here, for nginx: fastcgi_pass ${name}; lighttpd: ${lighttpd(live)}`);
}

function lighttpd({ listening: [address] }: LiveTap): string {
  return address.kind === 'unix'
    ? `"socket" => "${address.path}"`
    : `"host" => "${address.host}", "port" => ${address.port}`;
}

/** What to undo when the tap is gone. */
function reverting(live: LiveTap): string[] {
  return live.names.map(({ listen, to }) => `the tap has ended: what connects to ${listen} must go to ${to} again`);
}

/** Until a signal, the duration or --once ends it; a second signal ends what is under way at once. */
async function run(
  live: LiveTap,
  output: TapOutput,
  options: TapCommandOptions,
  say: Say,
  signals: Signals,
): Promise<void> {
  const pause = (milliseconds: number) => signals.pause(milliseconds);
  let reported = live.now();
  let told = false;
  const notice = () => {
    live.flush();
    if (told || live.connections === 0) return;
    told = true;
    say('the first connection has come');
  };
  for (;;) {
    const elapsed = live.now();
    const left = options.duration === undefined ? Number.POSITIVE_INFINITY : options.duration - elapsed;
    if (signals.count > 0 || left <= 0 || output.closed) break;
    if (options.once === true && live.connections > 0 && live.open === 0) break;
    const next = options.format === 'text' && options.interval > 0 ? reported + options.interval - elapsed : LOOK;
    await pause(Math.max(1, Math.min(LOOK, left, next)));
    notice();
    reported = await look(live, output, options, reported);
  }
  await finish(live, options, say, () => signals.count > 1, pause);
  // What came just before the signal may be told by the relay only now.
  notice();
  if (options.format === 'ndjson') await events(live, output, options);
}

/** Counts the wishes to end; a pause ends with one. */
class Signals {
  count = 0;
  private wake: () => void = () => {};
  private readonly onSignal = () => {
    this.count++;
    this.wake();
  };

  constructor() {
    process.on('SIGINT', this.onSignal);
    process.on('SIGTERM', this.onSignal);
  }

  pause(milliseconds: number): Promise<void> {
    return new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  end(): void {
    process.off('SIGINT', this.onSignal);
    process.off('SIGTERM', this.onSignal);
  }
}

/** Tells what is new; returns when the last report was. */
async function look(live: LiveTap, output: TapOutput, options: TapCommandOptions, reported: number): Promise<number> {
  const now = live.now();
  if (options.format === 'ndjson') {
    await events(live, output, options);
    return now;
  }
  if (options.format !== 'text' || options.interval === 0 || now - reported < options.interval) return reported;
  const title = `=== after ${formatDuration(now * 1e6)} ===`;
  await output.report(live.snapshot(now), live.histories, title);
  return now;
}

/** Milliseconds between two looks at the findings in ndjson. */
const FINDINGS = 1000;

async function events(live: LiveTap, output: TapOutput, options: TapCommandOptions): Promise<void> {
  const { connections, requests } = live.takeEnded();
  await output.write(rowEvents(live.tables, live.protocolOf, live.histories, connections, requests));
  const changes = live.takeFindings(FINDINGS);
  await output.write(findingEvents(changes, options.showSecrets === true));
}

/** Accepts nothing more, ends what is idle, and waits for the rest. */
async function finish(
  live: LiveTap,
  options: TapCommandOptions,
  say: Say,
  forced: () => boolean,
  pause: (milliseconds: number) => Promise<void>,
): Promise<void> {
  live.stopAccepting();
  const until = live.now() + options.grace;
  let told = false;
  for (;;) {
    live.endIdle();
    await pause(50);
    live.flush();
    if (live.open === 0 || forced() || live.now() > until) return;
    if (!told && live.busy > 0) {
      told = true;
      say(`waiting for ${live.busy} connections with requests under way; Ctrl-C again ends them`);
    }
  }
}

function isAtLeast(snapshot: Snapshot, failOn: TapCommandOptions['failOn']): boolean {
  if (failOn === 'never') return false;
  return snapshot.findings.some(({ severity }) => SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(failOn));
}
