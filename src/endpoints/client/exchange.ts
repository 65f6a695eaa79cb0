// One request and its answer, record streams in and out: the raw face of the client. It waits in the pool, uses a
// connection, watches its times, is tried again where that is safe, and ends exactly once.
import * as fcgi from '../../fastcgi/constants.js';
import { fitsOneRecord, type PairList, pairList } from '../../protocol/web-server-params.js';
import type { AnswerLoss, AnswerSink, WebServerRequest } from '../../protocol/web-server-request.js';
import { ByteStore } from './byte-store.js';
import type { ClientRules } from './client-rules.js';
import type { ClientConnection, ConnectionUser } from './connection.js';
import type { Deadlined } from './deadlines.js';
import { type Arrived, ClientError, type ClientErrorCode, type ClientErrorDetails, type Phase } from './errors.js';
import { type Failure, lossFailure, statusFailure } from './exchange-failures.js';
import type { ExchangeRequest, ExchangeSink, RunningExchange } from './exchange-request.js';
import { ExchangeTimes } from './exchange-times.js';
import type { PoolTask } from './pool.js';
import { type BodyOutlet, BodySender, checkBody, isReplayable } from './request-body.js';

/** What an exchange needs of its client. */
export interface ExchangeOwner {
  readonly rules: ClientRules;
  now(): number;
  watch(exchange: Deadlined): void;
  forget(exchange: Deadlined): void;
  /** Puts it into the pool; `again` before those that wait. */
  submit(exchange: PoolTask<ClientConnection>, again: boolean): void;
  /** Takes it out of the pool's queue. */
  withdraw(exchange: PoolTask<ClientConnection>): void;
  /** The application refused a second request on a connection: nothing is multiplexed any more. */
  cannotMultiplex(): void;
  ended(exchange: Exchange): void;
}

export class Exchange
  implements AnswerSink, ConnectionUser, PoolTask<ClientConnection>, BodyOutlet, Deadlined, RunningExchange
{
  readonly mayShare = true;
  deadline = Number.POSITIVE_INFINITY;
  /** Bytes of STDOUT so far. */
  stdoutBytes = 0;
  /** Bytes of STDERR so far, also where not all is kept. */
  stderrBytes = 0;
  attempts = 0;
  private readonly rules: ClientRules;
  private readonly params: PairList;
  private connection: ClientConnection | undefined;
  private request: WebServerRequest | undefined;
  private sender: BodySender | undefined;
  private readonly stderrStore: ByteStore;
  private readonly times: ExchangeTimes;
  private reused = false;
  private connecting = false;
  private done = false;
  private onAbort: (() => void) | undefined;

  constructor(
    private readonly owner: ExchangeOwner,
    private readonly what: ExchangeRequest,
    private readonly sink: ExchangeSink,
  ) {
    checkBody(what.stdin);
    checkBody(what.data);
    this.params = pairList(what.params);
    this.rules = owner.rules;
    this.stderrStore = new ByteStore(this.rules.maxStderr);
    this.times = new ExchangeTimes(owner.now(), what.timeouts, this.rules.timeouts);
  }

  /** Begins; to be called once. */
  start(): void {
    const { signal } = this.what;
    if (signal) {
      if (signal.aborted) {
        this.abort(signal.reason);
        return;
      }
      this.onAbort = () => this.abort(signal.reason);
      signal.addEventListener('abort', this.onAbort, { once: true });
    }
    const { params } = this.rules;
    if (params.tooLarge === 'refuse' && !fitsOneRecord(this.params, params.recordSize)) {
      this.fail('params-too-large', `PARAMS do not fit into one record of ${params.recordSize} bytes`, {});
      return;
    }
    this.watch();
    this.owner.submit(this, false);
  }

  get asked(): number {
    return this.times.asked;
  }

  get begun(): number {
    return this.times.begun;
  }

  get firstByte(): number {
    return this.times.firstByte;
  }

  /** How far it has come. */
  get phase(): Phase {
    if (!this.request) return this.connecting ? 'connecting' : 'waiting';
    if (!this.times.answered) return 'before-answer';
    if (this.request.stdoutEnded) return 'after-stdout';
    const { response } = this.sink;
    return (response ? response.complete : this.stdoutBytes > 0) ? 'in-body' : 'in-head';
  }

  /** The request id; 0 before there is one. */
  get requestId(): number {
    return this.request?.id ?? 0;
  }

  /** STDERR so far, up to the limit. */
  get stderrText(): Uint8Array {
    return this.stderrStore.bytes;
  }

  /** Gives it up; the sink hears `failed` with the code `aborted`. Nothing happens if it has ended. */
  abort(reason?: unknown): void {
    this.fail('aborted', 'the request was given up', { cause: reason });
  }

  /** Gives it up for that reason. */
  cancel(code: ClientErrorCode, message: string): void {
    this.fail(code, message, {});
  }

  /** The sink takes more. */
  resume(): void {
    this.connection?.unpause(this);
  }

  // What the pool says.

  /** A connection is being opened for it. */
  opening(): void {
    this.connecting = true;
    this.times.connecting();
  }

  /** It may use that connection. False: it needs another one. */
  run(connection: ClientConnection): boolean {
    const request = connection.begin(this, this, this.what);
    if (!request) return false;
    this.connection = connection;
    this.request = request;
    this.reused = connection.endedRequests > 0;
    this.connecting = false;
    this.attempts++;
    this.times.begin(connection.lastActivity);
    const { rules, what } = this;
    const flags = what.flags ?? (rules.keepConn ? fcgi.KEEP_CONN : 0);
    // Without KEEP_CONN the application closes after this request: nothing more begins here.
    if (!(flags & fcgi.KEEP_CONN)) connection.retired = true;
    const written = request.begin(what.role ?? fcgi.RESPONDER, flags, this.params, rules.params);
    if (written.splitPair) connection.splitPair(request.id);
    if (request.sent) {
      this.flush();
    } else {
      this.sender = new BodySender(request, what.stdin, what.data, rules.body, this);
      this.sender.resume();
      if (this.done) return true;
    }
    this.watch();
    return true;
  }

  /** The pool could not get it a connection. */
  refused(error: ClientError): void {
    this.settle(error);
  }

  // What the connection says.

  drained(): void {
    if (this.connection) this.times.progressed(this.connection.lastActivity);
    this.sender?.resume();
  }

  stdout(bytes: Uint8Array, start: number, end: number): void {
    this.heard();
    this.stdoutBytes += end - start;
    if (!this.sink.stdout(bytes, start, end) && !this.done) this.hold();
  }

  stdoutEnd(): void {
    this.heard();
    this.sink.stdoutEnd?.();
    // END_REQUEST mostly comes in the same piece: it is worth that much waiting.
    if (this.rules.doneAt === 'stdout-end') this.connection!.whenRead(() => this.completeEarly());
  }

  stderr(bytes: Uint8Array, start: number, end: number): void {
    this.heard();
    this.stderrBytes += end - start;
    this.stderrStore.append(bytes, start, end);
    this.sink.stderr?.(bytes, start, end);
  }

  requestEnd(appStatus: number, protocolStatus: number): void {
    if (protocolStatus === fcgi.REQUEST_COMPLETE) {
      this.complete(appStatus, protocolStatus);
      return;
    }
    if (protocolStatus === fcgi.CANT_MPX_CONN) {
      const connection = this.connection!;
      connection.single = true;
      this.owner.cannotMultiplex();
      // It was refused, not tried: whatever it is, it may be sent again.
      if (this.mayRepeat(true)) {
        this.again();
        return;
      }
    }
    this.settle(this.errorOf(statusFailure(appStatus, protocolStatus)));
  }

  requestLost(loss: AnswerLoss): void {
    if (loss.reason === 'closed' && this.completesAtEof()) {
      this.complete(undefined, undefined);
      return;
    }
    if (loss.reason === 'closed' && !this.times.answered && this.mayRepeat(false)) {
      this.again();
      return;
    }
    this.settle(this.errorOf(lossFailure(loss, this.phase, this.connection?.ended)));
  }

  // What the body sender says.

  flush(): boolean {
    const connection = this.connection!;
    if (this.request!.sent) this.times.sent(connection.lastActivity);
    return connection.flush();
  }

  bodyFailed(error: unknown): void {
    const message = `the request's body failed: ${error instanceof Error ? error.message : String(error)}`;
    this.fail('body-failed', message, { cause: error });
  }

  // Times.

  expire(now: number): void {
    if (this.done) return;
    // The deadline was set some time ago: see what has happened since.
    const late = this.times.overdue(this.connection, now);
    if (late) this.fail(late.code, late.message, {});
    else this.watch();
  }

  private watch(): void {
    this.deadline = this.times.deadline(this.connection, this.owner.now());
    if (this.deadline !== Number.POSITIVE_INFINITY) this.owner.watch(this);
    else this.owner.forget(this);
  }

  // Endings.

  /** Bytes of the answer came. */
  private heard(): void {
    const first = this.times.heard(this.connection!.lastActivity);
    // A later deadline is seen when the one that is set passes; only an earlier one has to be told now.
    if (first && this.times.isSooner(this.deadline)) this.watch();
  }

  /** The sink takes no more for now. */
  private hold(): void {
    const connection = this.connection!;
    if (connection.active > 1 && this.rules.slowReader === 'abort') {
      this.fail('slow-reader', 'the response was not read while others waited on the same connection', {});
      return;
    }
    connection.pause(this);
  }

  private complete(appStatus: number | undefined, protocolStatus: number | undefined): void {
    const { reused, attempts } = this;
    const connection = this.connection!;
    const requestId = this.request!.id;
    if (!this.finish()) return;
    connection.whenRead(() =>
      this.sink.completed({ appStatus, protocolStatus, requestId, connection: connection.number, reused, attempts }),
    );
  }

  /** The rules do not wait for END_REQUEST. */
  private completeEarly(): void {
    if (this.done || !this.connection) return;
    this.request!.abort(false);
    this.connection!.retired = true;
    this.complete(undefined, undefined);
  }

  private completesAtEof(): boolean {
    const { eofCompletes } = this.rules;
    if (eofCompletes === 'never' || this.connection?.ended?.by === 'reset') return false;
    if (this.request!.stdoutEnded) return true;
    return eofCompletes === 'after-head' && this.phase === 'in-body';
  }

  private mayRepeat(untouched: boolean): boolean {
    const { retry } = this.rules;
    if (this.done || this.attempts >= Math.max(retry.attempts, untouched ? 2 : 1)) return false;
    if (!isReplayable(this.what.stdin) || !isReplayable(this.what.data)) return false;
    if (untouched) return true;
    return this.what.repeatable === true && (retry.on === 'any' || this.reused);
  }

  /** Sends it once more, on another connection. */
  private again(): void {
    this.detach();
    this.request = undefined;
    this.stdoutBytes = 0;
    this.stderrBytes = 0;
    this.stderrStore.clear();
    this.times.again(this.owner.now());
    this.watch();
    this.owner.submit(this, true);
  }

  private fail(code: ClientErrorCode, message: string, details: Partial<ClientErrorDetails>): void {
    if (this.done) return;
    const error = this.error(code, message, details);
    const { connection, request } = this;
    if (!connection || !request) {
      this.owner.withdraw(this);
      this.settle(error);
      return;
    }
    this.giveUp(connection, request);
    this.settle(error);
  }

  /** The application is told, or the connection closed. */
  private giveUp(connection: ClientConnection, request: WebServerRequest): void {
    if (connection.ended) return;
    const { abort, timeouts } = this.rules;
    // Others on the same connection go on whatever the rules say.
    if (abort === 'tell' || connection.active > 1) {
      this.sender?.stop();
      request.abort(true);
      connection.flush();
      connection.expectEnd(timeouts.abort);
      return;
    }
    request.abort(false);
    connection.close(true);
  }

  private settle(error: ClientError): void {
    const { connection } = this;
    if (!this.finish()) return;
    if (connection) connection.whenRead(() => this.sink.failed(error));
    else this.sink.failed(error);
  }

  /** Lets go of everything; false if it had ended before. */
  private finish(): boolean {
    if (this.done) return false;
    this.done = true;
    this.owner.forget(this);
    if (this.onAbort) this.what.signal!.removeEventListener('abort', this.onAbort);
    this.detach();
    this.owner.ended(this);
    return true;
  }

  private detach(): void {
    const { connection, request, sender } = this;
    sender?.stop();
    this.sender = undefined;
    if (!connection) return;
    this.connection = undefined;
    // The rest of this request would never come: nobody but who multiplexes can be trusted to expect another one.
    if (request?.cutShort && connection.active === 0) connection.retired = true;
    connection.leave(this);
  }

  private errorOf({ code, message, details }: Failure): ClientError {
    return this.error(code, message, details);
  }

  private error(code: ClientErrorCode, message: string, details: Partial<ClientErrorDetails>): ClientError {
    const { response } = this.sink;
    const arrived: Arrived = {
      stdoutBytes: this.stdoutBytes,
      status: response?.complete ? response.status : undefined,
      stderr: this.stderrText,
    };
    return new ClientError(code, message, {
      phase: this.phase,
      requestId: this.requestId,
      arrived,
      attempts: Math.max(1, this.attempts),
      ...details,
    });
  }
}
