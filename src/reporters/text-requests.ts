// Requests in figures: latency, where the time of slow ones went, statuses, bytes.
import { LatencySplitter } from '../analysis/latency-split.js';
import type { Counts, Summary } from '../analysis/snapshot.js';
import type { Percentiles } from '../analysis/sweep.js';
import { formatBytes, formatCount } from './format-count.js';
import type { TextContext } from './text-context.js';
import { counted, labelledLines, share, tally, together } from './text-words.js';

/** A request that takes longer is a slow one. */
const SLOW = 1e9;

export function* requestLines(context: TextContext): Generator<string> {
  const { summary, facts } = context.snapshot;
  if (!facts.hasPayload) {
    yield* labelledLines(context.width, [
      ['Requests', 'not in text printed by tcpdump; a capture file has them (tcpdump -w FILE)'],
    ]);
    return;
  }
  yield context.style.strong(`Requests  ${formatCount(summary.requests)}`);
  if (summary.requests === 0) return;
  yield* labelledLines(context.width, [
    ['first byte', percentiles(context, summary.latency.timeToFirstByte)],
    ['total', percentiles(context, summary.latency.total)],
    ['slow', slowSentence(context)],
    ['unfinished', summary.unfinished > 0 ? `${formatCount(summary.unfinished)} without END_REQUEST` : ''],
    ['at once', `at most ${formatCount(summary.maxConcurrentRequests)}`],
    ['status', tally(summary.httpStatus, summary.requests, 10)],
    ['appStatus', isQuiet(summary.appStatus) ? '' : tally(summary.appStatus, summary.requests)],
    ['protocolStatus', isQuiet(summary.protocolStatus) ? '' : tally(summary.protocolStatus, summary.requests)],
    ['method', context.safe(tally(summary.methods, summary.requests))],
    ['role', summary.roles.responder === summary.requests ? '' : tally(summary.roles, summary.requests)],
    ['KEEP_CONN', keepConn(summary)],
    ['bytes', bytes(summary)],
  ]);
}

function percentiles({ duration }: TextContext, values: Percentiles | null): string {
  if (!values) return '';
  const { p50, p95, p99, max } = values;
  const word = (name: string, value: number) => `${name}: ${duration(value)}`;
  return together([word('p50', p50), word('p95', p95), word('p99', p99), word('max', max)]);
}

/** Statuses worth no line: all 0, or none because requests did not end. */
function isQuiet(counts: Counts): boolean {
  return Object.keys(counts).every((status) => status === '0' || status === 'none');
}

function keepConn({ keepConn: { set, unset }, requests }: Summary): string {
  if (set === requests) return 'asked for by all requests';
  if (unset === requests) return 'asked for by none';
  return `asked for by ${formatCount(set)} (${share(set, requests)})`;
}

function bytes({ bytes: { stdin, stdout, stderr, data } }: Summary): string {
  const words = [`STDIN: ${formatBytes(stdin)}`, `STDOUT: ${formatBytes(stdout)}`];
  if (stderr > 0) words.push(`STDERR: ${formatBytes(stderr)}`);
  if (data > 0) words.push(`DATA: ${formatBytes(data)}`);
  return together(words);
}

/** How many requests are slow, and which parts their time went into. */
function slowSentence({ snapshot: { facts }, duration }: TextContext): string {
  const splitter = new LatencySplitter(facts);
  const parts = { application: 0, queue: 0, upload: 0, reader: 0 };
  let slow = 0;
  let total = 0;
  for (const listener of facts.listeners) {
    if (!listener.inSummary) continue;
    for (const row of listener.requests) {
      if (!(splitter.totalOf(row) > SLOW)) continue;
      splitter.split(row);
      slow++;
      total += splitter.total;
      parts.application += splitter.application;
      parts.queue += splitter.queue;
      parts.upload += splitter.upload;
      parts.reader += splitter.reader;
    }
  }
  if (slow === 0) return '';
  const words: [string, number][] = [
    ['waiting in the queue', parts.queue],
    ['application working', parts.application],
    ['request body arriving', parts.upload],
    ['answer not being read', parts.reader],
  ];
  const told = words.filter(([, time]) => time / total >= 0.005).sort((a, b) => b[1] - a[1]);
  const shares = told.map(([word, time]) => `${word} ${share(time, total)}`).join(', ');
  return `${counted(slow, 'request')} over 1 s, ${duration(total)} together: ${shares}`;
}
