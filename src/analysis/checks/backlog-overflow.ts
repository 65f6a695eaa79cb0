// The accept queue is full: the kernel leaves SYNs unanswered, or ignores the last packet of the handshake.

import { MARK_DATA_ACKNOWLEDGED_0, MARK_ONE_SIDED, MARK_SYN_ACK_AFTER_DATA } from '../../tcp/connection-table.js';
import type { Check } from '../check.js';
import type { Facts, Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { fullQueue } from '../host-evidence/queue.js';
import { withHost } from '../host-evidence/with-host.js';
import { isQueueFull } from './shared-endings.js';
import { connectionEvidence, connectionName, counted, grouped, span } from './shared-evidence.js';

/** A SYN-ACK that comes later than this answers a repeated SYN, not the first one. */
const LATE = 0.5e9;
/** Loss assumed where no retransmission is seen, as a share of packets. */
const LEAST_LOSS = 0.002;
/** Repeated SYNs that packet loss explains with this probability or more are taken for loss. */
const UNLIKELY = 1e-4;
/** From this many expected ones on the same is said by standard deviations. */
const MANY = 100;
const DEVIATIONS = 4;
/** Unacknowledged data sent again this often, with a repeated SYN-ACK, is no loss. */
const REPEATED = 2;

const ADVICE: readonly Advice[] = [
  {
    for: 'host',
    text:
      '"nstat -az TcpExtListenOverflows TcpExtListenDrops" counts it (per network namespace, all ports together); "ss -ltn" shows Recv-Q ' +
      'above Send-Q while it lasts. The limit is the smaller of the program\'s backlog and "net.core.somaxconn"; both need a restart of the program.',
  },
  {
    for: 'php-fpm',
    text:
      'More workers ("pm.max_children") or faster scripts first: a longer queue only makes the waits longer. Then "listen.backlog = 511" ' +
      'or more, with somaxconn at least as high.',
  },
  {
    for: 'nginx',
    text:
      '"fastcgi_connect_timeout 2s;" turns long hangs into quick errors, and "fastcgi_next_upstream error timeout" tries another server. ' +
      '"limit_conn" keeps the load out in the first place.',
  },
  {
    for: 'lighttpd',
    text: 'It has no limit for connecting by default: set "connect-timeout" for the host in fastcgi.server (recent versions have it).',
  },
  {
    for: 'haproxy',
    text: '"maxconn" on the server line with "timeout queue": requests wait in HAProxy, where they can be given up.',
  },
];

export const backlogOverflow: Check = withHost(fullQueue, {
  id: 'backlog-overflow',
  title: 'The accept queue overflows',
  severity: 'error',
  explanation: `A listening socket holds as many finished connections as its backlog allows, plus one, until the application accepts them. When it is full, Linux drops further SYNs without a word, and the web server's kernel sends them again after about 1 second, then 2, 3, 4 (since Linux 6.5; before that after 1, 3, 7, 15 seconds). So connecting takes a whole number of seconds, or times out.

There is a second form. A connection that was let in half-way finds the queue full when the handshake is complete: its last packet is ignored. The web server believes that it is connected and sends its request, which is ignored too and sent again and again, while the application's host repeats its SYN-ACK.

In logs it shows as slowness and timeouts only. nginx: "upstream timed out (110: Connection timed out) while connecting to upstream". lighttpd without connect-timeout simply waits. Apache: "(70007)The timeout specified has expired: AH00957: FCGI: attempt to connect to ... failed". HAProxy: sC--. It is never "Connection refused" (111), in spite of what many guides say: that means that nobody listens.

On a unix socket there are no packets and no repeats. A full queue fails connect() at once with EAGAIN: nginx logs "connect() to unix:/run/php-fpm.sock failed (11: Resource temporarily unavailable) while connecting to upstream" and answers 502; Apache blocks without any log line. lighttpd writes "write failed: 9: Transport endpoint is not connected" and "connection was dropped after accept() (perhaps the gw process died), write-offset: 0", although nothing has died.

The queue is full because the workers do not keep up: see stuck-accept-queue and workers-exhausted. Packet loss repeats SYNs as well; it is told apart by how much else is sent again.`,
  remedy: ADVICE,
  needs: ['packets'],
  run(facts) {
    if (facts.tcpPackets === 0) return 'not-applicable';
    return facts.listeners.flatMap((listener) => [
      ...(findingOf(facts, listener) ?? []),
      ...(fullQueueOf(facts, listener) ?? []),
    ]);
  },
});

/** On an AF_UNIX socket, through a tap: connect() says so itself. */
function fullQueueOf(facts: Facts, listener: Listener): Finding[] | undefined {
  const { connections } = facts;
  const rows = listener.roughConnections.filter((row) => isQueueFull(connections, row));
  if (rows.length === 0) return undefined;
  const { endpoint } = listener;
  const time = (row: number) => connections.resetTime[row];
  return [
    {
      id: backlogOverflow.id,
      severity: 'error',
      title: `The accept queue of ${endpoint} overflows: ${counted(rows.length, 'connection')} failed with EAGAIN`,
      detail:
        'On a unix socket a full queue fails connect() at once, nothing is tried again. A web server that connects itself ' +
        'logs "(11: Resource temporarily unavailable)" then and answers 502; through the tap it sees its connection ended ' +
        'before an answer.',
      count: rows.length,
      scope: { endpoint },
      evidence: [...rows.subarray(0, MAX_EVIDENCE)].map((row) => {
        const text = `${connectionName(facts, row)}: connect() failed with EAGAIN`;
        return connectionEvidence(facts, row, text, connections.resetPacket[row], time(row));
      }),
      advice: ADVICE,
    },
  ];
}

interface Overflow {
  /** Connections whose first SYN was not answered, and their repeated SYNs. */
  readonly unanswered: number[];
  readonly repeated: number;
  /** Connections that the application's host did not believe to be established. */
  readonly ignored: number[];
  /** Connections that were accepted at all. */
  readonly accepted: number;
  readonly never: number;
  readonly longest: number;
}

function findingOf(facts: Facts, listener: Listener): Finding[] | undefined {
  const { unanswered, repeated, ignored, accepted, never, longest } = overflowOf(facts, listener);
  const dropped = isUnlikelyLoss(facts, listener, repeated) ? unanswered : [];
  const rows = [...dropped, ...ignored];
  if (rows.length === 0) return undefined;
  const { endpoint } = listener;
  const finding: Finding = {
    id: backlogOverflow.id,
    severity: 'error',
    title:
      dropped.length > 0
        ? `The accept queue of ${endpoint} overflows: ${counted(dropped.length, 'connection')} had to repeat the SYN` +
          (longest > 0 ? `, up to ${span(longest)} to connect` : ' in vain')
        : `The accept queue of ${endpoint} overflows: ${counted(ignored.length, 'connection')} ignored although the web server took ${ignored.length === 1 ? 'it' : 'them'} for established`,
    detail: [
      dropped.length > 0
        ? `${counted(repeated, 'SYN')} ${repeated === 1 ? 'was' : 'were'} sent again because no SYN-ACK had come, far more than packet loss in this capture explains.`
        : '',
      ignored.length > 0
        ? 'SYN-ACK was repeated although the web server had sent its request already: the end of the handshake was thrown away, and the request with it.'
        : '',
      accepted > 0 || ignored.length > 0
        ? `The port answered ${accepted > 0 ? counted(accepted, 'other connection') : 'the SYN'}, so somebody listens there: its queue of connections not yet accepted is full.${limitSentence(facts, listener, dropped)}`
        : 'Nothing on this port was answered in the capture: it is a full queue if somebody listens there, else a firewall or a host that is down.',
      never > 0 ? `${counted(never, 'connection')} never came about.` : '',
    ]
      .filter((sentence) => sentence !== '')
      .join(' '),
    count: rows.length,
    scope: { endpoint },
    evidence: rows.slice(0, MAX_EVIDENCE).map((row) => evidenceOf(facts, row)),
    advice: ADVICE,
  };
  return [finding];
}

function overflowOf(facts: Facts, listener: Listener): Overflow {
  const { connections } = facts;
  const unanswered: number[] = [];
  const ignored: number[] = [];
  let repeated = 0;
  let accepted = listener.connections.length - listener.roughConnections.length;
  let never = 0;
  let longest = 0;
  for (let at = 0; at < listener.roughConnections.length; at++) {
    const row = listener.roughConnections[at];
    const answer = connections.synAckTime[row] - connections.start[row];
    if (connections.syns[row] > 1 && !(answer < LATE) && isUnanswered(facts, row)) {
      unanswered.push(row);
      repeated += connections.syns[row] - 1;
      if (Number.isNaN(answer)) never++;
      else longest = Math.max(longest, answer);
    } else if (wasIgnored(facts, row)) {
      ignored.push(row);
    } else if (!Number.isNaN(answer)) {
      accepted++;
    }
  }
  return { unanswered, repeated, ignored, accepted, never, longest };
}

/** No SYN-ACK came, or only to a repeated SYN; and the capture would have shown it. */
function isUnanswered(facts: Facts, row: number): boolean {
  const { connections } = facts;
  if (connections.firstReset[row] !== 0 && Number.isNaN(connections.synAckTime[row])) return false; // refused
  return !(connections.marks[row] & MARK_ONE_SIDED) || Number.isNaN(connections.synAckTime[row]);
}

/** SYN-ACK repeated after the request, which was sent again and not acknowledged for long. */
function wasIgnored(facts: Facts, row: number): boolean {
  const { connections, conversations, requests } = facts;
  const marks = connections.marks[row];
  if (!(marks & MARK_SYN_ACK_AFTER_DATA) || connections.retransmissions0[row] < REPEATED) return false;
  if (!(marks & MARK_DATA_ACKNOWLEDGED_0)) return true;
  const first = conversations.firstRequest[row] - 1;
  return first >= 0 && requests.firstByte[first] - connections.establishedTime[row] > LATE;
}

/** Whether so many repeated SYNs are more than the loss that the other packets show (a Poisson tail). */
function isUnlikelyLoss(facts: Facts, listener: Listener, repeated: number): boolean {
  if (repeated === 0) return false;
  const { connections } = facts;
  let packets = 0;
  let again = 0;
  for (let at = 0; at < listener.connections.length; at++) {
    const row = listener.connections[at];
    packets += connections.packets0[row] + connections.packets1[row];
    again += connections.retransmissions0[row] + connections.retransmissions1[row];
  }
  const loss = Math.max(LEAST_LOSS, again / packets);
  // Either the SYN or its SYN-ACK may be lost.
  const expected = 2 * loss * listener.connections.length;
  if (expected > MANY) return repeated - expected > DEVIATIONS * Math.sqrt(expected);
  let term = Math.exp(-expected);
  let below = 0;
  for (let count = 0; count < repeated; count++) {
    below += term;
    term *= expected / (count + 1);
  }
  return repeated > expected && 1 - below < UNLIKELY;
}

/** How many queued when the first SYN was dropped, where the times of the answers tell. */
function limitSentence(facts: Facts, listener: Listener, dropped: readonly number[]): string {
  const queue = facts.queues[listener.index];
  if (!queue || dropped.length === 0) return '';
  const time = facts.connections.start[dropped[0]];
  let queued = 0;
  for (const { from, until } of queue.waiting) if (from <= time && time < until) queued++;
  return queued > 0
    ? ` About ${counted(queued, 'connection')} stood in it when the first SYN was dropped: that is its limit.`
    : '';
}

function evidenceOf(facts: Facts, row: number): Evidence {
  const { connections } = facts;
  const name = connectionName(facts, row);
  if (connections.syns[row] > 1) {
    const answer = connections.synAckTime[row] - connections.start[row];
    const outcome = Number.isNaN(answer) ? 'no SYN-ACK' : `SYN-ACK after ${span(answer)}`;
    return connectionEvidence(facts, row, `${name}: ${grouped(connections.syns[row])} SYNs, ${outcome}`);
  }
  const text =
    `${name}: ${grouped(connections.synAcks[row])} SYN-ACKs, the request sent ${grouped(connections.retransmissions0[row] + 1)} times` +
    (connections.marks[row] & MARK_DATA_ACKNOWLEDGED_0 ? '' : ', never acknowledged');
  return connectionEvidence(facts, row, text);
}
