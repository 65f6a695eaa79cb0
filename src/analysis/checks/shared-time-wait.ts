// What the two findings about TIME_WAIT say alike: the scope, each endpoint's share as evidence, and whether the
// connections had been asked to stay.
import { REQUEST_KEEP_CONN } from '../../model/request-table.js';
import { APPLICATION, type Side } from '../../model/side.js';
import type { Facts } from '../facts.js';
import { type Evidence, MAX_EVIDENCE, type Scope } from '../finding.js';
import { isLeftOn, type TimeWaitVerdict } from '../time-wait-rule.js';
import { connectionEvidence, counted, grouped, listed, span } from './shared-evidence.js';

export interface Asked {
  /** Connections left in TIME_WAIT whose first request had KEEP_CONN set, and those where it was not. */
  readonly kept: number;
  readonly notKept: number;
}

/** KEEP_CONN on the first request of each connection left in TIME_WAIT on the side. */
export function askedToStay(facts: Facts, verdict: TimeWaitVerdict, side: Side): Asked {
  const { conversations, requests } = facts;
  let kept = 0;
  let notKept = 0;
  for (const { listener } of verdict.shares) {
    // Smooth connections have a request, and none with KEEP_CONN.
    notKept += listener.endings.leftOn(side);
    for (let at = 0; at < listener.roughConnections.length; at++) {
      const row = listener.roughConnections[at];
      if (!isLeftOn(facts, row, side)) continue;
      notKept--;
      const first = conversations.firstRequest[row] - 1;
      if (first < 0) continue;
      if (requests.marks[first] & REQUEST_KEEP_CONN) kept++;
      else notKept++;
    }
  }
  return { kept, notKept };
}

/** What KEEP_CONN has to do with it; '' where no request is known. */
export function keepConnSentence({ kept, notKept }: Asked, side: Side): string {
  if (kept + notKept === 0) return '';
  if (kept > 0 && notKept > 0)
    return `FCGI_KEEP_CONN was set on ${grouped(kept)} of ${grouped(kept + notKept)} of them.`;
  if (kept > 0) return 'FCGI_KEEP_CONN was set on all of them, and still they were closed.';
  return side === APPLICATION
    ? 'FCGI_KEEP_CONN was not set: the application was asked to close after each request.'
    : 'FCGI_KEEP_CONN was not set, so the application closes as well, but the web server did not wait for it.';
}

export function timeWaitScope(verdict: TimeWaitVerdict): Scope {
  return verdict.shares.length === 1 ? { endpoint: verdict.shares[0].listener.endpoint } : {};
}

/** `127.0.0.1:9000`, or `3 endpoints`. */
export function endpointsOf({ shares }: TimeWaitVerdict): string {
  const names = shares.map(({ listener }) => listener.endpoint);
  return names.length <= 2 ? listed(names) : counted(names.length, 'endpoint');
}

export function timeWaitEvidence(facts: Facts, verdict: TimeWaitVerdict, side: Side): Evidence[] {
  const { finTime0, finTime1, finPacket0, finPacket1 } = facts.connections;
  return verdict.shares.slice(0, MAX_EVIDENCE).map(({ listener, count, closed, first }) => {
    const text =
      `${listener.endpoint}: ${grouped(count)} of ${counted(closed, 'closed connection')}, this one the first; ` +
      `it lasted ${span(Math.max(finTime0[first], finTime1[first]) - facts.connections.start[first])}`;
    const [packet, time] = side === 0 ? [finPacket0[first], finTime0[first]] : [finPacket1[first], finTime1[first]];
    return connectionEvidence(facts, first, text, packet, time);
  });
}

/** What the count comes to in a minute, in words. */
export function forecastSentence({ forecast, isBurst }: TimeWaitVerdict, duration: number): string {
  const sockets = counted(forecast, 'socket');
  return isBurst
    ? `The capture is a burst of ${span(duration)}; at that pace ${sockets} would stand in TIME_WAIT at once, as each stays for 60 s.`
    : `At the rate of this capture ${sockets} stand in TIME_WAIT at once, as each stays for 60 s.`;
}
