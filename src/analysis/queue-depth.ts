// A queue over time, once it is known when each connection got its slot: who waited how long, and how many at once.
import { type Arrival, TOLERANCE, WAITING } from './queue-timeline.js';

/** Steps kept of the depth over time. */
const MOST_STEPS = 200;

export interface QueueDepth {
  /** Connections that queued for over 100 ms, and how long each queued. */
  readonly waiting: readonly { readonly row: number; readonly from: number; readonly until: number }[];
  readonly longest: { readonly row: number; readonly wait: number };
  readonly maxDepth: number;
  /** First and last moment somebody queued. */
  readonly since: number;
  readonly until: number;
  /** Depth over time, as [time, depth] steps, at most 200. */
  readonly depth: readonly (readonly [number, number])[];
}

/** Undefined where fewer than three queue. Who is never answered queues until it closes or the capture ends. */
export function describeQueue(arrivals: readonly Arrival[], starts: Float64Array): QueueDepth | undefined {
  const waiting: { row: number; from: number; until: number }[] = [];
  const steps: [number, number][] = [];
  let longest = { row: -1, wait: 0 };
  for (let i = 0; i < arrivals.length; i++) {
    const { row, arrival, firstByte, release } = arrivals[i];
    const until = Number.isNaN(firstByte) ? Math.min(starts[i], release) : Math.min(starts[i], firstByte);
    const wait = until - arrival;
    if (!(wait > TOLERANCE)) continue;
    steps.push([arrival, 1], [until, -1]);
    if (wait > WAITING) waiting.push({ row, from: arrival, until });
    if (wait > longest.wait) longest = { row, wait };
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
  const [since] = steps[0];
  const [until] = steps[steps.length - 1];
  return { waiting, longest, maxDepth, since, until, depth: thinned(depth) };
}

/** Of each run of steps that is left out the deepest one is kept. */
function thinned(depth: readonly [number, number][]): [number, number][] {
  if (depth.length <= MOST_STEPS) return [...depth];
  const kept: [number, number][] = [];
  const run = depth.length / MOST_STEPS;
  for (let i = 0; i < MOST_STEPS; i++) {
    const part = depth.slice(Math.floor(i * run), Math.floor((i + 1) * run));
    kept.push(part.reduce((deepest, step) => (step[1] > deepest[1] ? step : deepest)));
  }
  return kept;
}
