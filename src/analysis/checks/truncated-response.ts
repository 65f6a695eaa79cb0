// The answer breaks off: STDOUT began, and the application's stream ends without END_REQUEST.
import type { Check } from '../check.js';
import type { Facts, Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { endedByReset, endPacket } from './shared-endings.js';
import { counted, grouped, requestEvidence, requestName, showsRequests } from './shared-evidence.js';
import { cutByApplication } from './shared-unanswered.js';

const ADVICE: readonly Advice[] = [
  {
    for: 'nginx',
    text:
      'With "fastcgi_keep_conn on" nginx notices ("upstream prematurely closed connection while reading upstream") and breaks ' +
      'the answer to its client off; without it the cut answer ends like a complete one.',
  },
  {
    for: 'php-fpm',
    text: 'Look for "child N exited on signal N" at the same moment: a crash, the OOM killer, or a kill on reload.',
  },
  {
    for: 'application',
    text: 'Send a Content-Length with every answer: then the client can tell that bytes are missing.',
  },
];

export const truncatedResponse: Check = {
  id: 'truncated-response',
  title: 'Answers break off in the middle',
  severity: 'error',
  explanation: `A complete FastCGI answer ends with an END_REQUEST record. Here STDOUT had begun, and then the application's side of the connection ended without one: the process died, or closed the socket in the middle.

What makes this the most dangerous of all failures is what the web server does with it. nginx without KEEP_CONN and Caddy end the answer to their client as if it were complete: status 200, a proper last chunk, no line in any log. With a Content-Length nginx lets the client wait for the missing bytes instead. lighttpd logs "response already sent out, but backend returned error on socket" but also ends a chunked body cleanly. Only nginx with "fastcgi_keep_conn on", Apache ("AH01075: Error dispatching request") and HAProxy (termination state SD) break the answer off so that the client can notice.`,
  remedy: ADVICE,
  needs: ['payload'],
  run(facts) {
    if (!showsRequests(facts)) return 'not-applicable';
    return facts.listeners.flatMap((listener) => findingsOf(facts, listener));
  },
};

function findingsOf(facts: Facts, listener: Listener): Finding[] {
  const { requests, connections } = facts;
  const evidence: Evidence[] = [];
  let count = 0;
  for (const row of listener.requests) {
    // lastByte is set by STDOUT only: with STDERR alone no answer had begun.
    const end = cutByApplication(facts, row);
    if (Number.isNaN(end) || Number.isNaN(requests.lastByte[row])) continue;
    if (++count > MAX_EVIDENCE) continue;
    const connection = requests.connection[row];
    const how = endedByReset(connections, connection, end) ? 'RST' : 'FIN';
    const declared = requests.responseLength[row] >= 0 ? ` of a body of ${grouped(requests.responseLength[row])}` : '';
    const text = `${requestName(facts, row)}: ${how} after ${counted(requests.stdoutBytes[row], 'byte')} of STDOUT${declared}, no END_REQUEST`;
    evidence.push(requestEvidence(facts, row, text, endPacket(connections, connection, end), end));
  }
  if (count === 0) return [];
  const { endpoint } = listener;
  return [
    {
      id: 'truncated-response',
      severity: 'error',
      title: `${counted(count, 'answer')} of ${endpoint} broke off without END_REQUEST`,
      detail:
        'The answer had begun, then the application ended the connection without END_REQUEST, which only a process that died or ' +
        'gave up does. Behind nginx without KEEP_CONN, and behind Caddy, the client gets what came as a complete answer with ' +
        'status 200 and believes it; nothing is logged.',
      count,
      scope: { endpoint },
      evidence,
      advice: ADVICE,
    },
  ];
}
