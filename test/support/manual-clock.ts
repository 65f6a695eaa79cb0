// A clock that a test sets: timers ring when it says so.
import type { Clock, Timer } from '../../src/endpoints/clock.js';

interface Waiting {
  readonly at: number;
  readonly callback: () => void;
}

export class ManualClock implements Clock {
  private time: number;
  private waiting: Waiting[] = [];

  constructor(start = 1000) {
    this.time = start;
  }

  now(): number {
    return this.time;
  }

  after(milliseconds: number, callback: () => void): Timer {
    const item = { at: this.time + milliseconds, callback };
    this.waiting.push(item);
    return {
      cancel: () => {
        this.waiting = this.waiting.filter((other) => other !== item);
      },
    };
  }

  /** Timers that are set: milliseconds from now, in order. */
  get timers(): number[] {
    return this.waiting.map(({ at }) => at - this.time).sort((a, b) => a - b);
  }

  /** Lets that time pass, ringing what is due in order. */
  advance(milliseconds: number): void {
    const end = this.time + milliseconds;
    for (;;) {
      const next = this.waiting.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.waiting = this.waiting.filter((other) => other !== next);
      this.time = Math.max(this.time, next.at);
      next.callback();
    }
    this.time = end;
  }
}
