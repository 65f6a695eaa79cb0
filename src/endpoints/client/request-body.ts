// What a request's STDIN (or a Filter's DATA) is made of: bytes, text, or anything that yields pieces.
import type { StreamRules } from '../../protocol/web-server-request.js';

/**
 * Text is sent as UTF-8. Streams of Node and of the web are async iterables. A piece must not be changed after it was
 * yielded.
 */
export type RequestBody = Uint8Array | string | AsyncIterable<Uint8Array | string> | Iterable<Uint8Array>;

/** Bodies are handed over in pieces of at most this many bytes, so that a slow application is noticed. */
const PIECE = 1 << 17;

const utf8 = new TextEncoder();

/** A body's length in bytes; undefined where only its end will tell. */
export function bodyLength(body: RequestBody | undefined): number | undefined {
  if (body === undefined) return undefined;
  if (typeof body === 'string') return utf8Length(body);
  return body instanceof Uint8Array ? body.length : undefined;
}

/** Whether a body can be sent a second time. */
export function isReplayable(body: RequestBody | undefined): boolean {
  return body === undefined || typeof body === 'string' || body instanceof Uint8Array;
}

/** @throws TypeError if it is no body. */
export function checkBody(body: unknown): void {
  if (body === undefined || typeof body === 'string') return;
  if (typeof body === 'object' && body !== null && (Symbol.asyncIterator in body || Symbol.iterator in body)) return;
  throw new TypeError('a body is bytes, text, or something that yields bytes');
}

function utf8Length(text: string): number {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return utf8.encode(text).length;
  return text.length;
}

/** Where a body goes: a FastCGI request's streams, or an SCGI request. Pieces must stay as they are until sent. */
export interface BodyTarget {
  /** Nothing more is wanted. */
  readonly sent: boolean;
  stdin(bytes: Uint8Array, start: number, end: number, rules: StreamRules): void;
  endStdin(): void;
  data(bytes: Uint8Array, start: number, end: number, rules: StreamRules): void;
  endData(): void;
}

/** What a sender needs of its connection. */
export interface BodyOutlet {
  /** Sends what was written. False: wait for `BodySender.resume` before more. */
  flush(): boolean;
  /** The body itself failed. */
  bodyFailed(error: unknown): void;
}

type Iterated = { next(): IteratorResult<unknown> | Promise<IteratorResult<unknown>>; return?(): unknown };

/** Sends one request's streams, as fast as the connection takes them. */
export class BodySender {
  private bytes: Uint8Array | undefined;
  private at = 0;
  private iterator: Iterated | undefined;
  private inData = false;
  private waiting = false;
  private stopped = false;

  constructor(
    private readonly request: BodyTarget,
    stdin: RequestBody | undefined,
    private readonly data: RequestBody | undefined,
    private readonly rules: StreamRules,
    private readonly outlet: BodyOutlet,
  ) {
    this.source(stdin);
  }

  /** Goes on: at first, and after the connection drained. */
  resume(): void {
    if (this.waiting) return;
    try {
      while (!this.stopped && !this.request.sent) {
        if (this.iterator) {
          const next = this.iterator.next();
          if (next instanceof Promise) {
            this.await(next);
            return;
          }
          if (!this.take(next)) return;
        } else if (this.bytes && this.at < this.bytes.length) {
          if (!this.piece(this.bytes)) return;
        } else {
          this.endStream();
        }
      }
    } catch (error) {
      this.fail(error);
    }
  }

  /** Nothing more is to be sent: tells the body so. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    const { iterator } = this;
    this.iterator = undefined;
    if (!iterator?.return) return;
    try {
      const result = iterator.return();
      if (result instanceof Promise) result.catch(() => {});
    } catch {
      // A body that fails while it is thrown away changes nothing.
    }
  }

  private source(body: RequestBody | undefined): void {
    this.bytes = undefined;
    this.iterator = undefined;
    this.at = 0;
    if (body === undefined) return;
    if (typeof body === 'string') this.bytes = utf8.encode(body);
    else if (body instanceof Uint8Array) this.bytes = body;
    else if (Symbol.asyncIterator in body) this.iterator = body[Symbol.asyncIterator]();
    else this.iterator = body[Symbol.iterator]();
  }

  private await(next: Promise<IteratorResult<unknown>>): void {
    this.waiting = true;
    // What is written so far should not wait for the body.
    this.outlet.flush();
    next.then(
      (result) => {
        this.waiting = false;
        if (this.stopped) return;
        try {
          if (!this.take(result)) return;
        } catch (error) {
          this.fail(error);
          return;
        }
        this.resume();
      },
      (error: unknown) => {
        this.waiting = false;
        if (!this.stopped) this.fail(error);
      },
    );
  }

  /** False: wait. */
  private take(result: IteratorResult<unknown>): boolean {
    if (result.done) {
      this.endStream();
      return true;
    }
    const { value } = result;
    const bytes = typeof value === 'string' ? utf8.encode(value) : value;
    if (!(bytes instanceof Uint8Array)) throw new TypeError('a request body yields bytes or text');
    this.write(bytes, 0, bytes.length);
    return this.outlet.flush();
  }

  private piece(bytes: Uint8Array): boolean {
    const end = Math.min(bytes.length, this.at + PIECE);
    this.write(bytes, this.at, end);
    this.at = end;
    if (end < bytes.length) return this.outlet.flush();
    return true;
  }

  private write(bytes: Uint8Array, start: number, end: number): void {
    if (this.inData) this.request.data(bytes, start, end, this.rules);
    else this.request.stdin(bytes, start, end, this.rules);
  }

  private endStream(): void {
    this.iterator = undefined;
    this.bytes = undefined;
    if (this.inData) {
      this.request.endData();
    } else {
      this.request.endStdin();
      if (!this.request.sent) {
        this.inData = true;
        this.source(this.data);
        return;
      }
    }
    this.outlet.flush();
  }

  private fail(error: unknown): void {
    this.stop();
    this.outlet.bodyFailed(error);
  }
}
