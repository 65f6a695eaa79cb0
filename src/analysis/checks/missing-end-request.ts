// STDOUT was closed, the connection stays open, and END_REQUEST does not come.
import { REQUEST_ABORTED, REQUEST_ENDED, REQUEST_STDOUT_ENDED } from '../../model/request-table.js';
import type { Check } from '../check.js';
import { closeTime, type Facts, type Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { answersAreWhole } from './shared-endings.js';
import {
  connectionName,
  counted,
  grouped,
  requestEvidence,
  requestName,
  showsRequests,
  span,
} from './shared-evidence.js';

const LONG = 1e9;

const ADVICE: readonly Advice[] = [
  {
    for: 'application',
    text: 'Send END_REQUEST right after the empty STDOUT record (FCGX_Finish_r does), before any work that goes on in the background.',
  },
  {
    for: 'php-fpm',
    text: '"fastcgi_finish_request()" sends both; work after it runs with the answer complete.',
  },
];

export const missingEndRequest: Check = {
  id: 'missing-end-request',
  title: 'STDOUT ends, but END_REQUEST does not come',
  severity: 'error',
  explanation: `The empty STDOUT record closes the stream, and END_REQUEST ends the request. An application that sends the first and not the second leaves the web server waiting. The page is complete on the user's screen and the browser goes on loading, until a timeout: nginx with fastcgi_keep_conn logs "upstream timed out (110: Connection timed out) while reading upstream" after fastcgi_read_timeout (60 s), although the whole answer was delivered. nginx without fastcgi_keep_conn takes the empty STDOUT record for the end, so there it stays unseen.

The connection cannot be used again either, and the worker may still be busy: the program finished its output and then goes on with something else, or its library is never told that the request is over.

Not to be confused with php-fpm, which never sends the empty STDOUT record and is right to leave it out: END_REQUEST ends the streams. And an application need not end a request whose web server has gone.`,
  remedy: ADVICE,
  needs: ['payload'],
  run(facts) {
    if (!showsRequests(facts)) return 'not-applicable';
    return facts.listeners.flatMap((listener) => findingOf(facts, listener) ?? []);
  },
};

function findingOf(facts: Facts, listener: Listener): Finding | undefined {
  const { requests, connections } = facts;
  const evidence: Evidence[] = [];
  let count = 0;
  let late = 0;
  for (let at = 0; at < listener.roughRequests.length; at++) {
    const row = listener.roughRequests[at];
    const marks = requests.marks[row];
    if (!(marks & REQUEST_STDOUT_ENDED) || marks & REQUEST_ABORTED) continue;
    const ended = (marks & REQUEST_ENDED) !== 0;
    const connection = requests.connection[row];
    const close = closeTime(connections, connection);
    const waited = (ended ? requests.end[row] : Math.min(close, facts.duration)) - requests.lastByte[row];
    if (!(waited > LONG) || !answersAreWhole(facts, connection)) continue;
    count++;
    if (ended) late++;
    if (count > MAX_EVIDENCE) continue;
    const until = close === Infinity ? 'when the capture ends' : 'when the connection is closed';
    const outcome = ended ? `END_REQUEST came ${span(waited)}` : `no END_REQUEST ${span(waited)}`;
    const text = `${requestName(facts, row)} on ${connectionName(facts, connection)}: ${outcome} after the end of STDOUT${ended ? '' : `, ${until}`}`;
    evidence.push(requestEvidence(facts, row, text));
  }
  if (count === 0) return undefined;
  return {
    id: missingEndRequest.id,
    severity: 'error',
    title:
      `${counted(count, 'request')} at ${listener.endpoint} had no END_REQUEST for over a second after STDOUT was closed` +
      (late > 0 ? ` (${late === count ? 'it came late' : `it came late for ${grouped(late)}`})` : ''),
    detail:
      'The whole answer was sent, but not the record that says so, and the connection stayed open for over a second. A web server that ' +
      'keeps connections waits for it until its read timeout: the page is there and the browser goes on loading.',
    count,
    scope: { endpoint: listener.endpoint },
    evidence,
    advice: ADVICE,
  };
}
