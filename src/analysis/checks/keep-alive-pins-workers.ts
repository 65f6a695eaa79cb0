// Why requests queue: kept connections on which nothing happens occupy the workers, and the wait ends when one closes.

import { REQUEST_ENDED, REQUEST_KEEP_CONN } from '../../model/request-table.js';
import type { Check } from '../check.js';
import { closeTime, type Facts, type Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { parkedWorkers } from '../host-evidence/queue.js';
import { withHost } from '../host-evidence/with-host.js';
import type { QueueModel } from '../queue-model.js';
import { endPacket } from './shared-endings.js';
import { connectionEvidence, connectionName, counted, grouped, span } from './shared-evidence.js';
import { type ListenerQueue, queuesOf, waitEvidence } from './shared-queue.js';

/** A kept connection without a request for this long is idle. */
const IDLE = 100e6;
/** The wait ends this soon after the close. */
const AT_ONCE = 50e6;
/** This share of the waits must end so. */
const MOST = 0.5;

const ADVICE: readonly Advice[] = [
  {
    for: 'nginx',
    text:
      'Its pool is per worker process: keepalive x worker_processes x number of web servers must stay clearly below the number of ' +
      'application workers. "keepalive 2;" and "keepalive_timeout 2s;" in the upstream block keep most of the gain.',
  },
  {
    for: 'php-fpm',
    text: 'Do not put kept connections in front of "pm = ondemand" or a small dynamic pool; raise "pm.max_children" above their number.',
  },
  {
    for: 'haproxy',
    text: '"pool-max-conn" and "pool-purge-delay 1s" on the server line with "http-reuse always", or "no option keep-conn".',
  },
  {
    for: 'apache',
    text: '"enablereuse=on" with "max=" and "ttl=" (smax=2 ttl=10), counted per child process of Apache.',
  },
  {
    for: 'libfcgi',
    text:
      'A program that locks a mutex around FCGX_Accept_r waits for the next request of a kept connection inside that lock: one ' +
      'idle connection stops all threads. Do without the mutex (accept() is thread-safe on Linux and the BSDs), or without KEEP_CONN.',
  },
];

export const keepAlivePinsWorkers: Check = withHost(parkedWorkers, {
  id: 'keep-alive-pins-workers',
  title: 'Idle kept connections occupy the workers',
  severity: 'error',
  explanation: `php-fpm and libfcgi give a connection a worker from accept() to close, not from request to request. A kept connection on which nothing happens therefore occupies a whole child, which waits in read() for a next request. The web server sees its pool as a saving of connections; the application sees it as workers that it cannot use.

When the kept connections of all web servers together reach the number of workers, everybody who needs a new connection waits until one of them closes: another web server, a cron job, a health check, or the same nginx from another worker process, as each of them has a pool of its own. CPU is idle, there are no slow scripts, and it goes away when keep-alive is switched off. php-fpm's status page shows the pinned children as "Reading headers" with a growing duration and no URI, counted as active.

Here the kept connections were idle (END_REQUEST sent, no new request) while others had no byte answered, and those waits end at the moment when an idle connection closes, or not at all while none does.

Advice found in many places is the wrong way round: a pool as large as pm.max_children, or "keepalive 32" in front of a handful of children, is exactly how one gets here.`,
  remedy: ADVICE,
  needs: ['payload'],
  run(facts) {
    const queues = queuesOf(facts);
    if (queues === 'not-applicable') return queues;
    return queues.flatMap((each) => findingOf(facts, each) ?? []);
  },
});

/** Whether it is idle connections that hold the slots, not work. */
export function isPinned(facts: Facts, each: ListenerQueue): boolean {
  return findingOf(facts, each) !== undefined;
}

function findingOf(facts: Facts, { listener, queue }: ListenerQueue): Finding | undefined {
  if (queue.blockers.length > 0) return undefined;
  if (queue.pinners.length > 0) return untilTheEnd(facts, listener, queue);
  const idle = idleCloses(facts, listener);
  const pinners = new Set<number>();
  let freed = 0;
  for (const { from, until } of queue.waiting) {
    const pinner = lastUntil(idle, until);
    if (!pinner || pinner.time < until - AT_ONCE || pinner.time <= from) continue;
    freed++;
    pinners.add(pinner.row);
  }
  if (freed < 1 || freed < MOST * queue.waiting.length) return undefined;
  const closes = idle.filter(({ row }) => pinners.has(row));
  return {
    id: keepAlivePinsWorkers.id,
    severity: 'error',
    title: `${counted(closes.length, 'idle kept connection')} to ${listener.endpoint} occupied workers while up to ${grouped(queue.maxDepth)} requests waited`,
    detail:
      `${grouped(freed)} of ${counted(queue.waiting.length, 'wait')} ended at the moment when a kept connection without a request in progress was ` +
      'closed. Each open connection occupies a worker (or the accept lock) of the application, also when nothing happens on it, so new ' +
      'connections got no byte answered although there was nothing to do.',
    count: freed,
    scope: { endpoint: listener.endpoint },
    evidence: [
      ...closes.slice(0, MAX_EVIDENCE / 2).map((close) => closeEvidence(facts, close)),
      ...waitEvidence(facts, queue, MAX_EVIDENCE / 2),
    ],
    advice: ADVICE,
  };
}

/** None of them closed in time. */
function untilTheEnd(facts: Facts, listener: Listener, queue: QueueModel): Finding {
  const { pinners, waiting, maxDepth } = queue;
  return {
    id: keepAlivePinsWorkers.id,
    severity: 'error',
    title: `${counted(pinners.length, 'idle kept connection')} to ${listener.endpoint} occupied workers while up to ${grouped(maxDepth)} requests waited in vain`,
    detail:
      'All connections that were open to the application then were kept ones, idle most of the time, and none of the ' +
      `${counted(waiting.length, 'request')} that came on new connections had a byte answered before the capture ends or the web server gave up; ` +
      'before, answers had been quick. Each open connection occupies a worker (or the accept lock) of the application, also when nothing happens on it.',
    count: waiting.length,
    scope: { endpoint: listener.endpoint },
    evidence: [
      ...pinners.slice(0, MAX_EVIDENCE / 2).map((row) => pinnerEvidence(facts, row)),
      ...waitEvidence(facts, queue, MAX_EVIDENCE / 2),
    ],
    advice: ADVICE,
  };
}

function pinnerEvidence(facts: Facts, row: number): Evidence {
  const { requests } = facts.conversations;
  const text = `${connectionName(facts, row)} stayed open, ${counted(requests[row], 'request')} on it in all`;
  return connectionEvidence(facts, row, text);
}

interface IdleClose {
  readonly row: number;
  readonly idleSince: number;
  readonly time: number;
}

/** Closes of kept connections that had been idle for a while, in the order of time. */
function idleCloses(facts: Facts, listener: Listener): IdleClose[] {
  const { connections, conversations, requests } = facts;
  const closes: IdleClose[] = [];
  for (let at = 0; at < listener.connections.length; at++) {
    const row = listener.connections[at];
    const last = conversations.lastRequest[row] - 1;
    if (last < 0 || !(requests.marks[last] & REQUEST_KEEP_CONN) || !(requests.marks[last] & REQUEST_ENDED)) continue;
    const time = closeTime(connections, row);
    if (time - requests.end[last] >= IDLE && time !== Infinity)
      closes.push({ row, idleSince: requests.end[last], time });
  }
  return closes.sort((a, b) => a.time - b.time);
}

/** The last close that is not after `time`. */
function lastUntil(closes: readonly IdleClose[], time: number): IdleClose | undefined {
  let low = 0;
  let high = closes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (closes[middle].time <= time) low = middle + 1;
    else high = middle;
  }
  return closes[low - 1];
}

function closeEvidence(facts: Facts, { row, idleSince, time }: IdleClose): Evidence {
  const text = `${connectionName(facts, row)} was open and idle for ${span(time - idleSince)}, then closed`;
  return connectionEvidence(facts, row, text, endPacket(facts.connections, row, time), time);
}
