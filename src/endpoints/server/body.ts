// A request's STDIN or DATA between the connection, which gives it in pieces, and the handler, which may never read it.
// What waits is bounded: beyond the mark the connection is paused.
import type { ReadableOptions } from 'node:stream';
import { Readable } from 'node:stream';
import { endedError, RequestError } from './errors.js';

/** Shorter pieces are put together where they wait, so that a piece costs no more than it holds. */
const SMALL = 4096;

/** What a body asks of its connection. */
export interface BodyFlow {
  pauseBody(): void;
  resumeBody(): void;
}

export class RequestBody {
  /** Bytes that came so far. */
  received = 0;
  /** Everything has come. */
  ended = false;
  private error: Error | undefined;
  private pieces: Buffer[] = [];
  private buffered = 0;
  /** The last piece's memory, if it has room for more. */
  private room: Buffer | undefined;
  private full = false;
  private discarding = false;
  private stream: BodyStream | undefined;
  private wanted = false;
  private collector: { limit: number; resolve: (body: Buffer) => void; reject: (error: Error) => void } | undefined;

  constructor(
    private readonly mark: number,
    private readonly flow: BodyFlow,
  ) {}

  /** The next bytes; they are kept, not copied, unless they are few. */
  append(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.received += length;
    if (this.discarding || this.error) return;
    if (this.wanted && this.pieces.length === 0) {
      this.wanted = this.stream!.push(asBuffer(bytes, start, end));
      return;
    }
    this.keep(bytes, start, end);
    if (this.collector) {
      if (this.buffered > this.collector.limit) this.tooLarge();
    } else if (!this.full && this.buffered >= this.mark) {
      this.full = true;
      this.flow.pauseBody();
    }
  }

  finish(): void {
    this.ended = true;
    if (this.collector) {
      const { resolve } = this.collector;
      this.collector = undefined;
      resolve(this.takeAll());
    } else if (this.pieces.length === 0) {
      this.stream?.push(null);
    }
  }

  /** No more comes although it has not ended: whoever reads it gets the error. */
  fail(error: Error): void {
    if (this.ended || this.error) return;
    this.error = error;
    this.collector?.reject(error);
    this.collector = undefined;
    this.stream?.destroy(error);
    this.clear();
  }

  /** Nobody will read it any more. */
  discard(): void {
    if (this.discarding) return;
    this.discarding = true;
    if (this.stream && !this.stream.readableEnded) this.stream.destroy();
    this.collector?.reject(endedError());
    this.collector = undefined;
    this.clear();
  }

  /** All of it. @throws RequestError if it is longer than `limit`, or the request was aborted. */
  collect(limit: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.error || this.discarding) {
        reject(this.error ?? endedError());
        return;
      }
      this.collector = { limit, resolve, reject };
      if (this.buffered > limit) this.tooLarge();
      else if (this.ended) this.finish();
      else this.unpause();
    });
  }

  /** `stream` is read from now on, and calls `want` for each piece. */
  attach(stream: BodyStream): void {
    this.stream = stream;
    if (this.error || this.discarding) stream.destroy(this.error);
  }

  /** The stream can take more. */
  want(): void {
    this.wanted = true;
    while (this.wanted && this.pieces.length > 0) {
      const piece = this.pieces.shift()!;
      this.buffered -= piece.length;
      if (this.pieces.length === 0) this.room = undefined;
      this.wanted = this.stream!.push(piece);
    }
    if (this.pieces.length > 0) return;
    if (this.ended) this.stream!.push(null);
    else this.unpause();
  }

  private unpause(): void {
    if (!this.full) return;
    this.full = false;
    this.flow.resumeBody();
  }

  private keep(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.buffered += length;
    const last = this.pieces.length - 1;
    if (length >= SMALL || last < 0 || this.pieces[last].length >= SMALL * 4) {
      // Of a large buffer a small piece is not kept: it would keep all of it.
      const piece = asBuffer(bytes, start, end);
      this.pieces.push(bytes.buffer.byteLength <= length * 4 + 1024 ? piece : Buffer.from(piece));
      this.room = undefined;
      return;
    }
    const used = this.pieces[last].length;
    if (!this.room || used + length > this.room.length) {
      const larger = Buffer.allocUnsafe(Math.max(1024, (used + length) * 2));
      this.pieces[last].copy(larger);
      this.room = larger;
    }
    this.room.set(bytes.subarray(start, end), used);
    this.pieces[last] = this.room.subarray(0, used + length);
  }

  private takeAll(): Buffer {
    const all = this.pieces.length === 1 ? this.pieces[0] : Buffer.concat(this.pieces, this.buffered);
    this.clear();
    return all;
  }

  private tooLarge(): void {
    const { reject, limit } = this.collector!;
    this.collector = undefined;
    this.discard();
    reject(new RequestError('ERR_BODY_TOO_LARGE', `the body is longer than ${limit} bytes`));
  }

  private clear(): void {
    this.pieces = [];
    this.room = undefined;
    this.buffered = 0;
    this.unpause();
  }
}

/** A body as a stream. It holds one piece at most: what waits, waits in the body. */
export class BodyStream extends Readable {
  constructor(private readonly body: () => RequestBody) {
    super(STREAM_OPTIONS);
  }

  private attached = false;

  override _read(): void {
    const body = this.body();
    if (!this.attached) {
      this.attached = true;
      body.attach(this);
    }
    body.want();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // An abort must not end the process of somebody who only reads the body of requests that come through.
    done(error && this.listenerCount('error') > 0 ? error : null);
  }
}

const STREAM_OPTIONS: ReadableOptions = { highWaterMark: 1 };

function asBuffer(bytes: Uint8Array, start: number, end: number): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
}
