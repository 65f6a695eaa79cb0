// The one place where endpoints read the clock and set timers, so that tests can set the time.

export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  /**
   * Calls back once after that time. `holds`: whether it keeps the process alive until then. Default true.
   */
  after(milliseconds: number, callback: () => void, holds?: boolean): Timer;
}

export interface Timer {
  cancel(): void;
}

/** A timer of Node's cannot be set further ahead. */
const LONGEST = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, callback, holds = true) {
    const timer = setTimeout(callback, Math.min(LONGEST, Math.max(0, Math.ceil(milliseconds))));
    if (!holds) timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
