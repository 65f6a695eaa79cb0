// A growing byte buffer with a byte order, for file formats.

export class ByteWriter {
  length = 0;
  private buffer = new Uint8Array(256);
  private view = new DataView(this.buffer.buffer);

  constructor(private readonly bigEndian = false) {}

  u8(value: number): this {
    this.room(1);
    this.view.setUint8(this.length++, value);
    return this;
  }

  u16(value: number): this {
    this.room(2);
    this.view.setUint16(this.length, value, !this.bigEndian);
    this.length += 2;
    return this;
  }

  u32(value: number): this {
    this.room(4);
    this.view.setUint32(this.length, value, !this.bigEndian);
    this.length += 4;
    return this;
  }

  /** 64 bits in the byte order of the file. */
  u64(value: bigint): this {
    this.room(8);
    this.view.setBigUint64(this.length, BigInt.asUintN(64, value), !this.bigEndian);
    this.length += 8;
    return this;
  }

  bytes(bytes: Uint8Array): this {
    this.room(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }

  /** Zero bytes until the length is a multiple of 4. */
  align4(): this {
    while (this.length & 3) this.u8(0);
    return this;
  }

  /** What was written, in a buffer of its own. */
  take(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }

  private room(count: number): void {
    if (this.length + count <= this.buffer.length) return;
    const next = new Uint8Array(Math.max(this.buffer.length * 2, this.length + count));
    next.set(this.buffer.subarray(0, this.length));
    this.buffer = next;
    this.view = new DataView(next.buffer);
  }
}
