// What the host shows of connections that somebody should have closed, or should have sent something on.
import type { Activity } from '../../host/activity.js';
import type { ConnectionView, HostView, ListenerView } from '../../host/host-view.js';
import { counted, grouped, span } from '../checks/shared-evidence.js';
import { MAX_EVIDENCE } from '../finding.js';
import type { HostFinding } from './with-host.js';
import { forSpan, holderName, peerName } from './words.js';

/** A web server closes within milliseconds of the application's FIN. */
const LATE_CLOSE = 1e9;
/** Who connects to ask something asks at once. */
const LONG_SILENCE = 2e9;
/** An upload that stands still for so long. */
const STALLED = 5e9;

function of(listener: ListenerView, activity: Activity, least: number): ConnectionView[] {
  return listener.connections.filter((each) => each.activity === activity && each.age >= least);
}

export function pinnedByClose(host: HostView): HostFinding[] {
  return host.listeners.flatMap((listener) => {
    const pinned = of(listener, 'half-closed', LATE_CLOSE);
    if (pinned.length === 0) return [];
    const longest = Math.max(...pinned.map(({ age }) => age));
    return [
      {
        severity: 'warning' as const,
        title: `${counted(pinned.length, 'worker')} of ${listener.address} ${pinned.length === 1 ? 'waits' : 'wait'} for the web server to close, the longest for ${span(longest)}`,
        detail:
          'The application has answered and closed its direction (FIN-WAIT-2, with a process), the web server has not closed its own. ' +
          'php-fpm waits for that without a time limit, libfcgi for 2 s, and the worker serves nobody meanwhile.',
        count: pinned.length,
        scope: { endpoint: listener.address },
        evidence: pinned.slice(0, MAX_EVIDENCE).map((connection) => ({
          text: `${connection.state} ${holderName(connection)}${forSpan(connection.age)}; the other end is ${peerName(connection)}`,
        })),
      },
    ];
  });
}

export function silentOnes(host: HostView): HostFinding[] {
  return host.listeners.flatMap((listener) => {
    const silent = of(listener, 'silent', LONG_SILENCE);
    if (silent.length === 0) return [];
    const longest = Math.max(...silent.map(({ age }) => age));
    return [
      {
        severity: 'warning' as const,
        title: `${counted(silent.length, 'accepted connection')} of ${listener.address} ${silent.length === 1 ? 'has' : 'have'} carried no byte, the longest for ${span(longest)}`,
        detail:
          'Somebody connected and has sent nothing. A worker that serves one connection at a time waits for a request all that time ' +
          'and serves nobody else; php-fpm calls such a worker "Idle".',
        count: silent.length,
        scope: { endpoint: listener.address },
        evidence: silent.slice(0, MAX_EVIDENCE).map((connection) => ({
          text: `${peerName(connection)}: held ${holderName(connection)}${forSpan(connection.age)}`,
        })),
      },
    ];
  });
}

export function abandonedInQueue(host: HostView): HostFinding[] {
  return host.listeners.flatMap((listener) => {
    const abandoned = listener.connections.filter(({ activity }) => activity === 'abandoned');
    const count = listener.activities.abandoned;
    if (count === 0) return [];
    return [
      {
        severity: 'warning' as const,
        title: `${grouped(count)} of ${counted(Math.max(count, listener.depth || 0), 'connection')} in the accept queue of ${listener.address} ${count === 1 ? 'has' : 'have'} been given up by the web server`,
        detail:
          'The web server has closed them (its client left, or its timeout was over) before the application accepted them. It will ' +
          'accept them all the same and work for nobody, and those behind them wait longer for it.',
        count,
        scope: { endpoint: listener.address },
        evidence: abandoned.slice(0, MAX_EVIDENCE).map((connection) => ({
          text: `${peerName(connection)}: in the queue${forSpan(connection.age)}, ${connection.state}`,
        })),
      },
    ];
  });
}

/** php-fpm's status page knows workers that read a body that does not come. */
export function stalledBodies(host: HostView): HostFinding[] {
  return host.listeners.flatMap(({ address, status }) => {
    if (status?.kind !== 'answered') return [];
    const { pool } = status;
    const stalled = (pool.status.processes ?? []).filter(
      ({ state, requestDuration, uri }) =>
        /^getting request info/i.test(state) && (requestDuration ?? 0) * 1e3 >= STALLED && !uri.includes(pool.own),
    );
    if (stalled.length === 0) return [];
    return [
      {
        severity: 'error' as const,
        title: `${counted(stalled.length, 'worker')} of ${address} ${stalled.length === 1 ? 'waits' : 'wait'} for request bodies that do not come`,
        detail:
          'php-fpm has the request\'s PARAMS and reads STDIN ("Getting request informations"): the script has not begun. Somebody uploads ' +
          'slowly or has stopped, and the web server passes the body on as it comes.',
        count: stalled.length,
        scope: { endpoint: address },
        evidence: stalled.slice(0, MAX_EVIDENCE).map(({ pid, method, uri, contentLength, requestDuration }) => ({
          text: `pid ${pid}: ${method} ${uri.replace(/\?.*$/, '')}, ${counted(contentLength ?? 0, 'byte')} announced, for ${span((requestDuration ?? 0) * 1e3)}`,
        })),
      },
    ];
  });
}
