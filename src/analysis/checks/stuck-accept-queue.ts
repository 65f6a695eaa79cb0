// Requests wait for their first byte because they queue, not because their answer takes long.

import type { Check } from '../check.js';
import type { Facts } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { notAccepted } from '../host-evidence/queue.js';
import { withHost } from '../host-evidence/with-host.js';
import { connectionEvidence, connectionName, counted, grouped, span } from './shared-evidence.js';
import { countUnanswered, deepestMoment, type ListenerQueue, queuesOf, waitEvidence } from './shared-queue.js';

/** More than one in a million is not told: no model is as good as that. */
const MOST_ODDS = 6;

const ADVICE: readonly Advice[] = [
  {
    for: 'host',
    text:
      'See the queue itself: "ss -ltn" shows its length as Recv-Q of the listening socket and its limit as Send-Q ("ss -lx" ' +
      'for a unix socket); connections in it have no process in "ss -tnp".',
  },
  {
    for: 'php-fpm',
    text:
      'First make the slow scripts faster or bound them ("request_slowlog_timeout", "request_terminate_timeout"), then raise ' +
      '"pm.max_children" as far as memory allows. A longer "listen.backlog" makes the waits longer, not shorter.',
  },
  {
    for: 'lighttpd',
    text: 'More processes: "max-procs" times (PHP_FCGI_CHILDREN + 1) is the number of PHP workers that it starts.',
  },
  {
    for: 'nginx',
    text:
      'Shed load early rather than late: "limit_conn" or "limit_req" in front of the slow locations, "max_conns" on the ' +
      'upstream server, and a second pool on its own socket for long polls and slow scripts.',
  },
];

export const stuckAcceptQueue: Check = withHost(notAccepted, {
  id: 'stuck-accept-queue',
  title: 'Requests queue before the application takes them',
  severity: 'error',
  explanation: `A connection to a listening socket is completed by the kernel, not by the application. It is established, the request is sent and even acknowledged, and then it lies in the accept queue until some worker calls accept(). To the web server this looks exactly like a slow script: connected, request sent, no answer. Its log says "upstream timed out (110: Connection timed out) while reading response header from upstream" (nginx) in both cases, and the application's own log knows nothing of a request that it has not been given.

From packets alone "accepted" cannot be seen, only that no byte is answered. But queueing has a pattern that slow answers do not have: first come, first served by a fixed number of slots, each held until END_REQUEST, or until the connection closes where KEEP_CONN was asked for. That story is held against the others: scripts that take their time independently of each other, a machine that works on everything at once, an application that gets slower and faster again, one that stands still for a while. For each it is computed how likely the observed times are, whatever the scripts take, and only where the queue is by far the likeliest it is reported. Long polls and slow scripts do not fit, however long they take.

What the wait is for is told by other findings, where the times show it: all workers busy (workers-exhausted), kept connections occupying workers that do nothing (keep-alive-pins-workers), or one connection blocking the lock that accept() stands behind (accept-blocked). When the queue is full the kernel drops new connections: see backlog-overflow.`,
  remedy: ADVICE,
  needs: ['payload'],
  run(facts) {
    const queues = queuesOf(facts);
    return queues === 'not-applicable' ? queues : queues.map((each) => findingOf(facts, each));
  },
});

function findingOf(facts: Facts, { listener, queue }: ListenerQueue): Finding {
  const count = queue.waiting.length;
  const unanswered = countUnanswered(facts, queue);
  return {
    id: stuckAcceptQueue.id,
    severity: 'error',
    title:
      `${counted(count, 'request')} to ${listener.endpoint} queued before a byte was answered: up to ${grouped(queue.maxDepth)} at once, ` +
      `the longest for ${span(queue.longest.wait)}`,
    detail: [
      `Between ${seconds(queue.since)} and ${seconds(queue.until)} these connections were established and had no answer because others were ahead of them, not because their own answer took long.`,
      howItIsKnown(queue),
      unanswered === 0 ? '' : `${counted(unanswered, 'of them', 'of them')} never got one.`,
      'Packets show that no byte was answered; whether a connection was accepted only the host can tell.',
    ]
      .filter((sentence) => sentence !== '')
      .join(' '),
    count,
    scope: { endpoint: listener.endpoint },
    evidence: [...depthEvidence(facts, queue), ...waitEvidence(facts, queue, MAX_EVIDENCE - 2)],
    advice: ADVICE,
  };
}

function howItIsKnown({ evidence, slots, blockers }: ListenerQueue['queue']): string {
  if (evidence === Infinity) return 'Nothing that arrived after a certain connection was answered any more.';
  if (blockers.length > 0) return 'They were all answered at the moment when a connection ahead of them went away.';
  const served =
    slots === undefined
      ? 'in the order of their arrival'
      : `in the order of their arrival by ${counted(slots, 'slot')}`;
  const odds = 10 ** Math.min(MOST_ODDS, Math.floor(evidence / Math.LN10));
  return `The times fit service ${served}; that slow answers without a queue happen to look like it has a chance of less than 1 in ${grouped(odds)}.`;
}

function depthEvidence(facts: Facts, queue: ListenerQueue['queue']): Evidence[] {
  const first = queue.waiting.reduce((earliest, each) => (each.from < earliest.from ? each : earliest));
  return [
    connectionEvidence(facts, first.row, `${connectionName(facts, first.row)} is the first to queue`),
    { time: deepestMoment(queue), text: `most queue: ${grouped(queue.maxDepth)}` },
  ];
}

function seconds(time: number): string {
  return `${(time / 1e9).toFixed(2)} s`;
}
