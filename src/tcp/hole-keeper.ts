// Decides how long a hole in a stream is waited for. A receiver that acknowledged the missing bytes had them, so they
// will not be sent again: the capture missed them. But a busy loopback records packets out of order, acknowledgments
// before the data they acknowledge, so nothing is given up at once.

import type { Delivery } from './delivery.js';
import {
  ACK_KNOWN,
  ACKED,
  ACTIVE,
  FIN_AT,
  FIN_SEEN,
  FIN_TOLD,
  FLAGS,
  NEXT,
  RESET_SEEN,
  STARTED,
} from './live-table.js';
import type { TrackerStore } from './tracker-store.js';

const NONE = -1;
/** The receiver sends data of its own, which are better told after the gap than before it. */
export const ANSWERED = 1;
/** The receiver goes on to acknowledge the bytes that are missing. */
export const CONFIRMED = 2;

const WAIT = -1;
const FULL = -2;
const EVICTIONS = 16; // tries for one segment

export class HoleKeeper {
  constructor(
    private readonly store: TrackerStore,
    private readonly delivery: Delivery,
  ) {}

  /**
   * Looks after the hole of one stream, if there is one, when another packet of its connection has come. `signs`: what
   * that packet tells, ANSWERED and CONFIRMED or 0.
   */
  check(row: number, endpoint: number, signs: number, time: number, packet: number): void {
    const trouble = this.store.live.trouble(row);
    if (trouble < 0) return;
    const stream = trouble * 2 + endpoint;
    if (!Number.isNaN(this.store.troubles.holeSince[stream])) this.decide(row, endpoint, stream, signs, time, packet);
  }

  /** Looks after the holes of all connections, so that one that went silent does not keep memory. */
  sweep(time: number, packet: number): void {
    const troubles = this.store.troubles;
    for (let stream = troubles.firstWaiting; stream !== NONE; ) {
      const next = troubles.nextWaiting[stream];
      this.decide(troubles.connection[stream >> 1], stream & 1, stream, 0, time, packet);
      stream = next;
    }
  }

  /** Makes room for `bytes` more buffered bytes by giving up the oldest holes of other streams than `keep`. */
  makeRoom(bytes: number, keep: number): boolean {
    const { troubles, fragments, counters } = this.store;
    for (let attempts = 0; attempts < EVICTIONS && !fragments.fits(bytes); attempts++) {
      const stream = troubles.lastWaiting;
      if (stream === NONE || stream === keep) break;
      const last = troubles.last[stream];
      if (last === NONE) {
        // Nothing buffered behind this hole: it goes to the young end of the list and may wait on.
        const since = troubles.holeSince[stream];
        troubles.closeHole(stream);
        troubles.openHole(stream, since);
        continue;
      }
      counters.bufferLimitReached++;
      const time = fragments.time[last];
      this.giveUp(troubles.connection[stream >> 1], stream & 1, fragments.end(last), time, fragments.packet[last]);
    }
    return fragments.fits(bytes);
  }

  /** Gives up everything that is missing, at the end of a connection. */
  flush(row: number, time: number, packet: number): void {
    this.flushEndpoint(row, 0, time, packet);
    this.flushEndpoint(row, 1, time, packet);
  }

  /** Tells gaps and hands on buffered fragments, with their own times, until the stream has come to `limit`. */
  giveUp(row: number, endpoint: number, limit: number, time: number, packet: number): void {
    const { store, delivery } = this;
    const { live, fragments, troubles, counters } = store;
    const own = store.endpointAt(row, endpoint);
    const stream = store.stream(row, endpoint);
    const words = live.words;
    if ((words[own + FLAGS] & FIN_SEEN) !== 0 && ((limit - words[own + FIN_AT]) | 0) > 0) limit = words[own + FIN_AT];
    while (((limit - words[own + NEXT]) | 0) > 0) {
      const first = troubles.first[stream];
      const isFirst = first !== NONE && ((fragments.sequence[first] - limit) | 0) <= 0;
      const stop = isFirst ? fragments.sequence[first] : limit;
      const length = (stop - words[own + NEXT]) | 0;
      if (length > 0) {
        counters.gaps++;
        counters.gapBytes += length;
        if (isFirst) delivery.gap(row, endpoint, length, fragments.time[first], fragments.packet[first]);
        else delivery.gap(row, endpoint, length, time, packet);
      }
      this.contiguous(row, endpoint, stream);
    }
    troubles.closeHole(stream); // what is missing from here on is another hole, with a time of its own
    delivery.settle(row, endpoint, time, packet);
  }

  /** Hands on the fragments that the stream has come to, with their own times. */
  private contiguous(row: number, endpoint: number, stream: number): void {
    const { live, fragments, troubles } = this.store;
    const own = this.store.endpointAt(row, endpoint);
    for (let id = troubles.first[stream]; id !== NONE; id = troubles.first[stream]) {
      if (((fragments.sequence[id] - live.words[own + NEXT]) | 0) > 0) return;
      this.delivery.firstFragment(row, endpoint, fragments.time[id], fragments.packet[id]);
    }
  }

  private decide(row: number, endpoint: number, stream: number, signs: number, time: number, packet: number): void {
    const { troubles, counters, live } = this.store;
    const next = this.store.endpointAt(row, endpoint) + NEXT;
    for (;;) {
      const limit = this.limit(row, endpoint, stream, signs, time);
      if (limit === WAIT) return;
      const before = live.words[next];
      if (limit === FULL) {
        counters.bufferLimitReached++;
        this.giveUp(row, endpoint, this.store.fragments.sequence[troubles.first[stream]], time, packet);
      } else this.giveUp(row, endpoint, limit, time, packet);
      if (Number.isNaN(troubles.holeSince[stream])) return;
      if (live.words[next] !== before) continue;
      // Only forged sequence numbers come to this: what is buffered can't be reached from the stream's next byte.
      this.delivery.dropFragments(row, endpoint);
      troubles.closeHole(stream);
      return;
    }
  }

  /** The sequence number up to which the stream's first hole is to be given up now; or WAIT; or FULL. */
  private limit(row: number, endpoint: number, stream: number, signs: number, time: number): number {
    const { live, fragments, troubles, limits } = this.store;
    const words = live.words;
    const own = this.store.endpointAt(row, endpoint);
    const first = troubles.first[stream];
    if (first !== NONE) {
      if (troubles.bytes[stream] > limits.connectionBuffer) return FULL;
      if (troubles.fragments[stream] > limits.connectionSegments) return FULL;
    }
    const flags = words[own + FLAGS];
    const peerFlags = words[this.store.endpointAt(row, 1 - endpoint) + FLAGS];
    const age = time - troubles.holeSince[stream];
    const finPending = (flags & (FIN_SEEN | FIN_TOLD)) === FIN_SEEN;
    const evident = first !== NONE || finPending; // something lies beyond the hole
    const beyond = first !== NONE ? fragments.sequence[first] : words[own + FIN_AT];
    const acknowledged = (flags & ACK_KNOWN) !== 0 ? (words[own + ACKED] - words[own + NEXT]) | 0 : 0;
    if (acknowledged > 0) {
      const full = troubles.bytes[stream] > limits.holeBytes || troubles.fragments[stream] > limits.holeSegments;
      // One acknowledged byte and nothing behind it may be a FIN that was not captured.
      const believed = evident || (acknowledged > 1 && (signs & CONFIRMED) !== 0);
      const patience = (signs & ANSWERED) !== 0 ? limits.answeredHoleTime : limits.holeTime;
      if (believed && (full || age > patience)) {
        return evident && ((beyond - words[own + ACKED]) | 0) < 0 ? beyond : words[own + ACKED];
      }
    }
    const dead = ((flags | peerFlags) & RESET_SEEN) !== 0;
    const oneSided = (peerFlags & ACTIVE) === 0;
    const old = (dead && age > limits.holeTime) || (oneSided && age > limits.oneSidedHoleTime);
    return evident && old ? beyond : WAIT;
  }

  private flushEndpoint(row: number, endpoint: number, time: number, packet: number): void {
    const { live, fragments, troubles } = this.store;
    const own = this.store.endpointAt(row, endpoint);
    const words = live.words;
    const flags = words[own + FLAGS];
    if ((flags & STARTED) === 0 || (flags & FIN_TOLD) !== 0) return;
    let ahead = 0;
    const trouble = live.trouble(row);
    const last = trouble < 0 ? NONE : troubles.last[trouble * 2 + endpoint];
    if (last !== NONE) ahead = (fragments.end(last) - words[own + NEXT]) | 0;
    if ((flags & FIN_SEEN) !== 0) ahead = Math.max(ahead, (words[own + FIN_AT] - words[own + NEXT]) | 0);
    else if ((flags & ACK_KNOWN) !== 0) {
      const acknowledged = (words[own + ACKED] - words[own + NEXT]) | 0;
      if (acknowledged > 1) ahead = Math.max(ahead, acknowledged);
    }
    if (ahead > 0) this.giveUp(row, endpoint, (words[own + NEXT] + ahead) >>> 0, time, packet);
  }
}
