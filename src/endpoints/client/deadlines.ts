// Many deadlines, one timer: each exchange has a time by which something must happen, which moves with every byte. The
// timer is set for the earliest of them and looks again when it rings, so that moving a deadline costs nothing.
import type { Clock, Timer } from '../clock.js';

export interface Deadlined {
  /** Clock time in milliseconds by which `expire` is called; Infinity for none. */
  readonly deadline: number;
  expire(now: number): void;
}

/** Deadlines are looked at no more often than this many milliseconds. */
const STEP = 10;

export class Deadlines {
  private readonly watched = new Set<Deadlined>();
  private timer: Timer | undefined;
  private rings = Number.POSITIVE_INFINITY;

  constructor(private readonly clock: Clock) {}

  /** Begins to watch; call again when a deadline became earlier. */
  watch(item: Deadlined): void {
    this.watched.add(item);
    if (item.deadline < this.rings) this.set(item.deadline);
  }

  forget(item: Deadlined): void {
    this.watched.delete(item);
  }

  /** Ends all watching. */
  clear(): void {
    this.watched.clear();
    this.timer?.cancel();
    this.timer = undefined;
    this.rings = Number.POSITIVE_INFINITY;
  }

  private set(at: number): void {
    this.timer?.cancel();
    this.rings = at;
    // The sockets of what is watched keep the process alive, not this timer.
    this.timer = this.clock.after(at - this.clock.now(), () => this.ring(), false);
  }

  private ring(): void {
    const now = this.clock.now();
    this.timer = undefined;
    this.rings = Number.POSITIVE_INFINITY;
    for (const item of [...this.watched]) {
      if (item.deadline <= now && this.watched.delete(item)) item.expire(now);
    }
    let earliest = Number.POSITIVE_INFINITY;
    for (const item of this.watched) if (item.deadline < earliest) earliest = item.deadline;
    if (earliest < this.rings) this.set(Math.max(earliest, now + STEP));
  }
}
