// Cuts a stream into whole FastCGI records, for a relay that may change some of them. What is no record goes on as it is.
import { HEADER_LENGTH, VERSION_1 } from '../fastcgi/constants.js';
import { copyBytes } from '../model/copy-bytes.js';
import type { AnswerRecord } from './answer-faults.js';

/** A record as it came: its fields, and its bytes, header and padding included. Both are copies that may be kept. */
export interface SplitRecord extends AnswerRecord {
  readonly bytes: Uint8Array;
}

const NOTHING = new Uint8Array(0);

export class RecordSplitter {
  /** A header with another version than 1 came: nothing is cut any more. */
  passing = false;
  private rest: Uint8Array = NOTHING;

  /** Records that are whole now; bytes where they are none, in their order. */
  push(bytes: Uint8Array): (SplitRecord | Uint8Array)[] {
    if (this.passing) return [copyBytes(bytes)];
    const joined = new Uint8Array(this.rest.length + bytes.length);
    joined.set(this.rest);
    joined.set(bytes, this.rest.length);
    const pieces: (SplitRecord | Uint8Array)[] = [];
    let at = 0;
    while (joined.length - at >= HEADER_LENGTH) {
      if (joined[at] !== VERSION_1) {
        this.passing = true;
        pieces.push(joined.subarray(at));
        this.rest = NOTHING;
        return pieces;
      }
      const length = (joined[at + 4] << 8) | joined[at + 5];
      const paddingLength = joined[at + 6];
      const end = at + HEADER_LENGTH + length + paddingLength;
      if (end > joined.length) break;
      pieces.push({
        type: joined[at + 1],
        requestId: (joined[at + 2] << 8) | joined[at + 3],
        content: joined.subarray(at + HEADER_LENGTH, at + HEADER_LENGTH + length),
        paddingLength,
        bytes: joined.subarray(at, end),
      });
      at = end;
    }
    this.rest = joined.subarray(at);
    return pieces;
  }

  /** What is left of a record that will not become whole: the stream has ended. */
  take(): Uint8Array {
    const { rest } = this;
    this.rest = NOTHING;
    return rest;
  }
}

/** A record as bytes. */
export function recordBytes({ version = 1, type, requestId, content, paddingLength }: AnswerRecord): Uint8Array {
  const bytes = new Uint8Array(HEADER_LENGTH + content.length + paddingLength);
  const { length } = content;
  bytes.set([version, type, requestId >>> 8, requestId & 255, length >>> 8, length & 255, paddingLength, 0]);
  bytes.set(content, HEADER_LENGTH);
  return bytes;
}
