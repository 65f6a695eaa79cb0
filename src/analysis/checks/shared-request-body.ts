// Whether the body of a request came as its CONTENT_LENGTH promised: read by the finding about it, and by those about
// slow requests, which leave such requests to it.
import { AUTHORIZER } from '../../fastcgi/constants.js';
import { problemNumber } from '../../model/problem-codes.js';
import {
  LENGTH_INVALID,
  REQUEST_ABORTED,
  REQUEST_CHUNKED,
  REQUEST_PARAMS_ENDED,
  REQUEST_STDIN_ENDED,
} from '../../model/request-table.js';
import { BY_WEB_SERVER } from '../../model/side.js';
import { closeTime, type Facts } from '../facts.js';

export const BODY_AS_DECLARED = 0;
/** STDIN ended, with some bytes but fewer than declared (or the declaration is no number). */
export const BODY_SHORT = 1;
/** STDIN did not end, and nothing was answered, for over 5 seconds. */
export const BODY_STALLED = 2;
/** STDIN carried bytes that no CONTENT_LENGTH declared. */
export const BODY_UNDECLARED = 3;

/** An unfinished body counts as stalled after this time. */
const STALLED = 5e9;

/** With these the PARAMS or the STDIN that were sent are not all known. */
const INCOMPLETE =
  (1 << problemNumber('stream-gap')) |
  (1 << problemNumber('resynchronised')) |
  (1 << problemNumber('params-truncated')) |
  (1 << problemNumber('params-too-large')) |
  (1 << problemNumber('scgi-malformed'));

/** Judges the bodies of requests. One object serves any number of requests of the same facts. */
export class RequestBodies {
  /** Connections that waited in the accept queue: nobody has begun to read their bodies. */
  private readonly queued = new Set<number>();

  constructor(private readonly facts: Facts) {
    for (const queue of facts.queues) for (const { row } of queue?.waiting ?? []) this.queued.add(row);
  }

  /** What is wrong with the body of the request: one of BODY_... */
  judge(row: number): number {
    const { requests } = this.facts;
    const marks = requests.marks[row];
    if (!(marks & REQUEST_PARAMS_ENDED) || marks & REQUEST_ABORTED || requests.problems[row] & INCOMPLETE) {
      return BODY_AS_DECLARED;
    }
    const declared = requests.contentLength[row];
    const came = requests.stdinBytes[row];
    if (came === 0 && declared <= 0 && !(marks & REQUEST_CHUNKED)) return BODY_AS_DECLARED;
    if (requests.role[row] === AUTHORIZER) return BODY_AS_DECLARED;
    if (came > 0 && declared !== LENGTH_INVALID && declared <= 0) {
      return this.carriesNoUpload(row) ? BODY_AS_DECLARED : BODY_UNDECLARED;
    }
    if (marks & REQUEST_STDIN_ENDED) {
      return came > 0 && (declared === LENGTH_INVALID || came < declared) ? BODY_SHORT : BODY_AS_DECLARED;
    }
    const outstanding = came < declared || (marks & REQUEST_CHUNKED) !== 0;
    return outstanding && this.isStalled(row) ? BODY_STALLED : BODY_AS_DECLARED;
  }

  /** A GET or HEAD with some bytes on STDIN: no web server sends that for an upload, so nothing is lost. */
  private carriesNoUpload(row: number): boolean {
    const { requests, strings } = this.facts;
    if (requests.marks[row] & REQUEST_CHUNKED) return false;
    const method = strings.text(requests.method[row]);
    return method === 'GET' || method === 'HEAD';
  }

  private isStalled(row: number): boolean {
    if (!isUnanswered(this.facts, row)) return false;
    const held = heldFor(this.facts, row);
    const connection = this.facts.requests.connection[row];
    if (held < STALLED || this.queued.has(connection)) return false;
    // With its window closed for most of the time it is the application that does not take the body.
    return this.facts.connections.zeroWindow1[connection] < held / 2;
  }
}

/** Nothing of an answer came while the web server waited for one: none at all, or only after it had closed. */
export function isUnanswered(facts: Facts, row: number): boolean {
  const { requests, connections } = facts;
  const answer = requests.firstBytePacket[row] !== 0 ? requests.firstByte[row] : requests.end[row];
  if (Number.isNaN(answer)) return true;
  const connection = requests.connection[row];
  if (connections.firstFin[connection] === BY_WEB_SERVER && connections.finTime0[connection] < answer) return true;
  return connections.firstReset[connection] === BY_WEB_SERVER && connections.resetTime[connection] < answer;
}

/** How long the request was there without the rest of its body: to the close, or to the end of the capture. */
export function heldFor(facts: Facts, row: number): number {
  const { requests, connections, duration } = facts;
  return Math.min(duration, closeTime(connections, requests.connection[row])) - requests.paramsEnd[row];
}
