// A listener's connections as the queue model wants them: in the order they were established, with the first request's
// times and the moment the slot is free again.
import { REQUEST_ENDED, REQUEST_KEEP_CONN, REQUEST_PARAMS_ENDED } from '../model/request-table.js';
import { MARK_SYN } from '../tcp/connection-table.js';
import { closeTime, type Facts, type Listener } from './facts.js';
import { type Arrival, WAITING } from './queue-timeline.js';

/** The arrivals of one listener; empty when too few of them wait for the question to arise. */
export function arrivalsOf(facts: Facts, listener: Listener): Arrival[] {
  const { connections } = facts;
  if (countWaits(facts, listener, 3) < 3) return [];
  const kinds = new Kinds(facts);
  const arrivals: Arrival[] = [];
  for (let at = 0; at < listener.connections.length; at++) {
    const row = listener.connections[at];
    const arrival = connections.marks[row] & MARK_SYN ? enqueued(facts, row) : connections.start[row];
    if (!Number.isNaN(arrival)) arrivals.push(arrivalOf(facts, row, arrival, kinds));
  }
  return arrivals.sort((a, b) => a.arrival - b.arrival);
}

/** When the kernel put it into the accept queue; NaN where it never did. Before the capture it may have. */
function enqueued(facts: Facts, row: number): number {
  const { establishedTime, acknowledgedTime0, retransmissions0 } = facts.connections;
  const first = facts.conversations.firstRequest[row] - 1;
  if (first < 0 || retransmissions0[row] === 0) return establishedTime[row];
  // A full queue drops the last packet of the handshake, and the request is repeated until there is room.
  const isLate = !(acknowledgedTime0[row] - facts.requests.begin[first] <= WAITING);
  return isLate ? acknowledgedTime0[row] : establishedTime[row];
}

/** Connections of which it is worth asking why no byte came: for long no first byte, or none at all. */
function countWaits(facts: Facts, listener: Listener, enough: number): number {
  const { connections, conversations, requests } = facts;
  let count = 0;
  for (let at = 0; at < listener.connections.length; at++) {
    const row = listener.connections[at];
    const first = conversations.firstRequest[row] - 1;
    if (first < 0) continue;
    const answer = answeredAt(facts, first);
    const until = Number.isNaN(answer) ? Math.min(closeTime(connections, row), facts.duration) : answer;
    if (until - requests.begin[first] > WAITING && ++count >= enough) break;
  }
  return count;
}

function arrivalOf(facts: Facts, row: number, arrival: number, kinds: Kinds): Arrival {
  const { connections, conversations, requests } = facts;
  const close = Math.min(closeTime(connections, row), facts.duration);
  const first = conversations.firstRequest[row] - 1;
  if (first < 0) {
    const silent = connections.bytes0[row] === 0;
    const incompleteUntil = silent ? close : NaN;
    return { row, arrival, begin: NaN, firstByte: NaN, release: close, incompleteUntil, kind: 0 };
  }
  const complete = (requests.marks[first] & REQUEST_PARAMS_ENDED) !== 0;
  const answer = answeredAt(facts, first);
  return {
    row,
    arrival,
    begin: inputEnd(facts, first),
    firstByte: Number.isNaN(answer) ? closedUnanswered(facts, row) : answer,
    release: slotRelease(facts, first, close),
    incompleteUntil: complete ? requests.paramsEnd[first] : close,
    kind: kinds.of(first),
    ...idleness(facts, row, close),
  };
}

/** The first byte of the answer, or END_REQUEST where that is all of it, as after an abort; NaN where nothing came. */
function answeredAt({ requests }: Facts, first: number): number {
  const { firstByte, end, marks } = requests;
  return Number.isNaN(firstByte[first]) && marks[first] & REQUEST_ENDED ? end[first] : firstByte[first];
}

/** When the request's own input was complete; an answer that comes before waits for nothing any more. */
function inputEnd(facts: Facts, first: number): number {
  const { begin, paramsEnd, stdinEnd, firstByte } = facts.requests;
  let end = begin[first];
  if (paramsEnd[first] > end) end = paramsEnd[first];
  if (stdinEnd[first] > end) end = stdinEnd[first];
  return firstByte[first] < end ? Math.max(begin[first], Math.min(end, firstByte[first])) : end;
}

/** The application's FIN where it closed first without an answer: it had accepted the connection. NaN otherwise. */
function closedUnanswered(facts: Facts, row: number): number {
  const { finTime0, finTime1, resetTime } = facts.connections;
  return finTime0[row] < finTime1[row] || resetTime[row] < finTime1[row] ? NaN : finTime1[row];
}

/** A web server that gives up does not free the slot: the application works on until its answer meets a closed peer. */
function slotRelease(facts: Facts, first: number, close: number): number {
  const { marks, end } = facts.requests;
  const ended = (marks[first] & REQUEST_ENDED) !== 0;
  if (marks[first] & REQUEST_KEEP_CONN) return ended ? Math.max(close, end[first]) : close;
  return ended ? end[first] : close;
}

/** When the last request of a kept connection ended, and how long nothing happened on it; nothing for any other. */
function idleness(facts: Facts, row: number, close: number): Pick<Arrival, 'idleSince' | 'longestIdle'> {
  const { marks, begin, end, next } = facts.requests;
  const wanted = REQUEST_KEEP_CONN | REQUEST_ENDED;
  let idleSince = NaN;
  let longestIdle = 0;
  for (let at = facts.conversations.firstRequest[row]; at !== 0; at = next[at - 1]) {
    if ((marks[at - 1] & wanted) !== wanted) return {};
    if (begin[at - 1] - idleSince > longestIdle) longestIdle = begin[at - 1] - idleSince;
    idleSince = end[at - 1];
  }
  return { idleSince, longestIdle: Math.max(longestIdle, close - idleSince) };
}

/** Numbers for what requests ask for: the path of the URI, or the script where there is no URI. */
class Kinds {
  private readonly numbers = new Map<string, number>();
  private readonly byUri = new Map<number, number>();

  constructor(private readonly facts: Facts) {}

  of(request: number): number {
    const { requests, strings } = this.facts;
    const uri = requests.uri[request];
    const known = this.byUri.get(uri);
    if (known !== undefined && uri !== 0) return known;
    const [path] = strings.text(uri !== 0 ? uri : requests.script[request]).split('?', 1);
    if (path === '') return 0;
    let number = this.numbers.get(path);
    if (number === undefined) {
      number = this.numbers.size + 1;
      this.numbers.set(path, number);
    }
    if (uri !== 0) this.byUri.set(uri, number);
    return number;
  }
}
