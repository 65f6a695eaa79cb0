// Do requests wait because they queue, or because their answer takes long? From packets alone "accepted" can't be seen,
// so first-come-first-served service by N slots is tried on the arrival and answer times: if it explains them, it is a
// queue. A slot is held until END_REQUEST, or, with KEEP_CONN, until the connection closes, as workers that serve one
// connection at a time do. A connection whose PARAMS never end may hold the accept lock: then nothing behind it starts.
import { concerned } from './queue-congestion.js';
import { describeQueue, type QueueDepth } from './queue-depth.js';
import { type Fit, measureFit, Precedents, serviceDeviation } from './queue-fit.js';
import { findLocks, type Lock } from './queue-lock.js';
import { judgeOrder } from './queue-order.js';
import { fewestSlots, serve, startsOf } from './queue-slots.js';
import { type Arrival, Timeline, WAITING } from './queue-timeline.js';

export type { Arrival } from './queue-timeline.js';

export interface QueueModel extends QueueDepth {
  /** The number of slots, where the times allow no other number. */
  readonly slots: number | undefined;
  /** How many times better the model explains the waits than slow answers do; Infinity for a lock never given back. */
  readonly gain: number;
  /** Connections that held the accept lock with an unfinished request and explain the waits. */
  readonly blockers: readonly number[];
}

/** From this gain on the times alone are proof. */
const PROVING_GAIN = 20;
/** ... and from this one on services without precedent are believed too, unless they are next to nothing. */
const STRONG_GAIN = 50;
const NEXT_TO_NOTHING = 0.05;
/** Below it the order of the answers must say so as well, and the services must be alike. */
const SUPPORTING_GAIN = 5;
const SURPRISING_ORDER = 15;
const ALIKE = 0.4;
const PRECEDENTED = 0.8;
/** Slots that all came free within this share of the wait prove nothing, unless the order of the answers does. */
const AT_ONE_INSTANT = 0.005;
/** A neighbouring number of slots is ruled out if it explains the times this much worse. */
const CLEARLY_WORSE = 5;
/**
 * Arrivals of a congestion that are examined, and numbers of slots tried on them from the smallest possible one on. A
 * slow growth of the queue shows only on many arrivals.
 */
const SEARCHES = [
  { most: 6_000, tries: 64 },
  { most: 100_000, tries: 1 },
];
/** Of several numbers that explain the times about equally well the smallest is taken. */
const ABOUT_AS_GOOD = 0.98;
/** So many answers went to the last place that N slots allow that a slot more would have shown itself. */
const ENOUGH_IN_LAST_PLACE = 10;

/**
 * The queue behind the times of `arrivals` (in the order of arrival), or undefined where nothing queues or slow answers
 * explain the waits as well. `end`: the end of the capture.
 */
export function modelQueue(arrivals: readonly Arrival[], end = Infinity): QueueModel | undefined {
  const locks = findLocks(arrivals, end);
  return locks.length > 0 ? lockedQueue(arrivals, locks) : slottedQueue(arrivals);
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
  const gain = held
    ? Infinity
    : serviceDeviation(times, times.arrival, answered) / serviceDeviation(times, starts, answered);
  return { ...described, slots: undefined, gain, blockers: locks.flatMap((lock) => lock.rows) };
}

function slottedQueue(arrivals: readonly Arrival[]): QueueModel | undefined {
  const times = new Timeline(arrivals);
  let waits = 0;
  for (let i = 0; i < times.count; i++) if (times.latency(i) > WAITING) waits++;
  if (waits < 3) return undefined;
  const fewest = fewestSlots(times);
  if (fewest === undefined) return undefined;
  const starts = startsOf(times, fewest);
  const precedents = new Precedents(times, starts);
  for (const { most, tries } of SEARCHES) {
    const part = new Timeline(concerned(arrivals, times, starts, most));
    const fit = explanation(part, precedents, tries);
    if (fit) {
      const described = describeQueue(arrivals, startsOf(times, fit.slots));
      const slots = onlyNumber(part, fit) ? fit.slots : undefined;
      return described && { ...described, slots, gain: fit.gain, blockers: [] };
    }
    if (part.count < most) break; // nothing was left out
  }
  return undefined;
}

/** The number of slots that explains the times, or undefined if none does. */
function explanation(times: Timeline, precedents: Precedents, tries: number): Fit | undefined {
  const fewest = fewestSlots(times);
  if (fewest === undefined) return undefined;
  let first: Fit | undefined;
  let best: Fit | undefined;
  for (let slots = fewest; slots < fewest + tries; slots++) {
    const starts = serve(times, slots);
    if (!starts) continue;
    const fit = measureFit(times, slots, starts, precedents);
    if (!fit) break; // with more slots still fewer queue
    first ??= fit;
    if (isProof(times, fit) && (!best || weight(fit) * ABOUT_AS_GOOD > weight(best))) best = fit;
  }
  if (best) return best;
  return first?.slots === fewest && isSupported(times, first) ? first : undefined;
}

function weight(fit: Fit): number {
  return fit.examined.length * fit.precedented * Math.log(fit.gain);
}

function isProof(times: Timeline, fit: Fit): boolean {
  if (fit.gain < PROVING_GAIN) return false;
  if (fit.spread < AT_ONE_INSTANT && judgeOrder(times, fit).surprise < SURPRISING_ORDER) return false;
  return fit.precedented >= PRECEDENTED || (fit.gain >= STRONG_GAIN && !(fit.similarity < NEXT_TO_NOTHING));
}

function isSupported(times: Timeline, fit: Fit): boolean {
  return (
    fit.gain >= SUPPORTING_GAIN &&
    fit.precedentedOverall >= PRECEDENTED &&
    !(fit.similarity < ALIKE) &&
    judgeOrder(times, fit).surprise >= SURPRISING_ORDER
  );
}

/** Whether one slot more or less is impossible or explains the times much worse, or the order of answers says so. */
function onlyNumber(times: Timeline, fit: Fit): boolean {
  const { slots } = fit;
  const floor = fit.deviation * CLEARLY_WORSE;
  const isWorse = (other: number): boolean => {
    const starts = other > 0 ? serve(times, other) : undefined;
    return !starts || serviceDeviation(times, starts, fit.examined) >= floor;
  };
  if (isWorse(slots - 1) && isWorse(slots + 1)) {
    for (let other = 1; other < slots - 1; other++) if (!isWorse(other)) return false;
    return true;
  }
  if (slots === 1 || fewestSlots(times) !== slots) return false;
  const { answers, lastPlace } = judgeOrder(times, fit);
  return lastPlace >= ENOUGH_IN_LAST_PLACE && lastPlace >= answers / slots / 2;
}
