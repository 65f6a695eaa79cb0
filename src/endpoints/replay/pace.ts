// When the events of a case are due: the time of the capture, divided by the speed, on a clock of its own that may be set back
// where the other side was slower than it had been.
import type { Clock } from '../clock.js';

/** Timers are not exact: the last moments are waited for without one. Milliseconds. */
const TIMER_SLACK = 2;

export class Pace {
  private origin: number;
  /** Milliseconds by which it was set back. */
  late = 0;

  /**
   * @param speed how many times faster than it was
   * @param origin when time 0 is; default now
   */
  constructor(
    private readonly clock: Clock,
    private readonly speed: number,
    origin = clock.now(),
  ) {
    this.origin = origin;
  }

  /** Milliseconds until an event at that time (nanoseconds since the first) is due; negative once it is late. */
  left(time: number): number {
    return this.origin + time / 1e6 / this.speed - this.clock.now();
  }

  /** Waits for it. What is late already is due at once. */
  async until(time: number, signal: AbortSignal): Promise<void> {
    let left = this.left(time);
    while (left > 0 && !signal.aborted) {
      if (left > TIMER_SLACK) await this.sleep(left - TIMER_SLACK, signal);
      else await new Promise((resolve) => setImmediate(resolve));
      left = this.left(time);
    }
  }

  /** What comes after an event that is late comes as much later. */
  setBack(time: number): void {
    const late = -this.left(time);
    if (late <= 0) return;
    this.origin += late;
    this.late += late;
  }

  private sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        timer.cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = this.clock.after(Math.max(1, Math.floor(milliseconds)), done);
      signal.addEventListener('abort', done);
    });
  }
}
