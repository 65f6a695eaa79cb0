// The report's line per listening application endpoint.
import { firstFinsOf, timeWaitsOf } from './endings.js';
import type { Facts, Listener } from './facts.js';
import { requestTimes } from './request-times.js';
import type { AcceptQueue, Backend } from './snapshot.js';
import { maxOpen, openOverTime } from './sweep.js';

/** Parts of the capture in which requests in flight are told. */
const TIMELINE = 100;

export function describeBackends(facts: Facts): Backend[] {
  return facts.listeners.map((listener) => describeBackend(facts, listener));
}

function describeBackend(facts: Facts, listener: Listener): Backend {
  const queue = facts.queues[listener.index];
  const { begins, ends, busyTime, requestTime, latency } = requestTimes(facts, listener.requests);
  const inFlight = openOverTime(begins, ends, facts.duration, TIMELINE);
  return {
    endpoint: listener.endpoint,
    protocol: listener.protocol,
    connections: listener.connections.length,
    requests: listener.requests.length,
    maxConcurrentRequests: inFlight.length > 0 ? Math.max(...inFlight.map(([, most]) => most)) : maxOpen(begins, ends),
    inFlight,
    concurrencyCeiling: queue?.slots ?? null,
    acceptQueue: acceptQueue(facts, listener),
    firstFin: firstFinsOf(listener.endings),
    timeWait: timeWaitsOf(listener.endings),
    latency: latency(),
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
