// SYNs answered by RST: nobody listens on the port.

import { CONNECT_ERRORS, connectErrorMeaning } from '../../model/connect-errors.js';
import type { Check } from '../check.js';
import type { Facts, Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { nobodyListens } from '../host-evidence/listeners.js';
import { withHost } from '../host-evidence/with-host.js';
import { isRefused } from './shared-endings.js';
import { connectionEvidence, connectionName, counted, grouped } from './shared-evidence.js';

/** Endpoints that no request was ever seen on; more of them are a port scan. */
const MOST_UNKNOWN = 3;

const ADVICE: readonly Advice[] = [
  {
    for: 'host',
    text:
      'See who listens: "ss -ltnp" on the application\'s host (and in its network namespace, if it runs in a container). Nobody: ' +
      'start the application and look why it ended. Somebody on another address (127.0.0.1 against 0.0.0.0 or [::1]) or port: correct one side.',
  },
  {
    for: 'php-fpm',
    text: '"listen = 127.0.0.1:9000" in the pool must be what the web server connects to; many packages listen on a unix socket instead.',
  },
  {
    for: 'nginx',
    text: '"localhost" in fastcgi_pass can mean [::1] first: write the address that the application listens on.',
  },
  {
    for: 'lighttpd',
    text:
      'After a refused connection it leaves the backend out for "disable-time" (1 s) and answers 503 to everybody: ' +
      '"all handlers for ... are down", once, then "gw-server re-enabled".',
  },
];

export const connectionRefused: Check = withHost(nobodyListens('tcp'), {
  id: 'connection-refused',
  title: 'Connections are refused: nobody listens',
  severity:
    'error for an endpoint of FastCGI, or where the capture shows nothing but refusals; a note for an endpoint of which nothing else is known',
  explanation: `The web server's SYN is answered by RST at once, so connect() fails with ECONNREFUSED (111). On TCP that means one thing: no process listens on that address and port. A full accept queue does not do this on Linux (there SYNs go unanswered, see backlog-overflow), though many guides say so.

The application is not running, is just being started again, listens on another address or port, or on a unix socket.

nginx answers 502 and logs "connect() failed (111: Connection refused) while connecting to upstream". lighttpd logs "establishing connection failed: socket: tcp:127.0.0.1:9000: Connection refused" and "all handlers for /x on / are down." (printed once until the backend is tried again). Apache answers 503 with AH00957 and AH01079, HAProxy 503 with SC-- in its log, Caddy 502 with "connect: connection refused".`,
  remedy: ADVICE,
  needs: ['packets'],
  run(facts) {
    if (facts.tcpPackets === 0) return 'not-applicable';
    return [...facts.listeners.flatMap((listener) => findingOf(facts, listener) ?? []), ...unknownEndpoints(facts)];
  },
});

function findingOf(facts: Facts, listener: Listener): Finding | undefined {
  const { connections } = facts;
  const refused: number[] = [];
  let count = 0;
  let accepted = listener.connections.length - listener.roughConnections.length;
  for (let at = 0; at < listener.roughConnections.length; at++) {
    const row = listener.roughConnections[at];
    if (!isRefused(connections, row)) {
      if (!Number.isNaN(connections.synAckTime[row])) accepted++;
    } else if (++count <= MAX_EVIDENCE) refused.push(row);
  }
  if (count === 0) return undefined;
  return describe(facts, listener.endpoint, refused, count, [
    accepted === 0
      ? 'No connection to it was accepted in this capture: the application is not running, or not there.'
      : `${counted(accepted, 'connection')} to it ${accepted === 1 ? 'was' : 'were'} accepted at other times, so it was down for a while: it ended, or was being started again.`,
  ]);
}

/**
 * Endpoints that answered nothing but RST. They can only be guessed to be FastCGI: where the capture has nothing else,
 * or where the same web server talks to known listeners.
 */
function unknownEndpoints(facts: Facts): Finding[] {
  const { connections, addresses, listenerOf } = facts;
  const refusing = new Map<number, { rows: number[]; count: number }>();
  for (let row = 0; row < connections.count; row++) {
    if (listenerOf[row] !== -1 || !isRefused(connections, row)) continue;
    const key = endpointKey(facts, row);
    let group = refusing.get(key);
    if (!group) refusing.set(key, (group = { rows: [], count: 0 }));
    if (++group.count <= MAX_EVIDENCE) group.rows.push(row);
  }
  if (refusing.size === 0) return [];
  const webServers = new Set<number>();
  let nothingElse = true;
  for (let row = 0; row < connections.count; row++) {
    if (listenerOf[row] !== -1) webServers.add(connections.address0[row]);
    if (isRefused(connections, row)) continue;
    nothingElse = false;
    refusing.delete(endpointKey(facts, row));
  }
  if (refusing.size > MOST_UNKNOWN) return [];
  return [...refusing.values()]
    .filter(({ rows }) => facts.listeners.length === 0 || webServers.has(connections.address0[rows[0]]))
    .map(({ rows, count }) => ({
      ...describe(facts, addresses.endpoint(connections.address1[rows[0]], connections.port1[rows[0]]), rows, count, [
        'No connection to it was accepted in this capture, so nothing shows what would be spoken there; it may not be FastCGI at all.',
      ]),
      severity: nothingElse ? 'error' : 'note',
    }));
}

function endpointKey({ connections }: Facts, row: number): number {
  return connections.address1[row] * 65536 + connections.port1[row];
}

function describe(
  facts: Facts,
  endpoint: string,
  rows: readonly number[],
  count: number,
  context: readonly string[],
): Finding {
  return {
    id: connectionRefused.id,
    severity: 'error',
    title: `${counted(count, 'connection')} to ${endpoint} refused: ${reason(facts, rows[0]) ?? 'nobody listened'}`,
    detail: [
      reason(facts, rows[0]) === undefined
        ? 'Each SYN was answered by RST, which on TCP means that no process listened on that address and port at that moment.'
        : `The tap could not connect (${[...new Set(rows.map((row) => errorOf(facts, row)))].join(', ')}).`,
      ...context,
      'Users get 502 (nginx) or 503 (lighttpd, Apache).',
    ].join(' '),
    count,
    scope: { endpoint },
    evidence: rows.map((row) => refusal(facts, row)),
    advice: ADVICE,
  };
}

/** What the system's code means where a tap tells it of an AF_UNIX socket; undefined otherwise. */
function reason(facts: Facts, row: number): string | undefined {
  const { addresses, connections } = facts;
  if (!addresses.isStandIn(connections.address1[row])) return undefined;
  return connectErrorMeaning(errorOf(facts, row), true);
}

function errorOf({ connections }: Facts, row: number): string {
  return CONNECT_ERRORS[connections.connectError[row]];
}

function refusal(facts: Facts, row: number): Evidence {
  const { connections } = facts;
  const again = connections.syns[row] > 1 ? ` (${grouped(connections.syns[row])} SYNs)` : '';
  const how =
    connections.connectError[row] === 0 ? 'SYN answered by RST' : `connect() failed with ${errorOf(facts, row)}`;
  const text = `${connectionName(facts, row)}: ${how}${again}`;
  return connectionEvidence(facts, row, text, connections.resetPacket[row], connections.resetTime[row]);
}
