// Whether a stream that is no FastCGI speaks another protocol, or is FastCGI gone wrong: two checks divide them.
import { BEGIN_REQUEST, MAX_TYPE } from '../../fastcgi/constants.js';
import type { Side } from '../../model/side.js';
import type { Facts } from '../facts.js';

/** The first bytes of a side that speaks another protocol; undefined where it is FastCGI, well-formed or not. */
export function foreignBytes(facts: Facts, connection: number, side: Side): Uint8Array | undefined {
  const bytes = facts.foreign.get(connection * 2 + side);
  return bytes === undefined || bytes.length === 0 || isRecordOfOtherVersion(bytes) ? undefined : bytes;
}

/** A record header that is sound but for its version byte. */
function isRecordOfOtherVersion(bytes: Uint8Array): boolean {
  if (bytes.length < 8 || bytes[0] > 9 || bytes[1] < 1 || bytes[1] > MAX_TYPE || bytes[2] !== 0) return false;
  return bytes[1] !== BEGIN_REQUEST || (bytes[4] === 0 && bytes[5] === 8);
}
