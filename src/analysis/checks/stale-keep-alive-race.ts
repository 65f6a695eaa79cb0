// A request is sent on a kept connection just as the application closes it.
import type { Check } from '../check.js';
import type { Facts, Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { endPacket } from './shared-endings.js';
import { counted, requestEvidence, requestName, showsRequests, span } from './shared-evidence.js';
import { cutByApplication, isStaleRace } from './shared-unanswered.js';

/** A web server that repeats a request does it at once; so many requests are looked at for it. */
const RESENT_WITHIN = 1e9;
const LOOKED_AT = 256;

const ADVICE: readonly Advice[] = [
  {
    for: 'nginx',
    text:
      'Let nginx close first: "keepalive_requests" clearly below "pm.max_requests", "keepalive_timeout" below every limit of the ' +
      'application. It repeats GET and HEAD by itself; POST only with "fastcgi_next_upstream error timeout non_idempotent".',
  },
  {
    for: 'php-fpm',
    text:
      '"pm.max_requests" counts per worker over all connections, nginx counts per connection, so equal numbers do not help. ' +
      '"request_terminate_timeout" also ends idle kept connections (the log then names an empty script).',
  },
  {
    for: 'apache',
    text: 'mod_proxy_fcgi does not repeat the request: set "ttl" below the application\'s idle limit, or "disablereuse=on".',
  },
];

export const staleKeepAliveRace: Check = {
  id: 'stale-keep-alive-race',
  title: 'Requests cross the close of a kept connection',
  severity: 'warning',
  explanation: `Both sides of a kept connection may close it when it is idle. If the application does so while the web server is sending the next request, the request meets a closed socket: no byte of an answer comes, only the FIN, or a RST for the request. The application never saw it.

The closers: php-fpm's "pm.max_requests" (the worker retires after that many requests), "request_terminate_timeout" (it counts idle time too), reloads, and idle timeouts of firewalls in between.

nginx logs "upstream prematurely closed connection" (or "recv() failed (104: Connection reset by peer)") and sends a GET again on another connection, so that the client notices nothing; a POST becomes a 502. Apache answers 503 for both (AH01067, AH01075). HAProxy repeats what is safe.`,
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
  let repeated = 0;
  for (let index = 0; index < listener.requests.length; index++) {
    const row = listener.requests[index];
    if (!isStaleRace(facts, row)) continue;
    count++;
    const again = resentAs(facts, listener, index);
    if (again !== -1) repeated++;
    if (evidence.length >= MAX_EVIDENCE) continue;
    const end = cutByApplication(facts, row);
    const connection = requests.connection[row];
    const place =
      end < requests.begin[row]
        ? `${span(requests.begin[row] - end)} before`
        : `${span(end - requests.begin[row])} after`;
    const repeat =
      again === -1
        ? 'not sent again'
        : `sent again on connection ${requests.connection[again]} (packet ${requests.beginPacket[again]})`;
    const text = `${requestName(facts, row)}: the application closed ${place} BEGIN_REQUEST; ${repeat}`;
    evidence.push(requestEvidence(facts, row, text, endPacket(connections, connection, end), end));
  }
  if (count === 0) return [];
  const { endpoint } = listener;
  return [
    {
      id: 'stale-keep-alive-race',
      severity: 'warning',
      title: `${counted(count, 'request')} to ${endpoint} met a kept connection that the application was closing, ${repeated} sent again`,
      detail:
        'The connection had served requests before and was closed by the application just as the next one was sent, so that one got ' +
        'no answer. Web servers repeat what is safe to repeat on another connection; a POST becomes a 502 or 503.',
      count,
      scope: { endpoint },
      evidence,
      advice: ADVICE,
    },
  ];
}

/** The same request on another connection soon after, or -1. */
function resentAs(facts: Facts, listener: Listener, index: number): number {
  const { requests } = facts;
  const row = listener.requests[index];
  const last = Math.min(listener.requests.length, index + 1 + LOOKED_AT);
  for (let at = index + 1; at < last; at++) {
    const other = listener.requests[at];
    if (requests.begin[other] - requests.begin[row] > RESENT_WITHIN) return -1;
    if (requests.uri[other] !== requests.uri[row] || requests.method[other] !== requests.method[row]) continue;
    if (requests.connection[other] !== requests.connection[row]) return other;
  }
  return -1;
}
