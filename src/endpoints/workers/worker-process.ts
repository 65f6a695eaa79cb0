// A worker process: one worker, told by the primary what to run and when, accepting from the listening socket that the
// pool's processes share.
import { systemClock } from '../clock.js';
import { CacheClient, type Send } from './cache-client.js';
import { DEFAULT_CACHE } from './cached-responses.js';
import { errorText } from './error-text.js';
import { Gate } from './gate.js';
import { loadHandlers } from './load-handlers.js';
import type { FromWorker, ToWorker } from './messages.js';
import { ResponseCache } from './response-cache.js';
import { PrivateCache, type SharedCache } from './shared-cache.js';
import { SharedListener } from './shared-listener.js';
import { type RuntimeHost, WorkerRuntime } from './worker-runtime.js';

type Serve = Extract<ToWorker, { readonly kind: 'serve' }>;

/** Reports of changes are sent at most this often. Milliseconds. */
const REPORT_INTERVAL = 100;

export function runWorker(exit: (code: number) => void): void {
  const worker = new WorkerProcess(exit);
  process.on('message', (message) => worker.hear(message as ToWorker));
  process.on('disconnect', () => exit(1));
  process.on('SIGTERM', () => worker.retire());
  // A terminal sends these to all processes. The primary gets them too, and tells what is to be done.
  for (const signal of ['SIGINT', 'SIGHUP', 'SIGUSR1'] as const) process.on(signal, () => {});
  const up: FromWorker = { kind: 'up' };
  process.send!(up);
}

class WorkerProcess implements RuntimeHost {
  private readonly gate = new Gate();
  private readonly cacheClient: CacheClient;
  private serve: Serve | undefined;
  private runtime: WorkerRuntime | undefined;
  private listener: SharedListener | undefined;
  private hasAccepted = false;
  private isFinishing = false;
  private reportPlanned = false;

  constructor(private readonly exit: (code: number) => void) {
    this.cacheClient = new CacheClient(this.send);
  }

  hear(message: ToWorker): void {
    switch (message.kind) {
      case 'serve':
        void this.begin(message);
        break;
      case 'accept':
        this.runtime?.permit();
        // Held from the beginning it has come as far as it should.
        if (this.gate.isHeld && !this.hasAccepted) {
          this.hasAccepted = true;
          this.send({ kind: 'accepting' });
        }
        break;
      case 'close':
        void this.closed(message.graceful, message.timeout);
        break;
      case 'report':
        if (this.runtime) this.send({ kind: 'report', id: message.id, report: this.runtime.report() });
        break;
      case 'cached':
      case 'cacheCounters':
        this.cacheClient.answered(message);
        break;
    }
  }

  retire(): void {
    if (this.runtime) this.runtime.retire();
    else this.exit(0);
  }

  private async begin(serve: Serve): Promise<void> {
    const { settings, limits, seat, generation } = serve;
    this.serve = serve;
    try {
      const cache = this.cache(serve);
      const send = (message: unknown): void => this.send({ kind: 'message', message });
      const handlers = await loadHandlers(settings.handler, { seat, generation, cache, gate: this.gate, send });
      this.runtime = new WorkerRuntime(settings, handlers, cache, limits, this.gate, this, systemClock);
      this.send({ kind: 'ready' });
    } catch (error) {
      this.send({ kind: 'unable', error: errorText(error) }, () => this.exit(1));
    }
  }

  private cache({ settings }: Serve): SharedCache | undefined {
    if (!settings.cache) return undefined;
    const options = { ...DEFAULT_CACHE, ...settings.cache };
    return options.owner === 'primary' ? this.cacheClient : new PrivateCache(new ResponseCache(options), systemClock);
  }

  /** Not only for itself: whoever the channel is gone to is gone. */
  private readonly send: Send = (message: FromWorker, sent = () => {}) => {
    if (process.connected) process.send!(message, undefined, undefined, sent);
  };

  // What the worker asks of its process.

  startAccepting(): void {
    this.listener ??= new SharedListener(this.serve!.listen, {
      accepted: (socket) => this.runtime!.take(socket),
      opened: () => {
        if (!this.hasAccepted) this.send({ kind: 'accepting' });
        this.hasAccepted = true;
      },
      failed: (error, fatal) => {
        this.failure(error.stack ?? error.message);
        if (fatal) this.exit(1);
      },
    });
    this.listener.open();
  }

  stopAccepting(): void {
    this.listener?.close();
  }

  retiring(): void {
    this.send({ kind: 'retiring' });
    void this.finish(true, this.serve!.settings.retireTimeout);
  }

  changed(): void {
    if (this.reportPlanned) return;
    this.reportPlanned = true;
    setTimeout(() => {
      this.reportPlanned = false;
      if (!this.isFinishing) this.send({ kind: 'report', id: 0, report: this.runtime!.report() });
    }, REPORT_INTERVAL).unref();
  }

  failure(text: string): void {
    this.send({ kind: 'failure', text });
  }

  /** The pool closes: what has come already, a free worker takes yet. Two turns of the event loop are enough for it. */
  private async closed(graceful: boolean, timeout: number): Promise<void> {
    if (graceful) for (const _ of [1, 2]) await new Promise((resolve) => setImmediate(resolve));
    await this.finish(graceful, timeout);
  }

  private async finish(graceful: boolean, timeout: number): Promise<void> {
    if (!this.runtime) {
      this.exit(0);
      return;
    }
    const closing = this.runtime.close({ graceful, timeout });
    if (this.isFinishing) return;
    this.isFinishing = true;
    const uncut = await closing;
    this.send({ kind: 'finished', uncut, report: this.runtime.report() }, () => this.exit(0));
  }
}
