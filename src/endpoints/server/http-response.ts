// A response as node:http's ServerResponse takes one: status, headers, and the body to write.
import { Writable } from 'node:stream';
import { RequestError } from './errors.js';
import { type HeaderValue, HttpHead } from './http-head.js';
import type { HttpRequest } from './http-request.js';
import type { ServerRequest } from './request.js';

type WriteCallback = (error?: Error | null) => void;
type HeaderList = Readonly<Record<string, HeaderValue | undefined>> | readonly string[];

export class HttpResponse extends Writable {
  statusCode = 200;
  /** Empty: the usual one for the status. */
  statusMessage = '';
  headersSent = false;
  private readonly head = new HttpHead();

  constructor(
    /** The request as raw handlers see it. */
    readonly raw: ServerRequest,
    readonly req: HttpRequest,
  ) {
    super();
  }

  /** The exit status reported to the web server. */
  get appStatus(): number {
    return this.raw.appStatus;
  }

  set appStatus(value: number) {
    this.raw.appStatus = value;
  }

  /** @throws RequestError ERR_INVALID_HEADER, ERR_HEADERS_SENT */
  setHeader(name: string, value: HeaderValue): this {
    this.beforeHead();
    this.head.set(name, value);
    return this;
  }

  /** Adds another line of that name. @throws RequestError ERR_INVALID_HEADER, ERR_HEADERS_SENT */
  appendHeader(name: string, value: HeaderValue): this {
    this.beforeHead();
    this.head.append(name, value);
    return this;
  }

  getHeader(name: string): string | readonly string[] | undefined {
    return this.head.get(name);
  }

  hasHeader(name: string): boolean {
    return this.head.has(name);
  }

  /** @throws RequestError ERR_HEADERS_SENT */
  removeHeader(name: string): void {
    this.beforeHead();
    this.head.remove(name);
  }

  getHeaderNames(): string[] {
    return this.head.names();
  }

  getHeaders(): Record<string, string | readonly string[]> {
    return Object.assign(Object.create(null) as object, Object.fromEntries(this.head.entries()));
  }

  /**
   * Sets status and headers; they go out with the first bytes of the body.
   * @throws RequestError ERR_INVALID_HEADER, ERR_HEADERS_SENT; RangeError for a status that is none
   */
  writeHead(status: number, headers?: HeaderList): this;
  writeHead(status: number, message: string, headers?: HeaderList): this;
  writeHead(status: number, second?: string | HeaderList, third?: HeaderList): this {
    this.beforeHead();
    if (!Number.isInteger(status) || status < 100 || status > 999) throw new RangeError(`${status} is no HTTP status`);
    this.statusCode = status;
    if (typeof second === 'string') this.statusMessage = second;
    const headers = typeof second === 'string' ? third : second;
    if (isList(headers)) {
      for (let i = 0; i < headers.length; i += 2) this.head.append(headers[i], headers[i + 1]);
    } else if (headers) {
      for (const [name, value] of Object.entries(headers)) if (value !== undefined) this.head.set(name, value);
    }
    return this;
  }

  /** Sends the head now. */
  flushHeaders(): void {
    if (!this.headersSent && !this.raw.ended) this.raw.write(Buffer.from(this.takeHead(), 'latin1'));
  }

  override end(done?: () => void): this;
  override end(chunk: unknown, done?: () => void): this;
  override end(chunk: unknown, encoding: BufferEncoding, done?: () => void): this;
  override end(first?: unknown, second?: unknown, third?: () => void): this {
    const [chunk, encoding, done] = endArguments(first, second, third);
    const isWhole = !this.headersSent && this.writableLength === 0 && !this.writableEnded && !this.destroyed;
    if (isWhole && (chunk === undefined || typeof chunk === 'string' || chunk instanceof Uint8Array)) {
      // The whole response at once: the usual case, and one write.
      const length = chunk === undefined ? 0 : Buffer.byteLength(chunk, encoding);
      if (this.hasBody && !this.head.has('content-length')) this.head.set('Content-Length', length);
      this.sendWhole(chunk, encoding);
      this.raw.end();
      super.end(done);
    } else if (chunk === undefined) {
      super.end(done);
    } else {
      super.end(chunk, encoding ?? 'utf8', done);
    }
    return this;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: WriteCallback): void {
    if (this.raw.ended) {
      done();
      return;
    }
    this.flushHeaders();
    if (!this.sendsBody || this.raw.write(chunk)) done();
    else this.raw.onDrain(done);
  }

  override _final(done: WriteCallback): void {
    this.flushHeaders();
    this.raw.end();
    done();
  }

  override _destroy(error: Error | null, done: WriteCallback): void {
    if (!this.raw.ended) {
      if (this.raw.appStatus === 0 && !this.raw.aborted) this.raw.appStatus = 1;
      this.raw.end();
    }
    // Nobody has to listen for errors only because a client may go away.
    done(error && this.listenerCount('error') > 0 ? error : null);
  }

  /** Whether the status allows a body. */
  private get hasBody(): boolean {
    return this.statusCode !== 204 && this.statusCode !== 304 && this.statusCode >= 200;
  }

  private get sendsBody(): boolean {
    return this.hasBody && this.req.method !== 'HEAD';
  }

  private sendWhole(chunk: string | Uint8Array | undefined, encoding: BufferEncoding | undefined): void {
    const head = this.takeHead();
    if (chunk === undefined || chunk.length === 0 || !this.sendsBody) {
      this.raw.write(Buffer.from(head, 'latin1'));
    } else if (typeof chunk === 'string' && (encoding === undefined || encoding === 'utf8') && isAscii(head)) {
      this.raw.write(head + chunk);
    } else {
      this.raw.write(Buffer.from(head, 'latin1'));
      this.raw.write(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
    }
  }

  private takeHead(): string {
    this.headersSent = true;
    return this.head.text(this.statusCode, this.statusMessage);
  }

  private beforeHead(): void {
    if (this.headersSent) throw new RequestError('ERR_HEADERS_SENT', 'the head of the response was sent already');
  }
}

function endArguments(
  first: unknown,
  second: unknown,
  third: (() => void) | undefined,
): [chunk: unknown, encoding: BufferEncoding | undefined, done: (() => void) | undefined] {
  if (typeof first === 'function') return [undefined, undefined, first as () => void];
  const chunk = first === null ? undefined : first;
  if (typeof second === 'function') return [chunk, undefined, second as () => void];
  return [chunk, second as BufferEncoding | undefined, third];
}

function isList(headers: HeaderList | undefined): headers is readonly string[] {
  return Array.isArray(headers);
}

function isAscii(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is all of ASCII
  return /^[\x00-\x7f]*$/.test(text);
}
