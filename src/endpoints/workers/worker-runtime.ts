// One worker: a server whose slots decide whether it accepts, when a handler begins and when the worker has served its
// time. It runs in a worker process or, with the `event` model, in the process that started the pool.
import type { Socket } from 'node:net';
import type { Clock } from '../clock.js';
import type { ServerConnection } from '../server/connection.js';
import type { RequestHandler } from '../server/options.js';
import type { ServerRequest } from '../server/request.js';
import { type CloseOptions, Server } from '../server/server.js';
import { cachedResponses } from './cached-responses.js';
import type { Gate } from './gate.js';
import type { WorkerHandlers } from './handlers.js';
import type { WorkerReport } from './messages.js';
import type { WorkersSettings } from './options.js';
import { whenReceived } from './reader.js';
import type { RetirementLimits } from './retirement.js';
import { runHandler } from './run-handler.js';
import { PrivateCache, type SharedCache } from './shared-cache.js';
import { Slots } from './slots.js';
import { connectionStages } from './stages.js';

/** What a worker needs of the process it runs in. */
export interface RuntimeHost {
  /** Connections may be given to `take` from now on. */
  startAccepting(): void;
  /** Not one more connection may come, from this call on. */
  stopAccepting(): void;
  /** It has served its time and accepts no more. */
  retiring(): void;
  /** What it would report has changed. */
  changed(): void;
  /** A handler threw. */
  failure(text: string): void;
}

/** With slots pinned by the handler, bodies wait before it and answers after it, up to these many bytes each. */
const READ_AHEAD = 1 << 20;
const WRITE_BEHIND = 4 << 20;

export class WorkerRuntime {
  readonly server: Server;
  private readonly slots: Slots<ServerConnection, ServerRequest>;
  private permitted = false;
  private isAccepting = false;
  private isRetiring = false;
  private answered = 0;
  private receiving = 0;
  private handlersClosed: Promise<void> | undefined;

  constructor(
    private readonly settings: WorkersSettings,
    private readonly handlers: WorkerHandlers,
    private readonly cache: SharedCache | undefined,
    private readonly limits: RetirementLimits,
    private readonly gate: Gate,
    private readonly host: RuntimeHost,
    private readonly clock: Clock,
  ) {
    gate.onChange = () => this.update();
    this.slots = new Slots(settings.slot, settings.slots, settings.acceptLock);
    const { responder, authorizer, filter, alterOutput } = handlers;
    const caching = cache && settings.cache && settings.cache.responses !== false && responder;
    const { server } = settings;
    // What all workers take together, for web servers that ask (GET_VALUES).
    const all = settings.workers * settings.slots;
    const advertised = settings.slot === 'connection' && !server.multiplex && Number.isFinite(all);
    this.server = new Server({
      ...(settings.slot === 'handler' ? { bodyHighWaterMark: READ_AHEAD, outputHighWaterMark: WRITE_BEHIND } : {}),
      ...server,
      ...(advertised ? { limits: { connections: all, requests: all, ...server.limits } } : {}),
      ...this.gated('responder', caching ? cachedResponses(responder, cache, settings.cache!) : responder),
      ...this.gated('authorizer', authorizer),
      ...this.gated('filter', filter),
      ...(alterOutput ? { alterOutput } : {}),
      clock,
    });
    this.listen();
  }

  private listen(): void {
    const { server, slots, clock } = this;
    server.on('connection', (connection) => {
      slots.opened(connection, clock.now());
      this.update();
    });
    server.on('connectionClosed', (connection) => {
      slots.closed(connection, clock.now());
      this.update();
    });
    server.on('requestEnd', (request) => {
      if (!request.aborted) this.answered++;
    });
    server.on('handlerEnd', (request) => {
      slots.ended(request, isKept(request), clock.now());
      this.retireIfDue();
      this.update();
    });
    server.on('handlerError', (error) => {
      this.host.failure(textOf(error));
    });
  }

  /** The worker may accept. */
  permit(): void {
    this.permitted = true;
    const { age } = this.limits;
    if (age > 0) setTimeout(() => this.retire(), Math.min(age, 0x7fffffff)).unref();
    this.update();
  }

  /** A connection was accepted. */
  take(socket: Socket): void {
    const { wrapSocket } = this.handlers;
    this.server.handleConnection(wrapSocket ? wrapSocket(socket) : socket);
  }

  /** Accepts no more, says so, and is to be closed. */
  retire(): void {
    if (this.isRetiring) return;
    this.isRetiring = true;
    this.update();
    this.host.retiring();
  }

  /** As Server.close; what waits in the accept queue is left to others. */
  async close(options: CloseOptions): Promise<boolean> {
    this.isRetiring = true;
    this.update();
    const uncut = await this.server.close(options);
    this.handlersClosed ??= this.closeHandlers();
    await this.handlersClosed;
    return uncut;
  }

  private async closeHandlers(): Promise<void> {
    try {
      await this.handlers.close?.();
    } catch (error) {
      this.host.failure(textOf(error));
    }
  }

  get accepting(): boolean {
    return this.isAccepting;
  }

  report(): WorkerReport {
    const { counters } = this.server;
    const { slots } = this;
    return {
      accepted: counters.accepted,
      requests: counters.requests,
      answered: this.answered,
      aborted: counters.aborted,
      failed: counters.failed,
      busyTime: slots.busyTime(this.clock.now()),
      bytesReceived: counters.bytesReceived,
      bytesSent: counters.bytesSent,
      accepting: this.isAccepting,
      connections: counters.open,
      slotsTaken: slots.taken,
      stages: connectionStages(this.server.connections(), {
        receiving: this.receiving,
        waiting: slots.waiting,
        processing: slots.processing,
      }),
      cache: this.cache instanceof PrivateCache ? this.cache.current : undefined,
    };
  }

  private retireIfDue(): void {
    const { requests } = this.limits;
    const { counters } = this.server;
    if (requests > 0 && counters.requests - counters.running >= requests) this.retire();
  }

  private update(): void {
    const wanted = this.permitted && !this.gate.isHeld && !this.isRetiring && this.slots.accepting;
    if (wanted !== this.isAccepting) {
      this.isAccepting = wanted;
      if (wanted) this.host.startAccepting();
      else this.host.stopAccepting();
    }
    this.host.changed();
  }

  private gated(
    role: 'responder' | 'authorizer' | 'filter',
    handler: RequestHandler | undefined,
  ): { readonly [role: string]: RequestHandler } {
    return handler ? { [role]: (request: ServerRequest) => this.admit(request, handler) } : {};
  }

  /** Starts the handler when the slots let it. */
  private admit(request: ServerRequest, handler: RequestHandler): unknown {
    const { slots, clock } = this;
    const connection = request.connection!;
    if (this.settings.slot === 'connection' && !this.settings.acceptLock) {
      let result: unknown;
      slots.arrived(request, connection, () => (result = handler(request)), clock.now());
      return result;
    }
    return new Promise((resolve, reject) => {
      let begun = false;
      const begin = (): void => {
        begun = true;
        runHandler(handler, request).then(resolve, reject);
      };
      const arrive = (): void => {
        slots.arrived(request, connection, begin, clock.now());
        this.update();
      };
      if (this.settings.slot === 'handler') {
        this.receiving++;
        whenReceived(request, () => {
          this.receiving--;
          if (!request.aborted && !request.ended) arrive();
          else resolve(undefined);
        });
      } else {
        arrive();
      }
      request.onAbort(() => {
        if (begun) return;
        slots.ended(request, false, clock.now());
        resolve(undefined);
      });
    });
  }
}

/** Whether another request may come on the connection of this one. */
function isKept(request: ServerRequest): boolean {
  const keeps = 'keepConnection' in request && request.keepConnection === true;
  return keeps && (request.connection?.isOpen ?? false);
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
