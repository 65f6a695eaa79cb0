// An SCGI exchange put into the request table: one request a connection, answered until the application closes.
import type { RequestLog } from '../fastcgi/request-log.js';
import { decimal, ResponseHead } from '../fastcgi/response-head.js';
import { type ProblemName, problemNumber } from '../model/problem-codes.js';
import * as mark from '../model/request-table.js';
import { type Side, WEB_SERVER } from '../model/side.js';
import { ScgiRequestParser, type ScgiSink } from '../scgi/request-parser.js';

export interface ScgiOwner {
  requestBegan(connection: number, row: number): void;
  problem(connection: number, code: ProblemName): void;
}

export class ScgiConversation implements ScgiSink {
  row = 0;
  private request = -1;
  private time = 0;
  private packet = 0;
  private readonly parser = new ScgiRequestParser(this);
  private readonly head = new ResponseHead();

  constructor(
    private readonly log: RequestLog,
    private readonly owner: ScgiOwner,
  ) {}

  restart(row: number): void {
    this.row = row;
    this.request = -1;
    this.parser.restart();
    this.head.restart();
  }

  /** Rows of requests that are still written to. */
  requestRows(): number[] {
    return this.request === -1 ? [] : [this.request];
  }

  /** Rows have new numbers. */
  renumber(connections: Int32Array, requests: Int32Array): void {
    this.row = connections[this.row];
    if (this.request !== -1) this.request = requests[this.request];
  }

  data(
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    packet: number,
    position: number,
  ): void {
    this.time = time;
    this.packet = packet;
    if (side === WEB_SERVER) {
      if (this.request === -1) this.begin(position);
      this.parser.push(bytes, start, end);
    } else if (this.request !== -1) {
      this.response(bytes, start, end);
    }
  }

  /** Without a framing of its own SCGI can't be picked up again inside the headers; a body's hole only costs bytes. */
  gap(side: Side, length: number, time: number, packet: number): void {
    this.time = time;
    this.packet = packet;
    this.report('stream-gap', side, 0, `${length} bytes`);
    if (side === WEB_SERVER) this.parser.lose();
  }

  finished(side: Side, time: number, packet: number): void {
    if (side === WEB_SERVER || this.request === -1) return;
    const { requests } = this.log;
    requests.marks[this.request] |= mark.REQUEST_ENDED;
    requests.end[this.request] = time;
    requests.endPacket[this.request] = packet;
  }

  private begin(position: number): void {
    const { requests } = this.log;
    const row = requests.add();
    this.request = row;
    requests.connection[row] = this.row;
    requests.protocol[row] = mark.PROTOCOL_SCGI;
    requests.role[row] = 1;
    requests.begin[row] = this.time;
    requests.beginPacket[row] = this.packet;
    requests.position[row] = position;
    this.owner.requestBegan(this.row, row);
  }

  private response(bytes: Uint8Array, start: number, end: number): void {
    const { requests } = this.log;
    const row = this.request;
    if (requests.firstBytePacket[row] === 0) {
      requests.firstByte[row] = this.time;
      requests.firstBytePacket[row] = this.packet;
    }
    requests.lastByte[row] = this.time;
    requests.stdoutBytes[row] += end - start;
    if (this.head.complete) return;
    this.head.push(bytes, start, end);
    requests.httpStatus[row] = this.head.httpStatus;
    requests.headBytes[row] = this.head.length;
    if (!this.head.complete) return;
    requests.marks[row] |= mark.REQUEST_HEAD_COMPLETE;
    requests.responseLength[row] = this.head.contentLength;
  }

  scgiHeader(bytes: Uint8Array, nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    const { requests, strings } = this.log;
    const name = String.fromCharCode(...bytes.subarray(nameStart, Math.min(nameEnd, nameStart + 32)));
    if (name === 'REQUEST_METHOD') requests.method[this.request] = strings.intern(bytes, valueStart, valueEnd);
    else if (name === 'REQUEST_URI') requests.uri[this.request] = strings.intern(bytes, valueStart, valueEnd);
    else if (name === 'SCRIPT_FILENAME') requests.script[this.request] = strings.intern(bytes, valueStart, valueEnd);
    else if (name === 'CONTENT_LENGTH') requests.contentLength[this.request] = decimal(bytes, valueStart, valueEnd);
  }

  scgiHeadersEnd(): void {
    const { requests } = this.log;
    requests.marks[this.request] |= mark.REQUEST_PARAMS_ENDED;
    requests.paramsEnd[this.request] = this.time;
    this.bodyMayBeComplete();
  }

  scgiBody(_bytes: Uint8Array, start: number, end: number): void {
    this.log.requests.stdinBytes[this.request] += end - start;
    this.bodyMayBeComplete();
  }

  scgiMalformed(offset: number, detail: string): void {
    this.report('scgi-malformed', WEB_SERVER, offset, detail);
  }

  private report(code: ProblemName, side: Side, offset: number, detail: string): void {
    const { time, packet, request } = this;
    this.log.anomalies.add({ code, connection: this.row, request, side, offset, time, packet, detail });
    if (request !== -1) this.log.requests.problems[request] |= 1 << problemNumber(code);
    this.owner.problem(this.row, code);
  }

  private bodyMayBeComplete(): void {
    const { requests } = this.log;
    const row = this.request;
    if (requests.marks[row] & mark.REQUEST_STDIN_ENDED) return;
    if (requests.stdinBytes[row] < Math.max(0, requests.contentLength[row])) return;
    requests.marks[row] |= mark.REQUEST_STDIN_ENDED;
    requests.stdinEnd[row] = this.time;
  }
}
