// The requests of one connection at the application's end, and what is sent about them: which are active (specification
// 1.0, section 3.3), how they end, and when the connection does.
import {
  AUTHORIZER,
  CANT_MPX_CONN,
  KEEP_CONN,
  OVERLOADED,
  REQUEST_COMPLETE,
  STDERR,
  STDOUT,
  UNKNOWN_ROLE,
} from '../fastcgi/constants.js';
import type { ApplicationOptions } from './application-options.js';
import { type Allocate, ApplicationOutput } from './application-output.js';
import { ApplicationRequest } from './application-request.js';
import type { AbortCause, ApplicationSink } from './application-sink.js';

/** More ids than this, of requests answered before they were received whole, are not remembered. */
const MAX_LEFTOVERS = 1024;

export class ApplicationState<Context> {
  /** Requests that have ended or were refused. */
  served = 0;
  /** Nothing more is read or answered: when the output is sent, the connection is closed. */
  done = false;
  /** A request waits for the answer of the one before it. */
  holding = false;
  /** No request may begin any more; the connection is done when the active ones have ended. */
  closing = false;
  now = 0;
  /** Content bytes of PARAMS that have not ended. */
  pendingParams = 0;
  readonly requests = new Map<number, ApplicationRequest<Context>>();
  readonly output: ApplicationOutput;
  /** Ids, with their roles, whose requests were answered before their input ended: the rest of it is skipped. */
  private leftovers: Map<number, number> | undefined;

  constructor(
    readonly sink: ApplicationSink<Context>,
    readonly options: ApplicationOptions,
    allocate: Allocate,
  ) {
    this.output = new ApplicationOutput(options, allocate);
  }

  /** What a BEGIN_REQUEST is answered with at once, or REQUEST_COMPLETE if the request may begin. */
  verdict(role: number): number {
    if (this.closing) return OVERLOADED;
    if (!this.options.multiplex && this.requests.size > 0) return CANT_MPX_CONN;
    if (!this.sink.servesRole(role)) return UNKNOWN_ROLE;
    if (this.requests.size >= this.options.limits.requestsPerConnection) return OVERLOADED;
    return this.sink.admits(role) ? REQUEST_COMPLETE : OVERLOADED;
  }

  begin(id: number, role: number, flags: number): ApplicationRequest<Context> {
    const request = new ApplicationRequest<Context>(id, role, (flags & KEEP_CONN) !== 0, this.now);
    this.leftovers?.delete(id);
    this.requests.set(id, request);
    return request;
  }

  /** Answers a BEGIN_REQUEST at once; what follows of the request is skipped (section 5.5). */
  refuse(id: number, role: number, flags: number, protocolStatus: number): void {
    this.output.endRequest(id, 0, protocolStatus);
    this.remember(id, role);
    this.served++;
    // A request that could not be taken beside another must not take the connection from that one.
    if ((flags & KEEP_CONN) === 0 && protocolStatus !== CANT_MPX_CONN) this.closing = true;
    this.sink.requestRefused(role, protocolStatus);
    this.finishIfIdle();
  }

  /** End of the streams, END_REQUEST. False if the request had ended. */
  end(request: ApplicationRequest<Context>, appStatus: number, protocolStatus: number): boolean {
    if (request.ended) return false;
    // Before PARAMS have ended nothing may be written, not even the end of a stream (section 6.2).
    if (request.paramsEnded) {
      if (request.stderrBytes > 0) this.output.endOfStream(STDERR, request.id);
      this.output.endOfStream(STDOUT, request.id);
    }
    this.output.endRequest(request.id, appStatus, protocolStatus);
    // Of several active requests one without KEEP_CONN ends the connection when all have ended (section 3.5 is silent).
    if (!request.keepConnection) this.closing = true;
    this.drop(request);
    this.finishIfIdle();
    return true;
  }

  /** Tells the request's user, or answers if it has none yet. */
  abort(request: ApplicationRequest<Context>, cause: AbortCause): void {
    if (request.aborted || request.ended) return;
    request.aborted = true;
    if (request.paramsEnded) this.sink.requestAborted(request, cause);
    else this.end(request, 0, REQUEST_COMPLETE);
  }

  /** Ends every request without an answer. */
  abandon(cause: AbortCause): void {
    this.done = true;
    for (const request of [...this.requests.values()]) {
      request.muted = true;
      if (!request.aborted && request.paramsEnded) {
        request.aborted = true;
        this.sink.requestAborted(request, cause);
      }
      if (!request.ended) this.drop(request);
    }
  }

  finishIfIdle(): void {
    if (this.closing && this.requests.size === 0 && !this.holding) this.done = true;
  }

  /** Whether records of this id may be what is left of a request that was answered early. */
  isLeftover(id: number): boolean {
    return this.leftovers?.has(id) === true;
  }

  /** STDIN or DATA of a request that was answered early has ended. */
  leftoverEnded(id: number, last: (role: number) => boolean): void {
    const role = this.leftovers?.get(id);
    if (role !== undefined && last(role)) this.leftovers!.delete(id);
  }

  private remember(id: number, role: number): void {
    this.leftovers ??= new Map();
    if (this.leftovers.size < MAX_LEFTOVERS) this.leftovers.set(id, role);
  }

  /** Takes the request off the connection. */
  private drop(request: ApplicationRequest<Context>): void {
    request.ended = true;
    if (request.collector) {
      this.pendingParams -= request.collector.length;
      request.collector = undefined;
    }
    this.requests.delete(request.id);
    this.served++;
    // Web servers send an Authorizer the end of a STDIN that it does not have.
    if (!request.received || request.role === AUTHORIZER) this.remember(request.id, request.role);
    const { requestsOfConnection } = this.options.limits;
    if (requestsOfConnection > 0 && this.served >= requestsOfConnection) this.closing = true;
    if (request.ready) this.sink.requestEnded(request);
    else this.sink.requestDropped(request.role);
  }
}
