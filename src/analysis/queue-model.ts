// Do requests wait because they queue, or because their answer takes long? From packets alone "accepted" can't be seen,
// so first-come-first-served service by N slots is tried on the arrival and answer times: if it explains them, it is a
// queue. A slot is held until END_REQUEST, or, with KEEP_CONN, until the connection closes, as workers that serve one
// connection at a time do. A connection whose PARAMS never end may hold the accept lock: then nothing behind it starts.

/** One connection of a listener, in the order they were established. Times in nanoseconds, NaN where unknown. */
export interface Arrival {
  /** Connection row. */
  readonly row: number;
  /** When the handshake was complete. */
  readonly arrival: number;
  /** When its first request began; NaN for a connection without one. */
  readonly begin: number;
  /** First byte of the answer to its first request. */
  readonly firstByte: number;
  /** When its slot is free again (END_REQUEST, or the close for a kept one). */
  readonly release: number;
  /** BEGIN_REQUEST came, but PARAMS never ended while it was open. */
  readonly blocks: boolean;
}

export interface QueueModel {
  /** The number of slots, where the times allow no other number. */
  readonly slots: number | undefined;
  /** How many times better the model explains the waits than slow answers do. */
  readonly gain: number;
  /** Connections whose first request waited over 100 ms for its first byte because of the queue, and how long each queued. */
  readonly waiting: readonly { readonly row: number; readonly from: number; readonly until: number }[];
  readonly longest: { readonly row: number; readonly wait: number };
  readonly maxDepth: number;
  /** First and last moment somebody queued. */
  readonly since: number;
  readonly until: number;
  /** Depth over time, as [time, depth] steps, at most 200. */
  readonly depth: readonly (readonly [number, number])[];
  /** Connections that held the accept lock with unfinished PARAMS and explain the waits. */
  readonly blockers: readonly number[];
}

const WAITING = 100e6;
/** The answer may be captured this much before the slot's release without contradicting the model. */
const TOLERANCE = 0.2e6;
const NEEDED_GAIN = 20;
/** A neighbouring number of slots is ruled out if it explains the times this much worse. */
const CLEARLY_WORSE = 5;
const MAX_SLOTS = 1024;
/** Deviations below this are measurement noise. */
const NOISE = 1e3;

interface Fit {
  slots: number;
  deviation: number;
  /** When each arrival got its slot. */
  starts: Float64Array;
}

/** The queue behind the times, or undefined where nothing queues or slow answers explain the waits as well. */
export function modelQueue(arrivals: readonly Arrival[]): QueueModel | undefined {
  const waits = arrivals.filter(isWaiting);
  if (waits.length < 3) return undefined;
  const baseline = medianDeviation(waits.map((a) => a.firstByte - Math.max(a.arrival, a.begin)));
  const blockers = arrivals.filter((a) => a.blocks);
  const plain = bestFit(arrivals, false);
  const blocked = blockers.length > 0 ? bestFit(arrivals, true) : undefined;
  const useBlockers = blocked !== undefined && (plain === undefined || blocked.deviation * CLEARLY_WORSE < plain.deviation);
  const fit = useBlockers ? blocked : plain;
  if (!fit) return undefined;
  const gain = baseline / Math.max(fit.deviation, NOISE);
  if (gain < NEEDED_GAIN) return undefined;
  const told = !useBlockers && isOnlyNumber(arrivals, fit) ? fit.slots : undefined;
  return describe(arrivals, fit, gain, told, useBlockers ? blockers.map((a) => a.row) : []);
}

function isWaiting(a: Arrival): boolean {
  return a.firstByte - Math.max(a.arrival, a.begin) > WAITING;
}

/** The smallest number of slots that no answer contradicts, and how well it explains the waits. */
function bestFit(arrivals: readonly Arrival[], blocking: boolean): Fit | undefined {
  // With more slots everybody starts earlier, so "no answer before its start" holds from some number on.
  let low = 1;
  let high = Math.min(MAX_SLOTS, arrivals.length);
  let best: Fit | undefined;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const fit = tryFit(arrivals, middle, blocking);
    if (fit) {
      best = fit;
      high = middle - 1;
    } else {
      low = middle + 1;
    }
  }
  if (!best) return undefined;
  for (let more = best.slots + 1; more <= best.slots + 2; more++) {
    const fit = tryFit(arrivals, more, blocking);
    if (fit && fit.deviation < best.deviation) best = fit;
  }
  return best;
}

/** Service by `slots` slots; undefined where an answer comes before its slot is free. */
function tryFit(arrivals: readonly Arrival[], slots: number, blocking: boolean): Fit | undefined {
  const free = new SlotHeap(slots);
  const starts = new Float64Array(arrivals.length);
  const services: number[] = [];
  let lockedUntil = -Infinity;
  for (let i = 0; i < arrivals.length; i++) {
    const a = arrivals[i];
    let start = Math.max(a.arrival, free.earliest());
    if (blocking && lockedUntil > start) start = lockedUntil;
    starts[i] = start;
    if (blocking && a.blocks) {
      lockedUntil = Math.max(lockedUntil, a.release);
      continue;
    }
    const served = Math.max(start, Number.isNaN(a.begin) ? start : a.begin);
    if (a.firstByte < served - TOLERANCE) return undefined;
    // A connection that was given up while it queued never held a slot.
    if (!(a.release > start)) continue;
    free.hold(a.release);
    if (isWaiting(a)) services.push(Math.max(0, a.firstByte - served));
  }
  if (services.length < 3) return undefined;
  return { slots, deviation: medianDeviation(services), starts };
}

function isOnlyNumber(arrivals: readonly Arrival[], fit: Fit): boolean {
  const floor = Math.max(fit.deviation, NOISE) * CLEARLY_WORSE;
  const fewer = fit.slots > 1 ? tryFit(arrivals, fit.slots - 1, false) : undefined;
  const more = tryFit(arrivals, fit.slots + 1, false);
  return (!fewer || fewer.deviation >= floor) && (!more || more.deviation >= floor);
}

function describe(
  arrivals: readonly Arrival[],
  fit: Fit,
  gain: number,
  slots: number | undefined,
  blockers: readonly number[],
): QueueModel | undefined {
  const waiting: { row: number; from: number; until: number }[] = [];
  const steps: [number, number][] = [];
  let longest = { row: -1, wait: 0 };
  for (let i = 0; i < arrivals.length; i++) {
    const a = arrivals[i];
    // Who is still unanswered when it closes or the capture ends queued until then.
    const until = Number.isNaN(a.firstByte) ? Math.min(fit.starts[i], a.release) : fit.starts[i];
    const wait = until - a.arrival;
    if (!(wait > TOLERANCE) || a.blocks) continue;
    steps.push([a.arrival, 1], [until, -1]);
    if (wait > WAITING) waiting.push({ row: a.row, from: a.arrival, until });
    if (wait > longest.wait) longest = { row: a.row, wait };
  }
  if (waiting.length < 3) return undefined;
  steps.sort((x, y) => x[0] - y[0] || x[1] - y[1]);
  const depth: [number, number][] = [];
  let now = 0;
  let maxDepth = 0;
  for (const [time, change] of steps) {
    now += change;
    if (now > maxDepth) maxDepth = now;
    if (depth.length > 0 && depth[depth.length - 1][0] === time) depth[depth.length - 1][1] = now;
    else depth.push([time, now]);
  }
  return {
    slots,
    gain,
    waiting,
    longest,
    maxDepth,
    since: steps[0][0],
    until: steps[steps.length - 1][0],
    depth: thinned(depth, 200),
    blockers,
  };
}

/** At most `most` steps; of each run of left-out ones the deepest is kept. */
function thinned(depth: readonly [number, number][], most: number): [number, number][] {
  if (depth.length <= most) return [...depth];
  const kept: [number, number][] = [];
  const run = depth.length / most;
  for (let i = 0; i < most; i++) {
    const part = depth.slice(Math.floor(i * run), Math.floor((i + 1) * run));
    kept.push(part.reduce((deepest, step) => (step[1] > deepest[1] ? step : deepest)));
  }
  return kept;
}

function medianDeviation(values: readonly number[]): number {
  const middle = median(values);
  return median(values.map((value) => Math.abs(value - middle)));
}

function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
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
