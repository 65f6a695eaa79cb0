// Options of pcapng blocks (draft-ietf-opsawg-pcapng, section 3.5), walked within the bounds of their block.
import { u16 } from './pcapng-bytes.js';

const END_OF_OPTIONS = 0;

/**
 * Where the value of the first option of a code begins, or -1. With a `length` other than -1, options of another
 * length do not count.
 * @param end where the options end: the block without its trailing length.
 */
export function findOption(
  bytes: Uint8Array,
  start: number,
  end: number,
  little: boolean,
  code: number,
  length: number,
): number {
  let at = start;
  while (at + 4 <= end) {
    const found = u16(bytes, at, little);
    const size = u16(bytes, at + 2, little);
    if (found === END_OF_OPTIONS || at + 4 + size > end) return -1;
    if (found === code && (length === -1 || size === length)) return at + 4;
    at += 4 + padded(size);
  }
  return -1;
}

/** Length of the option whose value `findOption` returned. */
export function optionLength(bytes: Uint8Array, value: number, little: boolean): number {
  return u16(bytes, value - 2, little);
}

/** Position of the first option that does not fit its block, or -1 when all do. */
export function findBadOption(bytes: Uint8Array, start: number, end: number, little: boolean): number {
  let at = start;
  while (at < end) {
    if (at + 4 > end) return at;
    const size = u16(bytes, at + 2, little);
    if (at + 4 + size > end) return at;
    if (u16(bytes, at, little) === END_OF_OPTIONS) return -1;
    at += 4 + padded(size);
  }
  return -1;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}
