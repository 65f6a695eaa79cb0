// What only connections with some irregularity need (holes, retransmissions, zero windows, resets): a row of its own,
// made when it is first needed, so that ordinary connections stay small. Columns have one entry for each endpoint, at
// row * 2 + endpoint; such an index is called a "stream" here.
import { grown, nextCapacity } from '../model/columns.js';

const NONE = -1;

export class TroubleTable {
  /** The connection, at the trouble row itself (not at the stream). */
  connection = new Int32Array(0);

  /** Counts behind the history letters T, W and G, which are written at 1, 10, 100 ... */
  retransmissions = new Uint32Array(0);
  zeroWindows = new Uint32Array(0);
  gaps = new Uint32Array(0);
  /** Sequence number of the last RST. */
  lastReset = new Uint32Array(0);
  /** Where a segment or an acknowledgment from far away ended, if `farFlags` says so (bit 0 segment, bit 1 ack). */
  farSequence = new Uint32Array(0);
  farAcknowledgment = new Uint32Array(0);
  farFlags = new Uint8Array(0);
  /** When the zero window began. */
  zeroWindowSince = new Float64Array(0);

  /** When the hole at the stream's next byte appeared; NaN without a hole. */
  holeSince = new Float64Array(0);
  /** Buffered fragments, first and last, and how much they hold. */
  first = new Int32Array(0);
  last = new Int32Array(0);
  fragments = new Uint32Array(0);
  bytes = new Float64Array(0);
  /** The list of all streams with a hole, the newest hole first. */
  nextWaiting = new Int32Array(0);
  previousWaiting = new Int32Array(0);
  firstWaiting = NONE;
  lastWaiting = NONE;

  private rows = 0;
  private capacity = 0;
  private freeRow = NONE;

  /** A new row for the connection. */
  add(connection: number): number {
    let row = this.freeRow;
    if (row !== NONE) this.freeRow = this.connection[row];
    else {
      row = this.rows++;
      if (row === this.capacity) this.grow(nextCapacity(this.capacity, row + 1));
    }
    this.connection[row] = connection;
    this.clear(row * 2);
    this.clear(row * 2 + 1);
    return row;
  }

  /** Gives the row back; its streams hold no fragments and no hole any more. */
  free(row: number): void {
    this.connection[row] = this.freeRow;
    this.freeRow = row;
  }

  /** Notes a hole that appeared at `time`, instead of the stream's hole before, if there was one. */
  openHole(stream: number, time: number): void {
    if (this.holeSince[stream] === time) return;
    this.closeHole(stream);
    this.holeSince[stream] = time;
    this.nextWaiting[stream] = this.firstWaiting;
    this.previousWaiting[stream] = NONE;
    if (this.firstWaiting === NONE) this.lastWaiting = stream;
    else this.previousWaiting[this.firstWaiting] = stream;
    this.firstWaiting = stream;
  }

  closeHole(stream: number): void {
    if (Number.isNaN(this.holeSince[stream])) return;
    this.holeSince[stream] = Number.NaN;
    const next = this.nextWaiting[stream];
    const previous = this.previousWaiting[stream];
    if (next === NONE) this.lastWaiting = previous;
    else this.previousWaiting[next] = previous;
    if (previous === NONE) this.firstWaiting = next;
    else this.nextWaiting[previous] = next;
  }

  private clear(stream: number): void {
    this.retransmissions[stream] = 0;
    this.zeroWindows[stream] = 0;
    this.gaps[stream] = 0;
    this.farFlags[stream] = 0;
    this.holeSince[stream] = Number.NaN;
    this.first[stream] = NONE;
    this.last[stream] = NONE;
    this.fragments[stream] = 0;
    this.bytes[stream] = 0;
  }

  private grow(capacity: number): void {
    const streams = capacity * 2;
    this.capacity = capacity;
    this.connection = grown(this.connection, capacity);
    this.retransmissions = grown(this.retransmissions, streams);
    this.zeroWindows = grown(this.zeroWindows, streams);
    this.gaps = grown(this.gaps, streams);
    this.lastReset = grown(this.lastReset, streams);
    this.farSequence = grown(this.farSequence, streams);
    this.farAcknowledgment = grown(this.farAcknowledgment, streams);
    this.farFlags = grown(this.farFlags, streams);
    this.zeroWindowSince = grown(this.zeroWindowSince, streams);
    this.holeSince = grown(this.holeSince, streams);
    this.first = grown(this.first, streams);
    this.last = grown(this.last, streams);
    this.fragments = grown(this.fragments, streams);
    this.bytes = grown(this.bytes, streams);
    this.nextWaiting = grown(this.nextWaiting, streams);
    this.previousWaiting = grown(this.previousWaiting, streams);
  }
}

/** Whether a count has just come to 1, 10, 100, ...: Zeek writes some history letters only then. */
export function isPowerOfTen(count: number): boolean {
  let power = 1;
  while (power < count) power *= 10;
  return power === count;
}
