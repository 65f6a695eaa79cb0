// The values of a fault's parameters, from text: durations, sizes, counts, words.
import { UserError } from '../model/errors.js';
import type { FaultParameter } from './fault.js';

const MILLISECONDS: Readonly<Record<string, number>> = {
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  '': 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
};
const BYTES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1000,
  kb: 1000,
  kib: 1024,
  m: 1e6,
  mb: 1e6,
  mib: 1 << 20,
  gb: 1e9,
};
/** A day: a timer can't be set much further ahead. */
const LONGEST = 86_400_000;

/** @throws UserError that names the fault and the parameter */
export function parseParameter(fault: string, parameter: FaultParameter, text: string): number | string {
  const what = `${fault}: ${parameter.name}=${text}`;
  const { least = 0, most = Number.MAX_SAFE_INTEGER } = parameter;
  switch (parameter.type) {
    case 'duration': {
      const time = parseMilliseconds(text);
      if (time === undefined || time > LONGEST)
        throw new UserError(`${what}: not a time up to a day`, 'write 200ms, 1.5s or 2min');
      return time;
    }
    case 'bytes':
    case 'rate': {
      const bytes = parseSize(text.replace(/\/s$/, ''));
      if (bytes === undefined) throw new UserError(`${what}: not a number of bytes`, 'write 512, 64kB or 1MiB');
      return inRange(what, bytes, least, most);
    }
    case 'count':
      return parseWhole(what, text, least, most);
    case 'word': {
      const word = parameter.words?.find((candidate) => candidate.toLowerCase() === text.toLowerCase());
      if (word === undefined) throw new UserError(`${what}: not one of ${parameter.words?.join(', ')}`);
      return word;
    }
  }
}

/** Milliseconds of `200ms`, `1.5s`, `2min`, `200`; undefined where it is none. */
export function parseMilliseconds(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(us|µs|ms|s|min|m|h)?$/.exec(text.trim());
  return match ? Number(match[1]) * MILLISECONDS[match[2] ?? ''] : undefined;
}

/** Bytes of `512`, `64kB`, `1MiB`; undefined where it is none. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = match && BYTES[match[2].toLowerCase()];
  return match && unit ? Math.round(Number(match[1]) * unit) : undefined;
}

/** A whole number. @throws UserError */
export function parseWhole(what: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text.trim()) || value > Number.MAX_SAFE_INTEGER) throw new UserError(`${what}: not a whole number`);
  return inRange(what, value, least, most);
}

function inRange(what: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  throw new UserError(`${what}: not ${range}`);
}
