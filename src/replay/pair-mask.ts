// Writes over secret values in a stream of name-value pairs (PARAMS) while it passes, whatever it is cut into: the name comes
// before the value, so nothing but a name is kept.
import { isSecretName } from '../model/secret-names.js';

/** What stands in place of each byte of a secret. */
export const MASK = 0x78; // x
/** Longer names are no known secrets. */
const MOST_NAME = 256;

const NAME_LENGTH = 0;
const VALUE_LENGTH = 1;
const NAME = 2;
const VALUE = 3;

export class PairMask {
  /** Values that were written over. */
  masked = 0;
  private state = NAME_LENGTH;
  /** Bytes of the length at hand that are still to come, and its value so far. */
  private lengthLeft = 0;
  private length = 0;
  private nameLeft = 0;
  private valueLeft = 0;
  private name = '';
  private secret = false;

  /** The next bytes of the stream; they are changed where they lie. */
  push(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end) {
      switch (this.state) {
        case NAME_LENGTH:
        case VALUE_LENGTH:
          this.lengthByte(bytes[at++]);
          break;
        case NAME: {
          const until = Math.min(end, at + this.nameLeft);
          const kept = Math.min(until, at + MOST_NAME - this.name.length);
          if (kept > at) this.name += String.fromCharCode(...bytes.subarray(at, kept));
          this.nameLeft -= until - at;
          at = until;
          if (this.nameLeft === 0) this.beginValue();
          break;
        }
        default: {
          const until = Math.min(end, at + this.valueLeft);
          if (this.secret) bytes.fill(MASK, at, until);
          this.valueLeft -= until - at;
          at = until;
          if (this.valueLeft === 0) this.state = NAME_LENGTH;
        }
      }
    }
  }

  /** One byte with the high bit clear, or four with it set (specification 1.0, section 3.4). */
  private lengthByte(byte: number): void {
    if (this.lengthLeft === 0) {
      this.length = byte & 0x7f;
      this.lengthLeft = byte < 0x80 ? 0 : 3;
    } else {
      this.length = this.length * 256 + byte;
      this.lengthLeft--;
    }
    if (this.lengthLeft > 0) return;
    if (this.state === NAME_LENGTH) {
      this.nameLeft = this.length;
      this.state = VALUE_LENGTH;
      return;
    }
    this.valueLeft = this.length;
    this.name = '';
    this.state = NAME;
    if (this.nameLeft === 0) this.beginValue();
  }

  private beginValue(): void {
    this.secret = isSecretName(this.name);
    if (this.secret && this.valueLeft > 0) this.masked++;
    this.state = this.valueLeft === 0 ? NAME_LENGTH : VALUE;
  }
}
