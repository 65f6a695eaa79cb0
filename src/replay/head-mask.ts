// Writes over the values of secret headers (Set-Cookie) in a response head while it passes, whatever it is cut into.
import { isSecretName } from '../model/secret-names.js';
import { MASK } from './pair-mask.js';

const MOST_NAME = 64;
const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const SPACE = 0x20;
const TAB = 0x09;

const LINE_START = 0;
const NAME = 1;
const VALUE = 2;
const BODY = 3;

export class HeadMask {
  /** Values that were written over. */
  masked = 0;
  private state = LINE_START;
  private name = '';
  private secret = false;
  /** A line with nothing but a CR so far. */
  private blank = true;
  private begun = false;

  /** The next bytes of the answer; they are changed where they lie. */
  push(bytes: Uint8Array, start: number, end: number): void {
    if (this.state === BODY) return;
    for (let at = start; at < end; at++) {
      const byte = bytes[at];
      if (byte === LF) {
        if (this.endLine()) return;
      } else if (byte !== CR) this.character(bytes, at, byte);
    }
  }

  /** Returns whether the head is over. */
  private endLine(): boolean {
    const over = this.blank;
    this.state = over ? BODY : LINE_START;
    this.blank = true;
    return over;
  }

  private character(bytes: Uint8Array, at: number, byte: number): void {
    this.blank = false;
    if (this.state === LINE_START) {
      // A line that begins with white space goes on with the value before.
      this.state = byte === SPACE || byte === TAB ? VALUE : NAME;
      if (this.state === NAME) {
        this.name = '';
        this.secret = false;
      }
    }
    if (this.state === NAME) {
      if (byte === COLON) {
        this.secret = isSecretName(this.name);
        this.begun = false;
        this.state = VALUE;
      } else if (this.name.length <= MOST_NAME) this.name += String.fromCharCode(byte);
      return;
    }
    if (!this.secret || byte === SPACE || byte === TAB) return;
    if (!this.begun) this.masked++;
    this.begun = true;
    bytes[at] = MASK;
  }
}
