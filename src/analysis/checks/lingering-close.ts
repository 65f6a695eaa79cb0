// The application has closed its side and waits for the web server to close too: until then the worker is not free.

import { MARK_ONE_SIDED } from '../../tcp/connection-table.js';
import type { Check } from '../check.js';
import type { Facts, Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { pinnedByClose } from '../host-evidence/connections.js';
import { withHost } from '../host-evidence/with-host.js';
import { connectionEvidence, connectionName, counted, span } from './shared-evidence.js';

/** A web server closes within milliseconds of the application's FIN. */
const LATE = 1e9;

const ADVICE: readonly Advice[] = [
  {
    for: 'php-fpm',
    text:
      'After its FIN a worker reads until the other side closes, with no time limit: it stands in FIN-WAIT-2 (ss -tanp shows the ' +
      'pid). Only the peer can free it.',
  },
  {
    for: 'libfcgi',
    text: 'It waits at most 2 s for each close (LIBFCGI_OS_CLOSE_POLL_TIMEOUT, in milliseconds, since 2.4.1).',
  },
  {
    for: 'host',
    text:
      'Look for whatever sits between web server and application: a TCP relay that does not pass a FIN on at once, a client ' +
      'library that keeps the connection object, a debugger that holds the web server. ss shows CLOSE-WAIT on its side.',
  },
];

export const lingeringClose: Check = withHost(pinnedByClose, {
  id: 'lingering-close',
  title: 'The web server does not close after the application did',
  severity: 'warning',
  explanation: `Without KEEP_CONN the application ends the exchange: it sends its answer, END_REQUEST and a FIN, and then waits for the web server's FIN so that nothing of the answer is lost. php-fpm waits in recv() without any time limit; libfcgi waits up to 2 seconds. The worker cannot serve anybody else meanwhile.

Web servers close within a millisecond, so this is invisible. But a peer that does not close (a relay that swallows the half-close, a client library, a stopped process) pins one worker for each connection, for ever with php-fpm. On the host: FIN-WAIT-2 with a pid on the application's side, CLOSE-WAIT on the other.`,
  remedy: ADVICE,
  needs: ['packets'],
  run(facts) {
    if (facts.tcpPackets === 0) return 'not-applicable';
    return facts.listeners.flatMap((listener) => findingsOf(facts, listener));
  },
});

function findingsOf(facts: Facts, listener: Listener): Finding[] {
  const { connections, duration } = facts;
  const evidence: Evidence[] = [];
  let count = 0;
  let longest = 0;
  for (let at = 0; at < listener.roughConnections.length; at++) {
    const row = listener.roughConnections[at];
    const closed = connections.finTime1[row];
    if (Number.isNaN(closed) || connections.marks[row] & MARK_ONE_SIDED) continue;
    // A FIN of the web server, or a RST of either side, ends the waiting.
    const end = earlier(connections.finTime0[row], connections.resetTime[row]);
    const until = Math.min(Number.isNaN(end) ? Infinity : end, duration);
    const wait = until - closed;
    if (!(wait > LATE)) continue;
    count++;
    longest = Math.max(longest, wait);
    if (evidence.length >= MAX_EVIDENCE) continue;
    const still = Number.isNaN(end) ? ', and had not closed when the capture ended' : '';
    const text = `${connectionName(facts, row)}: the application sent its FIN, the web server did not close for ${span(wait)}${still}`;
    evidence.push(connectionEvidence(facts, row, text, connections.finPacket1[row], closed));
  }
  if (count === 0) return [];
  const { endpoint } = listener;
  return [
    {
      id: 'lingering-close',
      severity: 'warning',
      title: `${counted(count, 'connection')} of ${endpoint} stayed half-closed for over a second, the longest ${span(longest)}`,
      detail:
        'The application had closed its side and waited for the web server to close too. php-fpm waits like that without a time ' +
        'limit, and the worker is pinned as long as it lasts; libfcgi gives up after 2 s.',
      count,
      scope: { endpoint },
      evidence,
      advice: ADVICE,
    },
  ];
}

/** The earlier of two times of which either may be NaN. */
function earlier(a: number, b: number): number {
  return Number.isNaN(a) || b < a ? b : a;
}
