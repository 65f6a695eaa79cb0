// One connection that blocks all others: its request is not complete, and whoever reads it holds the lock without which
// nobody can be accepted (FCGX_Accept_r behind a mutex). What arrives meanwhile is answered at once when it goes.
import { type Arrival, TOLERANCE, WAITING } from './queue-timeline.js';

/** What waited is answered within this after the lock is free, or within this share of the time that it was held. */
const AT_ONCE = 50e6;
const AT_ONCE_SHARE = 0.1;
/** Share of the answered ones that must be. */
const MOST = 0.8;
const ENOUGH = 3;
/** A lock that is still held when the capture ends must have stopped everything for this long. */
const LONG = 1e9;
/** ... and those answered before it came must have been quicker by this factor. */
const MUCH_QUICKER = 10;

export interface Lock {
  /** Connection rows that held it, one after the other. */
  readonly rows: readonly number[];
  readonly from: number;
  /** Infinity where it is still held. */
  readonly until: number;
  /** Indices of the arrivals that waited for it. */
  readonly waiting: readonly number[];
}

/** The locks among `arrivals` (in the order of arrival); `end` is the end of the capture. */
export function findLocks(arrivals: readonly Arrival[], end: number): Lock[] {
  return holders(arrivals).flatMap((holder) => {
    const waiting = waitingFor(arrivals, holder, end);
    return waiting ? [{ ...holder, until: holder.until >= end ? Infinity : holder.until, waiting }] : [];
  });
}

type Holder = Omit<Lock, 'waiting'>;

/** Incomplete requests; one that arrives while another is incomplete takes the lock after it. */
function holders(arrivals: readonly Arrival[]): Holder[] {
  const all: { rows: number[]; from: number; until: number }[] = [];
  for (const { row, arrival, incompleteUntil } of arrivals) {
    if (!(incompleteUntil - arrival > WAITING)) continue;
    const last = all[all.length - 1];
    if (last && arrival < last.until) {
      last.rows.push(row);
      last.until = Math.max(last.until, incompleteUntil);
    } else {
      all.push({ rows: [row], from: arrival, until: incompleteUntil });
    }
  }
  return all;
}

/** The arrivals that explain themselves by the lock; undefined if it is none. */
function waitingFor(arrivals: readonly Arrival[], holder: Holder, end: number): number[] | undefined {
  const waiting: number[] = [];
  let answered = 0;
  let atOnce = 0;
  let quickest = Infinity;
  const soon = Math.max(AT_ONCE, AT_ONCE_SHARE * (holder.until - holder.from));
  for (let i = 0; i < arrivals.length; i++) {
    const { row, arrival, begin, firstByte, release } = arrivals[i];
    if (arrival < holder.from) {
      if (firstByte < holder.from) quickest = Math.min(quickest, firstByte - Math.max(arrival, begin || 0));
      continue;
    }
    if (arrival >= holder.until) break;
    if (holder.rows.includes(row)) continue;
    // Somebody who came later was answered all the same: nothing is locked.
    if (firstByte < holder.until - TOLERANCE) return undefined;
    if (!(Math.min(release, holder.until, end) - arrival > TOLERANCE)) continue;
    waiting.push(i);
    if (Number.isNaN(firstByte)) continue;
    answered++;
    if (firstByte - holder.until <= soon) atOnce++;
  }
  if (waiting.length < ENOUGH) return undefined;
  if (holder.until < end) return answered >= ENOUGH && atOnce >= MOST * answered ? waiting : undefined;
  const longest = end - arrivals[waiting[0]].arrival;
  return longest > LONG && quickest * MUCH_QUICKER < longest ? waiting : undefined;
}
