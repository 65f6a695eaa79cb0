// The beginning of a connection: where each stream's sequence numbers begin, SYN and SYN-ACK counts, and when the
// handshake was complete; also what acknowledgments tell about the other side's stream.
import { ACK, RST, type Segment, SYN } from '../model/segment.js';
import {
  MARK_DATA_ACKNOWLEDGED_0,
  MARK_ESTABLISHED,
  MARK_KEEP_ALIVE,
  MARK_SYN,
  MARK_SYN_ACK,
  MARK_SYN_ACK_AFTER_DATA,
  MARK_TFO,
} from './connection-table.js';
import { CLOSED } from './endpoint-state.js';
import type { FarAhead } from './far-ahead.js';
import {
  ACK_KNOWN,
  ACKED,
  DATA_ACKNOWLEDGED,
  END,
  FIN_AT,
  FIN_SEEN,
  FLAGS,
  HANDSHAKE_SETTLED,
  HINTED,
  NEXT,
  START,
  STARTED,
  STATE_MASK,
  SYN_KNOWN,
} from './live-table.js';
import { swapRoles } from './role-swap.js';
import type { TrackerStore } from './tracker-store.js';

const MOST = 0xffff; // what the counting columns hold

export class Handshake {
  constructor(private readonly store: TrackerStore) {}

  /**
   * Whether the first packet of an endpoint, in answer to a SYN, is one of an earlier connection of the same ports: it acknowledges what came
   * before that SYN.
   */
  isStraggler(row: number, endpoint: number, s: Segment): boolean {
    const words = this.store.live.words;
    const peer = this.store.endpointAt(row, 1 - endpoint);
    if ((s.flags & (ACK | SYN | RST)) !== ACK || (words[peer + FLAGS] & SYN_KNOWN) === 0) return false;
    return ((s.acknowledgment - words[peer + START]) | 0) < 0;
  }

  /** Sets where the endpoint's stream begins, from the first packet that it sent, which is no SYN and no RST. */
  beginWithoutSyn(row: number, endpoint: number, s: Segment): void {
    const words = this.store.live.words;
    const own = this.store.endpointAt(row, endpoint);
    const flags = words[own + FLAGS];
    let next = s.sequence;
    if ((flags & HINTED) !== 0) {
      // The handshake told where the stream begins: what lies between was not captured, or comes late.
      const behind = (s.sequence - words[own + NEXT]) | 0;
      if (behind > 0 && behind <= this.store.limits.farAhead) next = words[own + NEXT];
    }
    if ((flags & ACK_KNOWN) !== 0) {
      const ahead = (words[own + ACKED] - s.sequence) | 0;
      if (ahead === 1 && s.wireLength <= 1) {
        next = words[own + ACKED]; // a keep-alive probe
        this.store.mark(row, MARK_KEEP_ALIVE);
      } else if (Math.abs(ahead) > this.store.limits.farAhead) words[own + FLAGS] &= ~ACK_KNOWN;
    }
    this.start(own, (next - 1) >>> 0, next, STARTED);
    if (((s.sequence - next) | 0) > 0) words[own + END] = s.sequence;
  }

  /** A SYN or SYN-ACK: sets where the endpoint's stream begins, puts roles right, counts. */
  synchronize(row: number, endpoint: number, s: Segment): void {
    const words = this.store.live.words;
    const own = this.store.endpointAt(row, endpoint);
    const flags = words[own + FLAGS];
    if ((flags & SYN_KNOWN) === 0) this.correctRoles(row, endpoint, (s.flags & ACK) !== 0);
    if ((flags & STARTED) === 0) this.start(own, s.sequence, (s.sequence + 1) >>> 0, STARTED | SYN_KNOWN);
    else if (words[own + START] === s.sequence) words[own + FLAGS] |= SYN_KNOWN;
    else if (this.isUnconfirmed(own)) this.start(own, s.sequence, (s.sequence + 1) >>> 0, SYN_KNOWN);
    this.count(row, endpoint, own, s);
  }

  private count(row: number, endpoint: number, own: number, s: Segment): void {
    const connections = this.store.connections;
    if ((s.flags & ACK) === 0) {
      this.store.mark(row, s.wireLength > 0 ? MARK_SYN | MARK_TFO : MARK_SYN);
      if (connections.syns[row] < MOST) connections.syns[row]++;
      return;
    }
    this.store.mark(row, MARK_SYN_ACK);
    if (connections.synAcks[row] < MOST) connections.synAcks[row]++;
    const words = this.store.live.words;
    const peer = this.store.endpointAt(row, 1 - endpoint);
    if (Number.isNaN(connections.synAckTime[row])) {
      connections.synAckTime[row] = s.time;
      const acknowledged = ((words[own + ACKED] - words[own + START]) | 0) > 0;
      if ((words[own + FLAGS] & ACK_KNOWN) !== 0 && acknowledged) this.establish(row, peer, s.time);
    } else if ((words[peer + FLAGS] & STARTED) !== 0) {
      const fin = (words[peer + FLAGS] & FIN_SEEN) !== 0 ? 1 : 0;
      if (((words[peer + END] - words[peer + START]) | 0) > 1 + fin) this.store.mark(row, MARK_SYN_ACK_AFTER_DATA);
    }
  }

  /** A packet with ACK of an endpoint for which it is not settled yet whether it completed the handshake. */
  acknowledgment(row: number, endpoint: number, s: Segment): void {
    if ((s.flags & SYN) !== 0) return;
    const words = this.store.live.words;
    const own = this.store.endpointAt(row, endpoint);
    const peer = this.store.endpointAt(row, 1 - endpoint);
    const originator = this.store.live.side(row, endpoint) === 0;
    if (originator && (words[peer + FLAGS] & SYN_KNOWN) !== 0) {
      if (((s.acknowledgment - words[peer + START]) | 0) > 0) this.establish(row, own, s.time);
    } else if (!originator || (words[own + FLAGS] & SYN_KNOWN) === 0) {
      words[own + FLAGS] |= HANDSHAKE_SETTLED;
    }
  }

  /**
   * Endpoint `endpoint`'s stream was acknowledged by endpoint `by` with segment `s`. True if that shows bytes
   * that were not captured (yet).
   */
  acknowledge(row: number, endpoint: number, s: Segment, by: number, farAhead: FarAhead): boolean {
    const { acknowledgment } = s;
    const words = this.store.live.words;
    const at = this.store.endpointAt(row, endpoint);
    const flags = words[at + FLAGS];
    if ((flags & (STARTED | HINTED)) === 0) {
      const opener = (words[this.store.endpointAt(row, by) + FLAGS] & SYN_KNOWN) !== 0;
      if (opener) this.start(at, (acknowledgment - 1) >>> 0, acknowledgment, HINTED);
    }
    if ((flags & ACK_KNOWN) !== 0 && ((acknowledgment - words[at + ACKED]) | 0) <= 0) return false;
    const beyond = (acknowledgment - words[at + END]) | 0;
    const started = (flags & STARTED) !== 0;
    if (started && beyond > this.store.limits.farAhead && farAhead.isAcknowledgmentFar(row, endpoint, acknowledgment)) {
      return false;
    }
    words[at + ACKED] = acknowledgment;
    words[at + FLAGS] |= ACK_KNOWN;
    if (!started) return false;
    if ((flags & DATA_ACKNOWLEDGED) === 0) this.dataAcknowledged(row, endpoint, at, s);
    return beyond > 0;
  }

  private dataAcknowledged(row: number, endpoint: number, at: number, s: Segment): void {
    const words = this.store.live.words;
    const fin = (words[at + FLAGS] & FIN_SEEN) !== 0;
    const first = (words[at + START] + 1) >>> 0;
    if (((s.acknowledgment - first) | 0) <= 0 || (fin && words[at + FIN_AT] === first)) return;
    words[at + FLAGS] |= DATA_ACKNOWLEDGED;
    const side = this.store.live.side(row, endpoint);
    this.store.mark(row, MARK_DATA_ACKNOWLEDGED_0 << side);
    if (side === 0) this.store.connections.acknowledgedTime0[row] = s.time;
  }

  private establish(row: number, originator: number, time: number): void {
    this.store.live.words[originator + FLAGS] |= HANDSHAKE_SETTLED;
    this.store.connections.establishedTime[row] = time;
    this.store.mark(row, MARK_ESTABLISHED);
  }

  /**
   * Packets recorded out of order can make the wrong side the originator; a SYN or SYN-ACK tells. Once the observer was
   * told anything of one side, the roles are its own affair.
   */
  private correctRoles(row: number, endpoint: number, acknowledges: boolean): void {
    const side = this.store.live.side(row, endpoint);
    const peerFlags = this.store.live.words[this.store.endpointAt(row, 1 - endpoint) + FLAGS];
    const peerSyn = (peerFlags & SYN_KNOWN) !== 0;
    if (!(acknowledges ? side === 0 : side === 1 && !peerSyn)) return;
    const c = this.store.connections;
    const told =
      c.bytes0[row] + c.bytes1[row] + c.missing0[row] + c.missing1[row] + c.firstFin[row] + c.firstReset[row];
    if (told === 0) swapRoles(this.store, row);
  }

  /**
   * Whether another SYN-ACK with another number may replace the one before: nothing was sent since, and the peer did
   * not acknowledge the one before.
   */
  private isUnconfirmed(own: number): boolean {
    const words = this.store.live.words;
    const flags = words[own + FLAGS];
    const first = (words[own + START] + 1) >>> 0;
    if (words[own + NEXT] !== first || words[own + END] !== first || (flags & STATE_MASK) >= CLOSED) return false;
    return (flags & ACK_KNOWN) === 0 || words[own + ACKED] !== first;
  }

  private start(at: number, start: number, next: number, flags: number): void {
    const words = this.store.live.words;
    words[at + START] = start;
    words[at + NEXT] = next;
    words[at + END] = next;
    words[at + FLAGS] |= flags;
  }
}
