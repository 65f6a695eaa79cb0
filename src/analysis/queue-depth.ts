// A queue over time, once it is known when each connection got its slot: who waited how long, and how many at once.
import { type Arrival, TOLERANCE, WAITING } from './queue-timeline.js';

/** Steps kept of the depth over time. */
const MOST_STEPS = 200;

export interface QueueDepth {
  /** Connections that queued for over 100 ms, and how long each queued. */
  readonly waiting: readonly { readonly row: number; readonly from: number; readonly until: number }[];
  readonly longest: { readonly row: number; readonly wait: number };
  readonly maxDepth: number;
  /** First and last moment somebody of `waiting` queued. */
  readonly since: number;
  readonly until: number;
  /** Depth over time, as [time, depth] steps, at most 200. */
  readonly depth: readonly (readonly [number, number])[];
}

/** Undefined where fewer than three queue. Who is never answered queues until it closes or the capture ends. */
export function describeQueue(arrivals: readonly Arrival[], starts: Float64Array): QueueDepth | undefined {
  const waiting: { row: number; from: number; until: number }[] = [];
  const begins = new Float64Array(arrivals.length);
  const ends = new Float64Array(arrivals.length);
  let count = 0;
  let longest = { row: -1, wait: 0 };
  for (let i = 0; i < arrivals.length; i++) {
    const { row, arrival, firstByte, release } = arrivals[i];
    const until = Math.min(starts[i], Number.isNaN(firstByte) ? release : firstByte);
    const wait = until - arrival;
    if (!(wait > TOLERANCE)) continue;
    begins[count] = arrival;
    ends[count++] = until;
    if (wait > WAITING) waiting.push({ row, from: arrival, until });
    if (wait > longest.wait) longest = { row, wait };
  }
  if (waiting.length < 3) return undefined;
  const since = waiting[0].from;
  const until = waiting.reduce((latest, each) => Math.max(latest, each.until), since);
  return { waiting, longest, since, until, ...depthOver(begins.subarray(0, count), ends.subarray(0, count).sort()) };
}

/** The number of open intervals over time; both columns sorted. */
function depthOver(begins: Float64Array, ends: Float64Array): Pick<QueueDepth, 'maxDepth' | 'depth'> {
  const times = new Float64Array(begins.length * 2);
  const depths = new Int32Array(begins.length * 2);
  let steps = 0;
  let now = 0;
  let maxDepth = 0;
  for (let begin = 0, end = 0; end < ends.length; ) {
    const ending = begin >= begins.length || ends[end] <= begins[begin];
    const time = ending ? ends[end++] : begins[begin++];
    now += ending ? -1 : 1;
    maxDepth = Math.max(maxDepth, now);
    if (steps === 0 || times[steps - 1] !== time) steps++;
    times[steps - 1] = time;
    depths[steps - 1] = now;
  }
  return { maxDepth, depth: thinned(times.subarray(0, steps), depths.subarray(0, steps)) };
}

/** Of each run of steps that is left out the deepest one is kept. */
function thinned(times: Float64Array, depths: Int32Array): [number, number][] {
  const kept: [number, number][] = [];
  const runs = Math.min(MOST_STEPS, times.length);
  for (let run = 0; run < runs; run++) {
    const from = Math.floor((run * times.length) / runs);
    const until = Math.floor(((run + 1) * times.length) / runs);
    let deepest = from;
    for (let i = from + 1; i < until; i++) if (depths[i] > depths[deepest]) deepest = i;
    kept.push([times[deepest], depths[deepest]]);
  }
  return kept;
}
