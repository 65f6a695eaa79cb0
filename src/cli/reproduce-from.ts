// `reproduce-bug --from capture.pcap`: plays what was captured through the tap, and shows the new report beside the
// capture's.
import { newSeverities } from '../compare/compare.js';
import { MOST_OPEN } from '../endpoints/replay/play-case.js';
import { UserError } from '../model/errors.js';
import { formatDuration } from '../reporters/format-duration.js';
import { replayJson, replayText } from '../reporters/replay.js';
import { counted } from '../reporters/text-words.js';
import { EXIT_FINDINGS, exitWith } from './exit.js';
import { type FailOn, failsOn } from './fail-on.js';
import { interruptible } from './interrupt.js';
import { advise, writePieces } from './output.js';
import { progressLine } from './progress.js';
import { type CaseToPlay, caseToPlay } from './reproduce-case.js';
import { checkedFrom, type ReproduceFromOptions } from './reproduce-from-options.js';
import { runCase } from './reproduce-run-case.js';
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

export type FromOptions = ReproduceFromOptions & SharedReproduceOptions;

export async function reproduceFrom(given: FromOptions, version: string): Promise<void> {
  const options = { ...given, ...checkedFrom(given) };
  if (options.format === 'tui') throw new UserError('--from has no screen', '--record FILE, then fcgi-inspect FILE');
  const progress = progressLine(options.quiet === true);
  const interrupt = interruptible();
  try {
    const toPlay = await caseToPlay(options, { version, signal: interrupt.signal, onProgress: progress.update });
    progress.end();
    try {
      if (options.export === undefined) await playAndReport(toPlay, options, version, interrupt.signal);
      else await writePieces(exported(toPlay, options.export), options.output);
    } finally {
      toPlay.opened.close();
    }
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
  } finally {
    progress.end();
    interrupt.end();
  }
  // Serving is ended by a signal; anything else is cut short by it.
  if (interrupt.exitCode !== 0 && options.serve === undefined) exitWith(interrupt.exitCode);
}

function* exported({ opened: { header } }: CaseToPlay, folder: string): Generator<string> {
  const { connections, requests, events, secretsReplaced } = header;
  yield `${folder}: ${counted(connections, 'connection')}, ${counted(requests, 'request')}, ${counted(events, 'event')}\n`;
  yield secretsReplaced === undefined
    ? 'Cookies and authorization are in it as they were.\n'
    : `${counted(secretsReplaced, 'value')} of cookies and authorization replaced; URIs and bodies are as they were.\n`;
  yield `Play it: fcgi-inspect reproduce-bug --from ${folder}\n`;
}

async function playAndReport(
  toPlay: CaseToPlay,
  options: FromOptions,
  version: string,
  signal: AbortSignal,
): Promise<void> {
  checkBounds(toPlay, options);
  if (options.quiet !== true) for (const line of warnings(options)) advise(line);
  const replay = await runCase(toPlay, options, version, signal);
  const showSecrets = options.showSecrets === true;
  const terminal = terminalOf(options.color, options.ascii === true, options.output !== undefined);
  const pieces =
    options.format === 'json' ? replayJson(replay, { showSecrets }) : replayText(replay, { ...terminal, showSecrets });
  await writePieces(pieces, options.output);
  if (failsOn(options.failOn, newSeverities(replay.comparison))) exitWith(EXIT_FINDINGS);
}

/** @throws UserError for a case that takes longer, or more sockets, than it should */
function checkBounds({ opened: { header } }: CaseToPlay, { speed, timeLimit, serve }: FromOptions): void {
  if (header.connections === 0) throw new UserError('there is no connection to play');
  const takes = header.duration / 1e6 / speed;
  // How long a real web server goes on asking is not the case's matter.
  if (takes > timeLimit && serve === undefined) {
    const faster = Math.ceil((takes / timeLimit) * speed * 10) / 10;
    throw new UserError(
      `it takes ${formatDuration(takes * 1e6)}, and runs end after ${formatDuration(timeLimit * 1e6)}`,
      `--speed ${faster}, a larger --time-limit, or --until for a part of it`,
    );
  }
  if (header.mostOpen > MOST_OPEN)
    throw new UserError(
      `it has ${header.mostOpen} connections open at once, and ${MOST_OPEN} are played at most`,
      'take a part of it: --filter or --until',
    );
}

function* warnings({ against }: FromOptions): Generator<string> {
  if (against?.kind !== 'tcp' || /^(127\.|\[?::1|localhost$)/.test(against.host)) return;
  yield `Captured requests are sent to ${against.host}, which is not this machine.`;
}
