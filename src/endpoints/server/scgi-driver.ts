// SCGI on a server connection: its one request for the handler that FastCGI's Responders have.
import { OVERLOADED, REQUEST_COMPLETE, RESPONDER } from '../../fastcgi/constants.js';
import type { Params } from '../../protocol/application-params.js';
import type { ApplicationProblem } from '../../protocol/application-problems.js';
import { ScgiApplicationConnection, type ScgiApplicationSink } from '../../protocol/application-scgi.js';
import type { AbortCause } from '../../protocol/application-sink.js';
import type { ServerConnection } from './connection.js';
import type { Driver } from './driver.js';
import { ServerRequest } from './request.js';
import type { RequestHost } from './request-host.js';

export class ScgiDriver implements Driver, ScgiApplicationSink {
  readonly protocol = 'scgi';
  readonly wantsInput = true;
  readonly mayResume = false;
  readonly atBoundary = false;
  readonly outputCut = undefined;
  readonly machine: ScgiApplicationConnection;
  private request: ScgiRequest | undefined;
  private abortedAt = 0;

  constructor(
    private readonly host: RequestHost,
    readonly connection: ServerConnection,
  ) {
    this.machine = new ScgiApplicationConnection(this, host.settings.application);
  }

  push(bytes: Uint8Array, now: number): void {
    this.machine.now = now;
    this.machine.push(bytes);
  }

  inputEnded(): void {
    this.machine.inputEnded();
  }

  lost(cause: AbortCause): void {
    this.machine.lost(cause);
  }

  /** Its one request is the last anyway. */
  close(): void {}

  resume(): void {}

  get done(): boolean {
    return this.machine.done;
  }

  get active(): number {
    return this.machine.active ? 1 : 0;
  }

  get served(): number {
    return this.machine.served ? 1 : 0;
  }

  get pendingOutput(): number {
    return this.machine.pendingOutput;
  }

  takeOutput(): Uint8Array[] {
    return this.machine.takeOutput();
  }

  *requests(): IterableIterator<ServerRequest> {
    if (this.request && this.machine.active) yield this.request;
  }

  abortRequest(_request: ServerRequest, cause: AbortCause): void {
    this.machine.abort(cause);
  }

  sweep(now: number): void {
    const { abort } = this.host.settings.timeouts;
    if (this.machine.aborted && abort > 0 && now - this.abortedAt > abort) this.request?.end();
  }

  // What the protocol tells.

  requestReady(params: Params): void {
    const { host } = this;
    const refusal = !host.servesRole(RESPONDER)
      ? 'Status: 501 Not Implemented\r\n\r\n'
      : host.admits()
        ? undefined
        : 'Status: 503 Service Unavailable\r\n\r\n';
    if (refusal !== undefined) {
      // SCGI has no words of its own for it.
      this.machine.write(Buffer.from(refusal));
      this.machine.end();
      host.requestRefused(RESPONDER, host.servesRole(RESPONDER) ? OVERLOADED : REQUEST_COMPLETE);
      return;
    }
    this.request = new ScgiRequest(this, params, host.settings.bodyHighWaterMark);
    host.requestBegan(this.request);
  }

  bodyBytes(bytes: Uint8Array, start: number, end: number): void {
    if (this.request && !this.request.ended) this.request.bodyBytes(false, bytes, start, end);
  }

  bodyEnd(): void {
    this.request?.bodyEnd(false);
  }

  requestAborted(cause: AbortCause): void {
    if (!this.request) return;
    this.abortedAt = this.host.settings.clock.now();
    this.host.requestAborted(this.request, cause);
  }

  requestEnded(): void {
    if (!this.request) return;
    this.request.closed();
    this.host.requestEnded(this.request);
  }

  problem(problem: ApplicationProblem): void {
    this.host.problem(problem);
  }

  errorOutput(bytes: Uint8Array): void {
    if (this.request) this.host.errorOutput(this.request, bytes);
  }
}

/** The request of an SCGI connection. What it writes to STDERR becomes the server's `stderr` event. */
export class ScgiRequest extends ServerRequest {
  readonly protocol = 'scgi';

  constructor(
    private readonly driver: ScgiDriver,
    params: Params,
    bodyMark: number,
  ) {
    super(0, RESPONDER, params, bodyMark);
  }

  get connection(): ServerConnection {
    return this.driver.connection;
  }

  protected get isMuted(): boolean {
    return this.driver.machine.done;
  }

  protected get mayWrite(): boolean {
    return this.driver.connection.mayWrite;
  }

  protected sendOutput(bytes: Uint8Array): boolean {
    this.driver.machine.write(bytes);
    this.driver.connection.outputWaits();
    return this.mayWrite;
  }

  protected sendError(bytes: Uint8Array): boolean {
    this.driver.errorOutput(bytes);
    return true;
  }

  protected sendEnd(): void {
    this.driver.machine.end();
    this.driver.connection.outputWaits();
  }

  protected awaitDrain(): void {
    this.driver.connection.awaitDrain(this);
  }

  protected pauseReading(): void {
    this.driver.connection.pauseReading(this);
  }

  protected resumeReading(): void {
    this.driver.connection.resumeReading(this);
  }
}
