// Payload that came before the bytes in front of it: copied into blocks of a common pool, because the capture's buffer
// is only lent. A fragment is a number; its columns say which sequence range it covers and where its bytes lie.
import { grown } from '../model/columns.js';

/** Bytes of a block; a fragment longer than that spans several. */
export const BLOCK_BYTES = 2048;
const SLAB_BLOCKS = 128;
const NONE = -1;

export class FragmentStore {
  /** First sequence number, bytes on the wire (the range covered) and bytes captured (at its beginning). */
  sequence = new Uint32Array(0);
  wireLength = new Uint32Array(0);
  captured = new Uint32Array(0);
  /** Of the segment that brought it. */
  time = new Float64Array(0);
  packet = new Uint32Array(0);
  /** File position of its first byte, or -1. */
  position = new Float64Array(0);
  /** The next fragment of the same stream, in sequence order, or -1. */
  next = new Int32Array(0);
  /** First block of its bytes, or -1; the following ones through nextBlock. */
  firstBlock = new Int32Array(0);
  nextBlock = new Int32Array(0);
  /** Bytes of memory in use. */
  used = 0;

  private readonly slabs: Uint8Array[] = [];
  private blocks = 0;
  private freeBlock = NONE;
  private fragments = 0;
  private freeFragment = NONE;

  /** `limit`: bytes of memory that may be in use. */
  constructor(private readonly limit: number) {}

  /** Whether `captured` more bytes fit. */
  fits(captured: number): boolean {
    return this.used + Math.max(1, Math.ceil(captured / BLOCK_BYTES)) * BLOCK_BYTES <= this.limit;
  }

  /** Stores bytes[start .. start + captured) as the range of `wireLength` bytes from `sequence`. Ask `fits` before. */
  add(bytes: Uint8Array, start: number, captured: number, sequence: number, wireLength: number): number {
    const id = this.takeFragment();
    this.sequence[id] = sequence;
    this.wireLength[id] = wireLength;
    this.captured[id] = captured;
    this.next[id] = NONE;
    this.firstBlock[id] = NONE;
    this.used += BLOCK_BYTES * Math.max(1, Math.ceil(captured / BLOCK_BYTES));
    let last = NONE;
    for (let done = 0; done < captured; done += BLOCK_BYTES) {
      const block = this.takeBlock();
      if (last === NONE) this.firstBlock[id] = block;
      else this.nextBlock[last] = block;
      last = block;
      const from = start + done;
      const length = Math.min(BLOCK_BYTES, captured - done);
      this.slabs[(block / SLAB_BLOCKS) | 0].set(
        bytes.subarray(from, from + length),
        (block % SLAB_BLOCKS) * BLOCK_BYTES,
      );
    }
    return id;
  }

  /** Gives a fragment's memory back. */
  free(id: number): void {
    this.used -= BLOCK_BYTES * Math.max(1, Math.ceil(this.captured[id] / BLOCK_BYTES));
    let block = this.firstBlock[id];
    while (block !== NONE) {
      const following = this.nextBlock[block];
      this.nextBlock[block] = this.freeBlock;
      this.freeBlock = block;
      block = following;
    }
    this.firstBlock[id] = NONE;
    this.next[id] = this.freeFragment;
    this.freeFragment = id;
  }

  /** One past the last sequence number of the fragment (unsigned). */
  end(id: number): number {
    return (this.sequence[id] + this.wireLength[id]) >>> 0;
  }

  /** The slab that holds `block`, and the block's place in it. */
  slab(block: number): Uint8Array {
    return this.slabs[(block / SLAB_BLOCKS) | 0];
  }

  offset(block: number): number {
    return (block % SLAB_BLOCKS) * BLOCK_BYTES;
  }

  /** How many of `length` bytes from `from` of the fragment differ from bytes[start ...]; only captured ones count. */
  differences(id: number, from: number, bytes: Uint8Array, start: number, length: number): number {
    const stop = Math.min(from + length, this.captured[id]);
    let block = this.firstBlock[id];
    let differing = 0;
    for (let blockStart = 0; block !== NONE && blockStart < stop; blockStart += BLOCK_BYTES) {
      const slab = this.slab(block);
      const offset = this.offset(block);
      const blockStop = Math.min(stop, blockStart + BLOCK_BYTES);
      for (let i = Math.max(from, blockStart); i < blockStop; i++) {
        if (slab[offset + i - blockStart] !== bytes[start + i - from]) differing++;
      }
      block = this.nextBlock[block];
    }
    return differing;
  }

  private takeFragment(): number {
    if (this.freeFragment !== NONE) {
      const id = this.freeFragment;
      this.freeFragment = this.next[id];
      return id;
    }
    const id = this.fragments++;
    if (id === this.next.length) this.growFragments(Math.max(64, id * 2));
    return id;
  }

  private takeBlock(): number {
    let block = this.freeBlock;
    if (block !== NONE) this.freeBlock = this.nextBlock[block];
    else {
      block = this.blocks++;
      if (block % SLAB_BLOCKS === 0) {
        this.slabs.push(new Uint8Array(SLAB_BLOCKS * BLOCK_BYTES));
        this.nextBlock = grown(this.nextBlock, block + SLAB_BLOCKS);
      }
    }
    this.nextBlock[block] = NONE;
    return block;
  }

  private growFragments(capacity: number): void {
    this.sequence = grown(this.sequence, capacity);
    this.wireLength = grown(this.wireLength, capacity);
    this.captured = grown(this.captured, capacity);
    this.time = grown(this.time, capacity);
    this.packet = grown(this.packet, capacity);
    this.position = grown(this.position, capacity);
    this.next = grown(this.next, capacity);
    this.firstBlock = grown(this.firstBlock, capacity);
  }
}
