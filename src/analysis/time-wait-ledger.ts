// How many sockets stand in TIME_WAIT at once: each connection that leaves one is an entry that lives 60 s from the
// moment both FINs were exchanged.
import { BY_BOTH, bySide, SIDE_NAMES, type Side } from '../model/side.js';
import type { Facts, Listener } from './facts.js';
import type { TimeWaitPeak } from './snapshot.js';
import { maxWithin } from './sweep.js';

/** Linux's TCP_TIMEWAIT_LEN: fixed, not tunable. */
export const TIME_WAIT_LENGTH = 60e9;

/** Ports of the default net.ipv4.ip_local_port_range (32768 to 60999). */
export const EPHEMERAL_PORTS = 28_232;

/** When each connection of `rows` that leaves TIME_WAIT on `side` entered it. */
export function timeWaitEntries(facts: Facts, rows: Uint32Array, side: Side): Float64Array {
  const { timeWait, finTime0, finTime1 } = facts.connections;
  const wanted = bySide(side);
  const times = new Float64Array(rows.length);
  let count = 0;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at];
    if (timeWait[row] !== wanted && timeWait[row] !== BY_BOTH) continue;
    times[count++] = Math.max(finTime0[row], finTime1[row]);
  }
  return times.subarray(0, count);
}

/** The most that coexist on one side of one listener; null where none is left. */
export function timeWaitPeak(facts: Facts, listeners: readonly Listener[]): TimeWaitPeak | null {
  let peak: TimeWaitPeak | null = null;
  for (const listener of listeners) {
    for (const side of [0, 1] as const) {
      let count = listener.endings.leftOn(side);
      // In a shorter capture all of them are left at its end.
      if (count > 0 && facts.duration >= TIME_WAIT_LENGTH)
        count = maxWithin(timeWaitEntries(facts, listener.connections, side), TIME_WAIT_LENGTH);
      if (count > (peak?.count ?? 0)) peak = { side: SIDE_NAMES[side], endpoint: listener.endpoint, count };
    }
  }
  return peak;
}
