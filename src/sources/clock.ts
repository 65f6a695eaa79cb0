// The one place where sources read the clock, so that tests can set it.

export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
}

export const systemClock: Clock = { now: () => performance.now() };

/** Milliseconds since 1970, for people. */
export function wallTime(): number {
  return Date.now();
}
