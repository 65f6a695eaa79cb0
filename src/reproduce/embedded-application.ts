// Our own application in a scenario: a pool of worker processes with a real accept queue.
import { DEFAULT_ANSWER } from '../endpoints/applications/answer.js';
import type { ServeApplication } from '../endpoints/applications/serve-handlers.js';
import type { WorkersOptions } from '../endpoints/workers/options.js';
import type { WorkerPool } from '../endpoints/workers/pool.js';
import { startWorkers } from '../endpoints/workers/start-workers.js';
import type { PoolStatus } from '../endpoints/workers/status.js';
import type { EndpointAddress } from '../model/endpoint-address.js';
import type { ApplicationPlan } from '../scenarios/play.js';
import type { RunningApplication } from './parts.js';

export async function startEmbeddedApplication(
  plan: ApplicationPlan,
  address: EndpointAddress,
): Promise<RunningApplication> {
  const application = new EmbeddedApplication(plan, address);
  await application.start();
  return application;
}

/** Milliseconds between two looks at the slots. */
const WATCH = 100;
/** Stages of the server in the words of the table. */
const STAGES: Readonly<Record<string, string>> = {
  idle: 'idle connections',
  reading: 'requests being received',
  waiting: 'requests waiting for a slot',
  processing: 'requests worked on',
  writing: 'answers being sent',
  closing: 'connections being closed',
};

class EmbeddedApplication implements RunningApplication {
  readonly name = 'embedded';
  readonly script = undefined;
  private pool: WorkerPool | undefined;
  private readonly lines: string[] = [];
  private readonly begun = performance.now();
  /** The most that was seen of each figure. */
  private readonly most = new Map<string, number>();
  private watching: NodeJS.Timeout | undefined;

  constructor(
    private readonly plan: ApplicationPlan,
    readonly address: EndpointAddress,
  ) {}

  async start(): Promise<void> {
    const pool = await startWorkers(poolOptions(this.plan, this.address));
    this.pool = pool;
    if (this.plan.watched === true) this.watch();
    const say = (text: string) => {
      this.lines.push(`${((performance.now() - this.begun) / 1000).toFixed(3)} ${text}`);
    };
    say(`listening, primary process ${pool.pid}`);
    pool.on('started', ({ pid, seat, generation }) =>
      say(`worker ${pid} started: seat ${seat}, generation ${generation}`),
    );
    pool.on('retiring', ({ pid }) => say(`worker ${pid} retires`));
    pool.on('ended', ({ pid, code, signal, requests }) =>
      say(`worker ${pid} ended (${signal ?? `exit status ${code}`}) after ${requests} requests`),
    );
    pool.on('failure', (text, { pid }) => say(`worker ${pid}: ${text.split('\n')[0]}`));
  }

  async pid(): Promise<number> {
    return (await this.status())?.workers[0]?.pid ?? 0;
  }

  async kill(workers: number): Promise<void> {
    const status = await this.status();
    for (const { pid } of (status?.workers ?? []).slice(0, workers)) end(pid);
  }

  async vanish(): Promise<void> {
    const { pool } = this;
    const status = await this.status();
    this.pool = undefined;
    if (!pool || !status) return;
    // Without its primary nobody is replaced; the file of an AF_UNIX socket stays.
    for (const pid of [pool.pid, ...status.keepers, ...status.workers.map((worker) => worker.pid)]) end(pid);
    await pool.closed;
  }

  async restart(): Promise<void> {
    await this.start();
  }

  async figures(): Promise<Readonly<Record<string, number>>> {
    const status = await this.status();
    if (!status) return {};
    const { totals, cache } = status;
    return {
      workers: status.workers.length,
      'workers replaced': status.retired,
      'workers died': status.died,
      'workers missing': status.lost,
      'requests answered': totals.answered,
      ...(cache ? { 'cache hits': cache.hits, 'cache misses': cache.misses } : {}),
      ...Object.fromEntries(this.most),
    };
  }

  log(): string {
    return this.lines.map((line) => `${line}\n`).join('');
  }

  async close(): Promise<void> {
    clearTimeout(this.watching);
    await this.pool?.close({ graceful: false });
    this.pool = undefined;
  }

  private watch(): void {
    const look = async () => {
      const status = await this.status();
      if (!status) return;
      const taken = status.workers.reduce((sum, worker) => sum + worker.slotsTaken, 0);
      this.note('most slots taken', taken);
      for (const [name, depth] of Object.entries(status.stages))
        this.note(`most ${STAGES[name] ?? name}`, Number(depth));
      this.watching = setTimeout(look, WATCH);
    };
    void look();
  }

  private note(name: string, value: number): void {
    this.most.set(name, Math.max(value, this.most.get(name) ?? 0));
  }

  private async status(): Promise<PoolStatus | undefined> {
    return this.pool?.status().catch(() => undefined);
  }
}

function poolOptions(plan: ApplicationPlan, address: EndpointAddress): WorkersOptions {
  const { backlog, slots = 1, slot = 'connection', cache = 'none' } = plan;
  const serve: ServeApplication = { answer: DEFAULT_ANSWER, byPath: true, faults: plan.faults ?? [], log: false };
  const queue = backlog === undefined ? {} : { backlog };
  return {
    handler: { name: 'serve', options: serve },
    listen:
      address.kind === 'unix' ? { path: address.path, ...queue } : { host: address.host, port: address.port, ...queue },
    workers: Math.max(1, plan.workers),
    slots: slots === 0 ? Number.POSITIVE_INFINITY : slots,
    slot,
    ...(plan.acceptLock === undefined ? {} : { acceptLock: plan.acceptLock }),
    ...(plan.maxRequests === undefined ? {} : { maxRequests: plan.maxRequests }),
    ...(plan.jitter === undefined ? {} : { jitter: plan.jitter }),
    ...(plan.seed === undefined ? {} : { seed: plan.seed }),
    ...(plan.replaceDead === undefined ? {} : { replaceDead: plan.replaceDead }),
    ...(cache === 'none' ? {} : { cache: { owner: cache === 'shared' ? ('primary' as const) : ('worker' as const) } }),
    server: {
      ...(plan.peerEnd === undefined ? {} : { peerEnd: plan.peerEnd }),
      ...(plan.multiplex === undefined ? {} : { multiplex: plan.multiplex }),
      timeouts: {
        ...(plan.linger === undefined ? {} : { linger: plan.linger, lingerTotal: plan.linger }),
        ...(plan.firstByte === undefined ? {} : { firstByte: plan.firstByte }),
      },
    },
    keepers: 1,
  };
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
