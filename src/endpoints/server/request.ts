// One request as a handler sees it, whatever protocol it came by. Everything that costs something (streams, the abort
// signal, decoded PARAMS) is made when it is first asked for.
import type { Readable, Writable } from 'node:stream';
import { FILTER, REQUEST_COMPLETE } from '../../fastcgi/constants.js';
import { declaredLength } from '../../protocol/application-lengths.js';
import type { Params } from '../../protocol/application-params.js';
import type { AbortCause } from '../../protocol/application-sink.js';
import { type BodyFlow, BodyStream, RequestBody } from './body.js';
import type { ServerConnection } from './connection.js';
import { abortError, endedError, RequestError } from './errors.js';
import { OutputStream, type OutputTarget } from './output-stream.js';

/** How a request came: over a FastCGI or SCGI connection, or as a CGI program's environment. */
export type RequestProtocol = 'fastcgi' | 'scgi' | 'cgi';

/** Of a body that readBody takes, unless told otherwise. */
export const DEFAULT_BODY_LIMIT = 1 << 20;

/**
 * Subclasses carry a request over their protocol: they implement the `send` methods and call `bodyBytes`, `bodyEnd`,
 * `abort`, `drain` and `closed`.
 */
export abstract class ServerRequest implements BodyFlow {
  abstract readonly protocol: RequestProtocol;
  /** The exit status that END_REQUEST reports; a handler may set it any time before the end. 32 bits. */
  appStatus = 0;
  /** Of END_REQUEST; anything but REQUEST_COMPLETE is for showing what web servers make of it. */
  protocolStatus: number = REQUEST_COMPLETE;
  /** Bytes of STDOUT written so far. */
  outputBytes = 0;
  /** The handler has ended the request, or it was ended for it. */
  ended = false;
  /** Why the web server does not want the answer any more, if it doesn't. */
  abortCause: AbortCause | undefined;
  /** @internal Whether the handler is being called, left the end to a call of `end`, or returned a promise. */
  handlerState: 'called' | 'returned' | 'promised' = 'called';
  /** Free for handlers and whoever stands before them. */
  locals: Record<string, unknown> | undefined;

  private stdinBody: RequestBody | undefined;
  private dataBody: RequestBody | undefined;
  private stdinStream: Readable | undefined;
  private dataStream: Readable | undefined;
  private stdoutStream: OutputStream | undefined;
  private stderrStream: OutputStream | undefined;
  private controller: AbortController | undefined;
  private drainers: ((error?: Error) => void)[] | undefined;
  private stdinDone = false;
  private dataDone = false;
  private pausedBodies = 0;
  private endListeners: (() => void)[] | undefined;
  private abortListeners: ((error: RequestError) => void)[] | undefined;

  constructor(
    /** The FastCGI request id, 1..65535; 0 where the protocol has none. */
    readonly id: number,
    /** RESPONDER (1), AUTHORIZER (2) or FILTER (3). */
    readonly role: number,
    readonly params: Params,
    private readonly bodyMark: number,
  ) {}

  // What subclasses implement.

  /** The connection it came on; undefined where there is none. */
  abstract readonly connection: ServerConnection | undefined;

  /** Sends STDOUT content, never empty. False if more should wait for `drain`. */
  protected abstract sendOutput(bytes: Uint8Array): boolean;
  /** The same of STDERR. */
  protected abstract sendError(bytes: Uint8Array): boolean;
  /** Ends the request. Called once. */
  protected abstract sendEnd(appStatus: number, protocolStatus: number): void;
  /** The web server is gone, or wants nothing of this request any more: what is written is thrown away. */
  protected abstract get isMuted(): boolean;
  /** Whether output may be written now without waiting. */
  protected abstract get mayWrite(): boolean;
  /** `drain` is to be called when more may be written. */
  protected abstract awaitDrain(): void;
  /** Too much of a body waits to be read: no more of it should come until `resumeReading`. */
  protected abstract pauseReading(): void;
  protected abstract resumeReading(): void;

  // Input.

  /** CONTENT_LENGTH; undefined where the web server sent none, or none that is a number. */
  get contentLength(): number | undefined {
    return declaredLength(this.params, 'CONTENT_LENGTH');
  }

  /** FCGI_DATA_LENGTH of a Filter (section 6.4). */
  get dataLength(): number | undefined {
    return declaredLength(this.params, 'FCGI_DATA_LENGTH');
  }

  /** FCGI_DATA_LAST_MOD of a Filter as a time. */
  get dataLastModified(): Date | undefined {
    const seconds = declaredLength(this.params, 'FCGI_DATA_LAST_MOD');
    return seconds === undefined ? undefined : new Date(seconds * 1000);
  }

  /** STDIN: a Readable of Buffers. Its bytes may be fewer or more than CONTENT_LENGTH. */
  get stdin(): Readable {
    return (this.stdinStream ??= new BodyStream(() => this.body));
  }

  /** DATA of a Filter, the file to filter; empty for other roles. */
  get data(): Readable {
    return (this.dataStream ??= new BodyStream(() => this.dataSource));
  }

  /** Bytes of STDIN received so far, and whether all have come. */
  get stdinBytes(): number {
    return this.stdinBody?.received ?? 0;
  }

  get stdinEnded(): boolean {
    return this.stdinDone;
  }

  /** Bytes of DATA received so far, and whether all have come. */
  get dataBytes(): number {
    return this.dataBody?.received ?? 0;
  }

  get dataEnded(): boolean {
    return this.dataDone;
  }

  /**
   * All of STDIN, in place of the stream.
   * @param limit bytes, default 1 MiB.
   * @throws RequestError ERR_BODY_TOO_LARGE, ERR_REQUEST_ABORTED
   */
  readBody(limit = DEFAULT_BODY_LIMIT): Promise<Buffer> {
    return this.body.collect(limit);
  }

  /** All of DATA, as readBody. */
  readData(limit = DEFAULT_BODY_LIMIT): Promise<Buffer> {
    return this.dataSource.collect(limit);
  }

  /** STDIN for faces of their own. */
  get body(): RequestBody {
    if (!this.stdinBody) {
      this.stdinBody = new RequestBody(this.bodyMark, this);
      this.settle(this.stdinBody, this.stdinDone);
    }
    return this.stdinBody;
  }

  private get dataSource(): RequestBody {
    if (!this.dataBody) {
      this.dataBody = new RequestBody(this.bodyMark, this);
      this.settle(this.dataBody, this.dataDone || this.role !== FILTER);
    }
    return this.dataBody;
  }

  private settle(body: RequestBody, done: boolean): void {
    if (done) body.finish();
    else if (this.abortCause) body.fail(abortError(this.abortCause));
    else if (this.ended) body.discard();
  }

  // Output.

  /**
   * Writes STDOUT; text as UTF-8, bytes are kept until they are sent and not to be changed. A CGI response begins with
   * its head (RFC 3875, section 6). False if the next should wait for `drained()`, or goes nowhere.
   * @throws RequestError ERR_WRITE_AFTER_END; TypeError for what is neither text nor bytes
   */
  write(chunk: string | Uint8Array): boolean {
    const bytes = this.outgoing(chunk);
    if (this.isMuted) return false;
    if (bytes.length === 0) return this.mayWrite;
    this.outputBytes += bytes.length;
    return this.sendOutput(bytes);
  }

  /** Writes STDERR, which web servers put into their error logs. As `write`. */
  writeError(chunk: string | Uint8Array): boolean {
    const bytes = this.outgoing(chunk);
    if (this.isMuted) return false;
    return bytes.length === 0 ? this.mayWrite : this.sendError(bytes);
  }

  private outgoing(chunk: string | Uint8Array): Uint8Array {
    if (this.ended) throw new RequestError('ERR_WRITE_AFTER_END', 'the request has ended');
    if (typeof chunk === 'string') return Buffer.from(chunk);
    if (!(chunk instanceof Uint8Array)) throw new TypeError(`text or bytes can be written, not ${typeof chunk}`);
    return chunk;
  }

  /** Resolves when more may be written. @throws RequestError ERR_REQUEST_ABORTED where nothing can be written any more */
  drained(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.onDrain((error) => (error ? reject(error) : resolve()));
    });
  }

  /** The same with a callback, which is never called at once. */
  onDrain(then: (error?: Error) => void): void {
    if (this.isMuted || this.ended) {
      process.nextTick(then, this.whyOver());
    } else if (this.mayWrite) {
      process.nextTick(then);
    } else {
      (this.drainers ??= []).push(then);
      this.awaitDrain();
    }
  }

  /** STDOUT as a stream, for pipelines. Its end is not the request's. */
  get stdout(): Writable {
    return (this.stdoutStream ??= new OutputStream(this.target((bytes) => this.write(bytes))));
  }

  /** STDERR as a stream. */
  get stderr(): Writable {
    return (this.stderrStream ??= new OutputStream(this.target((bytes) => this.writeError(bytes))));
  }

  private target(send: (bytes: Uint8Array) => boolean): OutputTarget {
    return {
      send: (bytes) => !this.ended && send(bytes),
      onDrain: (then) => this.onDrain(then),
    };
  }

  /**
   * Ends the request, after a last piece of STDOUT if one is given: the streams end, END_REQUEST follows. What of its
   * body was not read is skipped. A second call does nothing.
   */
  end(chunk?: string | Uint8Array): void {
    if (this.ended) return;
    if (chunk !== undefined) this.write(chunk);
    this.ended = true;
    this.sendEnd(this.appStatus, this.protocolStatus);
    this.release();
  }

  /**
   * Ends the request because of an error: status 500 if nothing was written yet, the error with its stack on STDERR,
   * and appStatus 1 unless the handler set another.
   */
  fail(error: unknown): void {
    if (this.ended) return;
    if (!this.isMuted) {
      if (this.outputBytes === 0) this.write('Status: 500 Internal Server Error\r\nContent-Type: text/plain\r\n\r\n');
      this.writeError(`${errorText(error)}\n`);
    }
    if (this.appStatus === 0) this.appStatus = 1;
    this.end();
  }

  // Abort.

  /** With FastCGI, whether an ABORT_REQUEST is not heard: for showing what web servers make of that. */
  get ignoresAbort(): boolean {
    return false;
  }

  set ignoresAbort(_value: boolean) {}

  /** Whether the web server no longer wants the answer. */
  get aborted(): boolean {
    return this.abortCause !== undefined;
  }

  /** Tells of an abort; its reason is a RequestError with `abortCause`. */
  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.abortCause) this.controller.abort(abortError(this.abortCause));
    }
    return this.controller.signal;
  }

  /** Calls back on an abort; cheaper than the signal. */
  onAbort(then: (error: RequestError) => void): void {
    if (this.abortCause) then(abortError(this.abortCause));
    else (this.abortListeners ??= []).push(then);
  }

  /** Calls back when the request has ended, at once if it has. */
  onEnd(then: () => void): void {
    if (this.ended) then();
    else (this.endListeners ??= []).push(then);
  }

  // What a connection tells.

  /** @internal A piece of STDIN, or of DATA. */
  bodyBytes(isData: boolean, bytes: Uint8Array, start: number, end: number): void {
    (isData ? this.dataSource : this.body).append(bytes, start, end);
  }

  /** @internal */
  bodyEnd(isData: boolean): void {
    if (isData) {
      this.dataDone = true;
      this.dataBody?.finish();
    } else {
      this.stdinDone = true;
      this.stdinBody?.finish();
    }
  }

  /** @internal The web server no longer wants the answer. Output ends too where it can't be sent or is not wanted. */
  abort(cause: AbortCause): void {
    if (this.abortCause) return;
    this.abortCause = cause;
    const error = abortError(cause);
    this.stdinBody?.fail(error);
    this.dataBody?.fail(error);
    if (this.isMuted) {
      this.settleDrainers(error);
      this.stdoutStream?.destroy(error);
      this.stderrStream?.destroy(error);
    }
    const listeners = this.abortListeners;
    this.abortListeners = undefined;
    if (listeners) for (const listener of listeners) listener(error);
    this.controller?.abort(error);
  }

  /** @internal More may be written. */
  drain(): void {
    this.settleDrainers();
  }

  /** @internal The connection is gone: the request has ended without an answer. */
  closed(): void {
    if (this.ended) return;
    this.ended = true;
    this.release();
  }

  /** @internal */
  pauseBody(): void {
    if (this.pausedBodies++ === 0) this.pauseReading();
  }

  /** @internal */
  resumeBody(): void {
    if (--this.pausedBodies === 0) this.resumeReading();
  }

  private release(): void {
    this.stdinBody?.discard();
    this.dataBody?.discard();
    // An error with its stack costs more than all the rest.
    if (this.drainers) this.settleDrainers(this.whyOver());
    this.stdoutStream?.destroy();
    this.stderrStream?.destroy();
    const listeners = this.endListeners;
    this.endListeners = undefined;
    if (listeners) for (const listener of listeners) listener();
  }

  private whyOver(): RequestError {
    return this.abortCause ? abortError(this.abortCause) : endedError();
  }

  private settleDrainers(error?: Error): void {
    const { drainers } = this;
    if (!drainers) return;
    this.drainers = undefined;
    for (const then of drainers) then(error);
  }
}

function errorText(error: unknown): string {
  if (error instanceof Error) return error.stack ?? `${error.name}: ${error.message}`;
  return `thrown: ${String(error)}`;
}
