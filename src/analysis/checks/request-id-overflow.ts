// Request ids that have grown out of their 16 bits (BEGIN_REQUEST with id 0), or are on the way there.
import { PROTOCOL_FASTCGI, REQUEST_ENDED } from '../../model/request-table.js';
import { BY_APPLICATION } from '../../model/side.js';
import type { Check } from '../check.js';
import { closeTime, type Facts, type Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { connectionName, counted, grouped, listed, requestEvidence, showsRequests, span } from './shared-evidence.js';

const ID = 'request-id-overflow';
const LARGEST_ID = 65535;
/** Ids count as growing over connections from this many connections on (of a few, only if all are close to the end), ... */
const ENOUGH_CONNECTIONS = 20;
const FEW_CONNECTIONS = 3;
/** ... if this share of them begins with a larger id than the one before. */
const GROWING_SHARE = 0.9;
/** A small id proves no growth worth a word. */
const WORTH_TELLING = 1000;
const CLOSE_TO_LARGEST = 60_000;
const SOON = 3600e9;

const ADVICE: readonly Advice[] = [
  {
    for: 'lighttpd',
    text: 'Upgrade to 1.4.23 or later, which always uses id 1. Until then a restart of lighttpd begins again at id 1.',
  },
  {
    for: 'application',
    text:
      'A client of your own that does not multiplex should always use id 1. One that multiplexes should use freed ids ' +
      'again, and never 0: that id belongs to management records.',
  },
];

export const requestIdOverflow: Check = {
  id: ID,
  title: 'Request ids have overflowed to 0, or grow towards 65535',
  severity:
    'error where BEGIN_REQUEST came with id 0 and was not answered, a note where the application answered; for ids that ' +
    'only grow: a warning from 60,000 on or if 65535 is less than an hour away, else a note',
  explanation: `A request id has 16 bits, and id 0 is not for requests: it marks management records. A client that gives every request a new, larger id comes to 65535 one day, and the next one is written as 0.

lighttpd before 1.4.23 did so. It took the largest id in use plus one, and started again at 1 only when no FastCGI request at all was in progress. On a site with long polls that moment never comes, so after days the ids pass 65535. libfcgi treats BEGIN_REQUEST with id 0 as a protocol error, closes the connection and waits for the next one inside FCGX_Accept_r, so the program never hears of the request. lighttpd logs "unexpected end-of-file (perhaps the fastcgi process died)" although the process is alive and its load goes on changing. It gets better by itself once all connections have ended, and that is what makes it so puzzling.

php-fpm does not check the id and answers such requests, which is why the finding is only a note there. HAProxy's odd, growing ids (1, 3, 5 ...) within one kept connection are no fault: it retires a connection long before its ids run out.`,
  remedy: ADVICE,
  needs: ['payload'],
  run(facts) {
    if (!showsRequests(facts)) return 'not-applicable';
    const findings: Finding[] = [];
    for (const listener of facts.listeners) {
      if (listener.protocol !== 'fastcgi') continue;
      const finding = overflowed(facts, listener) ?? growing(facts, listener);
      if (finding) findings.push(finding);
    }
    return findings;
  },
};

function overflowed(facts: Facts, listener: Listener): Finding | undefined {
  const { requestId, protocol } = facts.requests;
  const unanswered: Evidence[] = [];
  const answered: Evidence[] = [];
  let count = 0;
  let answers = 0;
  for (let at = 0; at < listener.roughRequests.length; at++) {
    const row = listener.roughRequests[at];
    if (requestId[row] !== 0 || protocol[row] !== PROTOCOL_FASTCGI) continue;
    count++;
    const isAnswered = facts.requests.firstBytePacket[row] !== 0 || (facts.requests.marks[row] & REQUEST_ENDED) !== 0;
    if (isAnswered) answers++;
    const evidence = isAnswered ? answered : unanswered;
    if (evidence.length < MAX_EVIDENCE) evidence.push(zeroEvidence(facts, row, isAnswered));
  }
  if (count === 0) return undefined;
  const failed = count - answers;
  const outcome = listed([
    ...(failed > 0 ? [`${grouped(failed)} not answered`] : []),
    ...(answers > 0 ? [`${grouped(answers)} answered all the same`] : []),
  ]);
  return {
    id: ID,
    severity: failed > 0 ? 'error' : 'note',
    title: `${counted(count, 'request')} begun with request id 0 on ${listener.endpoint}: ${outcome}`,
    detail:
      'Id 0 is reserved for management records, so a request with it is a protocol error; the usual way to it is a 16-bit ' +
      'id that was counted up past 65535. ' +
      (failed > 0
        ? 'libfcgi drops such a connection without telling the program, and the web server then reports an unexpected end ' +
          'of file although the process is alive.'
        : 'This application does not check the id and answered, but another one (libfcgi, for example) would drop the ' +
          'connection.'),
    count,
    scope: { endpoint: listener.endpoint },
    evidence: [...unanswered, ...answered].slice(0, MAX_EVIDENCE),
    advice: ADVICE,
  };
}

function zeroEvidence(facts: Facts, row: number, answered: boolean): Evidence {
  const { requests, connections } = facts;
  const connection = requests.connection[row];
  let outcome = 'no answer';
  if (answered) {
    outcome = 'answered all the same';
  } else if (
    connections.firstFin[connection] === BY_APPLICATION ||
    connections.firstReset[connection] === BY_APPLICATION
  ) {
    outcome = `no answer, the application closed after ${span(closeTime(connections, connection) - requests.begin[row])}`;
  }
  return requestEvidence(facts, row, `BEGIN_REQUEST with id 0 on ${connectionName(facts, connection)}: ${outcome}`);
}

/** First requests of connections whose ids rise from connection to connection. */
function growing(facts: Facts, listener: Listener): Finding | undefined {
  const { requests, conversations } = facts;
  let first = -1;
  let last = -1;
  let largest = -1;
  let least = LARGEST_ID;
  let count = 0;
  let rises = 0;
  for (let at = 0; at < listener.connections.length; at++) {
    const connection = listener.connections[at];
    const row = conversations.firstRequest[connection] - 1;
    if (row < 0) continue;
    const id = requests.requestId[row];
    if (first === -1) first = largest = row;
    else if (id > requests.requestId[last]) rises++;
    if (id > requests.requestId[largest]) largest = row;
    if (id < least) least = id;
    last = row;
    count++;
  }
  const enough = least >= CLOSE_TO_LARGEST ? FEW_CONNECTIONS : ENOUGH_CONNECTIONS;
  if (count < enough || rises < GROWING_SHARE * (count - 1)) return undefined;
  const top = requests.requestId[largest];
  if (top < WORTH_TELLING) return undefined;
  const rate = (top - requests.requestId[first]) / Math.max(1, requests.begin[largest] - requests.begin[first]);
  const left = rate > 0 ? (LARGEST_ID - top) / rate : Infinity;
  const soon = top >= CLOSE_TO_LARGEST || left < SOON;
  const evidence = [first, largest].map((row) =>
    requestEvidence(
      facts,
      row,
      `the first request on ${connectionName(facts, requests.connection[row])} has id ${requests.requestId[row]}`,
    ),
  );
  return {
    id: ID,
    severity: soon ? 'warning' : 'note',
    title:
      `Request ids on ${listener.endpoint} grow from connection to connection: ${grouped(top)} of 65,535` +
      (Number.isFinite(left) ? `, which at this rate are used up in ${span(left)}` : ''),
    detail:
      'Each new connection begins with a larger id than the one before, although every connection may begin with id 1. ' +
      'After 65535 the next id is written as 0, which is not valid for a request: libfcgi drops such connections, and the ' +
      'web server reports unexpected ends of file.',
    count,
    scope: { endpoint: listener.endpoint },
    evidence,
    advice: ADVICE,
  };
}
