// Outgoing records, gathered so that what belongs together leaves in one write. Small contents are copied into one
// buffer, large ones are handed on where they lie. Used by a state machine for what it sends; does no IO.
import { HEADER_LENGTH, MAX_CONTENT, VERSION_1 } from '../fastcgi/constants.js';
import type { PaddingRule } from '../fastcgi/encode.js';

/** Contents up to this size are copied: cheaper than one more piece in a write. */
const COPIED = 4096;
const FIRST_BUFFER = 4096;
/** A buffer that grew past this is not kept for the next write. */
const KEPT_BUFFER = 1 << 18;
const LARGEST_PADDING = 255;

const ZEROS = new Uint8Array(LARGEST_PADDING);

export class RecordWriter {
  private buffer = new Uint8Array(FIRST_BUFFER);
  private used = 0;
  /** Start of what is in the buffer and not yet in `pieces`. */
  private pending = 0;
  private pieces: Uint8Array[] = [];
  private total = 0;

  /** Bytes waiting to be taken. */
  get length(): number {
    return this.total;
  }

  /** A whole record whose content is copied. `id` is written as 16 bits. */
  record(type: number, id: number, content: Uint8Array, padding: number): void {
    this.content(type, id, content, 0, content.length, padding);
  }

  /** One record with content bytes[start..end), at most 65,535 of them; large contents must stay as they are until sent. */
  content(type: number, id: number, bytes: Uint8Array, start: number, end: number, padding: number): void {
    const length = end - start;
    if (length <= COPIED) {
      const at = this.room(HEADER_LENGTH + length + padding);
      writeHeader(this.buffer, at, type, id, length, padding);
      for (let i = start, to = at + HEADER_LENGTH; i < end; ) this.buffer[to++] = bytes[i++];
      if (padding > 0) this.buffer.fill(0, at + HEADER_LENGTH + length, this.used);
      return;
    }
    const at = this.room(HEADER_LENGTH);
    writeHeader(this.buffer, at, type, id, length, padding);
    this.cut();
    this.pieces.push(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end));
    this.total += length;
    if (padding > 0) {
      this.pieces.push(ZEROS.subarray(0, padding));
      this.total += padding;
    }
  }

  /** A stream's bytes as records of at most `recordSize`; nothing for no bytes, because an empty record ends a stream. */
  stream(
    type: number,
    id: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    recordSize: number,
    padding: PaddingRule,
  ): void {
    while (start < end) {
      const next = Math.min(end, start + recordSize);
      this.content(type, id, bytes, start, next, padding(next - start));
      start = next;
    }
  }

  /**
   * Makes room for a record whose content is not known yet, of at most `most` bytes, and returns where in `target` its
   * content is to be written; `finishOpen` tells how much it became.
   */
  open(most: number): number {
    const at = this.room(HEADER_LENGTH + most + LARGEST_PADDING);
    this.used = at;
    this.total -= HEADER_LENGTH + most + LARGEST_PADDING;
    return at + HEADER_LENGTH;
  }

  /** The buffer `open` made room in. */
  get target(): Uint8Array {
    return this.buffer;
  }

  finishOpen(type: number, id: number, length: number, padding: number): void {
    const at = this.used;
    writeHeader(this.buffer, at, type, id, length, padding);
    const end = at + HEADER_LENGTH + length;
    if (padding > 0) this.buffer.fill(0, end, end + padding);
    this.used = end + padding;
    this.total += this.used - at;
  }

  /** The record that ends a stream. */
  end(type: number, id: number): void {
    const at = this.room(HEADER_LENGTH);
    writeHeader(this.buffer, at, type, id, 0, 0);
  }

  /**
   * Hands the waiting bytes on, in order. `write` tells whether it is done with the piece; while it is done with all of
   * them the buffer is used again.
   */
  flush(write: (piece: Uint8Array) => boolean): void {
    if (this.total === 0) return;
    let done: boolean;
    if (this.pieces.length === 0) {
      done = write(this.buffer.subarray(this.pending, this.used));
    } else {
      this.cut();
      const pieces = this.pieces;
      this.pieces = [];
      done = true;
      for (const piece of pieces) if (!write(piece)) done = false;
    }
    this.total = 0;
    this.used = 0;
    this.pending = 0;
    if (!done || this.buffer.length > KEPT_BUFFER) this.buffer = new Uint8Array(FIRST_BUFFER);
  }

  /** Reserves `length` bytes of the buffer and returns where they begin. */
  private room(length: number): number {
    let at = this.used;
    if (at + length > this.buffer.length) {
      if (this.pending < at) this.cut();
      this.buffer = new Uint8Array(Math.max(length, Math.min(this.buffer.length * 2, KEPT_BUFFER)));
      at = 0;
      this.pending = 0;
    }
    this.used = at + length;
    this.total += length;
    return at;
  }

  private cut(): void {
    if (this.pending < this.used) this.pieces.push(this.buffer.subarray(this.pending, this.used));
    this.pending = this.used;
  }
}

function writeHeader(
  target: Uint8Array,
  at: number,
  type: number,
  id: number,
  contentLength: number,
  padding: number,
): void {
  if (contentLength > MAX_CONTENT) throw new RangeError(`a record cannot hold ${contentLength} bytes`);
  if (padding < 0 || padding > LARGEST_PADDING)
    throw new RangeError(`a record cannot have ${padding} bytes of padding`);
  target[at] = VERSION_1;
  target[at + 1] = type;
  target[at + 2] = id >>> 8;
  target[at + 3] = id;
  target[at + 4] = contentLength >>> 8;
  target[at + 5] = contentLength;
  target[at + 6] = padding;
  target[at + 7] = 0;
}
