// The report's line per listening application endpoint.
import { firstFinsOf, timeWaitsOf } from './endings.js';
import type { Facts, Listener } from './facts.js';
import type { AcceptQueue, Backend } from './snapshot.js';
import { latencyOf, type RunningTimes, runningTimes } from './summary.js';
import { maxOpen, openOverTime, sortUnlessSorted } from './sweep.js';

/** Parts of the capture in which requests in flight are told. */
const TIMELINE = 100;

export function describeBackends(facts: Facts): Backend[] {
  return facts.listeners.map((listener) => describeBackend(facts, listener));
}

function describeBackend(facts: Facts, listener: Listener): Backend {
  const queue = facts.queues[listener.index];
  const running = runningTimes(facts, listener.requests);
  const { busyTime, requestTime } = busy(running);
  sortUnlessSorted(running.begins);
  sortUnlessSorted(running.ends);
  const inFlight = openOverTime(running.begins, running.ends, facts.duration, TIMELINE);
  return {
    endpoint: listener.endpoint,
    protocol: listener.protocol,
    connections: listener.connections.length,
    requests: listener.requests.length,
    maxConcurrentRequests:
      inFlight.length > 0 ? Math.max(...inFlight.map(([, most]) => most)) : maxOpen(running.begins, running.ends),
    inFlight,
    concurrencyCeiling: queue?.slots ?? null,
    acceptQueue: acceptQueue(facts, listener),
    firstFin: firstFinsOf(listener.endings),
    timeWait: timeWaitsOf(listener.endings),
    latency: latencyOf(facts.requests, listener.requests),
    busyTime,
    requestTime,
  };
}

function acceptQueue(facts: Facts, listener: Listener): AcceptQueue {
  const queue = facts.queues[listener.index];
  if (!queue) return { source: 'none', maxDepth: 0, longestWait: 0, waiting: 0, depth: [] };
  return {
    source: 'model',
    maxDepth: queue.maxDepth,
    longestWait: queue.longest.wait,
    waiting: queue.waiting.length,
    depth: queue.depth,
  };
}

/** Time with at least one request running, and the sum of all requests' times. */
function busy({ begins, ends }: RunningTimes): { busyTime: number; requestTime: number } {
  let busyTime = 0;
  let requestTime = 0;
  let coveredUntil = -Infinity;
  // They are in the order in which the requests began, so overlaps are found in one pass.
  for (let at = 0; at < begins.length; at++) {
    const begin = begins[at];
    const end = ends[at];
    requestTime += end - begin;
    if (end <= coveredUntil) continue;
    busyTime += end - Math.max(begin, coveredUntil);
    coveredUntil = end;
  }
  return { busyTime, requestTime };
}
