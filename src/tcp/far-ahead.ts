// Sequence and acknowledgment numbers far ahead of a stream: stragglers of an earlier connection, damage or malice, or
// the other end of a long loss in the capture. They are believed when the next one confirms them.
import { FIN, type Segment } from '../model/segment.js';
import { ACK_KNOWN, ACKED, END, FLAGS } from './live-table.js';
import type { TrackerStore } from './tracker-store.js';

const SEQUENCE = 1;
const ACKNOWLEDGMENT = 2;

export class FarAhead {
  constructor(private readonly store: TrackerStore) {}

  /** Whether the segment is to be left out. Call for segments that end far beyond END. */
  isSegmentFar(row: number, endpoint: number, s: Segment): boolean {
    const { live, troubles, limits, counters } = this.store;
    const words = live.words;
    const own = this.store.endpointAt(row, endpoint);
    if (((s.sequence - words[own + END]) | 0) <= limits.farAhead) return false;
    const known = (words[own + FLAGS] & ACK_KNOWN) !== 0;
    if (known && Math.abs((s.sequence - words[own + ACKED]) | 0) <= limits.farAhead) return false;
    const stream = this.store.stream(row, endpoint);
    const confirmed =
      ((troubles.farFlags[stream] & SEQUENCE) !== 0 && troubles.farSequence[stream] === s.sequence) ||
      ((troubles.farFlags[stream] & ACKNOWLEDGMENT) !== 0 &&
        this.isNear(s.sequence, troubles.farAcknowledgment[stream]));
    troubles.farFlags[stream] |= SEQUENCE;
    troubles.farSequence[stream] = s.sequence + s.wireLength;
    // A FIN is believed: it is the last chance to learn how the connection ended.
    if ((confirmed && s.wireLength > 0) || (s.flags & FIN) !== 0) return false;
    counters.droppedBuffered += s.payloadLength;
    return true;
  }

  /** Whether the acknowledgment is to be left out. Call for acknowledgments far beyond END. */
  isAcknowledgmentFar(row: number, endpoint: number, acknowledgment: number): boolean {
    const { troubles } = this.store;
    const stream = this.store.stream(row, endpoint);
    const flags = troubles.farFlags[stream];
    const confirmed =
      ((flags & ACKNOWLEDGMENT) !== 0 &&
        acknowledgment !== troubles.farAcknowledgment[stream] &&
        this.isNear(acknowledgment, troubles.farAcknowledgment[stream])) ||
      ((flags & SEQUENCE) !== 0 && this.isNear(acknowledgment, troubles.farSequence[stream]));
    troubles.farFlags[stream] |= ACKNOWLEDGMENT;
    troubles.farAcknowledgment[stream] = acknowledgment;
    return !confirmed;
  }

  private isNear(number: number, other: number): boolean {
    return Math.abs((number - other) | 0) <= this.store.limits.farAhead;
  }
}
