// What came of playing a case: what was played, what went otherwise than in the capture, and the two reports beside each
// other; as text and as JSON.
import type { Comparison } from '../compare/compare.js';
import type { CaseHeader, CaseLosses } from '../replay/event.js';
import { comparisonObject } from './compare-json.js';
import { type CompareTextOptions, compareText } from './compare-text.js';
import { formatCount } from './format-count.js';
import { formatDuration } from './format-duration.js';
import { safeJson } from './safe-json.js';
import { safeText } from './safe-text.js';
import { wrap } from './text-layout.js';
import { counted, listed } from './text-words.js';

export const REPLAY_SCHEMA = 'fcgi-inspect/replay/1';

export interface Replay {
  readonly header: CaseHeader;
  /** A real application; undefined where both sides were played. */
  readonly against: string | undefined;
  /** Where a real web server connected; undefined where its side was played. */
  readonly served: string | undefined;
  readonly speed: number;
  /** Milliseconds that it took. */
  readonly took: number;
  /** Milliseconds that the whole took longer than it should have. */
  readonly late: number;
  /** It was ended before its time. */
  readonly interrupted: boolean;
  /** What went otherwise than in the capture, by its name. */
  readonly divergences: ReadonlyMap<string, number>;
  readonly comparison: Comparison;
}

export function* replayJson(replay: Replay, options: { readonly showSecrets?: boolean }): Generator<string> {
  const { header, comparison, divergences, ...rest } = replay;
  const document = {
    schema: REPLAY_SCHEMA,
    ...rest,
    against: replay.against ?? null,
    served: replay.served ?? null,
    took: rest.took / 1000,
    late: rest.late / 1000,
    case: { ...header, duration: header.duration / 1e9, secretsReplaced: header.secretsReplaced ?? null },
    divergences: Object.fromEntries(divergences),
    comparison: comparisonObject(comparison, options),
  };
  yield `${safeJson(document, 2)}\n`;
}

const DIVERGENCE_WORDS: Readonly<Record<string, string>> = {
  'not-connected': 'connections could not be made',
  'not-refused': 'connections that had been refused were made',
  'closed-before': 'times a side could not do what it had done, as the other had closed',
  'not-arrived': 'times something that was sent did not arrive in time',
  'no-answer': 'answers did not come in time',
  'connected-again': 'times the application had closed a connection that it had kept, and a new one was made',
  'not-asked-for': 'captured requests were not asked for',
  'asked-again': 'requests were more than the capture has, and got an answer again',
  'not-in-the-capture': 'requests are not in the capture, and got 404',
  'not-seen': 'events passed the tap too fast to be in the report',
  'not-closed': 'times the application did not close as it had',
};

const LOSS_WORDS: Readonly<Record<keyof CaseLosses, string>> = {
  unanswered: 'connections that nobody answered are left out',
  beganBefore: 'connections began before the capture: they open with their first whole request',
  empty: 'connections have nothing that could be played',
  filledBytes: 'bytes that the capture lacks are zeros',
  droppedBytes: 'bytes whose place in the stream is not known are left out',
  afterEnd: 'ends and resets after the end of a connection are left out',
};

export function* replayText(replay: Replay, options: CompareTextOptions): Generator<string> {
  const { header, took, interrupted } = replay;
  const { width = 100, ascii = false } = options;
  const duration = (milliseconds: number) => formatDuration(milliseconds * 1e6, ascii);
  const lines = [
    `${playedWords(replay)} in ${duration(took)}${replay.speed === 1 ? '' : `, ${replay.speed} times as fast`}.`,
  ];
  if (interrupted) lines.push('It was ended before its time.');
  if (header.secretsReplaced)
    lines.push(
      `${counted(header.secretsReplaced, 'secret value')} (cookies, authorization) replaced, in their length.`,
    );
  const told = [
    ...Object.entries(LOSS_WORDS).map(([key, words]) => [header.losses[key as keyof CaseLosses], words] as const),
    ...[...replay.divergences].map(([key, count]) => [count, DIVERGENCE_WORDS[key] ?? key] as const),
  ].filter(([count]) => count > 0);
  if (told.length > 0)
    lines.push(`Otherwise than it was: ${listed(told.map(([count, words]) => `${formatCount(count)} ${words}`))}.`);
  if (replay.late >= 1)
    lines.push(
      `It took ${duration(replay.late)} longer than it would have by the clock, as nothing happens before what came before it has arrived.`,
    );
  if (replay.against === undefined) lines.push("Differences of single times below some 10 ms are the replay's own.");
  for (const line of lines.flatMap((text) => wrap(safeText(text), width))) yield `${line}\n`;
  yield '\n';
  yield* compareText(replay.comparison, options);
}

function playedWords({ header, against, served, divergences }: Replay): string {
  if (served !== undefined) {
    const asked = header.requests - (divergences.get('not-asked-for') ?? 0);
    return `Served ${counted(asked, 'captured answer')} on ${served}`;
  }
  const what = `${counted(header.connections, 'connection')} and ${counted(header.requests, 'request')}`;
  return `Played ${what}, ${against === undefined ? 'both sides' : `the web server's side against ${against}`},`;
}
