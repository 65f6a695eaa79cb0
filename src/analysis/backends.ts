// The report's line per listening application endpoint.
import type { Facts, Listener } from './facts.js';
import type { AcceptQueue, Backend } from './snapshot.js';
import { countFirstFin, countTimeWait, latencyOf, runningTimes, runsUntil } from './summary.js';
import { maxOpen, openOverTime } from './sweep.js';

/** Parts of the capture in which requests in flight are told. */
const TIMELINE = 100;

export function describeBackends(facts: Facts): Backend[] {
  return facts.listeners.map((listener) => describeBackend(facts, listener));
}

function describeBackend(facts: Facts, listener: Listener): Backend {
  const queue = facts.queues[listener.index];
  const running = runningTimes(facts, listener.requests);
  return {
    endpoint: listener.endpoint,
    protocol: listener.protocol,
    connections: listener.connections.length,
    requests: listener.requests.length,
    // This sorts the times, which the timeline needs.
    maxConcurrentRequests: maxOpen(running.begins, running.ends),
    inFlight: openOverTime(running.begins, running.ends, facts.duration, TIMELINE),
    concurrencyCeiling: queue?.slots ?? null,
    acceptQueue: acceptQueue(facts, listener),
    firstFin: countFirstFin(facts, listener.connections),
    timeWait: countTimeWait(facts, listener.connections),
    latency: latencyOf(facts.requests, listener.requests),
    ...busy(facts, listener.requests),
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
function busy(facts: Facts, rows: Uint32Array): { busyTime: number; requestTime: number } {
  let busyTime = 0;
  let requestTime = 0;
  let coveredUntil = -Infinity;
  // Rows are in the order the requests began, so overlaps are found in one pass.
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at];
    const begin = facts.requests.begin[row];
    const end = runsUntil(facts, row);
    requestTime += end - begin;
    if (end <= coveredUntil) continue;
    busyTime += end - Math.max(begin, coveredUntil);
    coveredUntil = end;
  }
  return { busyTime, requestTime };
}
