// First-come-first-served service by N slots, tried on observed times: nothing is simulated but who gets a slot when.
// Each connection gets the slot that is free first and holds it until its observed release.
import { type Timeline, TOLERANCE } from './queue-timeline.js';

/** More slots than this are not looked for. */
const MAX_SLOTS = 1024;

/**
 * When each connection gets its slot, or undefined if more than `exceptions` of them were answered before they had one.
 * A connection that is given up while it waits holds none.
 */
export function serve(times: Timeline, slots: number, exceptions: number): Float64Array | undefined {
  const { count, arrival, ready, firstByte, release } = times;
  const free = new SlotHeap(slots);
  const starts = new Float64Array(count);
  let contradictions = 0;
  for (let i = 0; i < count; i++) {
    const start = Math.max(arrival[i], free.earliest());
    starts[i] = start;
    if (firstByte[i] < Math.max(start, ready[i]) - TOLERANCE && ++contradictions > exceptions) return undefined;
    if (release[i] > start) free.hold(release[i]);
  }
  return starts;
}

/** The smallest number of slots that the answers do not contradict, or undefined. */
export function fewestSlots(times: Timeline, exceptions: number): number | undefined {
  // With more slots everybody starts earlier, so "no answer before its start" holds from some number on.
  let low = 1;
  let high = Math.min(MAX_SLOTS, times.count);
  let fewest: number | undefined;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (serve(times, middle, exceptions)) {
      fewest = middle;
      high = middle - 1;
    } else {
      low = middle + 1;
    }
  }
  return fewest;
}

/**
 * How many answers may contradict the order: a segment that was lost on the way delays one END_REQUEST as the capture
 * sees it, and then the next connection seems to have been served too early.
 */
export function allowedExceptions(times: Timeline): number {
  return Math.floor(times.answered / 50);
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
