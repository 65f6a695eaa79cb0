// Connections on which nobody says anything until the application loses patience: each one held a worker meanwhile.

import { MARK_ESTABLISHED } from '../../tcp/connection-table.js';
import type { Check } from '../check.js';
import type { Facts, Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { silentOnes } from '../host-evidence/connections.js';
import { withHost } from '../host-evidence/with-host.js';
import { applicationEnd } from './shared-endings.js';
import { connectionEvidence, connectionName, counted, span } from './shared-evidence.js';

/** A connection that is closed sooner held nobody up. */
const HELD = 1e9;

const ADVICE: readonly Advice[] = [
  {
    for: 'haproxy',
    text: 'Replace a bare "check" or "option tcp-check" by a request that is answered, or check another port: each bare check occupies a worker.',
  },
  {
    for: 'php-fpm',
    text:
      'It waits 5 s for the first byte; the status page calls such a worker "Idle" although it cannot accept. Restrict who may ' +
      'connect with "listen.allowed_clients" or a firewall, and check "ping.path" over FastCGI instead of a bare connect.',
  },
  {
    for: 'libfcgi',
    text:
      'A threaded program that holds a lock around FCGX_Accept_r stands still completely while one silent connection is there: ' +
      'accept() needs no lock on Linux.',
  },
];

export const silentConnection: Check = withHost(silentOnes, {
  id: 'silent-connection',
  title: 'Connections without a byte hold workers',
  severity: 'warning',
  explanation: `A worker that serves one connection at a time takes a connection out of the accept queue and then waits for a request. If none comes, the worker is lost until somebody closes: php-fpm gives up after 5 seconds, libfcgi on a unix socket after 2 seconds, libfcgi on TCP never.

Such connections come from health checks that only connect (HAProxy's plain "check", load balancers, monitoring), from port scanners, and from web servers that open connections ahead of time. php-fpm's status page shows the worker as "Idle" meanwhile, and its counters drift.

With a pool of two workers, two silent connections made the third request wait 4.7 seconds. In a threaded libfcgi program that locks around FCGX_Accept_r, one of them stops all threads.`,
  remedy: ADVICE,
  needs: ['packets'],
  run(facts) {
    if (facts.tcpPackets === 0) return 'not-applicable';
    return facts.listeners.flatMap((listener) => findingsOf(facts, listener));
  },
});

function findingsOf(facts: Facts, listener: Listener): Finding[] {
  const { connections } = facts;
  const evidence: Evidence[] = [];
  let count = 0;
  let longest = 0;
  for (let at = 0; at < listener.roughConnections.length; at++) {
    const row = listener.roughConnections[at];
    if (!(connections.marks[row] & MARK_ESTABLISHED)) continue;
    if (connections.bytes0[row] + connections.missing0[row] > 0 || connections.bytes1[row] > 0) continue;
    const held = applicationEnd(connections, row) - connections.start[row];
    if (!(held >= HELD)) continue;
    count++;
    longest = Math.max(longest, held);
    if (evidence.length < MAX_EVIDENCE) {
      evidence.push(
        connectionEvidence(
          facts,
          row,
          `${connectionName(facts, row)}: no byte for ${span(held)}, then the application closed`,
        ),
      );
    }
  }
  if (count === 0) return [];
  const { endpoint } = listener;
  return [
    {
      id: 'silent-connection',
      severity: 'warning',
      title: `${counted(count, 'connection')} to ${endpoint} carried no byte until the application closed after up to ${span(longest)}`,
      detail:
        'Somebody connected and sent nothing. A worker that had accepted such a connection waited for a request all that time and ' +
        'could not serve anybody else. Plain connect health checks and port scans look like this.',
      count,
      scope: { endpoint },
      evidence,
      advice: ADVICE,
    },
  ];
}
