// Kept connections that end in a regular way: after so many requests, or after so long without one.
import { REQUEST_ENDED, REQUEST_KEEP_CONN } from '../../model/request-table.js';
import { APPLICATION, SIDE_NAMES, type Side, WEB_SERVER } from '../../model/side.js';
import type { Check } from '../check.js';
import type { Facts, Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { applicationEnd, endPacket, webServerEnd } from './shared-endings.js';
import {
  connectionEvidence,
  connectionName,
  counted,
  grouped,
  listed,
  showsRequests,
  span,
} from './shared-evidence.js';

/** Closes that agree from this many on; two are enough where the number of requests is no coincidence. */
const ENOUGH = 3;
const NO_COINCIDENCE = 10;
/** Idle for less than this is no idle timeout. */
const IDLE = 0.5e9;
/** Idle times this close together are one timeout. */
const SAME = 0.05;

const ADVICE: readonly Advice[] = [
  {
    for: 'nginx',
    text:
      'Its own limits: "keepalive_requests" (1000; 100 before 1.19.10), "keepalive_timeout" (60 s) and "keepalive_time" in the ' +
      "upstream block. Keep them below the application's limits, so that nginx is the one that closes: an idle connection " +
      'closed by nginx cannot lose a request.',
  },
  {
    for: 'php-fpm',
    text:
      '"pm.max_requests" counts the requests of a child over all its connections; when it is reached the child closes, even ' +
      'with the next request on its way (see stale-keep-alive-race). Set it much higher, or 0 where nothing leaks.',
  },
  {
    for: 'haproxy',
    text: 'Idle connections are purged by half every "pool-purge-delay" (5 s); they end with RST, which is normal.',
  },
];

export const connectionRecycled: Check = {
  id: 'connection-recycled',
  title: 'Kept connections are recycled after a fixed number of requests or a fixed idle time',
  severity: 'note',
  explanation: `Connections that are used again do not live for ever. The web server closes them after a number of requests or when they were idle for long; the application closes when its worker retires. All of that is ordinary. It is told here because it explains closes, TIME_WAIT and latency spikes that otherwise look random.

Which side closes makes the difference. The web server closing an idle connection is safe, since it knows that it sends nothing more. The application closing can cross with the next request, which is then lost and has to be sent again on another connection, if the web server dares to.

A limit that is the same for all workers makes them retire together: php-fpm with "pm.max_requests = 500" and even load forks all its children again within moments, each beginning with a cold opcode cache. php-fpm logs "child N exited with code 0 after X seconds from start" and "child N started" at level NOTICE.

nginx counts requests for each connection, php-fpm for each child over all connections, so "set keepalive_requests to pm.max_requests" does not keep them in step.`,
  remedy: ADVICE,
  needs: ['payload'],
  run(facts) {
    if (!showsRequests(facts)) return 'not-applicable';
    return facts.listeners.flatMap((listener) => findingOf(facts, listener) ?? []);
  },
};

/** A kept connection that was closed with no request in progress, or with one that was never answered. */
interface Close {
  readonly row: number;
  readonly side: Side;
  readonly time: number;
  readonly requests: number;
  readonly idle: number;
}

interface Group {
  readonly closes: readonly Close[];
  readonly words: string;
}

function findingOf(facts: Facts, listener: Listener): Finding | undefined {
  const closes = closesOf(facts, listener);
  const groups = ([WEB_SERVER, APPLICATION] as const).flatMap((side) => {
    const ofSide = closes.filter((close) => close.side === side);
    return [byRequests(ofSide, side), byIdleTime(ofSide, side)].filter((group) => group !== undefined);
  });
  if (groups.length === 0) return undefined;
  const count = new Set(groups.flatMap((group) => group.closes.map((close) => close.row))).size;
  const share = Math.max(1, Math.floor(MAX_EVIDENCE / groups.length));
  return {
    id: connectionRecycled.id,
    severity: 'note',
    title: `Kept connections to ${listener.endpoint} are recycled: ${listed(groups.map((group) => group.words))}`,
    detail:
      'Their ends are regular, so they come from limits that are set somewhere, not from faults. ' +
      (groups.some((group) => group.closes[0].side === APPLICATION)
        ? 'Closes by the application can cross with the next request (see stale-keep-alive-race): the web server should be the one that closes first.'
        : 'The web server is the one that closes, which is the safe way round.'),
    count,
    scope: { endpoint: listener.endpoint },
    evidence: groups.flatMap((group) => group.closes.slice(0, share).map((close) => evidenceOf(facts, close))),
    advice: ADVICE,
  };
}

function closesOf(facts: Facts, listener: Listener): Close[] {
  const { connections, conversations, requests } = facts;
  const { marks, next, end } = requests;
  const closes: Close[] = [];
  for (let at = 0; at < listener.roughConnections.length; at++) {
    const row = listener.roughConnections[at];
    const first = conversations.firstRequest[row] - 1;
    if (first < 0 || !(marks[first] & REQUEST_KEEP_CONN)) continue;
    const byApplication = applicationEnd(connections, row);
    const time = Number.isNaN(byApplication) ? webServerEnd(connections, row) : byApplication;
    if (Number.isNaN(time)) continue;
    let answered = 0;
    let lastAnswered = -1;
    for (let request = first; request >= 0; request = next[request] - 1) {
      if (!(marks[request] & REQUEST_ENDED)) continue;
      answered++;
      lastAnswered = request;
    }
    const side = Number.isNaN(byApplication) ? WEB_SERVER : APPLICATION;
    const last = conversations.lastRequest[row] - 1;
    if (side === WEB_SERVER && !(marks[last] & REQUEST_ENDED)) continue; // given up, not recycled
    const idle = lastAnswered < 0 ? NaN : time - end[lastAnswered];
    if (answered > 1 || idle >= IDLE) closes.push({ row, side, time, requests: answered, idle });
  }
  return closes;
}

/** The most frequent number of requests, if most reused connections that this side closed at once have it. */
function byRequests(closes: readonly Close[], side: Side): Group | undefined {
  const reused = closes.filter((close) => close.requests > 1 && close.idle < IDLE);
  const counts = new Map<number, Close[]>();
  for (const close of reused) {
    const same = counts.get(close.requests);
    if (same) same.push(close);
    else counts.set(close.requests, [close]);
  }
  let most: Close[] = [];
  for (const same of counts.values()) if (same.length > most.length) most = same;
  if (most.length * 2 <= reused.length || most.length < 2) return undefined;
  if (most.length < ENOUGH && most[0].requests < NO_COINCIDENCE) return undefined;
  const words = `${grouped(most.length)} by the ${SIDE_NAMES[side].replace('-', ' ')} after ${counted(most[0].requests, 'answered request')}`;
  return { closes: most, words };
}

/** Closes after the same idle time. */
function byIdleTime(closes: readonly Close[], side: Side): Group | undefined {
  const idle = closes.filter((close) => close.idle >= IDLE).sort((a, b) => a.idle - b.idle);
  if (idle.length < ENOUGH) return undefined;
  const middle = idle[idle.length >> 1].idle;
  const same = idle.filter((close) => Math.abs(close.idle - middle) <= SAME * middle);
  if (same.length < ENOUGH || same.length * 2 <= idle.length) return undefined;
  const words = `${grouped(same.length)} by the ${SIDE_NAMES[side].replace('-', ' ')} after ${span(middle)} without a request`;
  return { closes: same, words };
}

function evidenceOf(facts: Facts, { row, side, time, requests, idle }: Close): Evidence {
  const text =
    `${connectionName(facts, row)}: closed by the ${SIDE_NAMES[side].replace('-', ' ')} after ` +
    `${counted(requests, 'answered request')}, ${span(idle)} after the last END_REQUEST`;
  return connectionEvidence(facts, row, text, endPacket(facts.connections, row, time), time);
}
