// Runs a load against an application: as many requests as the plan lets begin, their answers into the tally.

import { LoadPlan, type LoadPlanOptions } from '../../load/load-plan.js';
import type { LoadTally } from '../../load/load-tally.js';
import { CgiResponse } from '../../protocol/web-server-response.js';
import { type ClientError, systemCode } from '../client/errors.js';
import type { Completion } from '../client/exchange-request.js';
import type { Clock, Timer } from '../clock.js';

/** A request that a load has begun; whoever carries it calls each method at most once, `completed` or `failed` last. */
export interface LoadedRequest {
  /** Bytes of STDOUT. The range is only lent. */
  stdout(bytes: Uint8Array, start: number, end: number): boolean;
  stderr(bytes: Uint8Array, start: number, end: number): void;
  completed(completion: Pick<Completion, 'appStatus' | 'reused'>): void;
  failed(error: ClientError): void;
}

/** Sends one request and tells what becomes of it. Never throws. */
export type LoadCarrier = (request: LoadedRequest) => void;

export interface LoadOutcome {
  /** Seconds from the first request to the last answer. */
  readonly seconds: number;
  readonly mostLate: number;
  readonly unsent: number;
  /** Ended because not one connection could be made. */
  readonly unreachable: boolean;
}

/** After a failure a place is left alone for so long (milliseconds), or a refusing application would be asked in a spin. */
const AFTER_FAILURE = 20;
/** So many connections may fail, with none made before, until it is said that nobody is there. */
const HOPELESS = 20;

export class LoadRun {
  private readonly plan: LoadPlan;
  private timer: Timer | undefined;
  private failures = 0;
  private unreachable = false;
  /** Places that wait after a failure: they count as taken. */
  private resting = 0;
  private lastEnd: number;
  private pumping = false;
  private finish: ((outcome: LoadOutcome) => void) | undefined;

  constructor(
    private readonly carry: LoadCarrier,
    plan: LoadPlanOptions,
    private readonly tally: LoadTally,
    private readonly clock: Clock,
  ) {
    this.started = this.lastEnd = clock.now();
    this.plan = new LoadPlan(plan, this.started);
  }

  private readonly started: number;

  /** Runs it to its end. To be called once. */
  run(): Promise<LoadOutcome> {
    return new Promise((resolve) => {
      this.finish = resolve;
      this.pump();
    });
  }

  /** Nothing more begins; `run` resolves when what is in progress has ended. */
  stop(): void {
    this.plan.stop();
    this.pump();
  }

  /** Requests in progress. */
  get active(): number {
    return this.plan.active - this.resting;
  }

  private pump(): void {
    // A request may end while it is begun.
    if (this.pumping) return;
    this.pumping = true;
    let now = this.clock.now();
    for (let due = this.plan.begin(now); due !== undefined; due = this.plan.begin(now)) {
      this.carry(new Loaded(this, this.tally, due, now, this.clock));
      now = this.clock.now();
    }
    this.pumping = false;
    this.timer?.cancel();
    this.timer = undefined;
    const next = this.plan.nextAt(now);
    if (next !== Number.POSITIVE_INFINITY) this.timer = this.clock.after(Math.max(0, next - now), () => this.pump());
    else if (this.plan.active === 0 && this.plan.exhausted(now)) this.end();
  }

  /** @internal */
  ended(failure: ClientError | undefined): void {
    this.lastEnd = this.clock.now();
    if (!failure) {
      this.failures = Number.NEGATIVE_INFINITY;
      this.release();
      return;
    }
    if (failure.code === 'connect-failed' || failure.code === 'connect-timeout') {
      if (++this.failures >= HOPELESS) {
        this.unreachable = true;
        this.plan.stop();
      }
    }
    this.resting++;
    this.clock.after(AFTER_FAILURE, () => {
      this.resting--;
      this.release();
    });
  }

  private release(): void {
    this.plan.end();
    this.pump();
  }

  private end(): void {
    const { finish } = this;
    this.finish = undefined;
    finish?.({
      seconds: Math.max(0, this.lastEnd - this.started) / 1000,
      mostLate: this.plan.mostLate,
      unsent: this.plan.unsent(this.lastEnd),
      unreachable: this.unreachable,
    });
  }
}

/** Bytes of a response head that are looked at for the status. */
const MOST_HEAD = 65_536;

class Loaded implements LoadedRequest {
  readonly response = new CgiResponse(MOST_HEAD);
  private firstByte = Number.NaN;

  constructor(
    private readonly run: LoadRun,
    private readonly tally: LoadTally,
    private readonly due: number,
    private readonly sent: number,
    private readonly clock: Clock,
  ) {}

  stdout(bytes: Uint8Array, start: number, end: number): boolean {
    if (Number.isNaN(this.firstByte)) this.firstByte = this.clock.now();
    this.tally.stdoutBytes += end - start;
    if (!this.response.complete) this.response.push(bytes, start, end);
    return true;
  }

  stderr(_bytes: Uint8Array, start: number, end: number): void {
    if (Number.isNaN(this.firstByte)) this.firstByte = this.clock.now();
    this.tally.stderrBytes += end - start;
  }

  completed({ appStatus, reused }: Pick<Completion, 'appStatus' | 'reused'>): void {
    const ended = this.clock.now();
    const { due, sent, response } = this;
    this.tally.completed({
      due,
      sent,
      firstByte: Number.isNaN(this.firstByte) ? ended : this.firstByte,
      ended,
      status: response.complete ? response.status : 0,
      appStatus: appStatus ?? 0,
      reused,
    });
    this.run.ended(undefined);
  }

  failed(error: ClientError): void {
    this.tally.error(errorKind(error));
    this.run.ended(error);
  }
}

/** What errors are counted by: `connect-failed (ECONNREFUSED)`, `closed in-body`. */
export function errorKind(error: ClientError): string {
  const system = systemCode(error.cause);
  if (system !== undefined) return `${error.code} (${system})`;
  return error.phase === 'connecting' || error.phase === 'waiting' ? error.code : `${error.code} ${error.phase}`;
}
