// Damages a stream of FastCGI records (or anything else) where it hurts a decoder most: headers, lengths, pair lengths.
import { HEADER_LENGTH, PARAMS } from '../../src/fastcgi/constants.js';
import { concat } from '../support/bytes.js';
import type { Random } from '../support/random.js';

const TYPES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 99, 255];

/** One to four damages; the stream comes back in a buffer of its own and is never empty. */
export function mutateRecords(stream: Uint8Array, dice: Random): Uint8Array {
  let bytes: Uint8Array = stream.slice();
  for (let left = dice.between(1, 4); left > 0; left--) bytes = mutateOnce(bytes, dice);
  return bytes.length > 0 ? bytes : Uint8Array.of(1);
}

function mutateOnce(bytes: Uint8Array, dice: Random): Uint8Array {
  const starts = recordStarts(bytes);
  if (starts.length === 0) return bytes;
  const at = dice.pick(starts);
  switch (dice.below(10)) {
    case 0:
      bytes[at] = dice.pick([0, 2, 3, 22, 71, 255]); // version
      return bytes;
    case 1:
      bytes[at + 1] = dice.pick(TYPES);
      return bytes;
    case 2:
      bytes[at + 2] = dice.pick([0, 1, 255]); // request id
      bytes[at + 3] = dice.pick([0, 1, 2, 255]);
      return bytes;
    case 3:
      bytes[at + 4] = dice.pick([0, 1, 127, 128, 255]); // content length
      bytes[at + 5] = dice.below(256);
      return bytes;
    case 4:
      bytes[at + 6] = dice.pick([0, 1, 7, 8, 255]); // padding length
      return bytes;
    case 5:
      return pairLength(bytes, at, dice);
    case 6:
      return bytes.slice(0, dice.below(bytes.length)); // cut
    case 7: {
      const next = dice.pick(starts); // a record, or what lies between two of them, again
      return concat(bytes.subarray(0, next), bytes.subarray(Math.min(at, next)));
    }
    case 8: {
      const end = Math.min(bytes.length, at + dice.between(1, 40)); // something left out
      return concat(bytes.subarray(0, at), bytes.subarray(end));
    }
    default:
      bytes[dice.below(bytes.length)] ^= 1 << dice.below(8);
      return bytes;
  }
}

/** An extreme length in front of a name or value of a PARAMS record. */
function pairLength(bytes: Uint8Array, at: number, dice: Random): Uint8Array {
  if (bytes[at + 1] !== PARAMS || at + HEADER_LENGTH + 8 > bytes.length) return bytes;
  const lengths = dice.pick([
    [0xff, 0xff, 0xff, 0xff],
    [0x80, 0x00, 0x00, 0x00],
    [0x80, 0x01, 0x00, 0x00],
    [0x7f, 0x7f],
    [0x00, 0x00],
  ]);
  bytes.set(lengths, at + HEADER_LENGTH + (dice.oneIn(2) ? 0 : lengths.length));
  return bytes;
}

function recordStarts(bytes: Uint8Array): number[] {
  const starts: number[] = [];
  let at = 0;
  while (at + HEADER_LENGTH <= bytes.length && starts.length < 1000) {
    starts.push(at);
    at += HEADER_LENGTH + (bytes[at + 4] << 8) + bytes[at + 5] + bytes[at + 6];
  }
  return starts;
}
