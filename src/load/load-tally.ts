// What became of the requests of a load: counted as they end, summed up at the end or in between.
import { Histogram } from './histogram.js';

export class LoadTally {
  /** Nanoseconds: of complete answers, from the time the request was due. */
  readonly latency = new Histogram();
  /** Nanoseconds to the first byte of the answer, from when the request was sent. */
  readonly firstByte = new Histogram();
  /** Complete answers by HTTP status. */
  readonly statuses = new Map<number, number>();
  /** Requests that failed, by what went wrong. */
  readonly errors = new Map<string, number>();
  complete = 0;
  failed = 0;
  /** Complete answers whose appStatus was not 0. */
  appStatusNotZero = 0;
  /** Complete answers on connections that had served others before. */
  reused = 0;
  /** Bytes of STDOUT and STDERR. */
  stdoutBytes = 0;
  stderrBytes = 0;

  /** Times in milliseconds of one clock. */
  completed(answer: {
    readonly due: number;
    readonly sent: number;
    readonly firstByte: number;
    readonly ended: number;
    /** 0 where the answer has no head. */
    readonly status: number;
    readonly appStatus: number;
    readonly reused: boolean;
  }): void {
    this.complete++;
    this.latency.record((answer.ended - answer.due) * 1e6);
    this.firstByte.record((answer.firstByte - answer.sent) * 1e6);
    this.statuses.set(answer.status, (this.statuses.get(answer.status) ?? 0) + 1);
    if (answer.appStatus !== 0) this.appStatusNotZero++;
    if (answer.reused) this.reused++;
  }

  /** A request that brought no complete answer. `kind`: a word or a short sentence that others share. */
  error(kind: string): void {
    this.failed++;
    this.errors.set(kind, (this.errors.get(kind) ?? 0) + 1);
  }
}

/** Percentiles that reports show, as shares. */
export const PERCENTILES: readonly number[] = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999];
