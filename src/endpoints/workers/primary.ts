// The primary of a pool: starts workers and keepers, fills seats again, has the cache, and brings all to an end.
import cluster from 'node:cluster';
import { lookup } from 'node:dns/promises';
import { type AddressInfo, isIP } from 'node:net';
import { UserError } from '../../model/errors.js';
import { systemClock } from '../clock.js';
import { type ListenAddress, listenError } from '../server/listen-address.js';
import { openListener } from '../server/listener.js';
import { CacheOwner } from './cache-owner.js';
import { entryPath } from './entry-path.js';
import { errorFrom, errorText } from './error-text.js';
import { Keepers } from './keepers.js';
import type { FromPrimary, FromWorker, PoolEventMessage } from './messages.js';
import type { WorkersSettings } from './options.js';
import { PoolProcess } from './pool-process.js';
import { addCounters, type CacheCounters } from './response-cache.js';
import { drawLimits, seededRandom } from './retirement.js';
import { type SeatOrder, Seats } from './seats.js';
import { addStages, NO_STAGES } from './stages.js';
import { addWork, NO_WORK, type PoolStatus } from './status.js';

/** What workers get after a forced end, or after the timeout of a graceful one. Milliseconds. */
const LAST_MOMENTS = 500;
/** Deaths of workers before any was ready, after which the pool is given up. */
const START_FAILURES = 3;
/** How long a graceful end may take that a signal asked for: as Server.close. Milliseconds. */
const CLOSE_TIMEOUT = 10_000;
/** How long the channels of processes that have ended are waited for. Milliseconds. */
const LAST_CHANNELS = 1000;

export class Primary {
  private readonly seats: Seats;
  private readonly processes = new Map<number, PoolProcess>();
  private readonly cache: CacheOwner | undefined;
  private readonly random: () => number;
  private keepers: Keepers | undefined;
  private listen: ListenAddress;
  private totals = NO_WORK;
  private alarm: NodeJS.Timeout | undefined;
  /** Seats whose workers have accepted. The pool has started when all have. */
  private readonly acceptedSeats = new Set<number>();
  private isStarted = false;
  private startFailures = 0;
  private address: AddressInfo | string = '';
  private isClosing = false;
  private isFinished = false;
  private uncut = true;
  private signals = 0;
  private exitCode = 0;
  /** The exit status where a signal asked for the end and requests had to be cut off for it. */
  private cutCode = 0;

  constructor(
    private readonly settings: WorkersSettings,
    private readonly execArgv: readonly string[],
    private readonly exit: (code: number) => void,
  ) {
    this.listen = settings.listen;
    this.seats = new Seats({ count: settings.workers, replaceDead: settings.replaceDead });
    this.random = settings.seed === undefined ? Math.random : seededRandom(settings.seed);
    if (settings.cache && settings.cache.owner !== 'worker') this.cache = new CacheOwner(settings.cache);
  }

  async start(): Promise<void> {
    try {
      const { keepers: count } = this.settings;
      this.listen = await clearAddress(this.settings.listen);
      const keepers = new Keepers(this.listen, () => this.setUp('keeper'));
      this.keepers = keepers;
      this.address = await withModeOf(this.listen, () => keepers.first());
      keepers.fill(count);
      this.obey(this.seats.begin(systemClock.now()));
    } catch (error) {
      this.giveUp(error);
    }
  }

  private setUp(role: 'worker' | 'keeper'): void {
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    cluster.setupPrimary({
      exec: entryPath(),
      args: [role],
      execArgv: [...this.execArgv],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }

  // Workers.

  private obey(orders: readonly SeatOrder[]): void {
    for (const order of orders) {
      if (order.kind === 'start') this.startWorker(order.process, order.seat, order.generation);
      else this.permit(order.process);
    }
    this.setAlarm();
  }

  private setAlarm(): void {
    clearTimeout(this.alarm);
    const { nextDue } = this.seats;
    if (nextDue === undefined) return;
    const wait = Math.max(0, nextDue - systemClock.now());
    this.alarm = setTimeout(() => this.obey(this.seats.due(systemClock.now())), wait);
  }

  private startWorker(process: number, seat: number, generation: number): void {
    const limits = drawLimits(this.settings, this.random);
    this.setUp('worker');
    const entry = new PoolProcess(cluster.fork(), seat, generation, limits, systemClock.now());
    this.processes.set(process, entry);
    const { worker } = entry;
    const { startTimeout } = this.settings;
    const tooLong = startTimeout > 0 ? setTimeout(() => this.startedTooLong(entry), startTimeout) : undefined;
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') clearTimeout(tooLong);
      // What it was told before this it has not heard.
      if (message.kind === 'up' && this.isClosing) entry.kill();
      else if (message.kind === 'up')
        entry.send({ kind: 'serve', seat, generation, settings: this.settings, limits, listen: this.listen });
      this.heard(process, entry, message);
    });
    worker.once('exit', (code: number | null, signal: string | null) => {
      clearTimeout(tooLong);
      this.workerEnded(process, entry, code, signal);
    });
    this.emit('started', [entry.ref]);
  }

  private startedTooLong(entry: PoolProcess): void {
    this.emit('failure', [`it was not ready after ${this.settings.startTimeout} ms`, entry.ref]);
    entry.kill();
  }

  private permit(process: number): void {
    const entry = this.processes.get(process);
    if (!entry) return;
    entry.isPermitted = true;
    entry.send({ kind: 'accept' });
  }

  private heard(process: number, entry: PoolProcess, message: FromWorker): void {
    switch (message.kind) {
      case 'up':
        break;
      case 'ready':
        entry.isReady = true;
        this.obey(this.seats.ready(process));
        break;
      case 'accepting':
        this.emit('accepting', [entry.ref]);
        this.acceptedSeats.add(entry.ref.seat);
        if (!this.isStarted && this.acceptedSeats.size === this.settings.workers) {
          this.isStarted = true;
          this.tell({ kind: 'started', address: this.address });
        }
        break;
      case 'unable':
        if (!this.isStarted) this.giveUp(errorFrom(message.error));
        else this.emit('failure', [message.error.stack ?? message.error.message, entry.ref]);
        break;
      case 'retiring':
        entry.isRetiring = true;
        this.emit('retiring', [entry.ref]);
        this.obey(this.seats.retiring(process, systemClock.now()));
        break;
      case 'failure':
        this.emit('failure', [message.text, entry.ref]);
        break;
      case 'message':
        this.emit('message', [message.message, entry.ref]);
        break;
      case 'report':
        entry.told(message);
        break;
      case 'finished':
        entry.told(message);
        if (!message.uncut) this.uncut = false;
        break;
      default: {
        const answer = this.cache?.hear(message);
        if (answer) entry.send(answer);
      }
    }
  }

  private workerEnded(process: number, entry: PoolProcess, code: number | null, signal: string | null): void {
    this.processes.delete(process);
    this.totals = addWork(this.totals, entry.report);
    if (this.isClosing && entry.isPermitted && (code !== 0 || entry.report.stages.processing > 0)) this.uncut = false;
    const retired = (entry.isRetiring || this.isClosing) && code === 0;
    this.emit('ended', [{ ...entry.ref, code, signal, retired, requests: entry.report.answered }]);
    const most = this.settings.replaceDead === 'all' ? START_FAILURES : 1;
    if (!this.isStarted && !entry.isReady && ++this.startFailures >= most) {
      const how = signal === null ? `with status ${code}` : `by ${signal}`;
      this.giveUp(new UserError(`workers end ${how} before they are ready`, 'try the handler with the event model'));
    }
    this.obey(this.seats.ended(process, { code, signal }, systemClock.now()));
    if (this.isClosing && this.processes.size === 0) void this.finish();
  }

  // What can be read.

  async tellStatus(id: number): Promise<void> {
    this.tell({ kind: 'status', id, status: await this.status() });
  }

  private async status(): Promise<PoolStatus> {
    const { settings, seats, keepers, cache } = this;
    const silent = new Set<PoolProcess>();
    await Promise.all(
      [...this.processes.values()].map(async (entry) => {
        if (!(await entry.ask())) silent.add(entry);
      }),
    );
    // While they were asked some may have ended and others begun.
    const now = systemClock.now();
    const workers = [...this.processes.values()].map((entry) => entry.status(now, !silent.has(entry)));
    workers.sort((one, other) => one.seat - other.seat || one.generation - other.generation);
    let { totals } = this;
    let stages = NO_STAGES;
    for (const worker of workers) {
      totals = addWork(totals, worker);
      stages = addStages(stages, worker.stages);
    }
    return {
      model: 'workers',
      pid: process.pid,
      keepers: keepers?.pids ?? [],
      slot: settings.slot,
      slots: Number.isFinite(settings.slots) ? settings.slots : null,
      workers,
      empty: seats.empty,
      lost: seats.lost,
      totals,
      stages,
      retired: seats.retired,
      died: seats.died,
      cache: cache ? cache.counters() : workers.map((worker) => worker.cache).reduce(addKnown, undefined),
    };
  }

  private emit<Name extends PoolEventMessage['name']>(
    name: Name,
    values: Extract<PoolEventMessage, { readonly name: Name }>['values'],
  ): void {
    this.tell({ kind: 'event', name, values } as PoolEventMessage);
  }

  private tell(message: FromPrimary, told = () => {}): void {
    if (process.connected) process.send!(message, undefined, undefined, told);
    else told();
  }

  // The end.

  /** A signal: the first closes gracefully, the next does not wait. */
  signalled(code: number): void {
    this.signals++;
    this.cutCode = code;
    this.close(this.signals === 1, CLOSE_TIMEOUT);
  }

  /** @param timeout milliseconds that a graceful end may take; 0: no limit. */
  close(graceful: boolean, timeout: number): void {
    this.isClosing = true;
    this.seats.close();
    clearTimeout(this.alarm);
    for (const entry of this.processes.values()) entry.send({ kind: 'close', graceful, timeout });
    // One whose handler does not let go can't hear it.
    if (!graceful || timeout > 0) setTimeout(() => this.killAll(), (graceful ? timeout : 0) + LAST_MOMENTS).unref();
    if (this.processes.size === 0) void this.finish();
  }

  /** Whoever started the pool is gone. */
  abandon(): void {
    this.exitCode = 1;
    this.close(false, 0);
    this.killAll();
  }

  /** The pool can't start: says why and ends. */
  private giveUp(error: unknown): void {
    if (this.isClosing) return;
    this.exitCode = 1;
    this.tell({ kind: 'unable', error: errorText(error) });
    this.close(false, 0);
  }

  private killAll(): void {
    for (const entry of this.processes.values()) entry.kill();
  }

  private async finish(): Promise<void> {
    if (this.isFinished) return;
    this.isFinished = true;
    await this.keepers?.close();
    await channelsClosed();
    const code = this.uncut ? this.exitCode : this.exitCode || this.cutCode;
    this.tell({ kind: 'finished', uncut: this.uncut }, () => this.exit(code));
  }
}

/**
 * node:cluster gives back what a process shared, and removes an AF_UNIX socket's file with the last one, when the
 * process's channel has closed, which may be after its end.
 */
function channelsClosed(): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (Object.keys(cluster.workers ?? {}).length === 0) resolve();
    };
    cluster.on('disconnect', look);
    cluster.on('exit', look);
    // Whoever still holds a channel open is none of ours.
    setTimeout(resolve, LAST_CHANNELS);
    look();
  });
}

function addKnown(one: CacheCounters | undefined, other: CacheCounters | undefined): CacheCounters | undefined {
  return one && other ? addCounters(one, other) : (one ?? other);
}

/**
 * The address as all processes are to be told it: a name looked up once. A file that a dead process left at an AF_UNIX
 * path is removed.
 * @throws ListenError
 */
async function clearAddress(listen: ListenAddress): Promise<ListenAddress> {
  if ('path' in listen) {
    const server = await openListener(listen, (socket) => socket.destroy());
    await new Promise((resolve) => server.close(resolve));
    return listen;
  }
  if ('fd' in listen) return listen;
  const { host = '127.0.0.1' } = listen;
  if (isIP(host)) return { ...listen, host };
  try {
    return { ...listen, host: (await lookup(host)).address };
  } catch (error) {
    throw listenError(error as NodeJS.ErrnoException, listen);
  }
}

/** An AF_UNIX socket is bound in this process, and has the mode it is to have from its first moment. */
async function withModeOf<T>(listen: ListenAddress, bind: () => Promise<T>): Promise<T> {
  if (!('path' in listen)) return bind();
  const before = process.umask(0o777 & ~(listen.mode ?? 0o660));
  try {
    return await bind();
  } finally {
    process.umask(before);
  }
}
