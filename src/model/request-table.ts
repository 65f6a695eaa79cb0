// What is known of each request, one row a request, in columns. Filled by the protocol trackers, read by the analysis.
// Times are nanoseconds since the first packet, NaN where the thing did not happen; packet numbers are 0 then.
import { grown, nextCapacity, retainedCount, retainRows } from './columns.js';

export const PROTOCOL_FASTCGI = 1;
export const PROTOCOL_SCGI = 2;

/** `httpStatus`: no STDOUT byte came, or Status was no number. */
export const NO_STATUS = 0;
/** `protocolStatus` without END_REQUEST. */
export const NO_PROTOCOL_STATUS = 255;
/** `contentLength`, `responseLength`: the header was absent / empty, or no number. */
export const LENGTH_ABSENT = -1;
export const LENGTH_INVALID = -2;

/** Bits of the `marks` column. */
export const REQUEST_KEEP_CONN = 1 << 0;
export const REQUEST_ABORTED = 1 << 1; // ABORT_REQUEST was sent
export const REQUEST_ENDED = 1 << 2; // END_REQUEST was sent (SCGI: the application's stream ended)
export const REQUEST_PARAMS_ENDED = 1 << 3;
export const REQUEST_STDIN_ENDED = 1 << 4;
export const REQUEST_STDOUT_ENDED = 1 << 5; // the empty STDOUT record
export const REQUEST_HEAD_COMPLETE = 1 << 6; // the blank line after the CGI response head was seen
export const REQUEST_STDOUT_AFTER_ABORT = 1 << 7;
export const REQUEST_HEAD_INVALID = 1 << 8; // a line of the head is no header
export const REQUEST_CHUNKED = 1 << 9; // HTTP_TRANSFER_ENCODING: chunked

/** Rows that are made ready at a time: few enough to be in the processor's cache when they are used. */
const PREPARED = 256;

export class RequestTable {
  count = 0;
  capacity = 0;
  /** Rows before this one hold what was put into them, or what a new row holds. */
  private prepared = 0;

  connection = new Uint32Array(0);
  /** The next request of the same connection, as row + 1; 0 at the end. */
  next = new Uint32Array(0);
  protocol = new Uint8Array(0);
  requestId = new Uint16Array(0);
  role = new Uint16Array(0);
  marks = new Uint16Array(0);
  /** Ids of ByteStrings. */
  method = new Uint32Array(0);
  uri = new Uint32Array(0);
  script = new Uint32Array(0);
  /** The packet with the first byte of BEGIN_REQUEST. */
  begin = new Float64Array(0);
  paramsEnd = new Float64Array(0);
  stdinEnd = new Float64Array(0);
  /** First byte of STDOUT or STDERR content. */
  firstByte = new Float64Array(0);
  /** Last STDOUT or STDERR content, and the empty STDOUT record. */
  lastByte = new Float64Array(0);
  /** The packet that completes END_REQUEST. */
  end = new Float64Array(0);
  beginPacket = new Uint32Array(0);
  firstBytePacket = new Uint32Array(0);
  endPacket = new Uint32Array(0);
  stdinBytes = new Float64Array(0);
  stdoutBytes = new Float64Array(0);
  stderrBytes = new Uint32Array(0);
  dataBytes = new Uint32Array(0);
  /** CONTENT_LENGTH of PARAMS; LENGTH_ABSENT or LENGTH_INVALID. */
  contentLength = new Float64Array(0);
  /** Content-Length of the response head; LENGTH_ABSENT or LENGTH_INVALID. */
  responseLength = new Float64Array(0);
  /** Bytes of the CGI response head, its blank line included; of an incomplete head, what came of it. */
  headBytes = new Uint32Array(0);
  httpStatus = new Uint16Array(0);
  appStatus = new Uint32Array(0);
  protocolStatus = new Uint8Array(0);
  /** Bits of problem codes (problem-codes.ts). */
  problems = new Uint32Array(0);
  /** File position of the BEGIN_REQUEST record, or -1: bodies are read again from there. */
  position = new Float64Array(0);

  reserve(rows: number): void {
    if (rows > this.capacity) this.grow(rows);
  }

  /** Keeps the rows that have a new number (retainRows). */
  retain(numbers: Int32Array): void {
    retainRows(Object.values(this), numbers);
    this.count = retainedCount(numbers);
    this.prepared = this.count;
  }

  /** Adds a row: columns 0, times NaN, lengths absent; returns its index. */
  add(): number {
    const row = this.count;
    if (row === this.prepared) this.prepare();
    this.count = row + 1;
    return row;
  }

  /** Puts into the next rows what a new row holds: many at a time, which takes a column a call and not a row a column. */
  private prepare(): void {
    const from = this.prepared;
    if (from === this.capacity) this.grow(nextCapacity(from, from + 1));
    const until = Math.min(this.capacity, from + PREPARED);
    const { begin, paramsEnd, stdinEnd, firstByte, lastByte, end } = this;
    for (const times of [begin, paramsEnd, stdinEnd, firstByte, lastByte, end]) times.fill(NaN, from, until);
    this.contentLength.fill(LENGTH_ABSENT, from, until);
    this.responseLength.fill(LENGTH_ABSENT, from, until);
    this.protocolStatus.fill(NO_PROTOCOL_STATUS, from, until);
    this.position.fill(-1, from, until);
    this.prepared = until;
  }

  private grow(capacity: number): void {
    this.capacity = capacity;
    for (const [name, column] of Object.entries(this)) {
      if (ArrayBuffer.isView(column)) {
        (this as unknown as Record<string, unknown>)[name] = grown(column as Uint8Array, capacity);
      }
    }
  }
}
