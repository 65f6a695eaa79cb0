// Damages a file without knowing what it is.
import { concat } from '../support/bytes.js';
import type { Random } from '../support/random.js';

const NUMBERS = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x00010000, 0x00040001];

/** A damaged copy; `other` gives bytes to splice in. */
export function mutateBytes(original: Uint8Array, other: Uint8Array, dice: Random): Uint8Array {
  let bytes: Uint8Array = original.slice();
  for (let left = dice.between(1, 8); left > 0 && bytes.length > 0; left--) bytes = mutateOnce(bytes, other, dice);
  return bytes;
}

function mutateOnce(bytes: Uint8Array, other: Uint8Array, dice: Random): Uint8Array {
  // Half of the damage goes to the beginning, where the headers of the file and of the first packets are.
  const at = dice.below(dice.oneIn(2) ? Math.min(bytes.length, 200) : bytes.length);
  switch (dice.below(8)) {
    case 0:
    case 1:
      bytes[at] ^= 1 << dice.below(8);
      return bytes;
    case 2:
      bytes[at] = dice.below(256);
      return bytes;
    case 3:
    case 4:
      if (at + 4 <= bytes.length) new DataView(bytes.buffer).setUint32(at, dice.pick(NUMBERS), dice.oneIn(2));
      return bytes;
    case 5:
      return dice.oneIn(3) ? bytes.slice(0, at) : bytes;
    case 6: {
      const length = dice.between(1, 64);
      return concat(bytes.subarray(0, at), bytes.subarray(at + length)); // bytes left out
    }
    default: {
      const from = dice.below(other.length + 1);
      return concat(bytes.subarray(0, at), other.subarray(from, from + dice.between(1, 400)), bytes.subarray(at));
    }
  }
}
