// How many ran, or were open, at once over time: intervals in the order of their begins, taken one after the other.
import { TimeHeap } from './time-heap.js';

export class Running {
  /** The most at one time; at equal times ends count before begins. */
  most = 0;
  /** Nanoseconds during which at least one ran. */
  busyTime = Number.NaN;
  /** False where an interval began before the one before it: then the figures are not right. */
  inOrder = true;
  private latestBegin = -Infinity;
  private coveredUntil = -Infinity;
  /** When those that run will end. */
  private readonly ends = new TimeHeap(new Float64Array(64), 0);
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
    this.ends.push(end);
    const { count } = this.ends;
    if (count > this.mostIn[this.part]) {
      this.mostIn[this.part] = count;
      if (count > this.most) this.most = count;
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
      this.mostIn[this.part] = this.ends.count;
      this.partEnd = this.endOf(this.part);
    }
  }

  private dropUntil(time: number): void {
    while (this.ends.count > 0 && this.ends.earliest() <= time) this.ends.dropEarliest();
  }
}

/**
 * The intervals from `begin[row]` to `end(row)`. The rows need not be in the order of their begins: a capture's packets are
 * not always in the order of their times, nor are the rows of several listeners.
 */
export function runningOver(
  rows: Uint32Array,
  begin: Float64Array,
  end: (row: number) => number,
  duration: number,
  parts: number,
): Running {
  const over = (ordered: Uint32Array) => {
    const running = new Running(duration, parts);
    for (let at = 0; at < ordered.length; at++) running.add(begin[ordered[at]], end(ordered[at]));
    return running;
  };
  const running = over(rows);
  return running.inOrder ? running : over(rows.slice().sort((a, b) => begin[a] - begin[b]));
}
