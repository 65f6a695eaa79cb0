// The periods in which somebody queues, under a given number of slots; and the part of a long capture that is worth
// looking into closely.
import { type Arrival, type Timeline, WAITING } from './queue-timeline.js';

/** Stretches of time that do not overlap, in order. */
export class Periods {
  private constructor(
    readonly from: Float64Array,
    readonly until: Float64Array,
    /** How many queued in each. */
    readonly queued: Uint32Array,
  ) {}

  /** When somebody waited over 100 ms for a slot. */
  static ofQueueing(times: Timeline, starts: Float64Array): Periods {
    const from: number[] = [];
    const until: number[] = [];
    const queued: number[] = [];
    // Arrivals are in order, so each one either continues the last period or begins a new one.
    for (let i = 0; i < times.count; i++) {
      if (!(starts[i] - times.arrival[i] > WAITING)) continue;
      const last = from.length - 1;
      if (last >= 0 && times.arrival[i] <= until[last]) {
        if (starts[i] > until[last]) until[last] = starts[i];
        queued[last]++;
      } else {
        from.push(times.arrival[i]);
        until.push(starts[i]);
        queued.push(1);
      }
    }
    return new Periods(Float64Array.from(from), Float64Array.from(until), Uint32Array.from(queued));
  }

  get count(): number {
    return this.from.length;
  }

  /** Whether [from, until] has a moment in common with one of them. */
  touch(from: number, until: number): boolean {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.until[middle] < from) low = middle + 1;
      else high = middle;
    }
    return low < this.count && this.from[low] <= until;
  }
}

/**
 * The arrivals that decide about a queue: those that queue for `starts` or hold a slot while others do. With more slots
 * nobody queues at other times either, so the rest cannot matter. More than `most` of them are cut to the beginning of
 * the period in which most queue.
 */
export function concerned(
  arrivals: readonly Arrival[],
  times: Timeline,
  starts: Float64Array,
  most: number,
): Arrival[] {
  const periods = Periods.ofQueueing(times, starts);
  const all = arrivals.filter((each, i) => periods.touch(each.arrival, Math.max(starts[i], each.release)));
  if (all.length <= most) return all;
  let fullest = 0;
  for (let i = 1; i < periods.count; i++) if (periods.queued[i] > periods.queued[fullest]) fullest = i;
  const from = periods.from[fullest];
  const until = periods.until[fullest];
  const during = all.filter((each) => each.release > from && each.arrival <= until);
  return during.slice(0, most);
}
