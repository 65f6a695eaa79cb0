// Puts the segments of each direction in sequence: what fits is handed on where it lies, what comes early is buffered,
// what is there already is left out. The tracker's short path (in order, nothing buffered) does not come here.
import type { Segment } from '../model/segment.js';
import { MARK_KEEP_ALIVE, MARK_OVERLAP_CONFLICT, MARK_SNAPPED } from './connection-table.js';
import type { Delivery } from './delivery.js';
import type { HoleKeeper } from './hole-keeper.js';
import { ACK_KNOWN, ACKED, END, FIN_AT, FIN_SEEN, FIN_TOLD, FLAGS, NEXT, START } from './live-table.js';
import type { TrackerStore } from './tracker-store.js';

const NONE = -1;

export class StreamAssembler {
  /** Bytes of the segment in hand that were new to the buffer. */
  private inserted = 0;

  constructor(
    private readonly store: TrackerStore,
    private readonly delivery: Delivery,
    private readonly holes: HoleKeeper,
  ) {}

  /** The segment's payload, which begins at `sequence` (one past a SYN) of the endpoint's stream. */
  data(row: number, endpoint: number, sequence: number, s: Segment): void {
    const store = this.store;
    const words = store.live.words;
    const own = store.endpointAt(row, endpoint);
    let end = (sequence + s.wireLength) >>> 0;
    if (s.payloadLength < s.wireLength) {
      store.counters.snapped++;
      store.mark(row, MARK_SNAPPED);
    }
    if ((words[own + FLAGS] & FIN_SEEN) !== 0 && ((end - words[own + FIN_AT]) | 0) > 0) end = words[own + FIN_AT];
    if (((end - sequence) | 0) <= 0) return; // all of it beyond the FIN
    const next = words[own + NEXT];
    if (((end - next) | 0) <= 0) {
      this.old(row, endpoint, end, s);
    } else if ((words[own + FLAGS] & FIN_TOLD) !== 0) {
      return; // the stream is complete: a number half the space away only looks as if it came later
    } else if (((sequence - next) | 0) > 0) {
      this.early(row, endpoint, sequence, end, s);
    } else {
      this.due(row, endpoint, sequence, end, s);
    }
  }

  /** Nothing new in it. */
  private old(row: number, endpoint: number, end: number, s: Segment): void {
    const words = this.store.live.words;
    const own = this.store.endpointAt(row, endpoint);
    const flags = words[own + FLAGS];
    const acknowledged = (flags & ACK_KNOWN) !== 0 && ((words[own + ACKED] - words[own + END]) | 0) >= 0;
    if (s.wireLength === 1 && end === words[own + END] && acknowledged) {
      // One byte before the next one, of data that has arrived: asks whether the peer is alive (RFC 9293, 3.8.4).
      this.store.mark(row, MARK_KEEP_ALIVE);
    } else if (((end - words[own + START] - 1) | 0) > 0) {
      this.retransmission(row, endpoint);
    }
  }

  /** It begins at the next byte, or before it and reaches beyond it. */
  private due(row: number, endpoint: number, sequence: number, end: number, s: Segment): void {
    const { live, troubles, fragments, limits } = this.store;
    const own = this.store.endpointAt(row, endpoint);
    const trouble = live.trouble(row);
    const stream = trouble * 2 + endpoint;
    const seenBefore = sequence !== live.words[own + NEXT];
    const late =
      trouble >= 0 && troubles.first[stream] !== NONE && s.time - troubles.holeSince[stream] > limits.reorderTime;
    if (seenBefore || late) this.retransmission(row, endpoint);
    this.delivery.turn(row, endpoint);
    while (((end - live.words[own + NEXT]) | 0) > 0) {
      const next = live.words[own + NEXT];
      const first = trouble < 0 ? NONE : troubles.first[stream];
      if (first === NONE || ((fragments.sequence[first] - end) | 0) >= 0) {
        this.delivery.span(row, endpoint, s, sequence, next, end);
        break;
      }
      const stop = fragments.sequence[first];
      if (((stop - next) | 0) > 0) this.delivery.span(row, endpoint, s, sequence, next, stop);
      this.compare(row, first, sequence, end, s);
      this.delivery.firstFragment(row, endpoint, s.time, s.packet);
    }
    this.buffered(row, endpoint, s.time, s.packet);
    this.delivery.settle(row, endpoint, s.time, s.packet);
  }

  /** Hands on the buffered fragments that the stream has come to. */
  private buffered(row: number, endpoint: number, time: number, packet: number): void {
    const { live, troubles, fragments } = this.store;
    const trouble = live.trouble(row);
    if (trouble < 0) return;
    const own = this.store.endpointAt(row, endpoint);
    const stream = trouble * 2 + endpoint;
    for (let id = troubles.first[stream]; id !== NONE; id = troubles.first[stream]) {
      if (((fragments.sequence[id] - live.words[own + NEXT]) | 0) > 0) return;
      this.delivery.firstFragment(row, endpoint, time, packet);
    }
  }

  /** There is a hole before it. */
  private early(row: number, endpoint: number, sequence: number, end: number, s: Segment): void {
    const { troubles, fragments, live } = this.store;
    const stream = this.store.stream(row, endpoint);
    const captured = Math.min(s.payloadLength, (end - sequence) >>> 0);
    if (!fragments.fits(captured) && !this.holes.makeRoom(captured, stream)) {
      // No memory for it: rather a gap now than bytes lost later.
      this.store.counters.bufferLimitReached++;
      this.holes.giveUp(row, endpoint, sequence, s.time, s.packet);
      if (((end - live.words[this.store.endpointAt(row, endpoint) + NEXT]) | 0) > 0)
        this.due(row, endpoint, sequence, end, s);
      return;
    }
    this.inserted = 0;
    this.insert(row, stream, sequence, end, captured, s);
    if (this.inserted === 0) this.retransmission(row, endpoint);
    else this.delivery.turn(row, endpoint);
    if (Number.isNaN(troubles.holeSince[stream])) troubles.openHole(stream, s.time);
  }

  /** Buffers the parts of [sequence, end) that are not buffered yet, and compares the others with what is there. */
  private insert(row: number, stream: number, sequence: number, end: number, captured: number, s: Segment): void {
    const { troubles, fragments } = this.store;
    let previous = NONE;
    let current = troubles.first[stream];
    const last = troubles.last[stream];
    if (last !== NONE && ((sequence - fragments.end(last)) | 0) >= 0) {
      previous = last;
      current = NONE;
    }
    while (current !== NONE && ((fragments.end(current) - sequence) | 0) <= 0) {
      previous = current;
      current = fragments.next[current];
    }
    let at = sequence;
    while (((end - at) | 0) > 0) {
      if (current !== NONE && ((fragments.sequence[current] - at) | 0) <= 0) {
        this.compare(row, current, sequence, end, s);
        at = fragments.end(current);
        previous = current;
        current = fragments.next[current];
        continue;
      }
      const stop =
        current !== NONE && ((fragments.sequence[current] - end) | 0) < 0 ? fragments.sequence[current] : end;
      const skip = (at - sequence) >>> 0;
      const length = (stop - at) >>> 0;
      const here = Math.max(0, Math.min(captured - skip, length));
      const id = fragments.add(s.data, s.payloadOffset + skip, here, at, length);
      fragments.time[id] = s.time;
      fragments.packet[id] = s.packet;
      fragments.position[id] = s.position < 0 ? -1 : s.position + skip;
      fragments.next[id] = current;
      if (previous === NONE) troubles.first[stream] = id;
      else fragments.next[previous] = id;
      if (current === NONE) troubles.last[stream] = id;
      troubles.fragments[stream]++;
      troubles.bytes[stream] += here;
      this.inserted += length;
      previous = id;
      at = stop;
    }
  }

  /** Counts the bytes in which the segment differs from the fragment where both cover the same range. */
  private compare(row: number, id: number, sequence: number, end: number, s: Segment): void {
    const { fragments, counters } = this.store;
    const ahead = (fragments.sequence[id] - sequence) | 0;
    const inFragment = Math.max(-ahead, 0);
    const inSegment = Math.max(ahead, 0);
    const captured = Math.min(s.payloadLength, (end - sequence) >>> 0);
    const length = Math.min(captured - inSegment, fragments.captured[id] - inFragment);
    if (length <= 0) return;
    const differing = fragments.differences(id, inFragment, s.data, s.payloadOffset + inSegment, length);
    if (differing === 0) return;
    counters.overlapConflicts += differing;
    this.store.mark(row, MARK_OVERLAP_CONFLICT);
  }

  /** Counts a segment that was sent again. */
  retransmission(row: number, endpoint: number): void {
    this.store.counters.retransmissions++;
    if (this.store.live.side(row, endpoint) === 0) this.store.connections.retransmissions0[row]++;
    else this.store.connections.retransmissions1[row]++;
  }
}
