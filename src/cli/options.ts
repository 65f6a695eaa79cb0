// Option values of the command line, from text to what the analysis takes. A value that makes no sense is a UserError
// that names the option and shows the form it has.
import { Option } from 'commander';
import type { NamedListener } from '../analysis/session.js';
import { UserError } from '../model/errors.js';

/** `tcp.port==9000,fcgi` (tshark's spelling) or `9000,scgi`; repeatable. */
export function parseDecodeAs(value: string, previous: readonly NamedListener[] = []): NamedListener[] {
  const match = /^(?:tcp\.port\s*==\s*)?(\d+)\s*,\s*(fcgi|fastcgi|scgi)$/.exec(value.trim());
  if (!match)
    throw new UserError(`-d ${value}: not understood`, 'write -d tcp.port==9000,fcgi or -d tcp.port==9000,scgi');
  return [...previous, { port: portNumber(match[1], '-d'), protocol: match[2] === 'scgi' ? 'scgi' : 'fastcgi' }];
}

/** `--port 9000`: short for -d tcp.port==9000,fcgi; repeatable. */
export function parsePort(value: string, previous: readonly NamedListener[] = []): NamedListener[] {
  return [...previous, { port: portNumber(value, '--port'), protocol: 'fastcgi' }];
}

function portNumber(value: string, option: string): number {
  const port = Number(value);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new UserError(`${option} ${value}: not a TCP port`, 'ports go from 1 to 65535');
  }
  return port;
}

/** A moment of the input: relative to its first packet, or absolute. */
export type Moment =
  | { readonly kind: 'relative'; readonly nanoseconds: number }
  | { readonly kind: 'absolute'; readonly milliseconds: number };

const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  '': 1e9,
  min: 60e9,
  m: 60e9,
  h: 3600e9,
};

/** `2.5`, `2.5s`, `300ms`, `5min` after the first packet, or a date like 2026-11-21T10:10:04Z. */
export function parseMoment(value: string, option: string): Moment {
  const match = /^(\d+(?:\.\d+)?)\s*(ns|us|µs|ms|s|min|m|h)?$/.exec(value.trim());
  if (match) return { kind: 'relative', nanoseconds: Number(match[1]) * UNITS[match[2] ?? ''] };
  const milliseconds = Date.parse(value);
  if (/^\d{4}-\d\d-\d\d/.test(value) && !Number.isNaN(milliseconds)) return { kind: 'absolute', milliseconds };
  throw new UserError(
    `${option} ${value}: not a time`,
    'write seconds since the first packet (2.5s, 300ms) or a date (2026-11-21T10:10:04Z)',
  );
}

/** `--log-timezone`: local, UTC, or an offset like +02:00. Returns the offset of a local time in seconds, or undefined for local. */
export function parseTimezone(value: string): number | undefined {
  if (value === 'local') return undefined;
  if (/^(utc|z)$/i.test(value)) return 0;
  const match = /^([+-])(\d\d):?(\d\d)$/.exec(value);
  if (!match || Number(match[2]) > 14 || Number(match[3]) > 59) {
    throw new UserError(`--log-timezone ${value}: not understood`, 'write local, UTC, or an offset like +02:00');
  }
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 3600 + Number(match[3]) * 60);
}

/** A whole number from `least`. */
export function parseCount(value: string, option: string, least = 0): number {
  const count = Number(value);
  if (!/^\d+$/.test(value.trim()) || count < least) {
    throw new UserError(`${option} ${value}: not a whole number from ${least}`);
  }
  return count;
}

/** `--limit` of a report that is printed once. */
export function listLimitOption(): Option {
  return new Option('--limit <count>', 'rows of each list at most (default: 20 in text, all in JSON)').argParser(
    (value: string) => parseCount(value, '--limit'),
  );
}

/** One of the words; the error lists them. */
export function parseWord<T extends string>(value: string, option: string, words: readonly T[]): T {
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) throw new UserError(`${option} ${value}: not one of ${words.join(', ')}`);
  return word;
}
