// First-come-first-served service by N slots, tried on observed times: nothing is simulated but who gets a slot when.
// Each connection gets the slot that is free first and holds it until its observed release.
import { type Timeline, TOLERANCE } from './queue-timeline.js';
import { TimeHeap } from './time-heap.js';

/** More slots than this are not looked for. */
const MAX_SLOTS = 1024;

/** When each connection gets its slot. A connection that is given up while it waits holds none. */
export function startsOf(times: Timeline, slots: number): Float64Array {
  const { count, arrival, release } = times;
  const free = new TimeHeap(new Float64Array(slots).fill(-Infinity), slots);
  const starts = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const start = Math.max(arrival[i], free.earliest());
    starts[i] = start;
    if (release[i] > start) free.replaceEarliest(release[i]);
  }
  return starts;
}

/** The smallest number of slots under which at most `exceptions` were answered before they had one, or undefined. */
export function fewestSlots(times: Timeline, exceptions: number): number | undefined {
  // With more slots everybody starts earlier, so "no answer before its start" holds from some number on.
  let low = 1;
  let high = Math.min(MAX_SLOTS, times.count);
  let fewest: number | undefined;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (countContradictions(times, startsOf(times, middle)) <= exceptions) {
      fewest = middle;
      high = middle - 1;
    } else {
      low = middle + 1;
    }
  }
  return fewest;
}

function countContradictions(times: Timeline, starts: Float64Array): number {
  let count = 0;
  for (let i = 0; i < times.count; i++) if (times.service(i, starts[i]) < -TOLERANCE) count++;
  return count;
}

/** The most connections that were without an answer at once: with so many slots nobody queues. */
export function mostUnanswered(times: Timeline): number {
  const ends = Float64Array.from(times.firstByte, (time, i) => (Number.isNaN(time) ? times.release[i] : time)).sort();
  let most = 0;
  for (let i = 0, ended = 0; i < times.count; i++) {
    while (ended < times.count && ends[ended] <= times.arrival[i]) ended++;
    most = Math.max(most, i + 1 - ended);
  }
  return most;
}
