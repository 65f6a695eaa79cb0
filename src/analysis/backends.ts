// The report's line per listening application endpoint.
import { firstFinsOf, timeWaitsOf } from './endings.js';
import type { Facts, Listener } from './facts.js';
import type { AcceptQueue, Backend } from './snapshot.js';

export function describeBackends(facts: Facts): Backend[] {
  return facts.listeners.map((listener) => describeBackend(facts, listener));
}

function describeBackend(facts: Facts, listener: Listener): Backend {
  const queue = facts.queues[listener.index];
  const { running, requestTime } = listener.figures;
  return {
    endpoint: listener.endpoint,
    protocol: listener.protocol,
    connections: listener.connections.length,
    requests: listener.requests.length,
    maxConcurrentRequests: running.most,
    inFlight: running.steps(),
    concurrencyCeiling: queue?.slots ?? null,
    acceptQueue: acceptQueue(facts, listener),
    firstFin: firstFinsOf(listener.endings),
    timeWait: timeWaitsOf(listener.endings),
    latency: listener.figures.latency(),
    busyTime: running.busyTime,
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
