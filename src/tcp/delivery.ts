// Hands stream bytes, gaps and ends on to the observer and keeps the counts in step. Every call moves the stream's next
// byte first: an observer may exchange the connection's roles while it is being called.
import type { Segment } from '../model/segment.js';
import type { Side } from '../model/side.js';
import { MARK_ESTABLISHED, MARK_GAP_0 } from './connection-table.js';
import { CLOSED, ESTABLISHED } from './endpoint-state.js';
import { BLOCK_BYTES } from './fragment-store.js';
import { LETTER_GAP } from './history-table.js';
import {
  ACK_KNOWN,
  ACKED,
  FIN_AT,
  FIN_SEEN,
  FIN_TOLD,
  FLAGS,
  LAST_PAYLOAD_MASK,
  LAST_PAYLOAD_SHIFT,
  MISCELLANY,
  NEXT,
  PREVIOUS_SHIFT,
  RECORD_WORDS,
  STATE_MASK,
} from './live-table.js';
import type { TrackerStore } from './tracker-store.js';
import { isPowerOfTen } from './trouble-table.js';

const NONE = -1;

export class Delivery {
  constructor(private readonly store: TrackerStore) {}

  /** Payload of this endpoint was seen for the first time: another turn, if the last payload was the other's. */
  turn(row: number, endpoint: number): void {
    const words = this.store.live.words;
    const at = row * RECORD_WORDS + MISCELLANY;
    const last = (words[at] & LAST_PAYLOAD_MASK) >>> LAST_PAYLOAD_SHIFT;
    if (last === endpoint + 1) return;
    words[at] = (words[at] & ~LAST_PAYLOAD_MASK) | ((endpoint + 1) << LAST_PAYLOAD_SHIFT);
    this.store.connections.turns[row]++;
    if (last !== 0) this.store.mark(row, MARK_ESTABLISHED);
  }

  /** bytes[start .. end) are the stream's next bytes. */
  bytes(
    row: number,
    endpoint: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    packet: number,
    position: number,
  ): void {
    const store = this.store;
    const length = end - start;
    store.live.words[store.endpointAt(row, endpoint) + NEXT] += length;
    const side = store.live.side(row, endpoint) as Side;
    if (side === 0) store.connections.bytes0[row] += length;
    else store.connections.bytes1[row] += length;
    store.observer.data(row, side, bytes, start, end, time, packet, position);
  }

  /** The part [from, to) of the segment, whose payload begins at `sequence`; what the snapshot length cut is a gap. */
  span(row: number, endpoint: number, s: Segment, sequence: number, from: number, to: number): void {
    const start = (from - sequence) >>> 0;
    const end = (to - sequence) >>> 0;
    const captured = Math.min(end, s.payloadLength);
    if (start < captured) {
      const at = s.payloadOffset;
      const position = s.position < 0 ? -1 : s.position + start;
      this.bytes(row, endpoint, s.data, at + start, at + captured, s.time, s.packet, position);
    }
    if (captured < end) this.gap(row, endpoint, end - Math.max(start, captured), s.time, s.packet);
  }

  /** The stream's next `length` bytes are missing. */
  gap(row: number, endpoint: number, length: number, time: number, packet: number): void {
    const store = this.store;
    const own = store.endpointAt(row, endpoint);
    const words = store.live.words;
    words[own + NEXT] += length;
    const side = store.live.side(row, endpoint) as Side;
    if (side === 0) store.connections.missing0[row] += length;
    else store.connections.missing1[row] += length;
    store.mark(row, MARK_GAP_0 << side);
    if (isClean(words[own + FLAGS]) && isClean(words[store.endpointAt(row, 1 - endpoint) + FLAGS])) {
      const stream = store.stream(row, endpoint); // may replace the columns, so not inside the next expression
      if (isPowerOfTen(++store.troubles.gaps[stream])) store.letter(row, endpoint, LETTER_GAP);
    }
    store.observer.gap(row, side, length, time, packet);
  }

  /**
   * Hands on the first buffered fragment of the stream, which begins at its next byte (or before it), and frees it.
   * `time` and `packet` are those of the segment that made it available.
   */
  firstFragment(row: number, endpoint: number, time: number, packet: number): void {
    const { troubles, fragments, live } = this.store;
    const own = this.store.endpointAt(row, endpoint);
    const stream = this.store.stream(row, endpoint);
    const id = troubles.first[stream];
    const captured = fragments.captured[id];
    const end = fragments.end(id);
    const position = fragments.position[id];
    const skip = (live.words[own + NEXT] - fragments.sequence[id]) | 0;
    troubles.first[stream] = fragments.next[id];
    if (fragments.next[id] === NONE) troubles.last[stream] = NONE;
    troubles.fragments[stream]--;
    troubles.bytes[stream] -= captured;
    let done = 0;
    for (let block = fragments.firstBlock[id]; block !== NONE; block = fragments.nextBlock[block]) {
      const length = Math.min(BLOCK_BYTES, captured - done);
      const from = Math.max(0, skip - done);
      if (from < length) {
        const at = fragments.offset(block);
        const place = position < 0 ? -1 : position + done + from;
        this.bytes(row, endpoint, fragments.slab(block), at + from, at + length, time, packet, place);
      }
      done += length;
    }
    fragments.free(id);
    const missing = (end - live.words[own + NEXT]) | 0;
    if (missing > 0) this.gap(row, endpoint, missing, time, packet);
  }

  /** After the stream moved on: tells its end if that is reached, and notes whether a hole is left. */
  settle(row: number, endpoint: number, time: number, packet: number): void {
    const store = this.store;
    const words = store.live.words;
    const own = store.endpointAt(row, endpoint);
    if (
      (words[own + FLAGS] & (FIN_SEEN | FIN_TOLD)) === FIN_SEEN &&
      ((words[own + NEXT] - words[own + FIN_AT]) | 0) >= 0
    ) {
      words[own + FLAGS] |= FIN_TOLD;
      this.dropFragments(row, endpoint);
      store.observer.finished(row, store.live.side(row, endpoint) as Side, time, packet);
    }
    const trouble = store.live.trouble(row);
    if (trouble < 0 && !this.isBehind(own)) return;
    const stream = store.stream(row, endpoint);
    const first = store.troubles.first[stream];
    if (first !== NONE) store.troubles.openHole(stream, store.fragments.time[first]);
    else if (!this.isBehind(own)) store.troubles.closeHole(stream);
    else if (Number.isNaN(store.troubles.holeSince[stream])) store.troubles.openHole(stream, time);
  }

  /** Whether bytes before a FIN or before an acknowledgment are missing. */
  private isBehind(own: number): boolean {
    const words = this.store.live.words;
    const flags = words[own + FLAGS];
    if ((flags & FIN_SEEN) !== 0) return (flags & FIN_TOLD) === 0;
    return (flags & ACK_KNOWN) !== 0 && ((words[own + ACKED] - words[own + NEXT]) | 0) > 0;
  }

  /** Frees all that is buffered of the stream. */
  dropFragments(row: number, endpoint: number): void {
    const trouble = this.store.live.trouble(row);
    if (trouble < 0) return;
    const { troubles, fragments } = this.store;
    const stream = trouble * 2 + endpoint;
    let id = troubles.first[stream];
    while (id !== NONE) {
      const next = fragments.next[id];
      fragments.free(id);
      id = next;
    }
    troubles.first[stream] = NONE;
    troubles.last[stream] = NONE;
    troubles.fragments[stream] = 0;
    troubles.bytes[stream] = 0;
  }
}

/** Established, or closed in order from there: only then a gap is Zeek's `g`. */
function isClean(flags: number): boolean {
  const state = flags & STATE_MASK;
  return state === ESTABLISHED || (state === CLOSED && ((flags >> PREVIOUS_SHIFT) & STATE_MASK) === ESTABLISHED);
}
