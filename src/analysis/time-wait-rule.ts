// What TIME_WAIT comes to on one side: how many connections are left there, how many would coexist at this rate, and
// how serious that is. Shared by the two findings about TIME_WAIT.
import { BY_BOTH, bySide, type Side, WEB_SERVER } from '../model/side.js';
import type { Facts, Listener } from './facts.js';
import type { Severity } from './finding.js';
import { summaryListeners } from './listeners.js';
import { EPHEMERAL_PORTS, TIME_WAIT_LENGTH } from './time-wait-ledger.js';

/** Fewer connections are a note, if all closes of their listener agree. */
const ENOUGH = 10;
/** ... and they are at least this share of the closed ones. */
const SHARE = 1 / 5;
/** So many sockets in TIME_WAIT at once cost something. */
const WORTH_A_WARNING = 1000;
/** A shorter capture shows a burst: its rate says little about a minute. */
const BURST = 10e9;

export interface TimeWaitShare {
  readonly listener: Listener;
  /** Connections left in TIME_WAIT on this side, and closed ones altogether. */
  readonly count: number;
  readonly closed: number;
  /** First connection that is left there. */
  readonly first: number;
}

/** All connections from one web server's address to one listener: they share one range of ephemeral ports. */
export interface AddressPair {
  readonly listener: Listener;
  /** Address id of the web server. */
  readonly webServer: number;
  readonly count: number;
  /** Ports that would be in TIME_WAIT at once. */
  readonly forecast: number;
}

export interface TimeWaitVerdict {
  readonly severity: Severity;
  readonly count: number;
  readonly closed: number;
  /** Sockets in TIME_WAIT at once, if the rate of the capture goes on for a minute. */
  readonly forecast: number;
  readonly isBurst: boolean;
  /** Listeners with such connections, the one with most of them first. */
  readonly shares: readonly TimeWaitShare[];
  /** The address pair with the most. */
  readonly busiest: AddressPair;
}

/** One verdict over the whole capture; or, where there are few connections, one for each listener that is unanimous. */
export function judgeTimeWait(facts: Facts, side: Side): TimeWaitVerdict[] {
  const shares = summaryListeners(facts).map((listener) => shareOf(facts, listener, side));
  const count = sum(shares.map((share) => share.count));
  const closed = sum(shares.map((share) => share.closed));
  if (count >= ENOUGH && count >= SHARE * closed) return [verdictOf(facts, shares, side)];
  const unanimous = shares.filter((share) => share.count > 0 && share.count < ENOUGH && share.count === share.closed);
  return unanimous.map((share) => ({ ...verdictOf(facts, [share], side), severity: 'note' }));
}

function verdictOf(facts: Facts, all: readonly TimeWaitShare[], side: Side): TimeWaitVerdict {
  const shares = all.filter((share) => share.count > 0).sort((a, b) => b.count - a.count);
  const count = sum(shares.map((share) => share.count));
  const forecast = inAMinute(count, facts.duration);
  const isBurst = facts.duration < BURST;
  const busiest = busiestPair(facts, shares, side);
  let severity: Severity = forecast < WORTH_A_WARNING ? 'note' : 'warning';
  if (side === WEB_SERVER && !isBurst && busiest.forecast > EPHEMERAL_PORTS / 2) severity = 'error';
  return { severity, count, closed: sum(all.map((share) => share.closed)), forecast, isBurst, shares, busiest };
}

function shareOf(facts: Facts, listener: Listener, side: Side): TimeWaitShare {
  const { closed } = listener.endings;
  const count = listener.endings.leftOn(side);
  const first = count === 0 ? -1 : (listener.connections.find((row) => isLeftOn(facts, row, side)) ?? -1);
  return { listener, count, closed, first };
}

function busiestPair(facts: Facts, shares: readonly TimeWaitShare[], side: Side): AddressPair {
  let busiest = { listener: shares[0].listener, webServer: 0, count: 0 };
  const { address0 } = facts.connections;
  for (const { listener } of shares) {
    const counts = new Uint32Array(facts.addresses.size);
    for (let at = 0; at < listener.connections.length; at++) {
      const row = listener.connections[at];
      if (!isLeftOn(facts, row, side)) continue;
      const webServer = address0[row];
      const count = ++counts[webServer];
      if (count > busiest.count) busiest = { listener, webServer, count };
    }
  }
  return { ...busiest, forecast: inAMinute(busiest.count, facts.duration) };
}

/** Whether the connection leaves TIME_WAIT on the side. */
export function isLeftOn(facts: Facts, row: number, side: Side): boolean {
  const held = facts.connections.timeWait[row];
  return held === bySide(side) || held === BY_BOTH;
}

/** So many in the time that TIME_WAIT lasts, if `count` in `duration` nanoseconds is the rate. */
function inAMinute(count: number, duration: number): number {
  return duration > 0 ? Math.round((count * TIME_WAIT_LENGTH) / duration) : count;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
