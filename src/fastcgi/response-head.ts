// The head of a CGI response (RFC 3875, section 6) as it comes in STDOUT: Status, Location, Content-Length, and where
// the body begins. Lines may be cut anywhere; a head that lies in one piece is read where it lies.
import { LENGTH_ABSENT, LENGTH_INVALID, NO_STATUS } from '../model/request-table.js';

/** A head is kept up to this size; what is longer has no end any web server would accept. */
export const MAX_HEAD = 1 << 16;

const NEWLINE = 10;
const RETURN = 13;
const COLON = 58;

/** Status as read so far: a number, NO_STATUS for none, or STATUS_INVALID. */
export const STATUS_INVALID = -1;

export class ResponseHead {
  /** Bytes of the head so far, its blank line included. */
  length = 0;
  complete = false;
  /** Some line is no `Name: value`. */
  malformed = false;
  contentLength = LENGTH_ABSENT;
  /** Bytes are missing after what was read: what comes is not read as a head any more. */
  lost = false;
  private status = NO_STATUS;
  private location = false;
  private kept: Uint8Array | undefined;
  private keptLength = 0;

  restart(): void {
    this.length = 0;
    this.complete = false;
    this.malformed = false;
    this.lost = false;
    this.contentLength = LENGTH_ABSENT;
    this.status = NO_STATUS;
    this.location = false;
    this.keptLength = 0;
  }

  /**
   * The HTTP status a web server makes of it: the Status header, 302 for a Location without Status, else 200;
   * NO_STATUS if Status is no number.
   */
  get httpStatus(): number {
    if (this.status === STATUS_INVALID) return NO_STATUS;
    if (this.status !== NO_STATUS) return this.status;
    return this.location ? 302 : 200;
  }

  /** The next STDOUT bytes. Returns where the body begins in them, or `end` while the head goes on. */
  push(bytes: Uint8Array, start: number, end: number): number {
    if (this.lost) return end;
    let line = start;
    for (let at = start; at < end; at++) {
      if (bytes[at] !== NEWLINE) continue;
      if (this.keptLength > 0) {
        this.keep(bytes, line, at);
        const length = this.keptLength;
        this.keptLength = 0;
        this.line(this.kept!, 0, length);
      } else {
        this.line(bytes, line, at);
      }
      line = at + 1;
      if (this.complete) {
        this.length += line - start;
        return line;
      }
    }
    this.length += end - start;
    if (line < end) this.keep(bytes, line, end);
    return end;
  }

  /** Bytes are missing here. A status of which the number is there is still one. */
  lose(): void {
    if (!this.lost && !this.complete && this.keptLength > 11 && /^status: *\d{3} /i.test(this.keptText())) {
      this.line(this.kept!, 0, this.keptLength);
    }
    this.lost = true;
    this.keptLength = 0;
  }

  private keptText(): string {
    return String.fromCharCode(...this.kept!.subarray(0, Math.min(this.keptLength, 16)));
  }

  private keep(bytes: Uint8Array, start: number, end: number): void {
    const length = Math.min(end - start, MAX_HEAD - this.keptLength);
    const needed = this.keptLength + length;
    if (!this.kept || this.kept.length < needed) {
      const larger = new Uint8Array(Math.max(256, needed * 2));
      if (this.kept) larger.set(this.kept.subarray(0, this.keptLength));
      this.kept = larger;
    }
    this.kept.set(bytes.subarray(start, start + length), this.keptLength);
    this.keptLength = needed;
  }

  private line(bytes: Uint8Array, start: number, end: number): void {
    if (end > start && bytes[end - 1] === RETURN) end--;
    if (end === start) {
      this.complete = true;
      return;
    }
    let colon = start;
    while (colon < end && bytes[colon] !== COLON) colon++;
    if (colon === end || colon === start) {
      this.malformed = true;
      return;
    }
    const nameLength = colon - start;
    const initial = bytes[start] | 0x20;
    if (nameLength === 6 && initial === 0x73 && named(bytes, start, 'status')) {
      this.status = statusCode(bytes, colon + 1, end);
    } else if (nameLength === 8 && initial === 0x6c && named(bytes, start, 'location')) {
      this.location = true;
    } else if (nameLength === 14 && initial === 0x63 && named(bytes, start, 'content-length')) {
      this.contentLength = decimal(bytes, colon + 1, end);
    }
  }
}

function named(bytes: Uint8Array, start: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const byte = bytes[start + i];
    const lower = byte >= 65 && byte <= 90 ? byte | 0x20 : byte;
    if (lower !== name.charCodeAt(i)) return false;
  }
  return true;
}

/** The leading number of a Status value, or STATUS_INVALID. */
function statusCode(bytes: Uint8Array, start: number, end: number): number {
  while (start < end && (bytes[start] === 32 || bytes[start] === 9)) start++;
  let value = 0;
  let digits = 0;
  for (; start < end && bytes[start] >= 48 && bytes[start] <= 57 && digits < 6; start++, digits++) {
    value = value * 10 + bytes[start] - 48;
  }
  return digits === 0 || value === 0 || value > 65535 ? STATUS_INVALID : value;
}

/** A decimal header or parameter value: LENGTH_ABSENT when empty, LENGTH_INVALID when it is no number. */
export function decimal(bytes: Uint8Array, start: number, end: number): number {
  while (start < end && (bytes[start] === 32 || bytes[start] === 9)) start++;
  while (end > start && (bytes[end - 1] === 32 || bytes[end - 1] === 9)) end--;
  if (start === end) return LENGTH_ABSENT;
  if (end - start > 15) return LENGTH_INVALID;
  let value = 0;
  for (; start < end; start++) {
    const digit = bytes[start] - 48;
    if (digit < 0 || digit > 9) return LENGTH_INVALID;
    value = value * 10 + digit;
  }
  return value;
}
