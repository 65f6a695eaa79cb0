// The application ends the connection before it has answered anything: its web server turns that into a 502 or 500.
import type { ProcessLoad } from '../../logs/process-load.js';
import type { Check } from '../check.js';
import type { Facts, Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { endedByReset, endPacket } from './shared-endings.js';
import { counted, requestEvidence, requestName, span } from './shared-evidence.js';
import { cutByApplication, hasNoAnswer, isStaleRace } from './shared-unanswered.js';

const ADVICE: readonly Advice[] = [
  {
    for: 'php-fpm',
    text:
      'Look for "child N exited on signal" in its log (a crash or the OOM killer), for "Connection disallowed" ' +
      '(listen.allowed_clients), and for a reload with "process_control_timeout = 0", which kills requests in progress.',
  },
  {
    for: 'libfcgi',
    text:
      'FCGX_Accept_r closes a connection without a word when it does not like what it reads: a request id 0, an unknown role, ' +
      'a sender that is not in FCGI_WEB_SERVER_ADDRS. Such requests never reach the program, so its own log shows nothing.',
  },
  {
    for: 'application',
    text:
      'Only one thread may finish a request: a second close() of the same descriptor hits whatever connection has the number ' +
      'by then. Run it under a thread checker, or strace -f -e trace=close and look for EBADF.',
  },
  {
    for: 'nginx',
    text:
      '"fastcgi_next_upstream error timeout" sends idempotent requests to another server of the upstream group; it does not ' +
      'cure the cause.',
  },
];

export const prematureClose: Check = {
  id: 'premature-close',
  title: 'The application closes connections without answering',
  severity: 'error',
  explanation: `A request was sent, and the application ended the connection (FIN or RST) before it had sent one byte of an answer. The web server has nothing to pass on: nginx and Caddy answer 502, lighttpd 500, Apache 503.

In the logs: nginx "upstream prematurely closed connection while reading response header from upstream", or "recv() failed (104: Connection reset by peer)" where a RST came. lighttpd "unexpected end-of-file (perhaps the fastcgi process died)"; the guess in the parentheses is often wrong. Apache "AH01067: Failed to read FastCGI header".

A FIN is an orderly close: the program, or the library under it, decided to close. It did not like the request (id 0, role, version, sender not allowed), or a worker retired. A RST means that the process died, or closed the socket while it still held unread bytes. If other connections of the same process go on, the process is alive; if all end at the same instant, see process-died. A request that crosses the close of an idle kept connection is reported as stale-keep-alive-race.`,
  remedy: ADVICE,
  needs: ['payload', 'application-log'],
  run(facts) {
    const usable = facts.tcpPackets > 0 && facts.hasPayload;
    if (!usable && facts.processes.length === 0) return 'not-applicable';
    const findings: Finding[] = [];
    for (const listener of facts.listeners) findings.push(...fromPackets(facts, listener));
    for (const process of facts.processes) findings.push(...fromLog(facts, process));
    return findings;
  },
};

function fromPackets(facts: Facts, listener: Listener): Finding[] {
  const { requests, connections } = facts;
  const evidence: Evidence[] = [];
  let count = 0;
  let resets = 0;
  let first = Infinity;
  for (const row of listener.requests) {
    const end = cutByApplication(facts, row);
    if (Number.isNaN(end) || !hasNoAnswer(facts, row) || isStaleRace(facts, row)) continue;
    const connection = requests.connection[row];
    const reset = endedByReset(connections, connection, end);
    count++;
    if (reset) resets++;
    if (end < first) first = end;
    if (evidence.length >= MAX_EVIDENCE) continue;
    const text = `${requestName(facts, row)}: ${reset ? 'RST' : 'FIN'} from the application ${span(end - requests.begin[row])} after the request began`;
    evidence.push(requestEvidence(facts, row, text, endPacket(connections, connection, end), end));
  }
  if (count === 0) return [];
  const { endpoint } = listener;
  // Was anything answered around the closes? Then the listener lives.
  let alive = false;
  for (const row of listener.requests) {
    if (requests.begin[row] < first && requests.end[row] > first) alive = true;
  }
  const how =
    resets === 0
      ? 'with a FIN'
      : resets === count
        ? 'with a RST'
        : `${count - resets} with a FIN, ${resets} with a RST`;
  return [
    {
      id: 'premature-close',
      severity: 'error',
      title: `${endpoint} closed ${counted(count, 'connection')} without answering the request on ${count === 1 ? 'it' : 'them'} (${how})`,
      detail:
        'The web server sent a request and got the end of the connection instead of an answer; its client sees a 502 or 500. ' +
        (resets < count
          ? 'A FIN is a deliberate close by the program or its FastCGI library. '
          : 'A RST comes from a process that died or closed the socket with unread bytes in it. ') +
        (alive
          ? "Other requests of this listener were in progress meanwhile and were answered, so it is not dead, whatever the web server's log guesses."
          : 'Its own log at that moment is the place to look.'),
      count,
      scope: { endpoint },
      evidence,
      advice: ADVICE,
    },
  ];
}

/** lighttpd's log alone: end-of-file lines of a process that goes on being given requests. */
function fromLog(facts: Facts, process: ProcessLoad): Finding[] {
  if (process.endOfFile === 0) return [];
  const { pid, socket, endOfFile, endOfFileAlive } = process;
  // The packets of this listener tell more, and have told it.
  const endpoint = socket.startsWith('tcp:') ? socket.slice(4) : socket;
  if (facts.listeners.some((listener) => listener.endpoint === endpoint)) return [];
  const alive = endOfFileAlive > 0 || process.responsesNotReceived < process.requests - endOfFile;
  return [
    {
      id: 'premature-close',
      severity: 'error',
      title: `process ${pid} on ${socket} closed ${counted(endOfFile, 'connection')} before the answer was complete`,
      detail:
        `lighttpd's log has ${counted(endOfFile, 'line')} "unexpected end-of-file (perhaps the fastcgi process died)" for this process. ` +
        (alive
          ? 'It was given further requests afterwards under the same pid, so it had not died: the program or its FastCGI library closed these connections.'
          : 'Nothing in the log shows it alive afterwards.'),
      count: endOfFile,
      scope: { endpoint: socket },
      evidence: [
        {
          text: `pid ${pid}: ${counted(process.requests, 'request')}, at most ${process.maxLoad} at once; ${endOfFile} end-of-file lines, ${endOfFileAlive} of them followed by another request to the same pid`,
        },
      ],
      advice: ADVICE,
    },
  ];
}
