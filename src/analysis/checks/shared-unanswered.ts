// How requests without END_REQUEST came to their end: cut by the application, and whether anything had been answered.
import { REQUEST_ENDED, REQUEST_PARAMS_ENDED, REQUEST_STDIN_ENDED } from '../../model/request-table.js';
import type { Facts } from '../facts.js';
import { answersAreWhole, applicationEnd } from './shared-endings.js';

/**
 * When the application ended the connection of a request that has no END_REQUEST, while the web server still waited;
 * NaN where that did not happen, or where the capture may have missed the END_REQUEST.
 */
export function cutByApplication(facts: Facts, row: number): number {
  if (facts.requests.marks[row] & REQUEST_ENDED) return NaN;
  const connection = facts.requests.connection[row];
  return answersAreWhole(facts, connection) ? applicationEnd(facts.connections, connection) : NaN;
}

/** Whether not one byte of STDOUT or STDERR came. */
export function hasNoAnswer(facts: Facts, row: number): boolean {
  return facts.requests.firstBytePacket[row] === 0;
}

/** PARAMS and STDIN were complete: all the application needs. */
export function isComplete(facts: Facts, row: number): boolean {
  const wanted = REQUEST_PARAMS_ENDED | REQUEST_STDIN_ENDED;
  return (facts.requests.marks[row] & wanted) === wanted;
}

/** Closing this soon after the request began, the application had closed an idle connection: it never saw the request. */
const CROSSING = 50e6;

/**
 * A request that was sent on a kept connection just as the application closed it: no answer, at least one request
 * answered before on that connection, and the close comes with the request or before it.
 */
export function isStaleRace(facts: Facts, row: number): boolean {
  if (!hasNoAnswer(facts, row)) return false;
  const end = cutByApplication(facts, row);
  if (!(end - facts.requests.begin[row] <= CROSSING)) return false;
  const first = facts.conversations.firstRequest[facts.requests.connection[row]] - 1;
  return first !== row && first >= 0 && (facts.requests.marks[first] & REQUEST_ENDED) !== 0;
}
