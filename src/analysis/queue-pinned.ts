// Kept connections that hold every slot until the capture ends: most of the time nothing happens on them, and nobody who
// came after them was ever answered. Where one of them closes in time, the waits end then and the slots explain it.
import { median } from './queue-likelihood.js';
import { type Arrival, WAITING } from './queue-timeline.js';

const ENOUGH = 3;
/** Nothing must have happened for this long. */
const LONG = 1e9;
/** Those answered before must have been quicker by this factor. */
const MUCH_QUICKER = 10;

export interface Pinned {
  /** Rows of the idle ones among the connections that hold the slots. */
  readonly rows: readonly number[];
  /** Indices of the arrivals that wait in vain. */
  readonly waiting: readonly number[];
}

/** `arrivals` in their order; `end` is the end of the capture. */
export function findPinned(arrivals: readonly Arrival[], end: number): Pinned | undefined {
  let first = arrivals.length;
  while (first > 0 && Number.isNaN(arrivals[first - 1].firstByte)) first--;
  const waiting: number[] = [];
  let longest = 0;
  let until = 0;
  for (let i = first; i < arrivals.length; i++) {
    const { begin, release } = arrivals[i];
    const wait = Math.min(release, end) - begin;
    if (!(wait > WAITING)) continue;
    waiting.push(i);
    longest = Math.max(longest, wait);
    until = Math.max(until, Math.min(release, end));
  }
  if (waiting.length < ENOUGH || longest < LONG) return undefined;
  const holders = arrivals.slice(0, first).filter(({ release }) => release > arrivals[first].arrival);
  const idle = holders.filter(({ longestIdle }) => longestIdle! >= LONG);
  if (idle.length === 0 || idle.length * 2 < holders.length) return undefined;
  // Each of them stays, with nothing left to answer.
  if (!holders.every(({ release, idleSince }) => release >= until && idleSince! <= until)) return undefined;
  const usual = median(holders.map(({ begin, firstByte }) => firstByte - begin));
  return usual * MUCH_QUICKER < longest ? { rows: idle.map(({ row }) => row), waiting } : undefined;
}
