// The FastCGI server: accepts connections, runs handlers, counts, and comes to an end without losing an answer.
import { EventEmitter } from 'node:events';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { AUTHORIZER, CANT_MPX_CONN, FILTER, OVERLOADED, RESPONDER, UNKNOWN_ROLE } from '../../fastcgi/constants.js';
import { OpenList } from '../../model/open-list.js';
import type { ApplicationLimits } from '../../protocol/application-options.js';
import type { ApplicationProblem } from '../../protocol/application-problems.js';
import type { AbortCause } from '../../protocol/application-sink.js';
import { type ConnectionHost, type ConnectionSocket, ServerConnection } from './connection.js';
import { ServerCounters } from './counters.js';
import { ListenError, RequestError } from './errors.js';
import type { ListenAddress } from './listen-address.js';
import { openListener } from './listener.js';
import {
  type RequestHandler,
  type ServerOptions,
  type ServerSettings,
  type ServerTimeouts,
  serverSettings,
} from './options.js';
import type { ServerRequest } from './request.js';
import type { ServerEvents } from './server-events.js';
import { mayConnect, type WebServerAddresses, webServerAddresses } from './web-server-addresses.js';

export interface CloseOptions {
  /** Lets active requests finish. Default true. */
  readonly graceful?: boolean;
  /** Milliseconds after which what still goes on is aborted and cut off. Default 10,000; 0 waits for ever. */
  readonly timeout?: number;
}

const SWEEP_AT_MOST = 1000;
const SWEEP_AT_LEAST = 5;

export class Server extends EventEmitter<ServerEvents> implements ConnectionHost {
  readonly counters = new ServerCounters();
  /** @internal */
  readonly settings: ServerSettings;
  private readonly handlers: (RequestHandler | undefined)[] = [];
  private readonly open = new OpenList<ServerConnection>();
  private readonly addresses: WebServerAddresses | undefined;
  private listener: NetServer | undefined;
  private address_: ListenAddress | undefined;
  private connectionIds = 0;
  private sweeper: NodeJS.Timeout | undefined;
  private closing: Promise<boolean> | undefined;
  private wasCut = false;
  private isClosed = false;
  private opening = false;

  /** @throws RangeError where a number of the options is out of its range. */
  constructor(options: ServerOptions) {
    super();
    this.settings = serverSettings(options);
    this.handlers[RESPONDER] = options.responder;
    this.handlers[AUTHORIZER] = options.authorizer;
    this.handlers[FILTER] = options.filter;
    const { webServerAddresses: list } = options;
    this.addresses = list === undefined ? undefined : webServerAddresses(list);
  }

  /** What it allows; may be changed while it runs. Advertised to web servers that ask (GET_VALUES). */
  get limits(): ApplicationLimits {
    return this.settings.application.limits;
  }

  get timeouts(): ServerTimeouts {
    return this.settings.timeouts;
  }

  /** Whether several requests are served at once on one connection; may be changed. */
  get multiplex(): boolean {
    return this.settings.application.multiplex;
  }

  set multiplex(value: boolean) {
    this.settings.application.multiplex = value;
  }

  // Listening.

  /**
   * Listens. Without an address where it did before: after `stopListening`.
   * @throws ListenError
   */
  async listen(address: ListenAddress | undefined = this.address_): Promise<void> {
    if (address === undefined) throw new ListenError('ERR_SERVER_STATE', 'no address to listen on was given');
    if (this.closing) throw new ListenError('ERR_SERVER_STATE', 'the server was closed');
    if (this.listener || this.opening) throw new ListenError('ERR_SERVER_STATE', 'the server listens already');
    this.opening = true;
    let listener: NetServer;
    try {
      listener = await openListener(address, (socket) => this.handleConnection(socket));
    } finally {
      this.opening = false;
    }
    if (this.closing) {
      listener.close();
      throw new ListenError('ERR_SERVER_STATE', 'the server was closed');
    }
    // The port that was chosen is kept when it listens again.
    const chosen = listener.address();
    this.address_ =
      'port' in address && chosen && typeof chosen === 'object' ? { ...address, port: chosen.port } : address;
    this.attach(listener);
  }

  /**
   * Takes a listening server of node:net. Its connections should be made with `allowHalfOpen`.
   * @throws ListenError if the server listens already
   */
  attach(listener: NetServer): void {
    if (this.listener) throw new ListenError('ERR_SERVER_STATE', 'the server listens already');
    this.listener = listener;
    if (listener.listeners('connection').length === 0)
      listener.on('connection', (socket) => this.handleConnection(socket));
    listener.on('error', (error) => this.emit('acceptError', error));
    for (const part of this.addresses?.wrong ?? []) this.emit('addressProblem', part);
    this.emit('listening');
  }

  get isListening(): boolean {
    return this.listener !== undefined;
  }

  /** Where it listens, as node:net tells it. */
  address(): AddressInfo | string | null {
    return this.listener?.address() ?? null;
  }

  /** Does not accept any more. Connections go on, and `listen()` goes on accepting. */
  stopListening(): Promise<void> {
    const { listener } = this;
    if (!listener) return Promise.resolve();
    this.listener = undefined;
    // net.Server tells of its close only when its connections are closed too; the socket itself is closed at once.
    listener.close();
    listener.unref();
    this.emit('stopped');
    return Promise.resolve();
  }

  /** Takes a socket that was accepted elsewhere. */
  handleConnection(socket: ConnectionSocket): ServerConnection | undefined {
    const { counters } = this;
    counters.accepted++;
    const reason = this.isClosed
      ? 'closing'
      : this.open.size >= this.limits.connections
        ? 'limit'
        : this.addresses && !mayConnect(this.addresses, socket.remoteAddress)
          ? 'address'
          : undefined;
    if (reason) {
      counters.dropped++;
      socket.on('error', () => {});
      socket.destroy();
      this.emit('dropped', reason);
      return undefined;
    }
    const connection = new ServerConnection(++this.connectionIds, socket, this);
    this.open.add(connection);
    counters.open++;
    this.startSweeping();
    this.emit('connection', connection);
    if (this.closing) connection.close();
    return connection;
  }

  /**
   * Runs the handler of a request that came another way than over a connection of this server, and counts it like
   * others. Whoever made it tells it of its body and of aborts.
   */
  handleRequest(request: ServerRequest): void {
    this.counters.active++;
    request.onEnd(() => this.requestEnded(request));
    this.requestBegan(request);
  }

  /** The connections that are open. */
  connections(): IterableIterator<ServerConnection> {
    return this.open.all().values();
  }

  // Closing.

  /**
   * Closes. Gracefully: what waits to be accepted is accepted and its first request answered, active requests finish,
   * kept connections without a request are closed, new requests on others are answered with OVERLOADED.
   * Resolves when no connection is left: true if no request had to be cut off.
   */
  close(options: CloseOptions = {}): Promise<boolean> {
    const { graceful = true, timeout = 10_000 } = options;
    this.closing ??= new Promise((resolve) => this.once('close', () => resolve(!this.wasCut)));
    if (graceful) void this.closeGracefully(timeout);
    else this.closeNow();
    return this.closing;
  }

  private async closeGracefully(timeout: number): Promise<void> {
    if (timeout > 0) setTimeout(() => this.closeNow(), timeout).unref();
    // Connections in the accept queue would be reset with the listening socket, and requests in a socket's buffer lost
    // with its FIN: one turn of the event loop takes them in.
    await nextTurn();
    await nextTurn();
    await this.stopListening();
    for (const connection of this.open.all()) connection.close();
    this.closedIfIdle();
  }

  private closeNow(): void {
    void this.stopListening();
    if (this.counters.active > 0) this.wasCut = true;
    for (const connection of this.open.all()) connection.destroy('closing');
    this.closedIfIdle();
  }

  private closedIfIdle(): void {
    if (!this.closing || this.isClosed || this.listener || this.open.size > 0) return;
    this.isClosed = true;
    if (this.sweeper) clearInterval(this.sweeper);
    this.sweeper = undefined;
    this.emit('close');
  }

  // Time.

  private startSweeping(): void {
    if (this.sweeper) return;
    const shortest = Math.min(...Object.values(this.timeouts).filter((value: number) => value > 0));
    const interval = Math.max(SWEEP_AT_LEAST, Math.min(SWEEP_AT_MOST, shortest / 4));
    this.sweeper = setInterval(() => this.sweep(), interval);
    this.sweeper.unref();
  }

  /** Ends what has been waiting too long; the server does it by itself. */
  sweep(): void {
    const now = this.settings.clock.now();
    for (const connection of this.open.all()) connection.sweep(now);
    if (this.open.size === 0 && this.sweeper) {
      clearInterval(this.sweeper);
      this.sweeper = undefined;
    }
  }

  // What connections tell.

  /** @internal */
  servesRole(role: number): boolean {
    return this.handlers[role] !== undefined;
  }

  /** @internal */
  admits(): boolean {
    if (this.counters.active >= this.limits.requests) return false;
    this.counters.active++;
    return true;
  }

  /** @internal */
  requestDropped(role: number): void {
    this.counters.active--;
    this.counters.unfinished++;
    this.emit('unfinished', role);
  }

  /** @internal */
  requestBegan(request: ServerRequest): void {
    const { counters } = this;
    counters.requests++;
    counters.running++;
    this.emit('request', request);
    let result: unknown;
    let failure: { readonly error: unknown } | undefined;
    try {
      if (!request.ended) result = this.handlers[request.role]!(request);
    } catch (error) {
      failure = { error };
    }
    if (isThenable(result)) {
      request.handlerState = 'promised';
      result.then(
        (value) => this.handlerDone(request, value),
        (error: unknown) => this.handlerFailed(request, error),
      );
      return;
    }
    request.handlerState = 'returned';
    if (request.ended) this.handlerEnded(request);
    if (failure) this.handlerThrew(failure.error, request);
  }

  private handlerDone(request: ServerRequest, value: unknown): void {
    if (typeof value === 'number' && Number.isInteger(value) && !request.ended) request.appStatus = value;
    request.end();
    this.handlerEnded(request);
  }

  private handlerFailed(request: ServerRequest, error: unknown): void {
    this.handlerThrew(error, request);
    this.handlerEnded(request);
  }

  private handlerThrew(error: unknown, request: ServerRequest): void {
    // A handler that gives up because the request was aborted does what it should.
    if (request.aborted && isAbort(error)) {
      request.end();
      return;
    }
    this.counters.failed++;
    this.emit('handlerError', error, request);
    request.fail(error);
  }

  private handlerEnded(request: ServerRequest): void {
    this.counters.running--;
    this.emit('handlerEnd', request);
  }

  /** @internal */
  requestAborted(request: ServerRequest, cause: AbortCause): void {
    this.counters.aborted++;
    request.abort(cause);
    this.emit('requestAborted', request, cause);
  }

  /** @internal */
  requestEnded(request: ServerRequest): void {
    this.counters.active--;
    this.emit('requestEnd', request);
    if (request.handlerState === 'returned') this.handlerEnded(request);
  }

  /** @internal */
  requestRefused(role: number, protocolStatus: number): void {
    const { counters } = this;
    if (protocolStatus === OVERLOADED) counters.overloaded++;
    else if (protocolStatus === CANT_MPX_CONN) counters.cannotMultiplex++;
    else if (protocolStatus === UNKNOWN_ROLE) counters.unknownRole++;
    this.emit('refused', role, protocolStatus);
  }

  /** @internal */
  problem(problem: ApplicationProblem): void {
    const { problems } = this.counters;
    problems[problem.code] = (problems[problem.code] ?? 0) + 1;
    this.emit('problem', problem);
  }

  /** @internal */
  errorOutput(request: ServerRequest, bytes: Uint8Array): void {
    this.emit('stderr', bytes, request);
  }

  /** @internal */
  received(bytes: number): void {
    this.counters.bytesReceived += bytes;
  }

  /** @internal */
  sent(bytes: number): void {
    this.counters.bytesSent += bytes;
  }

  /** @internal */
  connectionClosed(connection: ServerConnection): void {
    this.open.delete(connection);
    this.counters.open--;
    this.emit('connectionClosed', connection);
    this.closedIfIdle();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function';
}

function isAbort(error: unknown): boolean {
  return (
    (error instanceof RequestError && error.code === 'ERR_REQUEST_ABORTED') ||
    (error instanceof Error &&
      (error.name === 'AbortError' || (error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE'))
  );
}
