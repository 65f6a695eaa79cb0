// KEEP_CONN is asked for, and the application closes the connection after one request all the same.
import { REQUEST_ENDED, REQUEST_KEEP_CONN, REQUEST_STDIN_ENDED } from '../../model/request-table.js';
import type { Check } from '../check.js';
import type { Facts, Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { applicationEnd, endPacket, isClosed } from './shared-endings.js';
import { connectionEvidence, connectionName, counted, grouped, showsRequests, span } from './shared-evidence.js';

/** A later close is an idle timeout or a recycled worker, not an answer to the request. */
const SOON = 1e9;
/** Fewer connections are no pattern yet. */
const ENOUGH = 3;

const ADVICE: readonly Advice[] = [
  {
    for: 'libfcgi',
    text:
      'Read the whole of STDIN before FCGX_Finish_r, also where the program has no use for it. What stays unread is taken for ' +
      'the beginning of the next request, which is a protocol error, and the connection is closed.',
  },
  {
    for: 'php-fpm',
    text: 'Look at "pm.max_requests": a child that has reached it closes after its answer. 1 closes after every request.',
  },
  {
    for: 'application',
    text: 'Honour FCGI_KEEP_CONN: close only if the flag is not set, and always send END_REQUEST first.',
  },
];

export const keepAliveBroken: Check = {
  id: 'keep-alive-broken',
  title: 'KEEP_CONN is set, but the application closes after each request',
  severity: 'warning; a note where it is seen on one or two connections only',
  explanation: `The web server sets FCGI_KEEP_CONN and means to use the connection again, but the application sends FIN right after END_REQUEST. Requests are answered, so nobody notices; there is only a new connection for each of them, and TIME_WAIT on the application's side, as if the option had never been switched on.

The usual cause with libfcgi: the web server sends the empty STDIN record that ends the input in a segment of its own, and the program never reads STDIN because a GET has no body. The unread record is then found where the next BEGIN_REQUEST is expected, FCGX_Accept_r reports a protocol error to itself, and closes. Apache with "enablereuse=on" in front of libfcgi runs into this on every request, while nginx, which sends everything in one segment, does not.

Other causes: uWSGI closing with unread input, an application that ignores the flag, a process limit of one request, or a gateway in between that does not speak keep-alive.`,
  remedy: ADVICE,
  needs: ['payload'],
  run(facts) {
    if (!showsRequests(facts)) return 'not-applicable';
    return facts.listeners.flatMap((listener) => findingOf(facts, listener) ?? []);
  },
};

function findingOf(facts: Facts, listener: Listener): Finding | undefined {
  const { connections, requests, conversations } = facts;
  const evidence: Evidence[] = [];
  let closed = 0;
  let count = 0;
  let inputApart = 0;
  for (let at = 0; at < listener.roughConnections.length; at++) {
    const row = listener.roughConnections[at];
    const first = conversations.firstRequest[row] - 1;
    if (first < 0 || !(requests.marks[first] & REQUEST_KEEP_CONN) || !isClosed(connections, row)) continue;
    closed++;
    const pause = pauseBeforeClose(facts, row, first);
    if (!(pause <= SOON)) continue;
    count++;
    if (requests.marks[first] & REQUEST_STDIN_ENDED && requests.stdinEnd[first] > requests.paramsEnd[first])
      inputApart++;
    if (count > MAX_EVIDENCE) continue;
    const time = applicationEnd(connections, row);
    const text = `${connectionName(facts, row)}: KEEP_CONN set, closed by the application ${span(pause)} after END_REQUEST of its first request`;
    evidence.push(connectionEvidence(facts, row, text, endPacket(connections, row, time), time));
  }
  if (count === 0 || count * 2 <= closed) return undefined;
  return {
    id: keepAliveBroken.id,
    severity: count < ENOUGH ? 'note' : 'warning',
    title: `KEEP_CONN is set at ${listener.endpoint}, but the application closes ${grouped(count)} of ${counted(closed, 'such connection')} after one request`,
    detail: [
      'The flag asked the application to keep the connection open, and it closed all the same as soon as it had answered.',
      'Requests succeed, but each one pays for a new connection.',
      inputApart === count
        ? 'The end of STDIN came in a later packet than PARAMS each time, which is how an application that does not read STDIN is tripped up.'
        : '',
    ]
      .filter((sentence) => sentence !== '')
      .join(' '),
    count,
    scope: { endpoint: listener.endpoint },
    evidence,
    advice: ADVICE,
  };
}

/** From END_REQUEST of the connection's only request to the application's close; NaN where it was not like that. */
function pauseBeforeClose(facts: Facts, row: number, first: number): number {
  const { connections, conversations, requests } = facts;
  if (conversations.requests[row] !== 1 || !(requests.marks[first] & REQUEST_ENDED)) return NaN;
  return applicationEnd(connections, row) - requests.end[first];
}
