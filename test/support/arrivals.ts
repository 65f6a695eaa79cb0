// Arrivals for the queue model, made from a story: who asks when, how long a worker needs, how many workers there are.
import type { Arrival } from '../../src/analysis/queue-timeline.js';
import type { Random } from './random.js';

/** Times in seconds. */
export interface Job {
  readonly at: number;
  readonly takes: number;
  readonly kind?: number;
}

/** What was observed of one connection, times in seconds. */
export interface Observed {
  readonly at: number;
  readonly firstByte?: number;
  readonly release: number;
  readonly incompleteUntil?: number;
  readonly kind?: number;
  /** For a kept connection: when its last request ended. */
  readonly idleSince?: number;
}

/** The packets' own inaccuracy. */
const STEP = 0.00002;

/** In the order of arrival; the row is the index in `observed`. */
export function arrivals(observed: readonly Observed[]): Arrival[] {
  return observed
    .map((each, row) => ({
      row,
      arrival: each.at * 1e9,
      begin: (each.at + STEP) * 1e9,
      firstByte: (each.firstByte ?? NaN) * 1e9,
      release: each.release * 1e9,
      incompleteUntil: (each.incompleteUntil ?? NaN) * 1e9,
      kind: each.kind ?? 1,
      ...idleness(each),
    }))
    .sort((a, b) => a.arrival - b.arrival);
}

function idleness({ idleSince, release }: Observed): Pick<Arrival, 'idleSince' | 'longestIdle'> {
  return idleSince === undefined ? {} : { idleSince: idleSince * 1e9, longestIdle: (release - idleSince) * 1e9 };
}

/** First come, first served by `workers` workers. `random` adds the jitter of a real machine. */
export function served(jobs: readonly Job[], workers: number, random: Random): Observed[] {
  const free = new Array<number>(workers).fill(-1);
  return [...jobs]
    .sort((a, b) => a.at - b.at)
    .map(({ at, takes, kind }) => {
      const worker = free.indexOf(Math.min(...free));
      const start = Math.max(at + STEP, free[worker] + 0.00005);
      const firstByte = start + takes + jitter(random);
      free[worker] = firstByte + jitter(random);
      return { at, firstByte, release: free[worker], ...(kind === undefined ? {} : { kind }) };
    });
}

/** As many workers as anybody may want: nobody ever queues. */
export function unlimited(jobs: readonly Job[], random: Random): Observed[] {
  return jobs.map(({ at, takes, kind }) => {
    const firstByte = at + STEP + takes + jitter(random);
    return { at, firstByte, release: firstByte + jitter(random), ...(kind === undefined ? {} : { kind }) };
  });
}

/** Times of independent arrivals at `rate` a second. */
export function independently(random: Random, rate: number, from: number, until: number): number[] {
  const times: number[] = [];
  for (let time = from; ; ) {
    time -= Math.log(1 - fraction(random)) / rate;
    if (time >= until) return times;
    times.push(time);
  }
}

/** A number from 0 to just below 1. */
export function fraction(random: Random): number {
  return random.below(2 ** 30) / 2 ** 30;
}

function jitter(random: Random): number {
  return 0.0003 * fraction(random);
}
