// Why requests queue: the application serves only so many at once, and all of those places are taken.

import type { Check } from '../check.js';
import type { Facts } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { allBusy } from '../host-evidence/queue.js';
import { withHost } from '../host-evidence/with-host.js';
import { isPinned } from './keep-alive-pins-workers.js';
import {
  connectionEvidence,
  connectionName,
  counted,
  grouped,
  requestEvidence,
  requestName,
  span,
} from './shared-evidence.js';
import { deepestMoment, holdersAt, type ListenerQueue, queuesOf, slotFreeAt } from './shared-queue.js';

const ADVICE: readonly Advice[] = [
  {
    for: 'php-fpm',
    text:
      '"pm.max_children" is this number. Raise it to what memory allows (RAM for PHP divided by the resident size of a child), ' +
      'after looking at what the children do: "request_slowlog_timeout = 1s". With "pm = static" nothing is logged when it is ' +
      'reached; with dynamic "server reached pm.max_children setting (N), consider raising it", once.',
  },
  {
    for: 'libfcgi',
    text: 'It is the number of threads (or processes) that call FCGX_Accept_r: start more of them.',
  },
  {
    for: 'lighttpd',
    text: '"max-procs" in fastcgi.server, times PHP_FCGI_CHILDREN + 1 for PHP.',
  },
  {
    for: 'apache',
    text: 'mod_fcgid: "FcgidMaxProcessesPerClass" and "FcgidMaxProcesses"; a request without a free process waits in steps of 1 s.',
  },
  {
    for: 'application',
    text: 'Long polls and event streams hold a worker all their time: give them a listener and workers of their own.',
  },
];

export const workersExhausted: Check = withHost(allBusy, {
  id: 'workers-exhausted',
  title: 'All workers of the application are busy',
  severity: 'error',
  explanation: `php-fpm children, libfcgi threads and prefork processes serve one connection at a time. Their number is a ceiling: when all are busy, the next request waits in the accept queue until one is done, however short it would be. Response time then grows with the number of waiting requests and has little to do with the script that was asked for.

The number of slots is not read from any configuration; it follows from the times. Service by N slots in the order of arrival explains them, and with one slot less or more it is impossible or far worse. It is the number of requests the application really works on at once: what nginx or lighttpd have outstanding may be much more.

Two very different things lead here. Many short requests, more than the workers can do: there the application needs to be faster, or to have more workers. Or a few long ones: long polls, uploads, calls of a slow service hold every worker, and the short requests behind them starve while the CPU is idle. A higher limit only moves that point; a pool of their own for the long ones removes it.

php-fpm says "WARNING: [pool www] server reached pm.max_children setting (50), consider raising it" once, but only with "pm = dynamic" (with ondemand "server reached max_children setting"), and nothing at all with "pm = static". libfcgi programs have no such message.`,
  remedy: ADVICE,
  needs: ['payload'],
  run(facts) {
    const queues = queuesOf(facts);
    if (queues === 'not-applicable') return queues;
    return queues.flatMap((each) => findingOf(facts, each) ?? []);
  },
});

function findingOf(facts: Facts, each: ListenerQueue): Finding | undefined {
  const { listener, queue } = each;
  if (queue.slots === undefined || isPinned(facts, each)) return undefined;
  const { slots } = queue;
  const time = deepestMoment(queue);
  const holders = holdersAt(facts, each, time);
  return {
    id: workersExhausted.id,
    severity: 'error',
    title: `${listener.endpoint} serves ${counted(slots, 'request')} at a time, and ${slots === 1 ? 'that one place is' : `all ${grouped(slots)} places are`} taken while up to ${grouped(queue.maxDepth)} wait`,
    detail:
      `The times of ${counted(queue.waiting.length, 'waiting request')} fit service by exactly ${counted(slots, 'slot')}: that is the ` +
      "application's limit, its number of workers or threads. A request that arrives when all are busy waits for the next one " +
      'to be free, however little work it is itself. ' +
      (slots === 1
        ? 'One at a time may also be a lock that every request needs, as a PHP session is for one user. '
        : '') +
      'Below is what held the slots when most were waiting.',
    count: queue.waiting.length,
    scope: { endpoint: listener.endpoint },
    evidence: holders.slice(0, MAX_EVIDENCE).map((row) => holderEvidence(facts, row, time)),
    advice: ADVICE,
  };
}

function holderEvidence(facts: Facts, row: number, time: number): Evidence {
  const request = lastBegunBefore(facts, row, time);
  const held = `held a slot until ${(slotFreeAt(facts, row) / 1e9).toFixed(2)} s`;
  if (request < 0) return connectionEvidence(facts, row, `${connectionName(facts, row)} ${held}`);
  const took = facts.requests.end[request] - facts.requests.begin[request];
  const ended = Number.isNaN(took) ? 'not ended' : `${span(took)} from BEGIN_REQUEST to END_REQUEST`;
  return requestEvidence(
    facts,
    request,
    `${requestName(facts, request)} on ${connectionName(facts, row)} ${held} (${ended})`,
  );
}

/** The newest request of the connection at that time, or -1. */
function lastBegunBefore(facts: Facts, row: number, time: number): number {
  let found = -1;
  for (let next = facts.conversations.firstRequest[row]; next !== 0; next = facts.requests.next[next - 1]) {
    if (facts.requests.begin[next - 1] > time) break;
    found = next - 1;
  }
  return found;
}
