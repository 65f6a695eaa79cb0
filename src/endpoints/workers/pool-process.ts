// One worker process as the primary knows it.
import type { Worker } from 'node:cluster';
import type { FromWorker, ToWorker, WorkerReport } from './messages.js';
import type { WorkerRef } from './pool.js';
import type { RetirementLimits } from './retirement.js';
import { NO_STAGES } from './stages.js';
import { NO_WORK, type WorkerState, type WorkerStatus } from './status.js';

const NO_REPORT: WorkerReport = {
  ...NO_WORK,
  accepting: false,
  connections: 0,
  slotsTaken: 0,
  stages: NO_STAGES,
  cache: undefined,
};

/** A worker that does not answer a question within this has a handler that does not let go. Milliseconds. */
const ANSWER_TIME = 250;

export class PoolProcess {
  readonly ref: WorkerRef;
  /** The last it told. */
  report = NO_REPORT;
  isReady = false;
  isPermitted = false;
  isRetiring = false;
  private readonly questions = new Map<number, (responding: boolean) => void>();
  private lastQuestion = 0;

  constructor(
    readonly worker: Worker,
    seat: number,
    generation: number,
    readonly limits: RetirementLimits,
    private readonly startedAt: number,
  ) {
    this.ref = { seat, generation, pid: worker.process.pid ?? 0 };
  }

  send(message: ToWorker): void {
    // Where it has ended, its 'exit' event comes.
    if (this.worker.isConnected()) this.worker.send(message, () => {});
  }

  kill(): void {
    this.worker.process.kill('SIGKILL');
  }

  /** A report that came. */
  told(message: Extract<FromWorker, { readonly report: WorkerReport }>): void {
    this.report = message.report;
    if (message.kind === 'report') this.questions.get(message.id)?.(true);
  }

  /** Asks for a report. Resolves, in bounded time, to whether it answered. */
  async ask(): Promise<boolean> {
    return this.isReady ? this.question() : true;
  }

  /** What is known of it. */
  status(now: number, responding: boolean): WorkerStatus {
    const { accepting: _, ...report } = this.report;
    return {
      ...this.ref,
      ...report,
      state: this.state,
      age: now - this.startedAt,
      retiresAfter: this.limits,
      responding,
    };
  }

  private get state(): WorkerState {
    if (this.isRetiring) return 'retiring';
    if (!this.isReady) return 'starting';
    if (!this.isPermitted) return 'ready';
    return this.report.accepting ? 'accepting' : 'full';
  }

  private question(): Promise<boolean> {
    const id = ++this.lastQuestion;
    return new Promise((resolve) => {
      const done = (responding: boolean): void => {
        clearTimeout(timer);
        this.questions.delete(id);
        resolve(responding);
      };
      const timer = setTimeout(done, ANSWER_TIME, false);
      this.questions.set(id, done);
      this.send({ kind: 'report', id });
    });
  }
}
