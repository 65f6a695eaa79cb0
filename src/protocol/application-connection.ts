// The application's end of one FastCGI connection, without any IO: bytes from the web server go in and become calls on
// a sink; answers go in and become bytes to send. Nothing a web server sends makes it throw, and what it keeps is
// bounded by the limits.
import { REQUEST_COMPLETE, STDERR, STDOUT } from '../fastcgi/constants.js';
import { ApplicationInput } from './application-input.js';
import type { ApplicationOptions, OutputAlteration } from './application-options.js';
import type { Allocate } from './application-output.js';
import type { ApplicationRequest } from './application-request.js';
import type { AbortCause, ApplicationSink } from './application-sink.js';
import { ApplicationState } from './application-state.js';

/** `Context` is what its user keeps with each request. */
export class ApplicationConnection<Context = unknown> {
  private readonly state: ApplicationState<Context>;
  private readonly input: ApplicationInput<Context>;

  /**
   * @param options shared by all connections, read anew for each request.
   * @param allocate gives memory for output. Default `new Uint8Array`.
   */
  constructor(
    sink: ApplicationSink<Context>,
    options: ApplicationOptions,
    allocate: Allocate = (size) => new Uint8Array(size),
  ) {
    this.state = new ApplicationState(sink, options, allocate);
    this.input = new ApplicationInput(this.state);
  }

  /** The next bytes of the web server. They may be kept: the buffer must not be written to afterwards. */
  push(bytes: Uint8Array, start = 0, end = bytes.length): void {
    this.input.push(bytes, start, end);
  }

  /** The time, in any unit, that requests get as their `beganAt` from now on. */
  set now(time: number) {
    this.state.now = time;
  }

  /** Requests that are active (section 3.3): begun and not ended. */
  get active(): number {
    return this.state.requests.size;
  }

  /** The active requests, in the order they began. */
  requests(): IterableIterator<ApplicationRequest<Context>> {
    return this.state.requests.values();
  }

  /** Requests that have ended or were refused. */
  get served(): number {
    return this.state.served;
  }

  /** Nothing more is read or answered: when the output is sent, the connection is to be closed. */
  get done(): boolean {
    return this.state.done;
  }

  /** No request may begin any more. */
  get closing(): boolean {
    return this.state.closing;
  }

  /** False while a request waits for the one before it: what is pushed then is only kept. */
  get wantsInput(): boolean {
    return !this.input.isHeld;
  }

  /** A request that waited may go on, see `resume`. */
  get mayResume(): boolean {
    return this.input.mayResume;
  }

  /** Goes on with what was held back. Not to be called from within the sink. */
  resume(): void {
    this.input.resume();
  }

  /** True between records. */
  get atBoundary(): boolean {
    return this.input.atBoundary;
  }

  /** The web server has closed its direction (see PeerEndPolicy). */
  inputEnded(): void {
    const { state } = this;
    if (state.done) return;
    this.input.ended();
    state.closing = true;
    for (const request of [...state.requests.values()]) {
      if (state.options.peerEnd === 'finish' && request.received) continue;
      state.abort(request, 'peer-ended');
    }
    state.finishIfIdle();
  }

  /** The connection is gone: nothing can be sent any more, every request ends. */
  lost(cause: AbortCause = 'connection-lost'): void {
    this.state.abandon(cause);
  }

  /** New requests are answered with OVERLOADED from now on, and the connection is done after the active ones. */
  close(): void {
    this.state.closing = true;
    this.state.finishIfIdle();
  }

  /** Aborts a request for another reason than an ABORT_REQUEST. */
  abort(request: ApplicationRequest<Context>, cause: AbortCause): void {
    this.state.abort(request, cause);
  }

  /** Content of STDOUT, kept until it is taken. False if it is thrown away: the request is over or aborted. */
  stdout(request: ApplicationRequest<Context>, content: Uint8Array): boolean {
    if (request.ended || request.muted) return false;
    request.stdoutBytes += content.length;
    // An empty record would end the stream.
    if (content.length > 0) this.state.output.stream(STDOUT, request.id, content);
    return true;
  }

  /** The same of STDERR. */
  stderr(request: ApplicationRequest<Context>, content: Uint8Array): boolean {
    if (request.ended || request.muted) return false;
    request.stderrBytes += content.length;
    if (content.length > 0) this.state.output.stream(STDERR, request.id, content);
    return true;
  }

  /**
   * Ends the request: end of STDERR if it was used, end of STDOUT, END_REQUEST (section 5.5). False if it had ended.
   * @param appStatus the exit status, 32 bits.
   */
  end(request: ApplicationRequest<Context>, appStatus = 0, protocolStatus: number = REQUEST_COMPLETE): boolean {
    return this.state.end(request, appStatus, protocolStatus);
  }

  /** Content and headers that wait to be taken, in bytes. */
  get pendingOutput(): number {
    return this.state.output.bytes;
  }

  /** The bytes to send, in pieces; they are the receiver's. */
  takeOutput(): Uint8Array[] {
    const pieces = this.state.output.take();
    if (this.state.output.cut) this.state.abandon('closing');
    return pieces;
  }

  /** Sends every record through this first; undefined for as it is. */
  alterOutput(alteration: OutputAlteration | undefined): void {
    this.state.output.alteration = alteration;
  }

  /** How an alteration wants the connection to end, if it does. */
  get outputCut(): 'close' | 'reset' | undefined {
    return this.state.output.cut;
  }
}
