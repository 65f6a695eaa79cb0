// Name-value pairs (specification 1.0, section 3.4) from a PARAMS stream that may be cut into records anywhere, also
// inside a length. Pairs that lie whole in a piece are handed on where they lie; only a cut pair is copied.

export interface PairSink {
  /** 1 at each name length whose pairs are wanted: the others are stepped over. Names of 255 bytes and more share 255. */
  readonly wantedLengths: Uint8Array;
  /** One pair: name bytes[nameStart..valueStart), value bytes[valueStart..valueEnd). Only lent. */
  pair(bytes: Uint8Array, nameStart: number, valueStart: number, valueEnd: number): void;
}

/** A `wantedLengths` for sinks that want every pair. */
export const EVERY_LENGTH: Uint8Array = new Uint8Array(256).fill(1);

/** A pair larger than this is not kept: PARAMS of that size are an attack or a mistake. */
export const MAX_PAIR = 1 << 20;

export class NameValueParser {
  /** A pair was larger than MAX_PAIR; nothing after it was decoded. */
  overflowed = false;
  private carry: Uint8Array | undefined;
  private carried = 0;

  /** True while a pair is incomplete: PARAMS that end here are truncated. */
  get pending(): boolean {
    return this.carried > 0;
  }

  restart(): void {
    this.carried = 0;
    this.overflowed = false;
    if (this.carry && this.carry.length > 4096) this.carry = undefined;
  }

  /** The next piece of the stream. */
  push(bytes: Uint8Array, start: number, end: number, sink: PairSink): void {
    if (this.overflowed) return;
    if (this.carried === 0) {
      const stopped = scan(bytes, start, end, sink);
      if (stopped < end) this.keep(bytes, stopped, end);
      return;
    }
    // Only as many bytes as the cut pair needs are copied, then the rest is scanned in place.
    while (start < end && this.carried > 0) {
      const need = this.missing();
      const length = Math.min(need, end - start);
      this.keep(bytes, start, start + length);
      start += length;
      if (this.overflowed) return;
      if (this.missing() === 0) {
        scan(this.carry!, 0, this.carried, sink);
        this.carried = 0;
      }
    }
    if (start < end) {
      const stopped = scan(bytes, start, end, sink);
      if (stopped < end) this.keep(bytes, stopped, end);
    }
  }

  /** Bytes that must still come before the carried pair, or its next length byte, is complete. */
  private missing(): number {
    const carry = this.carry!;
    const nameBytes = carry[0] & 0x80 ? 4 : 1;
    if (this.carried <= nameBytes) return nameBytes + 1 - this.carried;
    const valueBytes = carry[nameBytes] & 0x80 ? 4 : 1;
    const header = nameBytes + valueBytes;
    if (this.carried < header) return header - this.carried;
    const total = header + readLength(carry, 0) + readLength(carry, nameBytes);
    if (total > MAX_PAIR) {
      this.overflowed = true;
      return 0;
    }
    return total - this.carried;
  }

  private keep(bytes: Uint8Array, start: number, end: number): void {
    const needed = this.carried + end - start;
    if (needed > MAX_PAIR) {
      this.overflowed = true;
      this.carried = 0;
      return;
    }
    if (!this.carry || this.carry.length < needed) {
      const larger = new Uint8Array(Math.max(256, needed * 2));
      if (this.carry) larger.set(this.carry.subarray(0, this.carried));
      this.carry = larger;
    }
    this.carry.set(bytes.subarray(start, end), this.carried);
    this.carried = needed;
    if (this.missing() === 0 && this.overflowed) this.carried = 0;
  }
}

/** Hands on the whole pairs of bytes[at..end); returns where the first incomplete one begins. */
function scan(bytes: Uint8Array, at: number, end: number, sink: PairSink): number {
  const wanted = sink.wantedLengths;
  while (at < end) {
    // Most pairs have lengths of one byte, lie whole in the piece, and have a name nobody asked for.
    if (end - at >= 2) {
      const name = bytes[at];
      const value = bytes[at + 1];
      if ((name | value) < 0x80) {
        const valueStart = at + 2 + name;
        const next = valueStart + value;
        if (next > end) return at;
        if (wanted[name] !== 0) sink.pair(bytes, at + 2, valueStart, next);
        at = next;
        continue;
      }
    }
    let cursor = at;
    let nameLength = bytes[cursor];
    if (nameLength & 0x80) {
      if (end - cursor < 4) return at;
      nameLength = readLength(bytes, cursor);
      cursor += 4;
    } else {
      cursor++;
    }
    if (cursor >= end) return at;
    let valueLength = bytes[cursor];
    if (valueLength & 0x80) {
      if (end - cursor < 4) return at;
      valueLength = readLength(bytes, cursor);
      cursor += 4;
    } else {
      cursor++;
    }
    if (end - cursor < nameLength + valueLength) return at;
    const valueStart = cursor + nameLength;
    if (wanted[Math.min(nameLength, 255)] !== 0) sink.pair(bytes, cursor, valueStart, valueStart + valueLength);
    at = valueStart + valueLength;
  }
  return at;
}

function readLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first < 0x80) return first;
  return ((first & 0x7f) << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}
