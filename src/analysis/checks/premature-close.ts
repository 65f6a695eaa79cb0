// The application ends the connection of a request without having answered a byte.
import type { ProcessLoad } from '../../logs/process-load.js';
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
import { closesByLog } from './shared-process-log.js';
import { answerBegan, cutByApplication, isComplete, isStaleRace } from './shared-unanswered.js';

/** Waiting this long for the rest of a request is a reason to close. */
const PATIENCE = 1e9;

const ADVICE: readonly Advice[] = [
  {
    for: 'application',
    text:
      'Look for the reason in the application itself: a crash, an exception before the first output, a refused peer address. Only one ' +
      'thread may finish a request: a second close() of the same descriptor hits whatever connection has that number by then.',
  },
  {
    for: 'php-fpm',
    text:
      'Its log names the child: "child N exited on signal 11 (SIGSEGV)", or 9 for the OOM killer. "listen.allowed_clients" drops ' +
      'other peers with "Connection disallowed: IP address ... has been dropped." A reload with "process_control_timeout = 0" ' +
      'kills requests in progress.',
  },
  {
    for: 'libfcgi',
    text:
      'FCGX_Accept_r closes silently on a protocol error (request id 0, a record it did not expect), for peers not in ' +
      'FCGI_WEB_SERVER_ADDRS, and below 2.4.1 for descriptors from 1024 on. The program never hears of it.',
  },
  {
    for: 'lighttpd',
    text:
      'Before 1.4.23 its request ids overflow to 0 on sites with long polls, and libfcgi drops such requests without a word ' +
      '(see request-id-overflow): upgrade.',
  },
  {
    for: 'nginx',
    text: '"fastcgi_next_upstream error;" with a second server tries such requests again there (POST only with "non_idempotent").',
  },
];

export const prematureClose: Check = {
  id: 'premature-close',
  title: 'The application closes connections without answering',
  severity: 'error',
  explanation: `The request was sent, and the application closed the connection without a single byte of answer. A FIN means that it closed in good order: the program decided so, or its process ended and the kernel closed the socket after everything had been read. A RST means that it was closed with unread data in it, which is typical of a killed process or of a program that refuses the request before reading it.

The user gets an error. nginx answers 502 and logs "upstream prematurely closed connection while reading response header from upstream" for a FIN and "recv() failed (104: Connection reset by peer) while reading response header from upstream" for a RST. lighttpd answers 500 with "unexpected end-of-file (perhaps the fastcgi process died)" and "response not received, request sent: N". Apache answers 503 with AH01067 "Failed to read FastCGI header" and AH01075.

The process need not have died, whatever lighttpd's message suggests. If other connections of the same process go on, it lives, and the cause is in how it handles this one request or connection. If all its connections end at the same instant, it died: see process-died. A request sent on a kept connection just as the application closes that connection is a different matter, and told as stale-keep-alive-race.`,
  remedy: ADVICE,
  needs: ['payload', 'application-log'],
  run(facts) {
    if (!showsRequests(facts)) return facts.processes.length === 0 ? 'not-applicable' : logFindings(facts);
    const findings = facts.listeners.flatMap((listener) => findingOf(facts, listener) ?? []);
    return findings.length > 0 ? findings : logFindings(facts);
  },
};

function findingOf(facts: Facts, listener: Listener): Finding | undefined {
  const { requests, connections } = facts;
  const evidence: Evidence[] = [];
  let count = 0;
  let resets = 0;
  let lastClose = -1;
  for (let at = 0; at < listener.roughRequests.length; at++) {
    const row = listener.roughRequests[at];
    const closed = cutByApplication(facts, row);
    if (Number.isNaN(closed) || answerBegan(facts, row) || isStaleRace(facts, row)) continue;
    if (!isComplete(facts, row) && closed - requests.begin[row] > PATIENCE) continue;
    const connection = requests.connection[row];
    const reset = endedByReset(connections, connection, closed);
    if (reset) resets++;
    lastClose = Math.max(lastClose, closed);
    if (++count > MAX_EVIDENCE) continue;
    const text =
      `${requestName(facts, row)} on ${connectionName(facts, connection)}: the application ` +
      `${reset ? 'reset' : 'closed'} the connection ${span(Math.max(0, closed - requests.begin[row]))} after BEGIN_REQUEST, no byte answered`;
    evidence.push(requestEvidence(facts, row, text, endPacket(connections, connection, closed), closed));
  }
  if (count === 0) return undefined;
  const later = answeredAfter(facts, listener, lastClose);
  return {
    id: prematureClose.id,
    severity: 'error',
    title: `${counted(count, 'request')} to ${listener.endpoint} got no answer: the application closed the connection`,
    detail: [
      `The application ended ${count === 1 ? 'this connection' : 'these connections'} before a byte of the answer, ${manner(count, resets)}.`,
      'The user sees 502 (nginx), 500 (lighttpd) or 503 (Apache).',
      later > 0
        ? `${counted(later, 'request')} that came later ${later === 1 ? 'was' : 'were'} answered at this endpoint, so something there goes on working.`
        : 'No request was answered at this endpoint afterwards.',
    ].join(' '),
    count,
    scope: { endpoint: listener.endpoint },
    evidence,
    advice: ADVICE,
  };
}

function manner(count: number, resets: number): string {
  if (resets === 0) return 'with FIN: in good order, by its own decision or as its process ended';
  if (resets === count) return 'with RST: with unread data, as killed processes do';
  return `${grouped(resets)} with RST (unread data, as killed processes do) and ${grouped(count - resets)} with FIN`;
}

/** Requests that began after `time` and were answered. */
function answeredAfter(facts: Facts, listener: Listener, time: number): number {
  let count = 0;
  for (let i = listener.requests.length - 1; i >= 0; i--) {
    const row = listener.requests[i];
    if (facts.requests.begin[row] < time) break;
    if (!Number.isNaN(facts.requests.firstByte[row])) count++;
  }
  return count;
}

/** lighttpd's own words for it, where the packets do not show more; what a death explains is left to process-died. */
function logFindings(facts: Facts): Finding[] {
  const cut = new Set(
    facts.listeners.filter((listener) => cutsAnswers(facts, listener)).map(({ endpoint }) => endpoint),
  );
  const closers = facts.processes.filter(
    (process) => closesByLog(facts, process) > 0 && !cut.has(process.socket.replace(/^tcp:/, '')),
  );
  if (closers.length === 0) return [];
  const count = closers.reduce((sum, process) => sum + closesByLog(facts, process), 0);
  const alive = closers.reduce((sum, process) => sum + process.endOfFileAlive, 0);
  return [
    {
      id: prematureClose.id,
      severity: 'error',
      title: `lighttpd logged ${counted(count, 'unexpected end of file', 'unexpected ends of file')}: the application closed connections without a whole answer`,
      detail:
        alive > 0
          ? `After ${alive < count ? `${grouped(alive)} of them` : count === 1 ? 'it' : 'each of them'} the same process was given further requests, so it had not died, although the log line guesses so. ` +
            'The application, or the FastCGI library under it, closed these connections itself.'
          : 'Whether the process died the log does not show: it was given no request afterwards, and no other took its place.',
      count,
      scope: closers.length === 1 ? { endpoint: closers[0].socket } : {},
      evidence: closers.slice(0, MAX_EVIDENCE).map((process) => logEvidence(facts, process)),
      advice: ADVICE,
    },
  ];
}

/** The packets show answers that were cut: the log has the same words for those. */
function cutsAnswers(facts: Facts, { roughRequests }: Listener): boolean {
  return roughRequests.some((row) => answerBegan(facts, row) && !Number.isNaN(cutByApplication(facts, row)));
}

function logEvidence(facts: Facts, process: ProcessLoad): Evidence {
  const { pid, socket, requests, endOfFileAlive } = process;
  const closes = counted(closesByLog(facts, process), 'end of file', 'ends of file');
  const after = endOfFileAlive > 0 ? `; it was given further requests after ${grouped(endOfFileAlive)} of them` : '';
  return { text: `pid ${pid} on ${socket}: ${closes} among ${counted(requests, 'request')}${after}` };
}
