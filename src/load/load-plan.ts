// Which request begins when. Closed loop: so many at once, each followed by the next. Open loop: at a fixed rate, whether
// the answers come or not; a request that has to wait for its turn is late, and its lateness counts as latency, so that a
// pause of the application is not left out of the figures (coordinated omission).

export interface LoadPlanOptions {
  /** Requests at once at most. */
  readonly concurrency: number;
  /** Requests in all; undefined: as many as the duration allows. */
  readonly count?: number | undefined;
  /** Milliseconds during which requests begin; undefined: until the count is reached. */
  readonly duration?: number | undefined;
  /** Requests a second, for the open loop. */
  readonly rate?: number | undefined;
}

export class LoadPlan {
  /** Requests begun. */
  begun = 0;
  /** Requests in progress. */
  active = 0;
  /** Most requests that were due and had to wait at one moment; 0 in the closed loop. */
  mostLate = 0;
  private readonly ends: number;
  private stopped = false;

  constructor(
    private readonly options: LoadPlanOptions,
    /** Clock time, in milliseconds, of the first request. */
    private readonly started: number,
  ) {
    this.ends = options.duration === undefined ? Number.POSITIVE_INFINITY : started + options.duration;
  }

  /**
   * Begins a request if one is due.
   * @returns the time from which its latency counts, or undefined where none is to begin now
   */
  begin(now: number): number | undefined {
    if (this.exhausted(now) || this.active >= this.options.concurrency) {
      if (!this.exhausted(now)) this.noteLate(now);
      return undefined;
    }
    const due = this.dueAt();
    if (due > now) return undefined;
    this.noteLate(now);
    this.begun++;
    this.active++;
    return this.options.rate === undefined ? now : due;
  }

  /** A request has ended. */
  end(): void {
    this.active--;
  }

  /** No further one begins. */
  stop(): void {
    this.stopped = true;
  }

  /** When the next one is due, if places are free: a time of the clock, Infinity where none is. */
  nextAt(now: number): number {
    if (this.exhausted(now) || this.active >= this.options.concurrency) return Number.POSITIVE_INFINITY;
    const due = Math.max(now, this.dueAt());
    return due < this.ends ? due : Number.POSITIVE_INFINITY;
  }

  /** Requests of the open loop that were due before the end and never began: the figures lack them. */
  unsent(now: number): number {
    const { rate, count } = this.options;
    if (rate === undefined) return 0;
    const due = Math.ceil(((Math.min(now, this.ends) - this.started) * rate) / 1000);
    return Math.max(0, Math.min(due, count ?? due) - this.begun);
  }

  /** Nothing more begins. */
  exhausted(now: number): boolean {
    const { count } = this.options;
    if (this.stopped || (count !== undefined && this.begun >= count)) return true;
    return now >= this.ends || this.dueAt() >= this.ends;
  }

  private dueAt(): number {
    const { rate } = this.options;
    return rate === undefined ? this.started : this.started + (this.begun / rate) * 1000;
  }

  private noteLate(now: number): void {
    const { rate } = this.options;
    if (rate === undefined) return;
    const due = Math.floor(((Math.min(now, this.ends) - this.started) * rate) / 1000) + 1;
    this.mostLate = Math.max(this.mostLate, due - this.begun - 1);
  }
}
