// How requests without END_REQUEST came to their end: cut by the application, and whether anything had been answered.
import {
  PROTOCOL_SCGI,
  REQUEST_ABORTED,
  REQUEST_ENDED,
  REQUEST_PARAMS_ENDED,
  REQUEST_STDIN_ENDED,
} from '../../model/request-table.js';
import { MARK_DATA_ACKNOWLEDGED_0 } from '../../tcp/connection-table.js';
import type { Facts } from '../facts.js';
import { answersAreWhole, applicationEnd, resetRightAfterHandshake } from './shared-endings.js';

/** Closing this soon after the request began, the application had closed an idle connection: it never saw the request. */
const CROSSING = 50e6;

/**
 * When the application ended the connection of a request that has no END_REQUEST, while the web server still waited;
 * NaN where that did not happen, where the web server had aborted the request, or where the capture may have missed the
 * END_REQUEST. For SCGI, where the end of the stream ends the answer, only if no byte of one came.
 */
export function cutByApplication(facts: Facts, row: number): number {
  const { marks, protocol, connection } = facts.requests;
  if (marks[row] & REQUEST_ABORTED) return NaN;
  if (marks[row] & REQUEST_ENDED && (protocol[row] !== PROTOCOL_SCGI || !hasNoAnswer(facts, row))) return NaN;
  if (!answersAreWhole(facts, connection[row]) || neverArrived(facts, connection[row])) return NaN;
  return applicationEnd(facts.connections, connection[row]);
}

/** The application's host did not take the connection, so its application has nothing to do with the end of it. */
function neverArrived({ connections }: Facts, row: number): boolean {
  if (connections.marks[row] & MARK_DATA_ACKNOWLEDGED_0) return false;
  return connections.retransmissions0[row] > 1 || !Number.isNaN(resetRightAfterHandshake(connections, row));
}

/** Whether not one byte of STDOUT or STDERR came. */
export function hasNoAnswer(facts: Facts, row: number): boolean {
  return facts.requests.firstBytePacket[row] === 0;
}

/** Whether STDOUT began: an answer, not only messages on STDERR. */
export function answerBegan(facts: Facts, row: number): boolean {
  return !Number.isNaN(facts.requests.lastByte[row]); // set by STDOUT alone
}

/** PARAMS and STDIN were complete: all the application needs. */
export function isComplete(facts: Facts, row: number): boolean {
  const wanted = REQUEST_PARAMS_ENDED | REQUEST_STDIN_ENDED;
  return (facts.requests.marks[row] & wanted) === wanted;
}

/**
 * A request that was sent on a kept connection just as the application closed it: no answer, at least one request
 * answered before on that connection, and the close comes with the request or before it.
 */
export function isStaleRace(facts: Facts, row: number): boolean {
  if (!hasNoAnswer(facts, row)) return false;
  const { requests, connections, conversations } = facts;
  const connection = requests.connection[row];
  // The longer the way, the longer the two may be under way towards each other.
  const roundTrip = connections.synAckTime[connection] - connections.start[connection];
  const crossing = Math.max(CROSSING, Number.isNaN(roundTrip) ? 0 : 2 * roundTrip);
  if (!(cutByApplication(facts, row) - requests.begin[row] <= crossing)) return false;
  const first = conversations.firstRequest[connection] - 1;
  return first !== row && first >= 0 && (requests.marks[first] & REQUEST_ENDED) !== 0;
}
