// When requests ran and how long they took: what the figures of a listener and of the summary are computed from.
import type { RequestTable } from '../model/request-table.js';
import { closeTime, type Facts } from './facts.js';
import type { LatencyFigures } from './snapshot.js';
import { percentiles, sortUnlessSorted } from './sweep.js';

/** When a request stops running: END_REQUEST, else its connection's first FIN or RST, else the end of the capture. */
export function runsUntil(facts: Facts, row: number): number {
  const end = facts.requests.end[row];
  if (!Number.isNaN(end)) return end;
  return Math.min(closeTime(facts.connections, facts.requests.connection[row]), facts.duration);
}

/** When a request's own input had ended: PARAMS and STDIN; NaN while either is missing. */
export function inputEnd(requests: RequestTable, row: number): number {
  const params = requests.paramsEnd[row];
  const stdin = requests.stdinEnd[row];
  return Math.max(params, stdin);
}

/** Times of several requests, in nanoseconds. */
export interface RequestTimes {
  /** When they began and stopped running, each in order of time. */
  readonly begins: Float64Array;
  readonly ends: Float64Array;
  /** Time with at least one of them running, and the sum of all their times. */
  readonly busyTime: number;
  readonly requestTime: number;
  latency(): LatencyFigures;
}

/** One pass over the rows, because a loop that runs once is half over before it is machine code. */
export function requestTimes(facts: Facts, rows: Uint32Array): RequestTimes {
  const { requests } = facts;
  const count = rows.length;
  const begins = new Float64Array(count);
  const ends = new Float64Array(count);
  const first = new Float64Array(count);
  const total = new Float64Array(count);
  let firsts = 0;
  let totals = 0;
  let busyTime = 0;
  let requestTime = 0;
  let coveredUntil = -Infinity;
  for (let at = 0; at < count; at++) {
    const row = rows[at];
    const begin = requests.begin[row];
    const end = runsUntil(facts, row);
    begins[at] = begin;
    ends[at] = end;
    requestTime += end - begin;
    // Rows are in the order in which the requests began, so overlaps are found in one pass.
    if (end > coveredUntil) {
      busyTime += end - Math.max(begin, coveredUntil);
      coveredUntil = end;
    }
    const all = requests.end[row] - begin;
    if (!Number.isNaN(all)) total[totals++] = all;
    const wait = requests.firstByte[row] - inputEnd(requests, row);
    // An answer that began before the input had ended did not wait for it.
    if (!Number.isNaN(wait)) first[firsts++] = Math.max(0, wait);
  }
  sortUnlessSorted(begins);
  sortUnlessSorted(ends);
  const latency = () => ({
    timeToFirstByte: percentiles(first.subarray(0, firsts)) ?? null,
    total: percentiles(total.subarray(0, totals)) ?? null,
  });
  return { begins, ends, busyTime, requestTime, latency };
}
