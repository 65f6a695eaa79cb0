// How a connection ends: who sent the first FIN, who the first RST, and who is left holding TIME_WAIT.
import { ACK, type Segment } from '../model/segment.js';
import { BY_BOTH, BY_NONE, bySide, type Side } from '../model/side.js';
import {
  ACK_KNOWN,
  ACKED,
  FIN_AT,
  FIN_SEEN,
  FLAGS,
  PEER_FIN_ACK,
  RESET_AFTER_FIN,
  RESET_SEEN,
  START,
  STARTED,
} from './live-table.js';
import type { TrackerStore } from './tracker-store.js';

/** Whether a FIN at sequence number `finAt` can belong to this stream, or is a straggler of an earlier connection. */
export function isPlausibleFin(store: TrackerStore, row: number, endpoint: number, finAt: number): boolean {
  const words = store.live.words;
  const own = store.endpointAt(row, endpoint);
  return (words[own + FLAGS] & STARTED) === 0 || ((finAt - words[own + START]) | 0) >= 0;
}

/** Notes a FIN; returns false if it was seen before (or the stream already ends elsewhere). */
export function noteFin(store: TrackerStore, row: number, endpoint: number, finAt: number, s: Segment): boolean {
  const words = store.live.words;
  const connections = store.connections;
  const own = store.endpointAt(row, endpoint);
  const peer = store.endpointAt(row, 1 - endpoint);
  if ((words[own + FLAGS] & FIN_SEEN) !== 0) return false;
  const side = store.live.side(row, endpoint);
  if (side === 0) {
    connections.finTime0[row] = s.time;
    connections.finPacket0[row] = s.packet;
  } else {
    connections.finTime1[row] = s.time;
    connections.finPacket1[row] = s.packet;
  }
  const acknowledges = (s.flags & ACK) !== 0;
  if ((words[peer + FLAGS] & FIN_SEEN) === 0) {
    connections.firstFin[row] = bySide(side as Side);
    if (acknowledges) {
      words[peer + FIN_AT] = s.acknowledgment;
      words[peer + FLAGS] |= PEER_FIN_ACK;
    }
  } else {
    const knewPeers = acknowledges && ((s.acknowledgment - words[peer + FIN_AT] - 1) | 0) >= 0;
    const peerKnew = (words[own + FLAGS] & PEER_FIN_ACK) !== 0 && ((words[own + FIN_AT] - finAt - 1) | 0) >= 0;
    if (!knewPeers) {
      // A FIN that acknowledges the other's FIN was sent after it, whatever the order in which they were recorded.
      connections.firstFin[row] = peerKnew ? bySide(side as Side) : BY_BOTH;
    }
  }
  words[own + FIN_AT] = finAt;
  words[own + FLAGS] |= FIN_SEEN;
  if ((words[own + FLAGS] & RESET_SEEN) !== 0) {
    const reset = store.troubles.lastReset[store.stream(row, endpoint)];
    if (reset === (finAt + 1) >>> 0) words[own + FLAGS] |= RESET_AFTER_FIN;
  }
  updateTimeWait(store, row);
  return true;
}

/** Notes a RST. */
export function noteReset(store: TrackerStore, row: number, endpoint: number, s: Segment): void {
  const words = store.live.words;
  const connections = store.connections;
  const own = store.endpointAt(row, endpoint);
  if (connections.firstReset[row] === BY_NONE) {
    connections.firstReset[row] = bySide(store.live.side(row, endpoint) as Side);
    connections.resetTime[row] = s.time;
    connections.resetPacket[row] = s.packet;
  }
  const peer = store.endpointAt(row, 1 - endpoint);
  if ((words[peer + FLAGS] & ACK_KNOWN) === 0) words[peer + ACKED] = s.acknowledgment; // tells a late SYN from a new one
  words[own + FLAGS] |= RESET_SEEN;
  const flags = words[own + FLAGS];
  if ((flags & FIN_SEEN) !== 0 && s.sequence === (words[own + FIN_AT] + 1) >>> 0) words[own + FLAGS] |= RESET_AFTER_FIN;
  updateTimeWait(store, row);
}

/**
 * TIME_WAIT is left on the side that sent the first FIN, once both FINs were seen. A RST of the holder shows that its
 * socket is gone; one of the peer right after its own FIN takes the holder's socket away. A RST of the peer anywhere
 * else in its sequence space is not accepted by a socket in TIME_WAIT (RFC 5961, 3.2).
 */
export function updateTimeWait(store: TrackerStore, row: number): void {
  const words = store.live.words;
  const flags0 = words[store.endpointAt(row, 0) + FLAGS];
  const flags1 = words[store.endpointAt(row, 1) + FLAGS];
  let holders = BY_NONE;
  if ((flags0 & flags1 & FIN_SEEN) !== 0) {
    const by0 = bySide(store.live.side(row, 0) as Side);
    const by1 = bySide(store.live.side(row, 1) as Side);
    holders = store.connections.firstFin[row];
    if ((flags0 & RESET_SEEN) !== 0 || (flags1 & RESET_AFTER_FIN) !== 0) holders &= ~by0;
    if ((flags1 & RESET_SEEN) !== 0 || (flags0 & RESET_AFTER_FIN) !== 0) holders &= ~by1;
  }
  store.connections.timeWait[row] = holders;
}
