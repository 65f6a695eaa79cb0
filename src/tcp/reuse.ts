// Whether a SYN on known addresses and ports opens another connection: after a port was reused, or when it was only
// sent again.
import { ACK, RST, type Segment } from '../model/segment.js';
import { CLOSED, RESET, SYN_SENT } from './endpoint-state.js';
import { ACK_KNOWN, ACKED, ACTIVE, FIN_SEEN, FLAGS, HINTED, START, STARTED, STATE_MASK } from './live-table.js';
import type { TrackerStore } from './tracker-store.js';

/** `s` has the SYN flag; `row` is the newest connection of its addresses and ports. */
export function opensAnother(store: TrackerStore, row: number, endpoint: number, s: Segment): boolean {
  if ((s.flags & RST) !== 0) return false;
  const words = store.live.words;
  const own = store.endpointAt(row, endpoint);
  const peer = store.endpointAt(row, 1 - endpoint);
  const flags = words[own + FLAGS];
  const peerFlags = words[peer + FLAGS];
  const known = (flags & (STARTED | HINTED)) !== 0;
  const sameStart = known && words[own + START] === s.sequence;
  if ((s.flags & ACK) !== 0) {
    // A SYN-ACK belongs to the SYN before it, unless it ends up after the end of another connection.
    if (!isOver(flags, peerFlags) || sameStart) return false;
    return (peerFlags & STARTED) === 0 || s.acknowledgment !== (words[peer + START] + 1) >>> 0;
  }
  if (sameStart) {
    // Sent again; or a program that always begins with the same number, after both sides had closed.
    const closed = (flags & peerFlags & FIN_SEEN) !== 0;
    return closed && s.time - store.connections.end[row] > store.limits.reopenTime;
  }
  // Packets of this endpoint were seen, or its number was acknowledged before it was recorded.
  if (known || (flags & ACTIVE) !== 0) return true;
  if ((flags & ACK_KNOWN) !== 0) return words[own + ACKED] !== (s.sequence + 1) >>> 0;
  const peerState = peerFlags & STATE_MASK;
  // The RST that refuses a SYN, recorded before it.
  if (peerState === RESET) return words[own + ACKED] !== (s.sequence + 1) >>> 0;
  return peerState !== SYN_SENT; // else both open at once
}

function isOver(flags: number, peerFlags: number): boolean {
  const own = flags & STATE_MASK;
  const peer = peerFlags & STATE_MASK;
  return own === RESET || peer === RESET || (own === CLOSED && peer === CLOSED);
}
