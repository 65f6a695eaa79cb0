// Connections in figures: how they begin and end, who closes first, who is left with TIME_WAIT, how often they are reused.
import type { Facts } from '../analysis/facts.js';
import type { Summary } from '../analysis/snapshot.js';
import { CONNECTION_STATES } from '../tcp/connection-table.js';
import { formatCount } from './format-count.js';
import type { TextContext } from './text-context.js';
import { counted, labelledLines, rate, tally, together } from './text-words.js';

export function* connectionLines(context: TextContext): Generator<string> {
  const { summary, facts } = context.snapshot;
  yield context.style.strong(`Connections  ${formatCount(summary.connections)}`);
  if (summary.connections === 0) return;
  yield* labelledLines(context.width, [
    ['state', tally(stateCounts(facts), summary.connections, CONNECTION_STATES.length)],
    ['handshake', handshakeOddities(summary)],
    ['FIN first', sides({ ...summary.firstFin })],
    ['RST first', summary.firstReset.none === summary.connections ? '' : sides({ ...summary.firstReset })],
    ['TIME_WAIT left', timeWait(summary)],
    ['open at once', `at most ${formatCount(summary.maxOpenConnections)}`],
    facts.hasPayload
      ? ['reuse', tally(requestsEach(summary.requestsPerConnection), summary.connections)]
      : ['exchanges', tally(exchangesEach(facts), summary.connections)],
  ]);
}

/** `web server: 3,890   application: 2   none: 22`: the two sides always, the others where there are any. */
function sides(counts: Readonly<Record<string, number>>): string {
  const words = [`web server: ${formatCount(counts['web-server'])}`, `application: ${formatCount(counts.application)}`];
  for (const other of ['simultaneous', 'both', 'none']) {
    if (counts[other] > 0) words.push(`${other}: ${formatCount(counts[other])}`);
  }
  return together(words);
}

function timeWait({ timeWait: left, timeWaitRate, timeWaitPeak }: Summary): string {
  if (left.application + left['web-server'] + left.both === 0) return 'on neither side';
  const words = [sides({ ...left, none: 0 }), `${rate(timeWaitRate)}`];
  if (timeWaitPeak) {
    const side = timeWaitPeak.side === 'application' ? "the application's side" : "the web server's side";
    words.push(`at most ${formatCount(timeWaitPeak.count)} at once on ${side} of ${timeWaitPeak.endpoint}`);
  }
  return words.join('; ');
}

function handshakeOddities(summary: Summary): string {
  const words: string[] = [];
  if (summary.neverEstablished > 0) words.push(`${formatCount(summary.neverEstablished)} SYNs got no SYN-ACK`);
  if (summary.synRetransmissions > 0) words.push(`${counted(summary.synRetransmissions, 'SYN')} repeated`);
  if (summary.synAckRetransmissions > 0) words.push(`${counted(summary.synAckRetransmissions, 'SYN-ACK')} repeated`);
  if (summary.midStream > 0) words.push(`${formatCount(summary.midStream)} began before the capture`);
  return words.join(', ');
}

/** The counted listeners' connections by Zeek's conn_state. */
function stateCounts({ listeners, connections }: Facts): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const listener of listeners) {
    if (!listener.inSummary) continue;
    for (const row of listener.connections) {
      const state = CONNECTION_STATES[connections.state[row]];
      counts[state] = (counts[state] ?? 0) + 1;
    }
  }
  return counts;
}

function requestsEach(perConnection: Readonly<Record<string, number>>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [key, count] of Object.entries(perConnection)) {
    const name = group(Number(key), 'request');
    counts[name] = (counts[name] ?? 0) + count;
  }
  return counts;
}

/** Without payload to decode: a question and its answer are two turns of payload. */
function exchangesEach({ listeners, connections }: Facts): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const listener of listeners) {
    for (const row of listener.connections) {
      const name = group(Math.ceil(connections.turns[row] / 2), 'exchange');
      counts[name] = (counts[name] ?? 0) + 1;
    }
  }
  return counts;
}

/** `1 request`, `10 to 99 requests` and so on. */
function group(count: number, noun: string): string {
  if (count === 0) return `no ${noun}`;
  if (count === 1) return `1 ${noun}`;
  return `${count < 10 ? '2 to 9' : count < 100 ? '10 to 99' : '100 or more'} ${noun}s`;
}
