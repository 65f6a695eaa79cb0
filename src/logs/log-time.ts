// The civil times of server logs, which have no zone, and their conversion to seconds since 1970.

/** A moment as a log prints it. Fractions of a second are not kept. */
export interface LogTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/**
 * Seconds that the log's zone is ahead of UTC (east is positive) at a civil time, which is given as seconds since 1970
 * as though it were UTC. `() => 7200` for a fixed +02:00.
 */
export type ZoneOffset = (civilSeconds: number) => number;

/** Seconds since 1970 of a log's time, as though its zone were UTC. */
export function civilSeconds(time: LogTime): number {
  return Date.UTC(time.year, time.month - 1, time.day, time.hour, time.minute, time.second) / 1000;
}

/** Seconds since 1970 (UTC) of a log's time. */
export function epochSeconds(time: LogTime, zone: ZoneOffset): number {
  const civil = civilSeconds(time);
  return civil - zone(civil);
}

/** Whether the numbers can be a date and a time of day; a leap second is allowed. */
export function isLogTime(time: LogTime): boolean {
  return (
    time.year >= 1970 &&
    time.month >= 1 &&
    time.month <= 12 &&
    time.day >= 1 &&
    time.day <= 31 &&
    time.hour <= 23 &&
    time.minute <= 59 &&
    time.second <= 60
  );
}
