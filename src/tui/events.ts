// What went wrong when: problems of streams, what applications wrote to STDERR, resets, refusals, and what logs tell, in
// the order of time. Rows of the Events view.
import type { Facts } from '../analysis/facts.js';
import type { Severity } from '../analysis/finding.js';
import type { Snapshot } from '../analysis/snapshot.js';
import { PROBLEM_CODES } from '../model/problem-codes.js';
import { BY_WEB_SERVER, SIDE_NAMES } from '../model/side.js';
import { CONNECTION_STATES } from '../tcp/connection-table.js';

export interface EventRow {
  /** Nanoseconds since the first packet; NaN where it is not known. */
  readonly time: number;
  /** 0 where there is none. */
  readonly packet: number;
  /** Rows, or -1. */
  readonly connection: number;
  readonly request: number;
  readonly severity: Severity;
  /** `reset`, `stderr`, a problem's code, ... */
  readonly kind: string;
  /** Not yet safe to print. */
  readonly text: string;
}

/** Events of one kind at most: the first ones. */
const MOST = 5_000;
const STEP = 100_000;

/** All events, in the order of time; in steps. */
export function* eventSteps(snapshot: Snapshot): Generator<void, EventRow[], void> {
  const { facts } = snapshot;
  const events: EventRow[] = [];
  for (const problem of snapshot.input.problems) {
    events.push({
      time: NaN,
      packet: problem.packet ?? 0,
      connection: -1,
      request: -1,
      severity: 'note',
      kind: problem.code,
      text: problem.detail + (problem.count !== undefined && problem.count > 1 ? ` (${problem.count} times)` : ''),
    });
  }
  for (const { time, packet, connection, request, code, side, detail } of facts.log.anomalies.places) {
    if (!(facts.listenerOf[connection] >= 0)) continue;
    const sentence = PROBLEM_CODES.find((candidate) => candidate.code === code)?.sentence ?? '';
    events.push({
      time,
      packet,
      connection,
      request,
      severity: 'warning',
      kind: code,
      text: `${sentence}; by the ${SIDE_NAMES[side].replace('-', ' ')} (${detail})`,
    });
  }
  for (const { time, packet, request, text, count } of facts.log.stderr.groups) {
    const times = count > 1 ? ` (${count} times)` : '';
    const connection = facts.requests.connection[request] ?? -1;
    events.push({ time, packet, connection, request, severity: 'note', kind: 'stderr', text: text + times });
  }
  yield* connectionEvents(facts, events);
  yield* logEvents(snapshot, events);
  return events.sort((a, b) => (Number.isNaN(a.time) ? -1 : a.time) - (Number.isNaN(b.time) ? -1 : b.time));
}

function* connectionEvents(facts: Facts, events: EventRow[]): Generator<void, void, void> {
  const { connections, conversations, listenerOf } = facts;
  const refused = CONNECTION_STATES.indexOf('REJ');
  let resets = 0;
  let lost = 0;
  for (let row = 0; row < listenerOf.length; row++) {
    if (row % STEP === 0) yield;
    if (listenerOf[row] === -1) continue;
    const base = { connection: row, request: -1 } as const;
    const resetTime = connections.resetTime[row];
    if (!Number.isNaN(resetTime) && resets < MOST) {
      resets++;
      const isRefusal = connections.state[row] === refused;
      const byWebServer = connections.firstReset[row] === BY_WEB_SERVER;
      const who = byWebServer ? 'the web server' : 'the application';
      const unanswered = conversations.requests[row] > 0 && connections.bytes1[row] === 0;
      events.push({
        ...base,
        time: resetTime,
        packet: connections.resetPacket[row],
        severity: isRefusal ? 'error' : 'warning',
        kind: isRefusal ? 'refused' : 'reset',
        text: isRefusal
          ? 'the SYN was answered by RST: nobody listens'
          : `RST by ${who}${unanswered ? ', before any byte of an answer' : ''}`,
      });
    }
    if (connections.syns[row] > 1 && lost < MOST) {
      lost++;
      events.push({
        ...base,
        time: connections.start[row],
        packet: connections.firstPacket[row],
        severity: 'warning',
        kind: 'syn-repeated',
        text: `${connections.syns[row]} SYNs${Number.isNaN(connections.synAckTime[row]) ? ', none was answered' : ' before the answer'}`,
      });
    }
  }
}

/** lighttpd's log: by process, as its lines are not kept one by one. */
function* logEvents(snapshot: Snapshot, events: EventRow[]): Generator<void, void, void> {
  const { firstTime } = snapshot.input;
  const origin = firstTime ? firstTime.seconds + firstTime.nanoseconds / 1e9 : NaN;
  for (const process of snapshot.processes) {
    const name = process.pid === 0 ? process.socket : `pid ${process.pid} at ${process.socket}`;
    const add = (count: number, kind: string, words: string) => {
      if (count === 0) return;
      events.push({
        time: (process.lastTime - origin) * 1e9,
        packet: 0,
        connection: -1,
        request: -1,
        severity: 'warning',
        kind,
        text: `log: ${name}: ${words} (${count} times until then)`,
      });
    };
    add(process.endOfFile, 'log-end-of-file', 'closed a connection before the answer was complete');
    add(process.connectFailures, 'log-connect-failed', 'could not be connected to');
    add(process.responsesNotReceived, 'log-no-response', 'no response was received');
    add(process.negativeLoads, 'log-load', 'a load below 0 was printed');
  }
  yield;
}
