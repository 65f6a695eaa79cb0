// Option values of the commands that talk to an application, or are one: times, sizes, headers, params.
import { Option } from 'commander';
import { parseMilliseconds, parseSize } from '../faults/parameter-values.js';
import { UserError } from '../model/errors.js';

/** Milliseconds; a number without a unit is seconds, as everywhere on the command line. */
export function parseTime(value: string, option: string): number {
  const time = /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) * 1000 : parseMilliseconds(value);
  if (time === undefined) throw new UserError(`${option} ${value}: not a time`, 'write 5, 5s, 200ms or 2min');
  return time;
}

/** Bytes: 512, 64kB, 1MiB. */
export function parseBytes(value: string, option: string): number {
  const bytes = parseSize(value);
  if (bytes === undefined) throw new UserError(`${option} ${value}: not a size`, 'write 512, 64kB or 1MiB');
  return bytes;
}

/** `Name: value` as curl takes it; `Name;` is a header without a value. Repeatable. */
export function parseHeader(value: string, previous: readonly (readonly [string, string])[] = []): [string, string][] {
  const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?::\s*(.*)|;\s*)$/s.exec(value);
  if (!match || /[\r\n\0]/.test(value)) throw new UserError(`-H ${value}: not a header`, "write -H 'Name: value'");
  return [...(previous as [string, string][]), [match[1], (match[2] ?? '').trimEnd()]];
}

/** `--fault`, repeatable. */
export function faultOption(): Option {
  const text = 'something that goes wrong, NAME[=VALUE][,...]; help lists them (repeatable)';
  return new Option('--fault <fault>', text).argParser((value: string, previous: string[] = []) => [
    ...previous,
    value,
  ]);
}

/** @throws UserError if the address was left out. */
export function needed(address: string | undefined): string {
  if (address === undefined) throw new UserError('no address was given', 'write host:port, [::1]:port or unix:/path');
  return address;
}

/** `NAME=value`; `NAME` alone takes it away. Repeatable. */
export function parseParam(
  value: string,
  previous: readonly (readonly [string, string | undefined])[] = [],
): [string, string | undefined][] {
  const at = value.indexOf('=');
  const name = at === -1 ? value : value.slice(0, at);
  if (name === '')
    throw new UserError(`-P ${value}: the name is missing`, 'write -P NAME=value, or -P NAME to leave it out');
  return [...(previous as [string, string | undefined][]), [name, at === -1 ? undefined : value.slice(at + 1)]];
}

/** A number of requests a second. */
export function parseRate(value: string, option: string): number {
  const rate = Number(value.replace(/\/s$/, ''));
  if (!(rate > 0) || !Number.isFinite(rate))
    throw new UserError(`${option} ${value}: not a number of requests a second`);
  return rate;
}
