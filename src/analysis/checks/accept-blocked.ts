// Why requests queue: one connection whose request is not complete holds the lock that everybody else waits for.

import type { Check } from '../check.js';
import { closeTime, type Facts } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { lockedAccept } from '../host-evidence/queue.js';
import { withHost } from '../host-evidence/with-host.js';
import { connectionEvidence, connectionName, counted, requestEvidence, span } from './shared-evidence.js';
import { type ListenerQueue, queuesOf, waitEvidence } from './shared-queue.js';

const ADVICE: readonly Advice[] = [
  {
    for: 'libfcgi',
    text:
      'Do not lock a mutex around FCGX_Accept_r: accept() is thread-safe on Linux and the BSDs, and 16 threads without it work. ' +
      'Where a lock is needed, call accept() yourself under it and read the request outside.',
  },
  {
    for: 'application',
    text: 'Bound the time for reading a request (SO_RCVTIMEO on the accepted socket): a peer that stops in the middle must not hold anything.',
  },
  {
    for: 'haproxy',
    text: 'Do not check health with a bare TCP connect; send a whole FastCGI request, or check through the web server.',
  },
  {
    for: 'host',
    text: 'Let only the web servers reach the port ("listen" on 127.0.0.1, a firewall): port scanners connect and say nothing.',
  },
];

export const acceptBlocked: Check = withHost(lockedAccept, {
  id: 'accept-blocked',
  title: 'One connection with an unfinished request blocks all others',
  severity: 'error',
  explanation: `libfcgi's FCGX_Accept_r does not only accept a connection: it also reads BEGIN_REQUEST and all PARAMS before it returns. The threaded example that comes with the library, and most programs made after it, lock a mutex around that call. So a peer that connects and sends nothing, or stops in the middle of PARAMS, keeps one thread reading inside the lock, and none of the others can accept anything. There is no timeout for it: over TCP it lasts until that peer goes away. (Over a unix socket a silent peer is dropped after 2 seconds, a half-sent request never.)

The picture is unmistakable. All threads but one are idle, CPU is idle, the accept queue grows, and in the instant when the one connection closes everything that waited is answered. On the host "ss" shows that one connection with a process and the others without, and the threads stand in futex_wait.

Who opens such connections: TCP health checks, port scanners, a web server that stalls between parts of a request, a lost packet with large PARAMS, a slow proxy in between.`,
  remedy: ADVICE,
  needs: ['payload'],
  run(facts) {
    const queues = queuesOf(facts);
    if (queues === 'not-applicable') return queues;
    return queues.filter(({ queue }) => queue.blockers.length > 0).map((each) => findingOf(facts, each));
  },
});

function findingOf(facts: Facts, { listener, queue }: ListenerQueue): Finding {
  const { blockers } = queue;
  const over = queue.evidence !== Infinity;
  return {
    id: acceptBlocked.id,
    severity: 'error',
    title:
      `${blockers.length === 1 ? 'A connection whose request is incomplete blocks' : `${counted(blockers.length, 'connection')} with incomplete requests block`} ` +
      `${listener.endpoint}: ${counted(queue.waiting.length, 'request')} behind it had no byte answered`,
    detail:
      'Nothing that arrived after it was answered while it stood there' +
      (over
        ? ', and all that had waited was answered at once when it closed. '
        : ', and it still stands there when the capture ends. ') +
      'So the application reads requests one at a time behind a lock, and this one never came to its end; that its workers were ' +
      'busy would not explain it.',
    count: queue.waiting.length,
    scope: { endpoint: listener.endpoint },
    evidence: [
      ...blockers.slice(0, 3).map((row) => blockerEvidence(facts, row)),
      ...waitEvidence(facts, queue, MAX_EVIDENCE - 3),
    ],
    advice: ADVICE,
  };
}

function blockerEvidence(facts: Facts, row: number): Evidence {
  const { connections, conversations } = facts;
  const first = conversations.firstRequest[row] - 1;
  const close = closeTime(connections, row);
  const until = close === Infinity ? 'until the capture ends' : 'until it closed';
  const lasted = span(Math.min(close, facts.duration) - connections.start[row]);
  if (first < 0)
    return connectionEvidence(facts, row, `${connectionName(facts, row)} sent nothing for ${lasted}, ${until}`);
  const text = `${connectionName(facts, row)} sent BEGIN_REQUEST and ${counted(connections.bytes0[row], 'byte')} in all, but no end of PARAMS for ${lasted}, ${until}`;
  return requestEvidence(facts, first, text);
}
