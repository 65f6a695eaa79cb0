// The one place where sources read the clock, so that tests can set it.

export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
}

export interface DatedClock extends Clock {
  /** Milliseconds between 1970 and the moment at which `now()` was 0. */
  origin(): number;
}

export const systemClock: DatedClock = { now: () => performance.now(), origin: () => performance.timeOrigin };

/** For what may be over in a moment: loading what Node has behind `performance` takes a part of it. */
export const plainClock: Clock = { now: () => Number(process.hrtime.bigint()) / 1e6 };

/** Milliseconds since 1970, for people. */
export function wallTime(): number {
  return Date.now();
}
