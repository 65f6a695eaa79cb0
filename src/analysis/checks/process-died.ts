// All connections of an application end at one instant without END_REQUEST: its process died.
import type { Check } from '../check.js';
import { closeTime, type Facts, type Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { endedByReset, endPacket } from './shared-endings.js';
import { counted, requestEvidence, requestName, showsRequests, span } from './shared-evidence.js';
import { cutByApplication, isStaleRace } from './shared-unanswered.js';

/** The kernel closes all sockets of a process that ends within this time. */
const INSTANT = 10e6;

const ADVICE: readonly Advice[] = [
  {
    for: 'host',
    text: 'journalctl -k and dmesg name what the OOM killer killed; coredumpctl lists what crashed. Compare their times with this one.',
  },
  {
    for: 'php-fpm',
    text:
      '"child N exited on signal 11 (SIGSEGV)" is a crash, signal 9 the OOM killer or an administrator. If the whole pool goes at ' +
      'once it was a reload or restart: "process_control_timeout = 30s" lets requests in progress finish.',
  },
  {
    for: 'lighttpd',
    text: '"child signalled: N" and "child exited: N" in its log say how the process ended; it starts those of "bin-path" again by itself.',
  },
];

export const processDied: Check = {
  id: 'process-died',
  title: 'An application process dies with requests in progress',
  severity: 'error',
  explanation: `When a process ends, the kernel closes all its sockets at once. On the wire that is unmistakable: several connections of one listener end within a few milliseconds, each with a request in progress, none with END_REQUEST, and no other request that was in progress survives. Sockets with unread bytes end with a RST, the others with a FIN.

What follows tells the rest: connections that are refused mean that nobody listens any more; answers on new connections mean that it was started again (or that a parent process still holds the listener, as with php-fpm).

If only one connection ends this way while others go on, it was one worker of several, or a program that closes connections while it lives: see premature-close and truncated-response.`,
  remedy: ADVICE,
  needs: ['payload'],
  run(facts) {
    if (!showsRequests(facts)) return 'not-applicable';
    return facts.listeners.flatMap((listener) => findingsOf(facts, listener));
  },
};

interface Cut {
  readonly row: number;
  readonly time: number;
}

function findingsOf(facts: Facts, listener: Listener): Finding[] {
  const cuts: Cut[] = [];
  for (const row of listener.requests) {
    const time = cutByApplication(facts, row);
    if (!Number.isNaN(time) && !isStaleRace(facts, row)) cuts.push({ row, time });
  }
  cuts.sort((a, b) => a.time - b.time);
  const deaths: Cut[][] = [];
  for (let at = 0; at < cuts.length; ) {
    let end = at + 1;
    while (end < cuts.length && cuts[end].time - cuts[at].time <= INSTANT) end++;
    const together = cuts.slice(at, end);
    if (connectionsOf(facts, together) >= 2 && !anySurvived(facts, listener, together)) deaths.push(together);
    at = end;
  }
  return deaths.length === 0 ? [] : [describe(facts, listener, deaths)];
}

function connectionsOf(facts: Facts, cuts: readonly Cut[]): number {
  return new Set(cuts.map(({ row }) => facts.requests.connection[row])).size;
}

/** A request that was in progress at that instant and was answered after it. */
function anySurvived(facts: Facts, listener: Listener, cuts: readonly Cut[]): boolean {
  const { requests } = facts;
  const from = cuts[0].time;
  const until = cuts[cuts.length - 1].time;
  for (const row of listener.requests) {
    if (requests.begin[row] > from) break;
    const answered = requests.end[row];
    if (answered > until || requests.lastByte[row] > until) return true;
  }
  return false;
}

function describe(facts: Facts, listener: Listener, deaths: readonly Cut[][]): Finding {
  const { connections, requests } = facts;
  const { endpoint } = listener;
  const all = deaths.flat();
  const evidence: Evidence[] = all.slice(0, MAX_EVIDENCE).map(({ row, time }) => {
    const connection = requests.connection[row];
    const how = endedByReset(connections, connection, time) ? 'RST' : 'FIN';
    const text = `${requestName(facts, row)}: ${how} after ${span(time - requests.begin[row])} in progress`;
    return requestEvidence(facts, row, text, endPacket(connections, connection, time), time);
  });
  const last = deaths[deaths.length - 1];
  const instant = last[last.length - 1].time;
  return {
    id: 'process-died',
    severity: 'error',
    title: `${counted(all.length, 'request')} in progress at ${endpoint} ended at ${deaths.length === 1 ? 'one instant' : `${deaths.length} instants`}: the process died`,
    detail:
      'Every request in progress at that listener lost its connection within a few milliseconds, none of them with END_REQUEST. ' +
      `That is what the end of a process looks like from outside. ${whatFollowed(facts, listener, instant)}`,
    count: deaths.length,
    scope: { endpoint },
    evidence,
    advice: ADVICE,
  };
}

function whatFollowed(facts: Facts, listener: Listener, instant: number): string {
  const { requests, connections } = facts;
  let refused = 0;
  for (const row of listener.connections) {
    if (
      connections.start[row] >= instant - INSTANT &&
      Number.isNaN(connections.synAckTime[row]) &&
      closeTime(connections, row) < Infinity
    )
      refused++;
  }
  for (const row of listener.requests) {
    if (requests.begin[row] <= instant || Number.isNaN(requests.firstByte[row])) continue;
    const pause = span(requests.firstByte[row] - instant);
    return `${refused > 0 ? `${counted(refused, 'connection')} ${refused === 1 ? 'was' : 'were'} refused afterwards; ` : ''}${pause} later a new request was answered, so it was started again.`;
  }
  return refused > 0
    ? `${counted(refused, 'connection')} ${refused === 1 ? 'was' : 'were'} refused afterwards: nobody listened any more.`
    : 'Nothing was answered afterwards in this capture.';
}
