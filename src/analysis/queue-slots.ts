// First-come-first-served service by N slots, tried on observed times: nothing is simulated but who gets a slot when.
// Each connection gets the slot that is free first and holds it until its observed release.
import { type Timeline, TOLERANCE } from './queue-timeline.js';

/** More slots than this are not looked for. */
const MAX_SLOTS = 1024;

/** When each connection gets its slot. A connection that is given up while it waits holds none. */
export function startsOf(times: Timeline, slots: number): Float64Array {
  const starts = new Float64Array(times.count);
  fill(times, slots, starts, false);
  return starts;
}

/** The same, or undefined if one of them was answered before it had a slot. */
export function serve(times: Timeline, slots: number): Float64Array | undefined {
  const starts = new Float64Array(times.count);
  return fill(times, slots, starts, true) ? starts : undefined;
}

/** False as soon as an answer contradicts, if `strict`. */
function fill(times: Timeline, slots: number, starts: Float64Array, strict: boolean): boolean {
  const { count, arrival, ready, firstByte, release } = times;
  const free = new SlotHeap(slots);
  for (let i = 0; i < count; i++) {
    const start = Math.max(arrival[i], free.earliest());
    starts[i] = start;
    if (strict && firstByte[i] < Math.max(start, ready[i]) - TOLERANCE) return false;
    if (release[i] > start) free.hold(release[i]);
  }
  return true;
}

/** The smallest number of slots that the answers do not contradict, or undefined. */
export function fewestSlots(times: Timeline): number | undefined {
  // With more slots everybody starts earlier, so "no answer before its start" holds from some number on.
  let low = 1;
  let high = Math.min(MAX_SLOTS, times.count);
  let fewest: number | undefined;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (serve(times, middle)) {
      fewest = middle;
      high = middle - 1;
    } else {
      low = middle + 1;
    }
  }
  return fewest;
}

/** Times at which N slots become free: a binary min-heap. */
class SlotHeap {
  private readonly times: Float64Array;

  constructor(slots: number) {
    this.times = new Float64Array(slots).fill(-Infinity);
  }

  earliest(): number {
    return this.times[0];
  }

  /** The slot that is free first is held until `time`. */
  hold(time: number): void {
    const t = this.times;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= t.length) break;
      if (child + 1 < t.length && t[child + 1] < t[child]) child++;
      if (t[child] >= time) break;
      t[at] = t[child];
      at = child;
    }
    t[at] = time;
  }
}
