// What happened between two looks at a pool: rates, without what looking itself cost.
import type { FpmStatus } from './fpm-status.js';

export interface StatusChange {
  /** Seconds between the two. */
  readonly seconds: number;
  /** Accepted connections a second, ours left out. */
  readonly connections: number | undefined;
  /** Requests a second, counted over workers that are in both lists, ours left out. */
  readonly requests: number | undefined;
  readonly slowRequests: number | undefined;
  /** The pool was restarted in between: its counters began anew. */
  readonly restarted: boolean;
}

/**
 * @param ours requests and connections made by looking, between the two
 */
export function statusChange(before: FpmStatus, after: FpmStatus, seconds: number, ours: number): StatusChange {
  const restarted = startedLater(before, after) || fell(before.acceptedConnections, after.acceptedConnections);
  const rate = (from: number | undefined, to: number | undefined, own: number): number | undefined =>
    restarted || from === undefined || to === undefined || seconds <= 0
      ? undefined
      : Math.max(0, to - from - own) / seconds;
  return {
    seconds,
    connections: rate(before.acceptedConnections, after.acceptedConnections, ours),
    requests: rate(0, servedBetween(before, after), ours),
    slowRequests: rate(before.slowRequests, after.slowRequests, 0),
    restarted,
  };
}

function servedBetween(before: FpmStatus, after: FpmStatus): number | undefined {
  if (!before.processes || !after.processes) return undefined;
  const earlier = new Map(before.processes.map(({ pid, requests }) => [pid, requests ?? 0]));
  // A worker that is new has served all of its requests in between.
  return after.processes.reduce(
    (sum, { pid, requests }) => sum + Math.max(0, (requests ?? 0) - (earlier.get(pid) ?? 0)),
    0,
  );
}

function startedLater(before: FpmStatus, after: FpmStatus): boolean {
  if (before.startTime !== undefined && after.startTime !== undefined) return after.startTime > before.startTime + 1;
  return fell(before.startSince, after.startSince);
}

function fell(from: number | undefined, to: number | undefined): boolean {
  return from !== undefined && to !== undefined && to < from;
}
