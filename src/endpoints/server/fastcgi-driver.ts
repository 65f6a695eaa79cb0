// FastCGI on a server connection: the application's end of the protocol, with a handler's request for each of its.
import { AUTHORIZER, DATA, OVERLOADED } from '../../fastcgi/constants.js';
import { ApplicationConnection } from '../../protocol/application-connection.js';
import type { OutputAlteration } from '../../protocol/application-options.js';
import type { ApplicationProblem } from '../../protocol/application-problems.js';
import type { ApplicationRequest } from '../../protocol/application-request.js';
import type { AbortCause, ApplicationSink } from '../../protocol/application-sink.js';
import type { ServerConnection } from './connection.js';
import type { Driver } from './driver.js';
import { ServerRequest } from './request.js';
import type { RequestHost } from './request-host.js';

type Wire = ApplicationRequest<FastcgiRequest>;

export class FastcgiDriver implements Driver, ApplicationSink<FastcgiRequest> {
  readonly protocol = 'fastcgi';
  readonly machine: ApplicationConnection<FastcgiRequest>;

  constructor(
    private readonly host: RequestHost,
    readonly connection: ServerConnection,
    alteration: OutputAlteration | undefined,
  ) {
    this.machine = new ApplicationConnection<FastcgiRequest>(this, host.settings.application, allocate);
    if (alteration) this.machine.alterOutput(alteration);
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

  close(): void {
    this.machine.close();
  }

  get done(): boolean {
    return this.machine.done;
  }

  get wantsInput(): boolean {
    return this.machine.wantsInput;
  }

  get mayResume(): boolean {
    return this.machine.mayResume;
  }

  resume(): void {
    this.machine.resume();
  }

  get active(): number {
    return this.machine.active;
  }

  get served(): number {
    return this.machine.served;
  }

  get atBoundary(): boolean {
    return this.machine.atBoundary;
  }

  get pendingOutput(): number {
    return this.machine.pendingOutput;
  }

  takeOutput(): Uint8Array[] {
    return this.machine.takeOutput();
  }

  get outputCut(): 'close' | 'reset' | undefined {
    return this.machine.outputCut;
  }

  *requests(): IterableIterator<ServerRequest> {
    for (const { context } of this.machine.requests()) if (context) yield context;
  }

  abortRequest(request: ServerRequest, cause: AbortCause): void {
    const { wire } = request as FastcgiRequest;
    this.machine.abort(wire, cause);
  }

  sweep(now: number): void {
    const { timeouts } = this.host.settings;
    for (const wire of [...this.machine.requests()]) {
      if (!wire.paramsEnded) {
        if (timeouts.header > 0 && now - wire.beganAt > timeouts.header) {
          this.machine.end(wire, 0, OVERLOADED);
          this.machine.close();
        }
      } else if (wire.aborted && timeouts.abort > 0 && wire.context) {
        const request = wire.context;
        if (now - request.abortedAt > timeouts.abort) request.end();
      }
    }
  }

  // What the protocol tells.

  servesRole(role: number): boolean {
    return this.host.servesRole(role);
  }

  admits(): boolean {
    return this.host.admits();
  }

  requestReady(wire: Wire): void {
    const request = new FastcgiRequest(this, wire, this.host.settings.bodyHighWaterMark);
    wire.context = request;
    if (wire.role === AUTHORIZER) request.bodyEnd(false);
    this.host.requestBegan(request);
  }

  bodyBytes(wire: Wire, type: number, bytes: Uint8Array, start: number, end: number): void {
    wire.context!.bodyBytes(type === DATA, bytes, start, end);
  }

  bodyEnd(wire: Wire, type: number): void {
    wire.context!.bodyEnd(type === DATA);
  }

  requestAborted(wire: Wire, cause: AbortCause): void {
    const request = wire.context!;
    request.abortedAt = this.host.settings.clock.now();
    this.host.requestAborted(request, cause);
  }

  requestEnded(wire: Wire): void {
    const request = wire.context!;
    request.closed();
    this.host.requestEnded(request);
  }

  requestRefused(role: number, protocolStatus: number): void {
    this.host.requestRefused(role, protocolStatus);
  }

  requestDropped(role: number): void {
    this.host.requestDropped(role);
  }

  problem(problem: ApplicationProblem): void {
    this.host.problem(problem);
  }
}

/** A request of a FastCGI connection. */
export class FastcgiRequest extends ServerRequest {
  readonly protocol = 'fastcgi';
  /** When it was aborted, as the server's clock says. */
  abortedAt = 0;

  constructor(
    private readonly driver: FastcgiDriver,
    /** @internal */
    readonly wire: Wire,
    bodyMark: number,
  ) {
    super(wire.id, wire.role, wire.params, bodyMark);
  }

  get connection(): ServerConnection {
    return this.driver.connection;
  }

  override get ignoresAbort(): boolean {
    return this.wire.ignoresAbort;
  }

  override set ignoresAbort(value: boolean) {
    this.wire.ignoresAbort = value;
  }

  /** Whether the web server wants to keep the connection (FCGI_KEEP_CONN). */
  get keepConnection(): boolean {
    return this.wire.keepConnection;
  }

  protected get isMuted(): boolean {
    return this.wire.muted || this.wire.ended;
  }

  protected get mayWrite(): boolean {
    return this.driver.connection.mayWrite;
  }

  protected sendOutput(bytes: Uint8Array): boolean {
    this.driver.machine.stdout(this.wire, bytes);
    this.driver.connection.outputWaits();
    return this.driver.connection.mayWrite;
  }

  protected sendError(bytes: Uint8Array): boolean {
    this.driver.machine.stderr(this.wire, bytes);
    this.driver.connection.outputWaits();
    return this.driver.connection.mayWrite;
  }

  protected sendEnd(appStatus: number, protocolStatus: number): void {
    this.driver.machine.end(this.wire, appStatus, protocolStatus);
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

function allocate(size: number): Uint8Array {
  return Buffer.allocUnsafe(size);
}
