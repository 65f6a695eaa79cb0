// The first request of kept connections is answered, and whatever is sent on them next never is.
import { REQUEST_ABORTED, REQUEST_ENDED, REQUEST_KEEP_CONN } from '../../model/request-table.js';
import type { Check } from '../check.js';
import { closeTime, type Facts, type Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { answersAreWhole, applicationEnd } from './shared-endings.js';
import { connectionName, counted, requestEvidence, requestName, showsRequests, span } from './shared-evidence.js';
import { isUnanswered } from './shared-request-body.js';
import { isComplete } from './shared-unanswered.js';

/** A web server that gives up waits longer than this. */
const GIVEN_UP = 1e9;
/** At the end of the capture the request may just take long. */
const STILL_WAITING = 5e9;
const SEVERAL = 2;
/** Answers to later requests of kept connections, for each one that is stuck, that are too many for this diagnosis. */
const FEW = 0.1;

const ADVICE: readonly Advice[] = [
  {
    for: 'libfcgi',
    text:
      'If the program locks a mutex around FCGX_Accept_r, take it away: with a kept connection that call waits for the next request ' +
      'inside the lock. accept() itself needs no lock on Linux and the BSDs. Call FCGX_Finish_r after every request, also on errors.',
  },
  {
    for: 'nginx',
    text: 'Until then take "fastcgi_keep_conn on" out: a new connection for each request works with such a program.',
  },
  { for: 'apache', text: '"enablereuse=off" (the default) until the application can do it.' },
  { for: 'haproxy', text: '"no option keep-conn" in the fcgi-app section.' },
];

export const stuckOnReuse: Check = {
  id: 'stuck-on-reuse',
  title: 'Kept connections work once and then never again',
  severity: 'error',
  explanation: `Keep-alive was switched on, and since then requests hang. The first request on each connection is answered. The next one on the same connection is sent and acknowledged by the kernel, and no byte comes back until the web server gives up.

With KEEP_CONN, libfcgi's FCGX_Accept_r does not accept a new connection after a request: it reads the next request from the connection it has. The threaded example of the library, and programs made after it, hold a mutex around that call. Then one idle kept connection keeps all other threads from being served, and the requests that the web server sends on other kept connections stay unread, each waiting for a thread that waits for the lock. The same program works perfectly with a new connection for each request, which is why the cause is sought everywhere but there.

Other programs simply do not read a second request: they forget the connection without closing it, or wait for the web server to close.

nginx logs "upstream timed out (110: Connection timed out) while reading response header from upstream", as for a slow script.`,
  remedy: ADVICE,
  needs: ['payload'],
  run(facts) {
    if (!showsRequests(facts)) return 'not-applicable';
    return facts.listeners.flatMap((listener) => findingOf(facts, listener) ?? []);
  },
};

function findingOf(facts: Facts, listener: Listener): Finding | undefined {
  const { requests, conversations } = facts;
  const stuck = stuckRequests(facts, listener);
  if (stuck.size === 0) return undefined;
  const count = stuck.size;
  const connections = new Set([...stuck.keys()].map((row) => requests.connection[row]));
  const answered = countAnsweredLater(facts, listener);
  const evidence: Evidence[] = [];
  for (const [row, waited] of stuck) {
    if (evidence.length >= MAX_EVIDENCE) break;
    const connection = requests.connection[row];
    const first = conversations.firstRequest[connection] - 1;
    const text =
      `${requestName(facts, row)} on ${connectionName(facts, connection)}: no byte for ${span(waited)}; ` +
      `the first request of this connection was answered after ${span(requests.firstByte[first] - requests.begin[first])}`;
    evidence.push(requestEvidence(facts, row, text));
  }
  return {
    id: stuckOnReuse.id,
    severity: 'error',
    title: `${listener.endpoint} answers only the first request of a kept connection: ${counted(count, 'later request')} got no byte`,
    detail:
      `On ${counted(connections.size, 'kept connection')} the first request was answered and the next one never was; they were waited for until the ` +
      'web server gave up or the capture ends. ' +
      (answered === 0
        ? 'No later request of any kept connection was answered at this endpoint.'
        : `Only ${counted(answered, 'later request')} at this endpoint ${answered === 1 ? 'was' : 'were'} answered.`) +
      ' New connections work, so it is the reuse that the application cannot do.',
    count,
    scope: { endpoint: listener.endpoint },
    evidence,
    advice: ADVICE,
  };
}

/**
 * The requests of a listener that this finding is about, with the nanoseconds that they waited in vain; empty where it is
 * none. The findings about slow requests leave them to it.
 */
export function stuckRequests(facts: Facts, listener: Listener): Map<number, number> {
  const { requests, conversations } = facts;
  const stuck = new Map<number, number>();
  const connections = new Set<number>();
  for (let at = 0; at < listener.roughRequests.length; at++) {
    const row = listener.roughRequests[at];
    const connection = requests.connection[row];
    if (!isLater(facts, row) || wasAnswered(facts, row)) continue;
    const waited = waitedInVain(facts, row, conversations.firstRequest[connection] - 1);
    if (Number.isNaN(waited)) continue;
    stuck.set(row, waited);
    connections.add(connection);
  }
  if (connections.size < SEVERAL) return new Map();
  return countAnsweredLater(facts, listener) > FEW * stuck.size ? new Map() : stuck;
}

function countAnsweredLater(facts: Facts, listener: Listener): number {
  return listener.requests.reduce((sum, row) => sum + (isLater(facts, row) && wasAnswered(facts, row) ? 1 : 0), 0);
}

/** Whether the request is not the first one of a connection that was to be kept. */
function isLater({ requests, conversations }: Facts, row: number): boolean {
  const first = conversations.firstRequest[requests.connection[row]] - 1;
  return row !== first && (requests.marks[first] & REQUEST_KEEP_CONN) !== 0;
}

/** What comes when the web server has given up is no answer, also where it is a whole END_REQUEST. */
function wasAnswered(facts: Facts, row: number): boolean {
  return !isUnanswered(facts, row);
}

/** How long a complete request behind an answered one waited for nothing, or NaN if that is no sign. */
function waitedInVain(facts: Facts, row: number, first: number): number {
  const { requests, connections } = facts;
  const connection = requests.connection[row];
  if (!(requests.marks[first] & REQUEST_ENDED) || requests.marks[row] & REQUEST_ABORTED) return NaN;
  if (!isComplete(facts, row) || !answersAreWhole(facts, connection)) return NaN;
  if (!Number.isNaN(applicationEnd(connections, connection))) return NaN;
  const close = closeTime(connections, connection);
  const waited = Math.min(close, facts.duration) - requests.begin[row];
  return waited > (close === Infinity ? STILL_WAITING : GIVEN_UP) ? waited : NaN;
}
