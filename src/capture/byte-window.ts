// The bytes of an input that were read and not yet consumed. An IO source fills it, a frame reader takes frames out of
// it where they lie: packets are never copied, only the piece of a packet that was cut by the end of a block.

const INITIAL_CAPACITY = 64 * 1024;

export class ByteWindow {
  /** The buffer; bytes[start .. end) are there to be read. Replaced when it grows. */
  bytes: Uint8Array;
  start = 0;
  end = 0;
  /** File offset of bytes[0]; bytes[i] is at origin + i. */
  origin = 0;
  /** Set by the source when nothing more will come. */
  finished = false;

  constructor(capacity = INITIAL_CAPACITY) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Number of bytes that can be read. */
  get length(): number {
    return this.end - this.start;
  }

  /** File offset of the next unread byte. */
  get position(): number {
    return this.origin + this.start;
  }

  /**
   * Free space to read at least `minimum` bytes into, as a view of the buffer; say how many came with `filled`.
   * Moves what is unread to the front, and the buffer grows only when that does not help: its size is bounded by
   * `minimum` and by what a reader leaves unread (readers check a packet's length before they wait for it).
   */
  space(minimum: number): Uint8Array {
    if (this.start === this.end) {
      this.origin += this.start;
      this.start = 0;
      this.end = 0;
    }
    if (this.bytes.length - this.end < minimum) this.makeRoom(minimum);
    return this.bytes.subarray(this.end);
  }

  /** `count` bytes were read into what `space` returned. */
  filled(count: number): void {
    this.end += count;
  }

  /** Copies a chunk to the end. */
  append(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.space(chunk.length).set(chunk);
    this.end += chunk.length;
  }

  private makeRoom(minimum: number): void {
    const unread = this.end - this.start;
    let target = this.bytes;
    if (unread + minimum > target.length) target = new Uint8Array(Math.max(target.length * 2, unread + minimum));
    // Frames that were handed out end here; the contract of Frame allows it.
    if (target === this.bytes) target.copyWithin(0, this.start, this.end);
    else target.set(this.bytes.subarray(this.start, this.end));
    this.bytes = target;
    this.origin += this.start;
    this.start = 0;
    this.end = unread;
  }
}
