// Bytes gathered from lent pieces, up to a limit: what arrives in any cutting costs its own length, not its number of pieces.
import { copyBytes } from '../../model/copy-bytes.js';

const NO_BYTES = new Uint8Array(0);

export class ByteStore {
  /** Bytes kept. */
  length = 0;
  private buffer: Uint8Array = NO_BYTES;

  /** @param limit most bytes kept; the rest is dropped. */
  constructor(private readonly limit = Number.POSITIVE_INFINITY) {}

  append(bytes: Uint8Array, start: number, end: number): void {
    const length = Math.min(end - start, this.limit - this.length);
    if (length <= 0) return;
    const needed = this.length + length;
    if (this.length === 0) {
      this.buffer = copyBytes(bytes, start, start + length);
    } else {
      if (needed > this.buffer.length) {
        const larger = new Uint8Array(Math.min(this.limit, Math.max(256, needed * 2)));
        larger.set(this.buffer.subarray(0, this.length));
        this.buffer = larger;
      }
      this.buffer.set(length === bytes.length ? bytes : bytes.subarray(start, start + length), this.length);
    }
    this.length = needed;
  }

  /** What is kept; not to be changed. */
  get bytes(): Uint8Array {
    return this.buffer.length === this.length ? this.buffer : this.buffer.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
    this.buffer = NO_BYTES;
  }
}
