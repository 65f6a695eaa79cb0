// What the order of the answers says: with N slots every answer goes to one of the N connections that arrived first
// among those without one. Requests that are merely slow overtake each other freely.
import { Periods } from './queue-congestion.js';
import type { Fit } from './queue-fit.js';
import type { Timeline } from './queue-timeline.js';

export interface OrderEvidence {
  /** How unlikely the order is by chance, as a natural logarithm: 15 is one in three million. */
  readonly surprise: number;
  /** Answers that could have gone to somebody further behind. */
  readonly answers: number;
  /** Those of them that went to the last place that the slots allow: nobody behind it was ever answered. */
  readonly lastPlace: number;
}

const ARRIVES = 0;
const IS_ANSWERED = 1;
const LEAVES = 2;

/** Judges every answer that came while somebody queued. */
export function judgeOrder(times: Timeline, fit: Fit): OrderEvidence {
  const periods = Periods.ofQueueing(times, fit.starts);
  const waiting = new Places(times.count);
  let held = 0;
  let surprise = 0;
  let answers = 0;
  let lastPlace = 0;
  for (const event of eventsOf(times)) {
    const index = Math.floor(event / 3);
    const what = event % 3;
    if (what === ARRIVES) {
      waiting.add(index);
    } else if (what === IS_ANSWERED) {
      const free = fit.slots - held;
      if (free > 0 && waiting.count > free && periods.touch(times.arrival[index], times.firstByte[index])) {
        answers++;
        surprise += Math.log(waiting.count / free);
        if (waiting.place(index) === free) lastPlace++;
      }
      waiting.remove(index);
      held++;
    } else if (waiting.has(index)) {
      waiting.remove(index);
    } else {
      held--;
    }
  }
  return { surprise, answers, lastPlace };
}

/** index * 3 + what, in the order of time. */
function eventsOf(times: Timeline): Float64Array {
  const all = new Float64Array(times.count * 3);
  let count = 0;
  for (let i = 0; i < times.count; i++) {
    all[count++] = i * 3 + ARRIVES;
    if (!Number.isNaN(times.firstByte[i])) all[count++] = i * 3 + IS_ANSWERED;
    all[count++] = i * 3 + LEAVES;
  }
  const timeOf = (event: number): number => {
    const index = Math.floor(event / 3);
    if (event % 3 === ARRIVES) return times.arrival[index];
    return event % 3 === IS_ANSWERED ? times.firstByte[index] : Math.max(times.release[index], times.arrival[index]);
  };
  return all.subarray(0, count).sort((a, b) => timeOf(a) - timeOf(b) || (a % 3) - (b % 3));
}

/** A set of indices that knows how many smaller ones it holds: a Fenwick tree. */
class Places {
  count = 0;
  private readonly sums: Int32Array;
  private readonly held: Uint8Array;

  constructor(size: number) {
    this.sums = new Int32Array(size + 1);
    this.held = new Uint8Array(size);
  }

  has(index: number): boolean {
    return this.held[index] === 1;
  }

  add(index: number): void {
    this.change(index, 1);
  }

  remove(index: number): void {
    if (this.has(index)) this.change(index, -1);
  }

  /** 1 for the smallest index in the set. */
  place(index: number): number {
    let sum = 0;
    for (let at = index + 1; at > 0; at -= at & -at) sum += this.sums[at];
    return sum;
  }

  private change(index: number, by: number): void {
    this.held[index] = by > 0 ? 1 : 0;
    this.count += by;
    for (let at = index + 1; at < this.sums.length; at += at & -at) this.sums[at] += by;
  }
}
