// Holds the load that lighttpd prints against the connections its log shows. Since 1.4.46 the load counts a connection
// from the first attempt, but "got proc" comes when it is established; so the load may be ahead for a moment, and only
// what stays is drift. A log that begins or leaves lines out in the middle is no drift either.

/** Lines from which the difference at the beginning of a log is taken, when it begins in the middle. */
const FIRST_LINES = 16;

export interface DriftFigures {
  /** Printed load minus counted connections, as of the last line. */
  readonly drift: number;
  /** Lines at the end of the log with a difference in that direction, and the time of their first (or of the last line). */
  readonly driftLines: number;
  readonly driftSince: number;
  /** How often the load fell by more than one line explains: lines are missing, or it was decremented without one. */
  readonly jumps: number;
}

export class LoadDrift {
  private drift = 0;
  private lines = 0;
  private since = 0;
  private jumps = 0;
  private open = 0;
  private last: number | undefined;
  private base: number | undefined;
  private first: { difference: number; time: number }[] = [];

  /** The counter began at 0: the server's start is in the log. */
  restart(): void {
    this.open = 0;
    this.base = 0;
    this.last = 0;
    this.first = [];
    this.lines = 0;
    this.drift = 0;
  }

  got(load: number, time: number): void {
    this.open++;
    if (this.last !== undefined && load < this.last) this.jumps++;
    this.compare(load, time);
  }

  /** @param counted false for a connection that was never established, so not counted as got */
  released(load: number, time: number, counted: boolean): void {
    if (counted) this.open--;
    if (this.last !== undefined && load < this.last - 1) this.jumps++;
    this.compare(load, time);
  }

  /** What the lines so far tell. */
  figures(): DriftFigures {
    if (this.base === undefined && this.first.length > 0) {
      const settled = new LoadDrift();
      settled.first = this.first;
      settled.jumps = this.jumps;
      settled.settle();
      return settled.figures();
    }
    return { drift: this.drift, driftLines: this.lines, driftSince: this.since, jumps: this.jumps };
  }

  private compare(load: number, time: number): void {
    this.last = load;
    const difference = load - this.open;
    if (this.base !== undefined) {
      this.follow(difference - this.base, time);
      return;
    }
    this.first.push({ difference, time });
    if (this.first.length === FIRST_LINES) this.settle();
  }

  private settle(): void {
    let base = Number.POSITIVE_INFINITY;
    for (const { difference } of this.first) base = Math.min(base, difference);
    this.base = base;
    for (const { difference, time } of this.first) this.follow(difference - base, time);
    this.first = [];
  }

  private follow(drift: number, time: number): void {
    if (Math.sign(drift) !== Math.sign(this.drift)) this.lines = 0;
    if (drift === 0 || this.lines === 0) this.since = time;
    if (drift !== 0) this.lines++;
    this.drift = drift;
  }
}
