// GET_VALUES without a result: the application does not answer management records, or not in time.
import { REQUEST_ENDED } from '../../model/request-table.js';
import { BY_APPLICATION } from '../../model/side.js';
import type { Check } from '../check.js';
import { CONVERSATION_GET_VALUES_PENDING } from '../conversation-table.js';
import { closeTime, type Facts } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { connectionEvidence, connectionName, counted, showsRequests, span } from './shared-evidence.js';

/** A connection that was ended (or cut off by the capture's end) sooner proves nothing, unless a request was answered. */
const LONG_ENOUGH = 200e6;

const ADVICE: readonly Advice[] = [
  {
    for: 'haproxy',
    text: 'Take "option get-values" out of the fcgi-app section: this application does not answer it.',
  },
  {
    for: 'application',
    text:
      'Answer GET_VALUES with GET_VALUES_RESULT (an empty one if no name is known), also before the first BEGIN_REQUEST ' +
      'and whether or not a request is in progress.',
  },
];

export const getValuesUnanswered: Check = {
  id: 'get-values-unanswered',
  title: 'GET_VALUES got no answer',
  severity: 'warning',
  explanation: `GET_VALUES is a management record: with it a web server asks how many connections and requests the application takes (FCGI_MAX_CONNS, FCGI_MAX_REQS) and whether it multiplexes (FCGI_MPXS_CONNS). An application has to answer with GET_VALUES_RESULT, and may leave out names it does not know.

php-fpm answers FCGI_MPXS_CONNS=0 only. libfcgi answers 1, 1 and 0 whatever the program does, and it sends the result only once a request follows on the connection: GET_VALUES alone stays without an answer. Other applications ignore the record or close the connection.

Among the common web servers only HAProxy asks, and only with "option get-values"; it then loses a round trip, or the connection, before the first request.`,
  remedy: ADVICE,
  needs: ['payload'],
  run(facts) {
    if (!showsRequests(facts)) return 'not-applicable';
    const { conversations, connections } = facts;
    const queued = new Set<number>();
    for (const queue of facts.queues) for (const { row } of queue?.waiting ?? []) queued.add(row);
    const findings: Finding[] = [];
    for (const { endpoint, roughConnections: rows } of facts.listeners) {
      const evidence: Evidence[] = [];
      let count = 0;
      for (let at = 0; at < rows.length; at++) {
        const row = rows[at];
        if (!(conversations.marks[row] & CONVERSATION_GET_VALUES_PENDING)) continue;
        const lived = lifetime(facts, row);
        const closedByApplication =
          connections.firstFin[row] === BY_APPLICATION || connections.firstReset[row] === BY_APPLICATION;
        const answersRequests = endedRequest(facts, row);
        if (!answersRequests && !closedByApplication && (lived < LONG_ENOUGH || queued.has(row))) continue;
        const end = closedByApplication ? 'the application closed it' : 'it went on';
        const text = `no GET_VALUES_RESULT on ${connectionName(facts, row)}; ${end} ${closedByApplication ? 'after' : 'for'} ${span(lived)}`;
        if (++count <= MAX_EVIDENCE) evidence.push(connectionEvidence(facts, row, text));
      }
      if (count === 0) continue;
      findings.push({
        id: 'get-values-unanswered',
        severity: 'warning',
        title: `GET_VALUES without an answer on ${counted(count, 'connection')} of ${endpoint}`,
        detail:
          'The web server asked the application what it can do, and no GET_VALUES_RESULT came while the connection lived. ' +
          'A web server that waits for it loses that time before its first request; one that gives up takes the application ' +
          'for broken.',
        count,
        scope: { endpoint },
        evidence,
        advice: ADVICE,
      });
    }
    return findings;
  },
};

/** Whether a request of the connection was answered to its end: then the application was there. */
function endedRequest(facts: Facts, row: number): boolean {
  const first = facts.conversations.firstRequest[row];
  return first !== 0 && (facts.requests.marks[first - 1] & REQUEST_ENDED) !== 0;
}

function lifetime(facts: Facts, row: number): number {
  return Math.min(facts.duration, closeTime(facts.connections, row)) - facts.connections.start[row];
}
