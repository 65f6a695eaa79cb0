// Do requests wait because they queue, or because their answer takes long? From packets alone "accepted" can't be seen,
// so first-come-first-served service by N slots is tried on the arrival and answer times: if it explains them, it is a
// queue. A slot is held until END_REQUEST, or, with KEEP_CONN, until the connection closes, as workers that serve one
// connection at a time do. A connection whose PARAMS never end may hold the accept lock: then nothing behind it starts.

import { withoutQueue } from './queue-alternatives.js';
import { concerned } from './queue-congestion.js';
import { describeQueue, type QueueDepth } from './queue-depth.js';
import { type Fit, findPrecedent, measureFit } from './queue-fit.js';
import { Answers, logLikelihood } from './queue-likelihood.js';
import { findLocks, type Lock } from './queue-lock.js';
import { findPinned, type Pinned } from './queue-pinned.js';
import { fewestSlots, mostUnanswered, startsOf } from './queue-slots.js';
import { type Arrival, Timeline, WAITING } from './queue-timeline.js';

export type { Arrival } from './queue-timeline.js';

export interface QueueModel extends QueueDepth {
  /** The number of slots, where the times allow no other number. */
  readonly slots: number | undefined;
  /**
   * How much likelier the answers are with the queue than with the best story without one, as a natural logarithm: 14 is
   * a million times; Infinity where nobody is answered any more until the capture ends.
   */
  readonly evidence: number;
  /** Connections that held the accept lock with an unfinished request and explain the waits. */
  readonly blockers: readonly number[];
  /** Idle connections that hold the slots until the capture ends. */
  readonly pinners: readonly number[];
}

/** From here on (a natural logarithm) chance is no explanation any more: one in 160,000. */
const EVIDENCE = 12;
/** ... and from here on services without precedent are believed too, unless they are next to nothing. */
const STRONG_EVIDENCE = 30;
const PRECEDENTED = 0.7;
const NEXT_TO_NOTHING = 0.05;
/** So many must queue, answered ones. */
const ENOUGH = 3;
/** A number of slots is told if every other one is less likely by this much. */
const CLEARLY_LESS = 5;
/** So many of the likeliest numbers of slots are asked for precedents. */
const CANDIDATES = 8;
/** Answers per hundred that may contradict: a lost segment delays an END_REQUEST as the capture sees it. */
const EXCEPTIONS = 2;
/** Arrivals of a congestion that are examined. A slow growth of the queue shows only on many. */
const SEARCHES = [3_000, 100_000];
/** How many of them are looked at altogether to try numbers of slots. */
const WORK = 1_500_000;

/**
 * The queue behind the times of `arrivals` (in the order of arrival), or undefined where nothing queues or slow answers
 * explain the waits as well. `end`: the end of the capture.
 */
export function modelQueue(arrivals: readonly Arrival[], end = Infinity): QueueModel | undefined {
  const locks = findLocks(arrivals, end);
  if (locks.length > 0) return lockedQueue(arrivals, locks);
  const pinned = findPinned(arrivals, end);
  return pinned ? pinnedQueue(arrivals, pinned) : slottedQueue(arrivals);
}

function pinnedQueue(arrivals: readonly Arrival[], { rows, waiting }: Pinned): QueueModel | undefined {
  const starts = Float64Array.from(arrivals, ({ arrival }) => arrival);
  for (const i of waiting) starts[i] = Infinity;
  const described = describeQueue(arrivals, starts);
  return described && { ...described, slots: undefined, evidence: Infinity, blockers: [], pinners: rows };
}

function lockedQueue(arrivals: readonly Arrival[], locks: readonly Lock[]): QueueModel | undefined {
  const times = new Timeline(arrivals);
  const starts = Float64Array.from(times.arrival);
  const answered: number[] = [];
  let held = false;
  for (const lock of locks) {
    held ||= lock.until === Infinity;
    for (const i of lock.waiting) {
      starts[i] = lock.until;
      if (!Number.isNaN(times.firstByte[i])) answered.push(i);
    }
  }
  const described = describeQueue(arrivals, starts);
  if (!described) return undefined;
  const likelihood = (since: Float64Array) =>
    logLikelihood(Float64Array.from(answered, (i) => Math.max(0, times.service(i, since[i]))));
  const evidence = held ? Infinity : likelihood(starts) - likelihood(times.arrival);
  return { ...described, slots: undefined, evidence, blockers: locks.flatMap((lock) => lock.rows), pinners: [] };
}

function slottedQueue(arrivals: readonly Arrival[]): QueueModel | undefined {
  const times = new Timeline(arrivals);
  let waits = 0;
  for (let i = 0; i < times.count; i++) if (times.latency(i) > WAITING) waits++;
  if (waits < 3) return undefined;
  const fewest = fewestSlots(times, 0);
  if (fewest === undefined) return undefined;
  const starts = startsOf(times, fewest);
  for (const most of SEARCHES) {
    const part = new Timeline(concerned(arrivals, times, starts, most));
    const found = explanation(part, times);
    if (found) {
      const { slots, only, evidence } = found;
      const described = describeQueue(arrivals, startsOf(times, slots));
      // An answer out of turn may be a segment that was lost on the way, or one slot too few.
      const told = only && slots >= fewest ? slots : undefined;
      return described && { ...described, slots: told, evidence, blockers: [], pinners: [] };
    }
    if (part.count < most) break; // nothing was left out
  }
  return undefined;
}

interface Explanation {
  readonly slots: number;
  /** No other number explains the times nearly as well. */
  readonly only: boolean;
  readonly evidence: number;
}

/**
 * The number of slots that explains the times of `part` best and is believable over all `times`, or undefined where
 * nobody queues with any number, or where the likeliest ones are not believable.
 */
function explanation(part: Timeline, times: Timeline): Explanation | undefined {
  const answers = new Answers(part);
  const { length } = answers.indices;
  const fewest = fewestSlots(part, Math.floor((length * EXCEPTIONS) / 100));
  if (fewest === undefined || length < ENOUGH) return undefined;
  const most = mostUnanswered(part);
  const tries = Math.max(1, Math.floor(WORK / part.count));
  const fits: Fit[] = [];
  for (let slots = fewest; slots <= Math.min(most, fewest + tries - 1); slots++) {
    const fit = measureFit(part, slots, answers);
    if (fit.queued === 0) break; // with more slots nobody does either
    fits.push(fit);
  }
  if (fits.length === 0) return undefined;
  const withoutIt = withoutQueue(part, answers);
  let best: Fit | undefined;
  let clearly = true;
  for (const fit of fits.sort((a, b) => b.likelihood - a.likelihood).slice(0, CANDIDATES)) {
    if (best && best.likelihood - fit.likelihood >= CLEARLY_LESS) break;
    // Where several slots work in step, one slot explains the times as well, with services of nothing for most: a
    // number that is not believable is no rival of one that is.
    if (!isBelievable(times, fit.slots, fit.likelihood - withoutIt)) continue;
    if (best) clearly = false;
    best ??= fit;
  }
  if (!best || best.queued < ENOUGH) return undefined;
  return { slots: best.slots, only: most < fewest + tries && clearly, evidence: best.likelihood - withoutIt };
}

function isBelievable(times: Timeline, slots: number, evidence: number): boolean {
  if (!(evidence >= EVIDENCE)) return false;
  const { share, similarity } = findPrecedent(times, slots);
  return share >= PRECEDENTED || (evidence >= STRONG_EVIDENCE && !(similarity < NEXT_TO_NOTHING));
}
