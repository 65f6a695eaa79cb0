// Several connections of the application end at one instant without END_REQUEST: their process died.
import type { ProcessLoad } from '../../logs/process-load.js';
import type { Check } from '../check.js';
import type { Facts, Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { endedByReset, endPacket, isRefused } from './shared-endings.js';
import {
  connectionName,
  counted,
  grouped,
  requestEvidence,
  requestName,
  showsRequests,
  span,
} from './shared-evidence.js';
import { diedByLog, lostByLog, successorOf } from './shared-process-log.js';
import { cutByApplication, isStaleRace } from './shared-unanswered.js';

/** Ends further apart than this are not one event. */
const INSTANT = 20e6;
/** A request must have lasted this many times longer than the ends are apart, or it is chance. */
const TELLING_AGE = 10;
/** So many ends make a death; more where other requests go on, as it can only be one process of several. */
const ENOUGH = 2;
const ENOUGH_OF_SEVERAL = 3;

const ADVICE: readonly Advice[] = [
  {
    for: 'host',
    text: 'Look for the death: "dmesg" or "journalctl -k" for "Out of memory: Killed process N" and "segfault at", "coredumpctl list".',
  },
  {
    for: 'php-fpm',
    text:
      '"child N exited on signal 11 (SIGSEGV)" or 9 in its log. If it was a reload, set "process_control_timeout = 30s": the default 0 ' +
      'kills children in the middle of requests. "Allowed memory size exhausted" is no death: that answers 500.',
  },
  {
    for: 'lighttpd',
    text: '"child signalled: N" or "child exited: N" in its error log names the signal; it starts the process again by itself.',
  },
  {
    for: 'application',
    text: 'One process for everybody means that one bad request ends all the others: run several.',
  },
];

export const processDied: Check = {
  id: 'process-died',
  title: 'An application process died with requests in progress',
  severity: 'error',
  explanation: `When a process dies, the kernel closes all its sockets within moments. In a capture several connections end in the same few milliseconds, none of them with END_REQUEST: with FIN where everything sent to it had been read, with RST where it had not. Which request brought it down is often told by what began last.

One broken connection alone is no proof: php-fpm children and other processes that serve one connection at a time take one request with them, which looks the same as a deliberate close (see premature-close and truncated-response). Connections that wait in the accept queue are not lost with a worker; they die only if the listening process itself goes.

Web servers report only the connections. lighttpd writes "unexpected end-of-file (perhaps the fastcgi process died)" for each of them, and then "child signalled: 9" or the like for processes that it started itself. In its debug log another pid appears on the same socket afterwards, which is what proves it. php-fpm logs "child N exited on signal 11 (SIGSEGV) after X seconds from start". nginx logs "recv() failed (104: Connection reset by peer)" for all of them in the same second, and refused connections follow if nothing listens any more.

Reloads do it as well: php-fpm with process_control_timeout 0 (the default) kills busy children.`,
  remedy: ADVICE,
  needs: ['payload', 'application-log'],
  run(facts) {
    if (!showsRequests(facts) && facts.processes.length === 0) return 'not-applicable';
    const findings = showsRequests(facts) ? facts.listeners.flatMap((listener) => findingsOf(facts, listener)) : [];
    if (findings.length > 0) return findings;
    const died = facts.processes.filter((process) => diedByLog(facts, process));
    return died.length > 0 ? [logFinding(facts, died)] : [];
  },
};

/** A request that was cut off. */
interface Cut {
  readonly request: number;
  readonly connection: number;
  readonly begin: number;
  readonly time: number;
}

function findingsOf(facts: Facts, listener: Listener): Finding[] {
  const groups = deaths(facts, listener, cutOff(facts, listener));
  if (groups.length === 0) return [];
  const all = groups.flat();
  return [
    {
      id: processDied.id,
      severity: 'error',
      title:
        groups.length === 1
          ? `A process behind ${listener.endpoint} died: ${counted(all.length, 'request')} ended at one instant, ${(all[0].time / 1e9).toFixed(2)} s into the capture`
          : `Processes behind ${listener.endpoint} died ${counted(groups.length, 'time')} with ${counted(all.length, 'request')} in progress`,
      detail:
        `The application ended ${groups.length === 1 ? 'all of these connections' : 'each group of connections'} within ` +
        `${span(Math.max(...groups.map((group) => group[group.length - 1].time - group[0].time)))}, none of them with END_REQUEST. ` +
        'Requests that have nothing to do with each other end together only if the process that serves them ends. ' +
        `The request that began last is the first suspect. ${afterwards(facts, listener, all[all.length - 1].time)}`,
      count: all.length,
      scope: { endpoint: listener.endpoint },
      evidence: all.slice(0, MAX_EVIDENCE).map((cut) => evidenceOf(facts, cut)),
      advice: ADVICE,
    },
  ];
}

/** Requests without END_REQUEST whose connection the application ended, in the order of their ends. */
function cutOff(facts: Facts, listener: Listener): Cut[] {
  const { connection, begin } = facts.requests;
  const cuts: Cut[] = [];
  for (let at = 0; at < listener.roughRequests.length; at++) {
    const request = listener.roughRequests[at];
    const time = cutByApplication(facts, request);
    if (Number.isNaN(time) || isStaleRace(facts, request)) continue;
    cuts.push({ request, connection: connection[request], begin: begin[request], time });
  }
  return cuts.sort((a, b) => a.time - b.time);
}

/** Groups that end together although they did not begin together. */
function deaths(facts: Facts, listener: Listener, cuts: readonly Cut[]): Cut[][] {
  const groups: Cut[][] = [];
  if (cuts.length < ENOUGH) return groups;
  const latest = latestAnswers(facts, listener);
  for (let from = 0; from < cuts.length; ) {
    let until = from + 1;
    // Everybody in the group was in progress when the first of them ended.
    while (until < cuts.length && isSameEvent(cuts[from], cuts[until])) until++;
    const group = cuts.slice(from, until);
    const othersGoOn = latest.before(cuts[from].time) > cuts[until - 1].time;
    if (areTelling(group, othersGoOn ? ENOUGH_OF_SEVERAL : ENOUGH)) groups.push(group);
    from = until;
  }
  return groups;
}

function isSameEvent(first: Cut, other: Cut): boolean {
  return other.time - first.time <= INSTANT && other.begin < first.time;
}

/** Whether enough of them, on different connections, had lasted far longer than their ends are apart. */
function areTelling(group: readonly Cut[], enough: number): boolean {
  const apart = group[group.length - 1].time - group[0].time;
  const old = group.filter(({ begin, time }) => time - begin > TELLING_AGE * apart);
  return new Set(old.map(({ connection }) => connection)).size >= enough;
}

/** The latest byte answered to any request of the listener that began before a time. */
function latestAnswers(facts: Facts, listener: Listener): { before(time: number): number } {
  const { begin, lastByte } = facts.requests;
  const rows = listener.requests;
  const latest = new Float64Array(rows.length);
  for (let i = 0, most = -Infinity; i < rows.length; i++) {
    if (lastByte[rows[i]] > most) most = lastByte[rows[i]];
    latest[i] = most;
  }
  return {
    before(time) {
      let low = 0;
      let high = rows.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (begin[rows[middle]] < time) low = middle + 1;
        else high = middle;
      }
      return low === 0 ? -Infinity : latest[low - 1];
    },
  };
}

/** What the endpoint did after the last death. */
function afterwards(facts: Facts, listener: Listener, time: number): string {
  const { requests, connections } = facts;
  let refused = 0;
  for (const row of listener.connections)
    if (connections.start[row] >= time - INSTANT && isRefused(connections, row)) refused++;
  const refusals =
    refused > 0 ? `${counted(refused, 'connection')} ${refused === 1 ? 'was' : 'were'} refused afterwards` : '';
  for (let at = 0; at < listener.requests.length; at++) {
    const row = listener.requests[at];
    if (requests.begin[row] <= time || Number.isNaN(requests.firstByte[row])) continue;
    const pause = `${span(requests.firstByte[row] - time)} later a new request was answered`;
    return refused > 0
      ? `${refusals}; ${pause}, so it was started again.`
      : `${pause[0].toUpperCase()}${pause.slice(1)}.`;
  }
  return refused > 0 ? `${refusals}: nobody listened any more.` : 'Nothing was answered afterwards in this capture.';
}

function evidenceOf(facts: Facts, { request, begin, time }: Cut): Evidence {
  const connection = facts.requests.connection[request];
  const answered = Number.isNaN(facts.requests.firstByte[request]) ? 'no byte answered' : 'its answer cut off';
  const manner = endedByReset(facts.connections, connection, time) ? 'RST' : 'FIN';
  const text = `${requestName(facts, request)} on ${connectionName(facts, connection)}: ${manner} after ${span(time - begin)}, ${answered}`;
  return requestEvidence(facts, request, text, endPacket(facts.connections, connection, time), time);
}

function logFinding(facts: Facts, died: readonly ProcessLoad[]): Finding {
  const count = died.reduce((sum, process) => sum + lostByLog(facts, process), 0);
  return {
    id: processDied.id,
    severity: 'error',
    title: `${counted(died.length, 'application process', 'application processes')} died with ${counted(count, 'request')} in progress, by lighttpd's log`,
    detail:
      'The log has "unexpected end-of-file" lines after the last request that the process was given, and then another pid on the same socket. ' +
      'Everything it was working on was lost.',
    count,
    scope: died.length === 1 ? { endpoint: died[0].socket } : {},
    evidence: died.slice(0, MAX_EVIDENCE).map((process) => ({
      text:
        `pid ${process.pid} on ${process.socket}: ${counted(lostByLog(facts, process), 'end of file', 'ends of file')} ` +
        `after ${counted(process.requests, 'request')}, highest load ${grouped(process.maxLoad)}; then pid ${successorOf(facts, process)!.pid}`,
    })),
    advice: ADVICE,
  };
}
