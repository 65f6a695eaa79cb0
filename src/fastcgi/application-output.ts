// What an application writes, put into the request's row: STDOUT with its head, STDERR, and when the first byte came.
import * as mark from '../model/request-table.js';
import type { LiveRequest } from './live-request.js';
import type { Here } from './problem-places.js';

export class ApplicationOutput {
  constructor(
    private readonly requests: mark.RequestTable,
    private readonly here: Here,
  ) {}

  /** A piece of STDOUT content. */
  stdout(request: LiveRequest, bytes: Uint8Array, start: number, end: number): void {
    const { requests } = this;
    const row = request.row;
    this.firstByte(row);
    requests.lastByte[row] = this.here.time;
    if (requests.marks[row] & mark.REQUEST_ABORTED) requests.marks[row] |= mark.REQUEST_STDOUT_AFTER_ABORT;
    const head = request.head;
    if (head.complete) return;
    head.push(bytes, start, end);
    requests.httpStatus[row] = head.httpStatus;
    requests.headBytes[row] = head.length;
    if (head.malformed) requests.marks[row] |= mark.REQUEST_HEAD_INVALID;
    if (head.complete) {
      requests.marks[row] |= mark.REQUEST_HEAD_COMPLETE;
      requests.responseLength[row] = head.contentLength;
    }
  }

  /** A whole STDOUT record; an empty one ends the stream. */
  stdoutRecord(request: LiveRequest, contentLength: number): void {
    const { requests } = this;
    const row = request.row;
    requests.stdoutBytes[row] += contentLength;
    if (contentLength > 0) return;
    requests.marks[row] |= mark.REQUEST_STDOUT_ENDED;
    requests.lastByte[row] = this.here.time;
  }

  /** A piece of STDERR content. */
  stderr(request: LiveRequest, bytes: Uint8Array, start: number, end: number): void {
    this.firstByte(request.row);
    request.keepStderr(bytes, start, end, this.here.packet, this.here.time);
  }

  private firstByte(row: number): void {
    const { requests, here } = this;
    if (requests.firstBytePacket[row] !== 0) return;
    requests.firstByte[row] = here.time;
    requests.firstBytePacket[row] = here.packet;
  }
}
