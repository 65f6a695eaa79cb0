// A listener's connections as the queue model wants them: in the order they were established, with the first request's
// times and the moment the slot is free again.
import { REQUEST_ENDED, REQUEST_KEEP_CONN, REQUEST_PARAMS_ENDED } from '../model/request-table.js';
import { closeTime, type Facts, type Listener } from './facts.js';
import type { Arrival } from './queue-model.js';

/** A wait worth looking into; below it no queue is reported. */
const LONG_WAIT = 100e6;

/** The arrivals of one listener; empty when too few of them wait for the question to arise. */
export function arrivalsOf(facts: Facts, listener: Listener): Arrival[] {
  const { connections, conversations, requests } = facts;
  let long = 0;
  for (const row of listener.connections) {
    const first = conversations.firstRequest[row] - 1;
    if (first >= 0 && requests.firstByte[first] - requests.begin[first] > LONG_WAIT && ++long >= 3) break;
  }
  if (long < 3) return [];
  const arrivals: Arrival[] = [];
  for (const row of listener.connections) {
    const established = connections.establishedTime[row];
    // Never established: the kernel never put it into the accept queue.
    if (Number.isNaN(established)) continue;
    const first = conversations.firstRequest[row] - 1;
    const close = Math.min(closeTime(connections, row), facts.duration);
    arrivals.push({
      row,
      arrival: established,
      begin: first < 0 ? NaN : requests.begin[first],
      firstByte: first < 0 ? NaN : requests.firstByte[first],
      release: first < 0 ? close : slotRelease(facts, first, close),
      blocks: first >= 0 && !(requests.marks[first] & REQUEST_PARAMS_ENDED),
    });
  }
  return arrivals.sort((a, b) => a.arrival - b.arrival);
}

function slotRelease(facts: Facts, first: number, close: number): number {
  const { marks, end } = facts.requests;
  if (marks[first] & REQUEST_KEEP_CONN) return close;
  return marks[first] & REQUEST_ENDED ? end[first] : close;
}
