// Makes the sequence numbers of tcpdump's text absolute again. tcpdump prints those of a conversation's first packet
// with ACK (and of every SYN) as they are, and later ones relative to it; with -S all are absolute. An excerpt may also
// lack the packet to which the others are relative. So tcpdump's memory is kept up in step, and what does not go with
// the numbers seen so far decides for one reading or the other.
import { grown, nextCapacity } from '../model/columns.js';
import { ACK, FIN, type Segment, SYN } from '../model/segment.js';

/** How the numbers of a conversation are printed. */
const UNDECIDED = 0;
const RELATIVE = 1;
const AS_PRINTED = 2;

const MID_STREAM = 1;
const FROM_SYN = 2;

/** Numbers below are more likely relative ones whose beginning is missing than absolute ones. */
const SMALL = 1 << 16;
const MAX_ENDPOINTS = 1 << 26;

export class SequenceNumbers {
  private readonly endpoints = new Map<number, number>();
  private readonly conversations = new Map<number, number>();
  private count = 0;
  /** What was decided for a conversation seen from its SYN on, or whose numbers leave no doubt: -S holds for all. */
  private style = UNDECIDED;
  // One row a conversation.
  private readingOf = new Uint8Array(0);
  /** tcpdump has an entry for it: 0 no, else MID_STREAM or FROM_SYN. */
  private remembered = new Uint8Array(0);
  // Two rows a conversation, one a direction.
  private base = new Uint32Array(0);
  private initial = new Uint32Array(0);
  private hasInitial = new Uint8Array(0);
  private next = new Uint32Array(0);
  private hasNext = new Uint8Array(0);

  /** tcpdump was started anew: its memory is empty. */
  restart(): void {
    this.endpoints.clear();
    this.conversations.clear();
    this.count = 0;
    this.style = UNDECIDED;
  }

  /**
   * Replaces the printed numbers of a segment (addresses, ports, flags and wireLength are filled) by absolute ones.
   * Without a printed sequence number it is the next one of that side, as far as it is known.
   */
  restore(segment: Segment, hasSequence: boolean): void {
    const from = this.endpoint(segment.source, segment.sourcePort);
    const to = this.endpoint(segment.destination, segment.destinationPort);
    const row = this.conversation(Math.min(from, to), Math.max(from, to));
    const sender = row * 2 + (from <= to ? 0 : 1);
    const receiver = sender ^ 1;
    const syn = (segment.flags & SYN) !== 0;
    if ((segment.flags & ACK) !== 0) {
      if (syn) this.remember(row, sender, receiver, segment, hasSequence, FROM_SYN);
      else if (this.remembered[row] === 0) this.rememberMidStream(row, sender, receiver, segment, hasSequence);
      else this.toAbsolute(row, sender, receiver, segment, hasSequence);
    } else if (syn && !this.isSynOf(sender, segment.sequence)) this.hasNext[receiver] = 0;
    if (!hasSequence) segment.sequence = this.expected(sender);
    if (syn && hasSequence) {
      this.initial[sender] = segment.sequence;
      this.hasInitial[sender] = 1;
      this.hasNext[sender] = 0;
    }
    this.advance(sender, segment.sequence + segment.wireLength + (syn ? 1 : 0) + (segment.flags & FIN ? 1 : 0));
    if ((segment.flags & ACK) !== 0) this.advance(receiver, segment.acknowledgment);
  }

  private remember(
    row: number,
    sender: number,
    receiver: number,
    segment: Segment,
    hasSequence: boolean,
    how: number,
  ): void {
    this.remembered[row] = how;
    this.readingOf[row] = how === FROM_SYN || this.style === AS_PRINTED ? this.style : UNDECIDED;
    if (hasSequence) this.base[sender] = segment.sequence;
    else if (this.hasNext[sender] === 1) this.base[sender] = this.next[sender];
    else this.base[sender] = 0;
    this.base[receiver] = segment.acknowledgment - 1;
  }

  // tcpdump prints these numbers as they are, unless it had seen packets that this text does not have.
  private rememberMidStream(
    row: number,
    sender: number,
    receiver: number,
    segment: Segment,
    hasSequence: boolean,
  ): void {
    const relativeToSyn =
      this.hasInitial[sender] === 1 &&
      this.style !== AS_PRINTED &&
      (hasSequence
        ? segment.sequence < SMALL && (segment.sequence + this.initial[sender]) >>> 0 === this.next[sender]
        : segment.acknowledgment < SMALL);
    if (!relativeToSyn) {
      this.remember(row, sender, receiver, segment, hasSequence, MID_STREAM);
      return;
    }
    this.remembered[row] = MID_STREAM;
    this.readingOf[row] = RELATIVE;
    this.base[sender] = this.initial[sender];
    this.base[receiver] = this.hasInitial[receiver] === 1 ? this.initial[receiver] : 0;
    segment.sequence = (segment.sequence + this.base[sender]) >>> 0;
    segment.acknowledgment = (segment.acknowledgment + this.base[receiver]) >>> 0;
  }

  private toAbsolute(row: number, sender: number, receiver: number, segment: Segment, hasSequence: boolean): void {
    if (this.readingOf[row] === AS_PRINTED) return;
    const sequence = (segment.sequence + this.base[sender]) >>> 0;
    const acknowledgment = (segment.acknowledgment + this.base[receiver]) >>> 0;
    if (this.readingOf[row] === UNDECIDED) {
      let expected = this.expected(receiver);
      let relative = distance(acknowledgment, expected);
      let printed = distance(segment.acknowledgment, expected);
      if (hasSequence) {
        expected = this.expected(sender);
        relative += distance(sequence, expected);
        printed += distance(segment.sequence, expected);
      }
      this.decide(row, relative, printed);
      if (printed < relative) return;
    }
    segment.sequence = sequence;
    segment.acknowledgment = acknowledgment;
  }

  private decide(row: number, relative: number, printed: number): void {
    const clear = Math.abs(relative - printed) > SMALL;
    if (relative === printed || !(clear || relative === 0 || printed === 0)) return;
    const reading = relative < printed ? RELATIVE : AS_PRINTED;
    this.readingOf[row] = reading;
    if ((clear || this.remembered[row] === FROM_SYN) && this.style === UNDECIDED) this.style = reading;
  }

  private expected(direction: number): number {
    return this.hasNext[direction] === 1 ? this.next[direction] : this.base[direction];
  }

  // Whether a SYN belongs to what was seen of this direction: repeated, or printed after its SYN-ACK.
  private isSynOf(sender: number, sequence: number): boolean {
    if (this.hasInitial[sender] === 1 && this.initial[sender] === sequence) return true;
    return this.hasNext[sender] === 1 && this.next[sender] === (sequence + 1) >>> 0;
  }

  private advance(direction: number, to: number): void {
    const next = to >>> 0;
    if (this.hasNext[direction] === 1 && ((next - this.next[direction]) | 0) <= 0) return;
    this.hasNext[direction] = 1;
    this.next[direction] = next;
  }

  private endpoint(address: number, port: number): number {
    const key = address * 0x10000 + port;
    let number = this.endpoints.get(key);
    if (number === undefined) {
      number = this.endpoints.size;
      this.endpoints.set(key, number);
    }
    return number;
  }

  private conversation(low: number, high: number): number {
    const key = low * MAX_ENDPOINTS + high;
    let row = this.conversations.get(key);
    if (row === undefined) {
      row = this.count++;
      this.conversations.set(key, row);
      this.clearRow(row);
    }
    return row;
  }

  private clearRow(row: number): void {
    if (row === this.readingOf.length) {
      const rows = nextCapacity(row, row + 1);
      this.readingOf = grown(this.readingOf, rows);
      this.remembered = grown(this.remembered, rows);
      this.base = grown(this.base, rows * 2);
      this.initial = grown(this.initial, rows * 2);
      this.hasInitial = grown(this.hasInitial, rows * 2);
      this.next = grown(this.next, rows * 2);
      this.hasNext = grown(this.hasNext, rows * 2);
    }
    this.readingOf[row] = UNDECIDED;
    this.remembered[row] = 0;
    for (let direction = row * 2; direction < row * 2 + 2; direction++) {
      this.base[direction] = 0;
      this.hasInitial[direction] = 0;
      this.hasNext[direction] = 0;
    }
  }
}

/** How far two sequence numbers are apart, either way around (RFC 9293, 3.4). */
function distance(one: number, other: number): number {
  return Math.abs((one - other) | 0);
}
