// The result of a load for people: rate, latencies with bars, statuses, errors by kind.
import type { LoadResult } from '../load/load-result.js';
import { PERCENTILES } from '../load/load-tally.js';
import { formatBytes, formatCount, threeFigures } from './format-count.js';
import { formatDuration } from './format-duration.js';
import { safeText } from './safe-text.js';
import { styleFor } from './style.js';
import { asciiText, symbolsFor } from './symbols.js';
import { textWidth } from './text-layout.js';

export interface LoadTextOptions {
  readonly width: number;
  readonly colour: boolean;
  readonly ascii: boolean;
}

const ROWS = 12;

export function* loadText(result: LoadResult, { width, colour, ascii }: LoadTextOptions): Generator<string> {
  const style = styleFor(colour);
  const { tally } = result;
  const printable = (text: string): string => (ascii ? asciiText(safeText(text)) : safeText(text));
  const duration = (nanoseconds: number): string => formatDuration(nanoseconds, ascii);
  const asked = tally.complete + tally.failed;
  yield `${style.strong(printable(`${result.method} ${result.uri}`))} to ${printable(result.address)}, ${how(result)}\n`;
  yield `${formatCount(asked)} requests in ${duration(result.seconds * 1e9)}${result.interrupted ? ', interrupted' : ''}: `;
  yield `${formatCount(tally.complete)} complete, ${tally.failed === 0 ? 'none failed' : style.error(`${formatCount(tally.failed)} failed`)}\n`;
  yield* rateLines(result);
  if (tally.latency.count > 0) {
    yield `\n${style.strong('Latency')}${result.rate === undefined ? '' : ' (from the time each request was due)'}\n`;
    yield* percentileLines(result, duration);
    yield '\n';
    yield* barLines(result, width, ascii, duration);
  }
  yield* statusLines(result);
  if (tally.errors.size > 0) {
    yield `\n${style.strong('Errors')}\n`;
    for (const [kind, count] of byCount(tally.errors)) yield `${formatCount(count).padStart(10)}  ${printable(kind)}\n`;
  }
  yield* openLoopLines(result, style.warning);
}

function how({ concurrency, keepConn, perConnection, rate, protocol }: LoadResult): string {
  const parts = [`${formatCount(concurrency)} at once`];
  if (rate !== undefined) parts.push(`${threeFigures(rate)} requests/s wanted`);
  if (protocol === 'scgi') parts.push('SCGI');
  else parts.push(keepConn ? 'connections kept' : 'a connection for each');
  if (perConnection > 1) parts.push(`up to ${formatCount(perConnection)} at a time on one`);
  return parts.join(', ');
}

function* rateLines({ tally, seconds, connections }: LoadResult): Generator<string> {
  const perSecond = seconds > 0 ? tally.complete / seconds : Number.NaN;
  const bytes = seconds > 0 ? tally.stdoutBytes / seconds : Number.NaN;
  yield `${threeFigures(perSecond)} requests/s, ${formatBytes(bytes)}/s of STDOUT, ${formatCount(connections)} connections opened, `;
  yield `${formatCount(tally.reused)} requests on a kept one\n`;
}

function* percentileLines({ tally }: LoadResult, duration: (ns: number) => string): Generator<string> {
  const { latency, firstByte } = tally;
  const rows: [string, number, number][] = [
    ['least', latency.least, firstByte.least],
    ['mean', latency.mean, firstByte.mean],
    ...PERCENTILES.map((share): [string, number, number] => [
      `p${share * 100}`,
      latency.percentile(share),
      firstByte.percentile(share),
    ]),
    ['most', latency.most, firstByte.most],
  ];
  yield `${' '.repeat(8)}${'whole answer'.padStart(14)}${'first byte'.padStart(14)}\n`;
  for (const [name, whole, first] of rows) {
    yield `${name.padStart(8)}${duration(whole).padStart(14)}${duration(first).padStart(14)}\n`;
  }
}

function* barLines(
  { tally }: LoadResult,
  width: number,
  ascii: boolean,
  duration: (ns: number) => string,
): Generator<string> {
  const buckets = tally.latency.coarse(ROWS);
  const most = Math.max(...buckets.map(({ count }) => count));
  const labels = buckets.map(({ from, to }) => `${duration(from)} to ${duration(to)}`);
  const label = Math.max(...labels.map(textWidth));
  const room = Math.max(10, Math.min(60, width - label - 16));
  const full = [...symbolsFor(ascii).levels].at(-1)!;
  for (const [row, { count }] of buckets.entries()) {
    const length = count === 0 ? 0 : Math.max(1, Math.round((count / most) * room));
    const padded = ' '.repeat(label - textWidth(labels[row])) + labels[row];
    yield `${`  ${padded}  ${formatCount(count).padStart(9)}  ${full.repeat(length)}`.trimEnd()}\n`;
  }
}

function* statusLines({ tally }: LoadResult): Generator<string> {
  if (tally.statuses.size > 0) {
    const list = byCount(tally.statuses).map(([status, count]) => `${status || 'no head'} ${formatCount(count)}`);
    yield `\nStatuses: ${list.join(', ')}\n`;
  }
  if (tally.appStatusNotZero > 0) yield `appStatus was not 0 in ${formatCount(tally.appStatusNotZero)} answers\n`;
  if (tally.stderrBytes > 0) yield `STDERR: ${formatBytes(tally.stderrBytes)}\n`;
}

function* openLoopLines({ mostLate, unsent, rate }: LoadResult, warn: (text: string) => string): Generator<string> {
  if (rate === undefined) return;
  if (mostLate > 0)
    yield `\nUp to ${formatCount(mostLate)} requests were due and waited for a free place; their waiting counts.\n`;
  if (unsent > 0) {
    yield `${warn(`${formatCount(unsent)} requests were due and never sent: the application is slower than the rate.`)}\n`;
  }
}

function byCount<Key>(counts: ReadonlyMap<Key, number>): [Key, number][] {
  return [...counts].sort((one, other) => other[1] - one[1]);
}
