// The `event` model: one process, this one, that takes every connection as soon as it comes.
import { EventEmitter } from 'node:events';
import { systemClock } from '../clock.js';
import { type CloseOptions, ListenError } from '../server/index.js';
import { DEFAULT_CACHE } from './cached-responses.js';
import { Gate } from './gate.js';
import { loadHandlers } from './load-handlers.js';
import type { WorkersSettings } from './options.js';
import type { PoolEnd, PoolEvents, WorkerPool, WorkerRef } from './pool.js';
import { ResponseCache } from './response-cache.js';
import { PrivateCache } from './shared-cache.js';
import type { PoolStatus } from './status.js';
import { WorkerRuntime } from './worker-runtime.js';

const NO_LIMITS = { requests: 0, age: 0 };

/** @throws UserError, ListenError */
export async function startEvent(settings: WorkersSettings): Promise<WorkerPool> {
  const pool = new EventPool(settings);
  await pool.start();
  return pool;
}

class EventPool extends EventEmitter<PoolEvents> implements WorkerPool {
  readonly model = 'event';
  readonly pid = process.pid;
  readonly closed: Promise<PoolEnd>;
  private readonly worker: WorkerRef = { seat: 0, generation: 0, pid: process.pid };
  private readonly startedAt = systemClock.now();
  private readonly gate = new Gate();
  private runtime: WorkerRuntime | undefined;
  private listensAt: WorkerPool['address'] | undefined;
  private end: (end: PoolEnd) => void = () => {};

  constructor(private readonly settings: WorkersSettings) {
    super();
    this.closed = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  async start(): Promise<void> {
    const { settings, worker, gate } = this;
    const cache =
      settings.cache && new PrivateCache(new ResponseCache({ ...DEFAULT_CACHE, ...settings.cache }), systemClock);
    const handlers = await loadHandlers(settings.handler, {
      seat: 0,
      generation: 0,
      cache,
      gate,
      send: (message) => this.emit('message', message, worker),
    });
    const runtime = new WorkerRuntime(
      settings,
      handlers,
      cache,
      NO_LIMITS,
      gate,
      {
        // A socket that is closed can't be opened again without losing its accept queue: it is opened once.
        startAccepting: () => {},
        stopAccepting: () => {},
        retiring: () => {},
        changed: () => {},
        failure: (text) => this.emit('failure', text, worker),
      },
      systemClock,
    );
    await runtime.server.listen(settings.listen);
    runtime.permit();
    const address = runtime.server.address();
    if (address === null) throw new ListenError('ERR_LISTEN_FAILED', 'the listening socket has no address');
    this.runtime = runtime;
    this.listensAt = address;
  }

  get address(): WorkerPool['address'] {
    return this.listensAt!;
  }

  async status(): Promise<PoolStatus> {
    const { runtime, settings } = this;
    const { accepting: _, ...report } = runtime!.report();
    const { connections, slotsTaken, stages, cache, ...totals } = report;
    return {
      model: 'event',
      pid: process.pid,
      keepers: [],
      slot: settings.slot,
      slots: Number.isFinite(settings.slots) ? settings.slots : null,
      workers: [
        {
          ...this.worker,
          ...report,
          state: 'accepting',
          age: systemClock.now() - this.startedAt,
          retiresAfter: NO_LIMITS,
          responding: true,
        },
      ],
      empty: 0,
      lost: 0,
      totals,
      stages,
      retired: 0,
      died: 0,
      cache,
    };
  }

  async close(options: CloseOptions = {}): Promise<boolean> {
    const finished = await this.runtime!.close(options);
    const end = { code: 0, signal: null, finished };
    this.end(end);
    this.emit('closed', end);
    return finished;
  }
}
