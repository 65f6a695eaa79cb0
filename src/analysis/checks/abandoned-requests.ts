// The web server gave a request up before it was answered, and the application worked on for nobody.

import { NO_PROTOCOL_STATUS } from '../../model/request-table.js';
import type { Check } from '../check.js';
import type { Facts, Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { abandonedInQueue } from '../host-evidence/connections.js';
import { withHost } from '../host-evidence/with-host.js';
import { endPacket, webServerEnd } from './shared-endings.js';
import { counted, requestEvidence, requestName, showsRequests, span } from './shared-evidence.js';
import { hasNoAnswer, isComplete } from './shared-unanswered.js';

/** The application must have gone on for longer than a close takes. */
const WORKED_ON = 20e6;

const ADVICE: readonly Advice[] = [
  {
    for: 'php-fpm',
    text:
      'Set "request_terminate_timeout" a little below the web server\'s read timeout: the script then ends before it is given up, ' +
      'not long after. php-fpm does not look at the socket while a script runs.',
  },
  {
    for: 'nginx',
    text:
      '499 in the access log is a client that left, 504 is "fastcgi_read_timeout". "fastcgi_ignore_client_abort on" lets work ' +
      'finish whose result is worth keeping; neither setting makes the application stop.',
  },
  {
    for: 'haproxy',
    text: '"timeout queue" and "maxconn" on the server line let requests wait, and expire, in front of the application.',
  },
  {
    for: 'application',
    text: 'Check from time to time whether the connection is still there (PHP: connection_aborted() after output), and stop.',
  },
];

export const abandonedRequests: Check = withHost(abandonedInQueue, {
  id: 'abandoned-requests',
  title: 'The application works on requests that the web server has given up',
  severity: 'warning',
  explanation: `The web server closed the connection before the first byte of the answer: its client went away (nginx writes 499), or its own timeout was over (504). The application did not notice. php-fpm does not read its socket while a script runs, and FCGI_ABORT_REQUEST is sent by HAProxy alone; so the worker finished the work, wrote the answer, and got a RST for it.

A few of these are normal life. In an overload they make it worse: the queue is full of requests whose clients have gone, and the workers answer them one after the other while new clients wait behind them and give up too.`,
  remedy: ADVICE,
  needs: ['payload'],
  run(facts) {
    if (!showsRequests(facts)) return 'not-applicable';
    return facts.listeners.flatMap((listener) => findingsOf(facts, listener));
  },
});

function findingsOf(facts: Facts, listener: Listener): Finding[] {
  const { requests, connections } = facts;
  const evidence: Evidence[] = [];
  let count = 0;
  let wasted = 0;
  for (let at = 0; at < listener.roughRequests.length; at++) {
    const row = listener.roughRequests[at];
    if (!isComplete(facts, row)) continue;
    const connection = requests.connection[row];
    const given = webServerEnd(connections, connection);
    if (Number.isNaN(given) || given < requests.begin[row]) continue;
    // Answered, or ended, before it was given up.
    if (!hasNoAnswer(facts, row) && requests.firstByte[row] <= given) continue;
    if (requests.protocolStatus[row] !== NO_PROTOCOL_STATUS && requests.end[row] <= given) continue;
    const worked = signOfLife(facts, row) - given;
    if (!(worked > WORKED_ON)) continue;
    count++;
    wasted += worked;
    if (evidence.length >= MAX_EVIDENCE) continue;
    const text = `${requestName(facts, row)}: given up after ${span(given - requests.begin[row])}, the application went on for ${span(worked)}`;
    evidence.push(requestEvidence(facts, row, text, endPacket(connections, connection, given), given));
  }
  if (count === 0) return [];
  const { endpoint } = listener;
  return [
    {
      id: 'abandoned-requests',
      severity: 'warning',
      title: `${counted(count, 'request')} to ${endpoint} given up by the web server before an answer; ${span(wasted)} of work for nobody`,
      detail:
        'The web server closed the connection before the first byte came (its client left, or its timeout was over), and the ' +
        'application went on until it had its answer, which nobody took. It does not notice: php-fpm never looks at the socket ' +
        'while a script runs. In an overload this work delays those who still wait.',
      count,
      scope: { endpoint },
      evidence,
      advice: ADVICE,
    },
  ];
}

/** When the application last showed that it was at work on the request: its late answer, or its close; NaN if never. */
function signOfLife(facts: Facts, row: number): number {
  if (!hasNoAnswer(facts, row)) return facts.requests.firstByte[row];
  return facts.connections.finTime1[facts.requests.connection[row]];
}
