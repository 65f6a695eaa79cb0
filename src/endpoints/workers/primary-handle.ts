// A pool of worker processes as whoever started it holds it: everything is asked of the primary process.
import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import type { CloseOptions } from '../server/server.js';
import { entryPath } from './entry-path.js';
import { errorFrom } from './error-text.js';
import { moduleUrl } from './load-handlers.js';
import type { FromPrimary, ToPrimary } from './messages.js';
import type { WorkersSettings } from './options.js';
import type { PoolEnd, PoolEvents, WorkerPool } from './pool.js';
import type { PoolStatus } from './status.js';

/** As Server.close. Milliseconds. */
const CLOSE_TIMEOUT = 10_000;

/** @throws UserError, ListenError */
export async function startPrimary(settings: WorkersSettings, execArgv: readonly string[]): Promise<WorkerPool> {
  const pool = new PrimaryHandle(
    portable(settings),
    execArgv,
    'fd' in settings.listen ? settings.listen.fd : undefined,
  );
  await pool.started;
  return pool;
}

/** Settings as they can be sent. @throws UserError for a module that has no absolute path */
function portable(settings: WorkersSettings): WorkersSettings {
  const { handler, listen } = settings;
  return {
    ...settings,
    handler: 'name' in handler ? handler : { module: moduleUrl(handler.module), options: handler.options },
    // A descriptor becomes the primary's standard input.
    listen: 'fd' in listen ? { ...listen, fd: 0 } : listen,
  };
}

class PrimaryHandle extends EventEmitter<PoolEvents> implements WorkerPool {
  readonly model = 'workers';
  readonly pid: number;
  readonly started: Promise<void>;
  readonly closed: Promise<PoolEnd>;
  private readonly child: ChildProcess;
  private readonly questions = new Map<number, (status: PoolStatus | undefined) => void>();
  private lastQuestion = 0;
  private listensAt: WorkerPool['address'] | undefined;
  private finished: boolean | undefined;
  private hasEnded = false;

  constructor(settings: WorkersSettings, execArgv: readonly string[], fd: number | undefined) {
    super();
    this.child = fork(entryPath(), ['primary'], {
      execArgv: [...execArgv],
      serialization: 'advanced',
      stdio: [fd ?? 'ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.pid = this.child.pid ?? 0;
    let failure: Error | undefined;
    let whenStarted = (): void => {};
    const accepted = new Promise<void>((resolve) => {
      whenStarted = resolve;
    });
    this.child.on('message', (message) => {
      const news = message as FromPrimary;
      if (news.kind === 'started') {
        this.listensAt = news.address;
        whenStarted();
      } else if (news.kind === 'unable') {
        failure = errorFrom(news.error);
      } else {
        this.hear(news);
      }
    });
    this.child.on('error', (error) => {
      failure ??= error;
    });
    this.closed = new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        const end = { code, signal, finished: this.finished ?? false };
        this.hasEnded = true;
        for (const answer of this.questions.values()) answer(undefined);
        this.questions.clear();
        resolve(end);
        this.emit('closed', end);
      });
    });
    const endedEarly = this.closed.then(({ code, signal }): never => {
      throw failure ?? new Error(`the primary process ended before it had started (${signal ?? code})`);
    });
    this.started = Promise.race([accepted, endedEarly]);
    // When it has started, its end is no failure to start.
    endedEarly.catch(() => {});
    this.send({ kind: 'start', settings, execArgv });
  }

  get address(): WorkerPool['address'] {
    return this.listensAt!;
  }

  /** @throws Error when the pool has ended */
  async status(): Promise<PoolStatus> {
    const status = await new Promise<PoolStatus | undefined>((resolve) => {
      if (this.hasEnded || !this.child.connected) {
        resolve(undefined);
        return;
      }
      const id = ++this.lastQuestion;
      this.questions.set(id, resolve);
      this.send({ kind: 'status', id });
    });
    if (!status) throw new Error('the pool has ended');
    return status;
  }

  async close(options: CloseOptions = {}): Promise<boolean> {
    const { graceful = true, timeout = CLOSE_TIMEOUT } = options;
    this.send({ kind: 'close', graceful, timeout });
    return (await this.closed).finished;
  }

  private hear(news: Exclude<FromPrimary, { readonly kind: 'started' | 'unable' }>): void {
    switch (news.kind) {
      case 'status':
        this.questions.get(news.id)?.(news.status);
        this.questions.delete(news.id);
        break;
      case 'event':
        (this.emit as (name: string, ...values: readonly unknown[]) => boolean).call(this, news.name, ...news.values);
        break;
      case 'finished':
        this.finished = news.uncut;
        break;
    }
  }

  private send(message: ToPrimary): void {
    if (this.child.connected) this.child.send(message, () => {});
  }
}
