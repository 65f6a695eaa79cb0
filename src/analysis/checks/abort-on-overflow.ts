// A connection reset right after its handshake: the kernel throws away what does not fit into the accept queue.

import type { Check } from '../check.js';
import type { Facts, Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { resetOnOverflow } from '../host-evidence/listeners.js';
import { withHost } from '../host-evidence/with-host.js';
import { resetRightAfterHandshake } from './shared-endings.js';
import { connectionEvidence, connectionName, counted, span } from './shared-evidence.js';

const ADVICE: readonly Advice[] = [
  {
    for: 'host',
    text:
      '"sysctl net.ipv4.tcp_abort_on_overflow": if it is 1, set it to 0; then the kernel lets the connection wait for room in the queue ' +
      '(see backlog-overflow) and nothing is lost in a short burst. "nstat -az TcpExtListenOverflows" counts the overflows.',
  },
  {
    for: 'php-fpm',
    text: 'The queue overflows because all children are busy: see workers-exhausted. "listen.backlog" is its length (capped by net.core.somaxconn).',
  },
  {
    for: 'application',
    text: 'If the setting is 0, the program itself closed the connection at once (too many open files, a refused peer): see its log.',
  },
];

export const abortOnOverflow: Check = withHost(resetOnOverflow, {
  id: 'abort-on-overflow',
  title: 'Connections are reset right after the handshake',
  severity: 'error',
  explanation: `When the accept queue is full, Linux by default ignores the last packet of the handshake and lets the web server try again. With net.ipv4.tcp_abort_on_overflow = 1 it sends a RST instead. On the wire: SYN, SYN-ACK, ACK, and then RST from the application's port before any byte was acknowledged.

The web server believes that it is connected, since it had the SYN-ACK, and the RST meets it while it sends the request: nginx logs "recv() failed (104: Connection reset by peer) while reading response header from upstream" or "writev() failed (104: Connection reset by peer)", not "connection refused" (111). It looks like a crash of the application, which in truth has never seen the connection.

The setting is there for those who would rather fail at once than wait. In front of an application with bursts it turns every short overflow into errors.`,
  remedy: ADVICE,
  needs: ['packets'],
  run(facts) {
    if (facts.tcpPackets === 0) return 'not-applicable';
    return facts.listeners.flatMap((listener) => findingOf(facts, listener) ?? []);
  },
});

function findingOf(facts: Facts, listener: Listener): Finding | undefined {
  const { connections } = facts;
  const evidence: Evidence[] = [];
  let count = 0;
  for (let at = 0; at < listener.roughConnections.length; at++) {
    const row = listener.roughConnections[at];
    const after = resetRightAfterHandshake(connections, row);
    if (Number.isNaN(after)) continue;
    if (++count > MAX_EVIDENCE) continue;
    const text = `${connectionName(facts, row)}: RST ${span(Math.max(0, after))} after the handshake, no byte acknowledged`;
    evidence.push(connectionEvidence(facts, row, text, connections.resetPacket[row], connections.resetTime[row]));
  }
  if (count === 0) return undefined;
  return {
    id: abortOnOverflow.id,
    severity: 'error',
    title: `${counted(count, 'connection')} to ${listener.endpoint} reset right after the handshake`,
    detail:
      "The handshake was complete, and before a byte of either side was acknowledged the application's host sent RST. That is what Linux does " +
      'with a full accept queue when net.ipv4.tcp_abort_on_overflow is 1. The application has not seen these connections; the web server reports ' +
      '"Connection reset by peer" (104).',
    count,
    scope: { endpoint: listener.endpoint },
    evidence,
    advice: ADVICE,
  };
}
