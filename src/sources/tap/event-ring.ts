// What the relay tells, handed from its thread to the analysis through shared memory. The relay never waits: where the
// analysis is too slow, bytes are left out and counted, and the analysis sees a gap as in a capture that lost packets.
// One writer, one reader. A message is a head of 96 bytes and its bytes, in a multiple of 8.

/** Kinds of messages. */
export const EVENT_SKIP = 0; // the rest of the ring up to its end is empty
export const EVENT_OPENED = 1;
export const EVENT_CONNECTED = 2;
export const EVENT_FAILED = 3;
export const EVENT_DATA = 4;
export const EVENT_FINISHED = 5;
export const EVENT_RESET = 6;
export const EVENT_CUT = 7;
export const EVENT_CLOSED = 8;
export const EVENT_NOT_ACCEPTED = 9;
export const EVENT_PAUSED = 10;
export const EVENT_RESUMED = 11;
export const EVENT_FAULT = 12;

/** The words, and room for the headers of a packet in front of the bytes. */
const HEAD = 96;
/** Room that bytes leave for everything else: opens and closes must not be lost. */
const RESERVE = 1 << 20;
/**
 * Part of the ring, and bytes at least, after which an empty one is begun anew. Until the reader has passed what is skipped
 * then, there is only so much room: it must be far more than what is kept free.
 */
const RESTART_PART = 4;
const RESTART_LEAST = 2 * RESERVE;

/** Bytes from which a call out of JavaScript is worth it. */
const NATIVE_COPY = 8192;

// Words of the control block.
const WRITTEN = 0; // bytes written and read so far, modulo 2^32
const READ = 1;
const ASLEEP = 2;
const LOST_MESSAGES = 3;
const CONTROL_WORDS = 16; // a cache line

/**
 * Bytes that the reader has read before it gives them back: the counters of both are in one cache line, which goes from
 * processor to processor whenever one of them is written.
 */
const MOST_KEPT = 1 << 16;

/** Makes the memory of a ring. `size` is a power of two, at least 4 MiB. */
export function ringMemory(size: number): SharedArrayBuffer {
  return new SharedArrayBuffer(CONTROL_WORDS * 4 + size);
}

class Ring {
  protected readonly control: Int32Array;
  protected readonly bytes: Buffer;
  protected readonly words: Int32Array;
  protected readonly doubles: Float64Array;
  protected readonly size: number;
  protected readonly mask: number;
  protected readonly restart: number;

  constructor(memory: SharedArrayBuffer) {
    const start = CONTROL_WORDS * 4;
    this.control = new Int32Array(memory, 0, CONTROL_WORDS);
    this.bytes = Buffer.from(memory, start);
    this.words = new Int32Array(memory, start);
    this.doubles = new Float64Array(memory, start);
    this.size = memory.byteLength - start;
    this.mask = this.size - 1;
    this.restart = Math.max(this.size / RESTART_PART, RESTART_LEAST);
  }

  /** Messages other than bytes that found no room. */
  get lost(): number {
    return Atomics.load(this.control, LOST_MESSAGES);
  }
}

export class RingWriter extends Ring {
  private at = 0;

  /** @param wake called when the reader may have gone to sleep */
  constructor(
    memory: SharedArrayBuffer,
    private readonly wake: () => void,
  ) {
    super(memory);
  }

  /** Returns whether there was room for it. `position`: a number of the message's own. */
  push(
    kind: number,
    connection: number,
    detail: number,
    time: number,
    position: number,
    bytes: Uint8Array | undefined,
  ): boolean {
    const length = bytes === undefined ? 0 : bytes.length;
    const whole = (HEAD + length + 7) & ~7;
    const used = (this.at - Atomics.load(this.control, READ)) >>> 0;
    let offset = this.at & this.mask;
    // An empty ring is begun anew: what was never written to takes no memory.
    const skipped = offset + whole > this.size || (used === 0 && offset > this.restart) ? this.size - offset : 0;
    const limit = kind === EVENT_DATA ? this.size - RESERVE : this.size;
    if (used + skipped + whole > limit) {
      if (kind !== EVENT_DATA) Atomics.add(this.control, LOST_MESSAGES, 1);
      return false;
    }
    if (skipped > 0) {
      this.words[offset >> 2] = EVENT_SKIP;
      this.at = (this.at + skipped) >>> 0;
      offset = 0;
    }
    const word = offset >> 2;
    this.words[word] = kind;
    this.words[word + 1] = length;
    this.words[word + 2] = connection;
    this.words[word + 3] = detail;
    this.doubles[(offset >> 3) + 2] = time;
    this.doubles[(offset >> 3) + 3] = position;
    if (bytes !== undefined) {
      // Into shared memory V8 copies word by word; for many bytes the system's copy is two to three times as fast.
      if (length < NATIVE_COPY) this.bytes.set(bytes, offset + HEAD);
      else this.bytes.fill(bytes, offset + HEAD, offset + HEAD + length);
    }
    this.at = (this.at + whole) >>> 0;
    Atomics.store(this.control, WRITTEN, this.at | 0);
    if (Atomics.load(this.control, ASLEEP) === 1 && Atomics.exchange(this.control, ASLEEP, 0) === 1) this.wake();
    return true;
  }
}

/** A message as the reader sees it: its bytes are bytes[start..start + length), until the next one is asked for. */
export class RingMessage {
  kind = 0;
  connection = 0;
  detail = 0;
  time = Number.NaN;
  position = Number.NaN;
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  length = 0;
}

/** Bytes in front of a message's own that may be written over. */
export const FREE_IN_FRONT = HEAD - 32;

export class RingReader extends Ring {
  private at = 0;
  /** Where the message at hand ends. */
  private end = 0;
  /** What the writer had written when it was asked last. */
  private written = 0;
  /** Up to where the writer may use again what was read. */
  private given = 0;

  /** Fills in the next message; the one before it is not valid any more. False when there is none. */
  next(message: RingMessage): boolean {
    if (this.at !== this.end) {
      this.at = this.end;
      if ((this.at - this.given) >>> 0 >= MOST_KEPT) this.giveBack();
    }
    for (;;) {
      if (this.at === this.written) {
        this.giveBack();
        this.written = Atomics.load(this.control, WRITTEN) >>> 0;
        if (this.at === this.written) return false;
      }
      const start = this.at & this.mask;
      const word = start >> 2;
      const kind = this.words[word];
      if (kind === EVENT_SKIP) {
        this.at = this.end = (this.at + this.size - start) >>> 0;
        this.giveBack();
        continue;
      }
      message.kind = kind;
      message.length = this.words[word + 1];
      message.connection = this.words[word + 2];
      message.detail = this.words[word + 3];
      message.time = this.doubles[(start >> 3) + 2];
      message.position = this.doubles[(start >> 3) + 3];
      message.bytes = this.bytes;
      message.start = start + HEAD;
      this.end = (this.at + ((HEAD + message.length + 7) & ~7)) >>> 0;
      return true;
    }
  }

  private giveBack(): void {
    this.given = this.at;
    Atomics.store(this.control, READ, this.at | 0);
  }

  /** Asks to be woken; false if something came meanwhile. */
  sleep(): boolean {
    Atomics.store(this.control, ASLEEP, 1);
    if (this.at === Atomics.load(this.control, WRITTEN) >>> 0) return true;
    return Atomics.exchange(this.control, ASLEEP, 0) === 0;
  }
}
