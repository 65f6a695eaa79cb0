// The comparison's words: what its figures are called, how values and differences are written, and the sentence about
// latency.
import type { Figure, FigureGroup, FigureUnit } from '../compare/figures.js';
import { effectWord, type LatencyComparison, LEAST_VALUES } from '../compare/latency.js';
import type { Latency } from '../compare/report.js';
import { formatBytes, formatCount, threeFigures } from './format-count.js';
import { formatDuration } from './format-duration.js';
import { counted, listed, rate, share } from './text-words.js';

export const GROUP_WORDS: Readonly<Record<FigureGroup, string>> = {
  connections: 'Connections',
  closing: 'Closing',
  'time-wait': 'TIME_WAIT',
  reuse: 'Reuse',
  requests: 'Requests',
  queue: 'Queue',
  answers: 'Answers',
};

export const LATENCY_WORDS: Readonly<Record<Latency, string>> = {
  timeToFirstByte: 'first byte',
  total: 'total',
};

const FIGURE_WORDS: Readonly<Record<string, string>> = {
  connections: 'connections',
  neverEstablished: 'SYNs without a SYN-ACK',
  midStream: 'began before the capture',
  synRetransmissions: 'SYNs repeated',
  synAckRetransmissions: 'SYN-ACKs repeated',
  maxOpenConnections: 'open at once',
  timeWaitRate: 'left a second',
  timeWaitPeak: 'at once, if each lives 60 s',
  requestsPerConnection: 'requests per connection',
  reusedConnections: 'used more than once',
  keepConn: 'asked to be kept',
  requests: 'requests',
  maxConcurrentRequests: 'in progress at once',
  unfinished: 'without END_REQUEST',
  concurrencyCeiling: 'slots',
  maxDepth: 'waiting at once',
  waiting: 'waited',
  longestWait: 'longest wait',
};

/** Names that are made of a table's name and a value of it. */
const TABLE_WORDS: Readonly<Record<string, string>> = {
  firstFin: 'FIN first',
  firstReset: 'RST first',
  timeWait: 'left on',
  methods: 'method',
  bytes: 'bytes of',
  httpStatus: 'HTTP status',
  protocolStatus: 'protocolStatus',
  appStatus: 'appStatus',
};

/** A figure's name in words; values of a capture are in it as they came, and an endpoint where there are several. */
export function figureWords({ name }: Figure): string {
  const dot = name.indexOf('.');
  const table = dot < 0 ? undefined : TABLE_WORDS[name.slice(0, dot)];
  if (table !== undefined) {
    const value = name.slice(dot + 1);
    if (name.startsWith('bytes.')) return `${table} ${value.toUpperCase()}`;
    return `${table}: ${value === 'web-server' ? 'web server' : value}`;
  }
  const space = name.indexOf(' ');
  if (space < 0) return FIGURE_WORDS[name] ?? name;
  return `${FIGURE_WORDS[name.slice(0, space)] ?? name.slice(0, space)}${name.slice(space)}`;
}

export function valueWords(value: number | undefined, unit: FigureUnit, ascii: boolean): string {
  if (value === undefined) return '-';
  switch (unit) {
    case 'count':
      return formatCount(value);
    case 'ratio':
      return threeFigures(value);
    case 'seconds':
      return formatDuration(value * 1e9, ascii);
    case 'per-second':
      return value === 0 ? '0/s' : rate(value);
    case 'bytes':
      return formatBytes(value);
  }
}

/** A value with its share of the whole, where it is a part of one: `45 (100%)`. */
export function cellWords(figure: Figure, side: 'before' | 'after', ascii: boolean): string {
  const value = figure[side];
  const words = valueWords(value, figure.unit, ascii);
  const whole = figure.of?.[side] ?? 0;
  return value === undefined || value === 0 || whole === 0 ? words : `${words} (${share(value, whole)})`;
}

/** `+12`, `-30%`, `x 3.2`: counts by their difference, everything measured by its ratio. */
export function changeWords(
  before: number | undefined,
  after: number | undefined,
  unit: FigureUnit,
  ascii = false,
): string {
  if (before === undefined || after === undefined || before === after) return '';
  if (unit === 'count') return `${after > before ? '+' : ''}${formatCount(after - before)}`;
  if (before === 0 || after === 0) return '';
  const ratio = after / before;
  const times = ascii ? 'x' : '×';
  if (ratio >= 2) return `${times} ${threeFigures(ratio)}`;
  if (ratio <= 0.1) return `/ ${threeFigures(before / after)}`;
  const percent = Math.round((ratio - 1) * 100);
  return percent === 0 ? '' : `${percent > 0 ? '+' : ''}${percent}%`;
}

/** One or two sentences: the verdict, and by which test. */
export function latencySentence(value: LatencyComparison, ascii: boolean): string {
  const { verdict, why, samples, independent, p, effect, tail } = value;
  if (verdict === 'not-tested') {
    if (why === 'no-requests') return 'Not tested: one of them has no such times.';
    if (why === 'percentiles-only') {
      return 'Not tested: a report without the rows of all its requests has percentiles only, and those of two reports cannot be tested.';
    }
    const worth = independent
      ? `, worth ${listed(independent.map((count) => threeFigures(count)))} independent ones`
      : '';
    return `Not tested: too few requests (${listed(samples!.map((count) => formatCount(count)))}${worth}; each side needs ${LEAST_VALUES}).`;
  }
  const test = `Mann-Whitney U: ${probability(p!)}, effect ${signed(effect!)} (${effectWord(effect!)}), ${listed(samples!.map((count) => formatCount(count)))} requests`;
  const dependent =
    independent!.some((count, side) => count < samples![side] * 0.9) &&
    `, worth ${listed(independent!.map((count) => formatCount(Math.floor(count))))} independent ones`;
  const slowest = tail
    ? ` Of the slowest twentieth of all (above ${formatDuration(tail.above * 1e9, ascii)}) ${counted(tail.counts[0], 'was', 'were')} before and ${formatCount(tail.counts[1])} after: ${probability(tail.p)}.`
    : '';
  return `${VERDICT_WORDS[verdict]} ${test}${dependent || ''}.${slowest}`;
}

const VERDICT_WORDS: Readonly<Record<Exclude<LatencyComparison['verdict'], 'not-tested'>, string>> = {
  slower: 'Slower.',
  faster: 'Faster.',
  'slower-tail': 'The slowest requests became slower.',
  'faster-tail': 'The slowest requests became faster.',
  same: 'No difference that is significant and more than negligible.',
};

function probability(p: number): string {
  return p < 0.0001 ? 'p < 0.0001' : `p = ${p.toFixed(p < 0.01 ? 4 : 2)}`;
}

function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(2)}`;
}
