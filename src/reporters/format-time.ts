// Moments of a capture for people, in tshark's -t formats, and for programs as ISO 8601. Pure: the origin and the zone
// are handed in.
import { UserError } from '../model/errors.js';

/**
 * tshark's names: `r` seconds since the first packet, `d` since the previous one shown, `a` local time of day, `ad` the
 * same with its date, `u` and `ud` in UTC, `e` seconds since 1970.
 */
export type TimeFormat = 'r' | 'd' | 'a' | 'ad' | 'u' | 'ud' | 'e';
export const TIME_FORMATS: readonly TimeFormat[] = ['r', 'd', 'a', 'ad', 'u', 'ud', 'e'];

/**
 * The format of a name given on the command line.
 * @throws UserError when it is none of them
 */
export function parseTimeFormat(name: string): TimeFormat {
  const format = TIME_FORMATS.find((candidate) => candidate === name);
  if (format !== undefined) return format;
  throw new UserError(
    `-t ${name}: not a time format`,
    'write r (relative), d (delta), a or ad (local, with date), u or ud (UTC, with date), or e (seconds since 1970)',
  );
}

/** The first packet's time. */
export interface TimeOrigin {
  /** Whole seconds since 1970; without a date, since midnight. */
  readonly seconds: number;
  readonly nanoseconds: number;
  /** False where the input has times of day only: no date, no zone. Default true. */
  readonly dated?: boolean;
}

export interface TimeOptions {
  /** Undefined where the input has no times of its own: every format is relative then. */
  readonly origin?: TimeOrigin | undefined;
  /** Seconds that local time is ahead of UTC at a moment (seconds since 1970). Default UTC. */
  readonly zone?: ((epochSeconds: number) => number) | undefined;
  /** The previous moment shown, for `d`. */
  readonly previous?: number | undefined;
  /** Digits of the fraction. Default 6. */
  readonly digits?: 3 | 6 | 9 | undefined;
}

/** A moment in nanoseconds since the first packet; `-` where it is not known (NaN). */
export function formatTime(nanoseconds: number, format: TimeFormat = 'r', options: TimeOptions = {}): string {
  if (!Number.isFinite(nanoseconds)) return '-';
  const digits = options.digits ?? 6;
  const { origin } = options;
  if (format === 'd') return decimal(0, nanoseconds - (options.previous ?? nanoseconds), digits);
  if (format === 'r' || origin === undefined) return decimal(0, nanoseconds, digits);
  const dated = origin.dated ?? true;
  if (format === 'e')
    return decimal(dated ? origin.seconds : 0, dated ? nanoseconds + origin.nanoseconds : nanoseconds, digits);
  const total = origin.nanoseconds + nanoseconds;
  const seconds = origin.seconds + Math.floor(total / 1e9);
  const local = dated && (format === 'a' || format === 'ad');
  const [date, time] = civil(seconds + (local && options.zone !== undefined ? options.zone(seconds) : 0));
  const clock = `${time}.${fraction(total, digits)}`;
  return dated && (format === 'ad' || format === 'ud') ? `${date} ${clock}` : clock;
}

/** The moment as ISO 8601 in UTC with nanoseconds: `2026-11-21T01:25:27.353126000Z`. */
export function isoTime(nanoseconds: number, origin: TimeOrigin): string {
  const total = origin.nanoseconds + nanoseconds;
  const [date, time] = civil(origin.seconds + Math.floor(total / 1e9));
  return `${date}T${time}.${fraction(total, 9)}Z`;
}

// Seconds as a decimal, cut to so many digits as tcpdump and tshark do.
function decimal(seconds: number, nanoseconds: number, digits: number): string {
  const negative = seconds + nanoseconds / 1e9 < 0;
  const rest = negative ? -nanoseconds : nanoseconds;
  const whole = (negative ? -seconds : seconds) + Math.floor(rest / 1e9);
  return `${negative ? '-' : ''}${whole}.${fraction(rest, digits)}`;
}

function fraction(nanoseconds: number, digits: number): string {
  const rest = Math.floor(nanoseconds - Math.floor(nanoseconds / 1e9) * 1e9);
  return String(rest).padStart(9, '0').slice(0, digits);
}

// Proleptic Gregorian date and time of day; moments that no date can show are put at the nearest that can.
function civil(seconds: number): readonly [string, string] {
  const bounded = Math.min(Math.max(seconds, -62_135_596_800), 253_402_300_799); // years 1 to 9999
  const text = new Date(bounded * 1000).toISOString();
  return [text.slice(0, 10), text.slice(11, 19)];
}
