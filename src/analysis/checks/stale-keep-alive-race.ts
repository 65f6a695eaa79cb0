// A request sent on a kept connection crosses with the application's close of that connection.
import type { Check } from '../check.js';
import type { Facts, Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { endedByReset, endPacket } from './shared-endings.js';
import {
  connectionName,
  counted,
  grouped,
  requestEvidence,
  requestName,
  showsRequests,
  span,
} from './shared-evidence.js';
import { cutByApplication, isStaleRace } from './shared-unanswered.js';

/** The same request this soon afterwards on another connection was sent again. */
const AGAIN = 1e9;

const ADVICE: readonly Advice[] = [
  {
    for: 'nginx',
    text:
      'Let nginx be the one that closes: "keepalive_timeout" and "keepalive_requests" in the upstream block clearly below the ' +
      'application\'s limits. It sends GET again by itself; POST gets a 502 unless "fastcgi_next_upstream error non_idempotent".',
  },
  {
    for: 'php-fpm',
    text:
      '"pm.max_requests" counts all requests of a child, whatever connection they came on, so no setting of the web server can match ' +
      'it exactly: raise it, or 0. "request_terminate_timeout" also counts the idle time of a kept connection.',
  },
  {
    for: 'apache',
    text: 'It does not send the request again and answers 503: set "ttl=" of the worker below the application\'s idle limit.',
  },
  {
    for: 'host',
    text: 'Where a firewall forgets idle connections: "fastcgi_socket_keepalive on", or a keepalive_timeout below its limit.',
  },
];

export const staleKeepAliveRace: Check = {
  id: 'stale-keep-alive-race',
  title: 'Requests cross with the close of a kept connection',
  severity: 'warning',
  explanation: `Either side may close a kept connection when no request is in progress. If the application does so at the moment when the web server sends the next request, the two cross on the way. The request is never answered, although nobody did anything wrong.

Whether users notice depends on the web server. nginx logs "upstream prematurely closed connection while reading response header from upstream" (or "recv() failed (104: Connection reset by peer)") and sends the request again on a fresh connection if its method is idempotent: the client gets 200 and the log has an error for it. POST, PATCH and LOCK are not repeated and become 502. Apache's mod_proxy_fcgi repeats nothing and answers 503. HAProxy retries.

The application closes for reasons of its own: php-fpm's pm.max_requests, request_terminate_timeout (which counts idle time as well, and then logs "script '' (request: \\" \\") execution timed out, terminating"), pm.process_idle_timeout, a reload. The cure is always the same: the web server's limits have to be lower, so that it is the one that closes.`,
  remedy: ADVICE,
  needs: ['payload'],
  run(facts) {
    if (!showsRequests(facts)) return 'not-applicable';
    return facts.listeners.flatMap((listener) => findingOf(facts, listener) ?? []);
  },
};

function findingOf(facts: Facts, listener: Listener): Finding | undefined {
  const evidence: Evidence[] = [];
  let count = 0;
  let again = 0;
  let index = 0;
  for (let at = 0; at < listener.roughRequests.length; at++) {
    const row = listener.roughRequests[at];
    if (!isStaleRace(facts, row)) continue;
    const closed = cutByApplication(facts, row);
    count++;
    index = listener.requests.indexOf(row, index);
    const repeated = sentAgain(facts, listener, index, closed);
    if (repeated >= 0) again++;
    if (count <= MAX_EVIDENCE) evidence.push(evidenceOf(facts, row, closed, repeated));
  }
  if (count === 0) return undefined;
  return {
    id: staleKeepAliveRace.id,
    severity: 'warning',
    title: `${counted(count, 'request')} to ${listener.endpoint} met the close of a kept connection`,
    detail:
      'The application closed a connection that had been used before just as the next request was sent on it, so the request got no answer. ' +
      (again === count
        ? `${count === 1 ? 'It was' : 'All were'} sent again on another connection, so users saw nothing but a delay; a POST would not have been.`
        : `${again === 0 ? 'None' : `${grouped(again)} of ${grouped(count)}`} was sent again on another connection; the others became errors.`),
    count,
    scope: { endpoint: listener.endpoint },
    evidence,
    advice: ADVICE,
  };
}

/** The same request on another connection soon after the close, or -1. */
function sentAgain(facts: Facts, listener: Listener, index: number, closed: number): number {
  const { connection, method, uri, begin } = facts.requests;
  const row = listener.requests[index];
  for (let i = index + 1; i < listener.requests.length; i++) {
    const other = listener.requests[i];
    if (begin[other] > Math.max(closed, begin[row]) + AGAIN) break;
    if (connection[other] !== connection[row] && uri[other] === uri[row] && method[other] === method[row]) return other;
  }
  return -1;
}

function evidenceOf(facts: Facts, row: number, closed: number, repeated: number): Evidence {
  const { requests, connections } = facts;
  const connection = requests.connection[row];
  const apart = closed - requests.begin[row];
  const crossing = apart >= 0 ? `${span(apart)} after it was sent` : `${span(-apart)} before it was sent`;
  const end = endedByReset(connections, connection, closed) ? 'RST' : 'FIN';
  const outcome =
    repeated < 0
      ? 'not sent again'
      : `sent again ${span(Math.max(0, requests.begin[repeated] - closed))} later on ${connectionName(facts, requests.connection[repeated])}`;
  const text = `${requestName(facts, row)} on ${connectionName(facts, connection)}: the application's ${end} came ${crossing}; ${outcome}`;
  return requestEvidence(facts, row, text, endPacket(connections, connection, closed), closed);
}
