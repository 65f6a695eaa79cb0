// How many requests ran at once, over time: intervals in the order of their begins, taken one after the other.

export class Running {
  /** The most at one time; at equal times ends count before begins. */
  most = 0;
  /** Nanoseconds during which at least one ran. */
  busyTime = Number.NaN;
  /** False where an interval began before the one before it: then the figures are not right. */
  inOrder = true;
  private latestBegin = -Infinity;
  private coveredUntil = -Infinity;
  /** When those that run will end: a binary heap, the earliest first. */
  private ends = new Float64Array(64);
  private count = 0;
  private readonly mostIn: Float64Array;
  private readonly width: number;
  private part = 0;
  private partEnd: number;

  /** @param duration nanoseconds @param parts in how many equal parts of the duration the most is told */
  constructor(
    private readonly duration: number,
    parts: number,
  ) {
    // See RequestFigures.
    this.busyTime = 0;
    this.mostIn = new Float64Array(duration > 0 ? parts : 1);
    this.width = duration / parts;
    this.partEnd = this.endOf(0);
  }

  /** The next interval, in nanoseconds. */
  add(begin: number, end: number): void {
    if (begin < this.latestBegin) this.inOrder = false;
    this.latestBegin = begin;
    if (begin >= this.partEnd) this.enterPartOf(begin);
    this.dropUntil(begin);
    if (end > this.coveredUntil) {
      this.busyTime += end - Math.max(begin, this.coveredUntil);
      this.coveredUntil = end;
    }
    if (!(end > begin)) return;
    this.push(end);
    if (this.count > this.mostIn[this.part]) {
      this.mostIn[this.part] = this.count;
      if (this.count > this.most) this.most = this.count;
    }
  }

  /** The most in each part of the duration, as [start of the part, count]. Nothing can be added after it. */
  steps(): readonly (readonly [number, number])[] {
    if (this.latestBegin === -Infinity || !(this.duration > 0)) return [];
    this.enterPartOf(Infinity);
    return Array.from(this.mostIn, (most, part) => [part * this.width, most] as const);
  }

  private endOf(part: number): number {
    return part >= this.mostIn.length - 1 ? Infinity : (part + 1) * this.width;
  }

  /** Goes on to the part in which `time` is, or to the last one. */
  private enterPartOf(time: number): void {
    while (time >= this.partEnd && this.part < this.mostIn.length - 1) {
      this.part++;
      this.dropUntil(this.part * this.width);
      this.mostIn[this.part] = this.count;
      this.partEnd = this.endOf(this.part);
    }
  }

  private dropUntil(time: number): void {
    while (this.count > 0 && this.ends[0] <= time) this.drop();
  }

  private push(end: number): void {
    if (this.count === this.ends.length) {
      const grown = new Float64Array(this.count * 2);
      grown.set(this.ends);
      this.ends = grown;
    }
    const { ends } = this;
    let at = this.count++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (ends[parent] <= end) break;
      ends[at] = ends[parent];
      at = parent;
    }
    ends[at] = end;
  }

  /** Drops the earliest end. */
  private drop(): void {
    const { ends } = this;
    const count = --this.count;
    const last = ends[count];
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= count) break;
      if (child + 1 < count && ends[child + 1] < ends[child]) child++;
      if (ends[child] >= last) break;
      ends[at] = ends[child];
      at = child;
    }
    ends[at] = last;
  }
}
