// The FastCGI conversation on one connection: both sides' records put together to requests.
//
// Which record belongs to which request: the web server's records belong to the newest request of their id, the
// application's to the oldest unfinished one, so that pipelined requests of one id pair up in order.

import type { ProblemName } from '../model/problem-codes.js';
import * as mark from '../model/request-table.js';
import { APPLICATION, type Side, WEB_SERVER } from '../model/side.js';
import { ApplicationOutput } from './application-output.js';
import { ChunkOrigins } from './chunk-origins.js';
import * as type from './constants.js';
import type { LiveRequest } from './live-request.js';
import { LiveRequests, MAX_LIVE } from './live-requests.js';
import type { ParamsKeeper } from './params.js';
import { ProblemPlaces } from './problem-places.js';
import { RecordParser, type RecordSink } from './record-parser.js';
import type { RequestLog } from './request-log.js';
import { WebServerInput } from './web-server-input.js';

/** Hears what the analysis keeps per connection. */
export interface FastcgiConnectionOwner {
  requestBegan(connection: number, row: number): void;
  problem(connection: number, code: ProblemName): void;
}

export class FastcgiConnection implements RecordSink {
  readonly web: RecordParser;
  readonly application: RecordParser;
  /** GET_VALUES not answered yet, and the packet of the first of them. */
  valuesPending = 0;
  valuesPacket = 0;
  private valuesTime = Number.NaN;
  private valuesOffset = Number.NaN;
  /** Row in the connection table. */
  row = 0;
  private readonly live: LiveRequests;
  private readonly problems: ProblemPlaces;
  private readonly input: WebServerInput;
  private readonly output: ApplicationOutput;
  /** The fixed bodies at hand: the web server's 8 bytes (BEGIN_REQUEST), then the application's (END_REQUEST). */
  private readonly bodies = new Uint8Array(16);
  private readonly bodyLengths = [0, 0];
  private readonly keeper: ParamsKeeper;
  /** Of the packet at hand. */
  time = Number.NaN;
  packet = 0;
  private position = Number.NaN;
  private chunkOffset = Number.NaN;
  /** Where the web server's last incomplete record may have begun. */
  private readonly origins = new ChunkOrigins();

  constructor(
    private readonly log: RequestLog,
    private readonly owner: FastcgiConnectionOwner,
  ) {
    this.web = new RecordParser(this);
    this.application = new RecordParser(this);
    this.keeper = log.keeper;
    this.live = new LiveRequests(log);
    this.problems = new ProblemPlaces(log, owner, this);
    this.input = new WebServerInput(log.requests, this.live, this.problems, this);
    this.output = new ApplicationOutput(log.requests, this);
  }

  /** For reuse on another connection. `midStream`: the first bytes need not begin a record. */
  restart(row: number, midStream: boolean): void {
    this.row = row;
    this.web.restart();
    this.application.restart();
    this.origins.restart();
    this.problems.incomplete = midStream;
    if (midStream) {
      this.web.search();
      this.application.search();
    }
    this.valuesPending = 0;
  }

  /** Rows of requests that are still written to. */
  requestRows(): number[] {
    return this.live.list.map(({ row }) => row);
  }

  /** Rows have new numbers. */
  renumber(connections: Int32Array, requests: Int32Array): void {
    this.row = connections[this.row];
    for (const request of this.live.list) request.row = requests[request.row];
  }

  /** Requests without END_REQUEST. */
  get unfinishedRequests(): number {
    return this.live.unfinished;
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
    const parser = side === WEB_SERVER ? this.web : this.application;
    this.time = time;
    this.packet = packet;
    this.chunkOffset = parser.offset;
    this.position = position;
    parser.push(bytes, start, end);
    if (side === WEB_SERVER && !parser.atBoundary && (parser.searching || parser.recordOffset >= this.chunkOffset)) {
      this.origins.note(this.chunkOffset, time, packet, position);
    }
  }

  gap(side: Side, length: number, time: number, packet: number): void {
    const parser = side === WEB_SERVER ? this.web : this.application;
    this.time = time;
    this.packet = packet;
    this.problems.incomplete = true;
    this.problems.report('stream-gap', side, parser.offset, -1, `${length} bytes`);
    for (const request of this.live.list) {
      this.problems.mark(request.row, 'stream-gap');
      request.lost(side);
    }
    parser.gap(length);
  }

  /** The stream of one side ended. */
  finished(side: Side, time: number, packet: number): void {
    const parser = side === WEB_SERVER ? this.web : this.application;
    this.time = time;
    this.packet = packet;
    if (!parser.atBoundary && !parser.stopped && !parser.searching) {
      const request = parser.inHeader ? undefined : this.live.current[side];
      const where = parser.inHeader ? 'a record header' : type.typeName(parser.type);
      this.problems.report('record-cut', side, parser.recordOffset, request ? request.row : -1, `inside ${where}`);
    }
  }

  /** Nothing more will come; gives its live requests back. */
  close(): void {
    if (this.valuesPending > 0) {
      this.packet = this.valuesPacket;
      this.time = this.valuesTime;
      this.problems.report('get-values-unanswered', WEB_SERVER, this.valuesOffset, -1, 'GET_VALUES');
    }
    this.live.clear();
  }

  recordBegin(parser: RecordParser): void {
    const side: Side = parser === this.web ? WEB_SERVER : APPLICATION;
    this.bodyLengths[side] = 0;
    this.live.current[side] = undefined;
    switch (parser.type) {
      case type.BEGIN_REQUEST:
        if (side === APPLICATION) this.problems.violation('record-wrong-direction', parser, side, -1);
        break;
      case type.PARAMS:
      case type.STDIN:
      case type.DATA:
      case type.ABORT_REQUEST:
        if (side === APPLICATION) this.problems.violation('record-wrong-direction', parser, side, -1);
        else this.live.current[side] = this.newest(parser);
        break;
      case type.STDOUT:
      case type.STDERR:
      case type.END_REQUEST:
        if (side === WEB_SERVER) this.problems.violation('record-wrong-direction', parser, side, -1);
        else this.live.current[side] = this.oldestUnfinished(parser);
        break;
    }
  }

  recordContent(parser: RecordParser, bytes: Uint8Array, start: number, end: number): void {
    const side: Side = parser === this.web ? WEB_SERVER : APPLICATION;
    const request = this.live.current[side];
    switch (parser.type) {
      case type.PARAMS:
        if (request) {
          this.keeper.read(request.params, request.row, bytes, start, end);
        }
        break;
      case type.STDOUT:
        if (request) this.output.stdout(request, bytes, start, end);
        break;
      case type.STDERR:
        if (request) this.output.stderr(request, bytes, start, end);
        break;
      case type.BEGIN_REQUEST:
      case type.END_REQUEST: {
        if (parser.missingLength > 0) break;
        for (let at = start; at < end && this.bodyLengths[side] < 8; at++)
          this.bodies[side * 8 + this.bodyLengths[side]++] = bytes[at];
        break;
      }
    }
  }

  recordMissing(): void {
    // `gap` has seen to what the requests lost.
  }

  /** The same as begin, content and end in a row; the records that make up nearly all traffic have a short way. */
  recordWhole(parser: RecordParser, bytes: Uint8Array, start: number, end: number): void {
    const { log } = this;
    if (parser === this.web) {
      switch (parser.type) {
        case type.BEGIN_REQUEST:
          this.count(parser);
          this.begin(parser, bytes, start, end);
          return;
        case type.PARAMS: {
          const request = this.newest(parser);
          this.count(parser);
          if (!request) return;
          if (start < end) {
            this.keeper.read(request.params, request.row, bytes, start, end);
          }
          this.input.paramsRecord(parser, request);
          return;
        }
        case type.STDIN: {
          const request = this.newest(parser);
          this.count(parser);
          if (request) this.input.stdinRecord(parser, request);
          return;
        }
      }
    } else if (parser.type === type.STDOUT) {
      const request = this.oldestUnfinished(parser);
      this.count(parser);
      if (!request) return;
      if (start < end) this.output.stdout(request, bytes, start, end);
      this.output.stdoutRecord(request, parser.contentLength);
      return;
    } else if (parser.type === type.END_REQUEST) {
      const request = this.oldestUnfinished(parser);
      this.count(parser);
      this.end(parser, request, bytes, start, end);
      return;
    } else if (parser.type === type.STDERR) {
      const request = this.oldestUnfinished(parser);
      this.count(parser);
      if (!request) return;
      if (start < end) this.output.stderr(request, bytes, start, end);
      log.requests.stderrBytes[request.row] += parser.contentLength;
      return;
    }
    this.recordBegin(parser);
    if (start < end) this.recordContent(parser, bytes, start, end);
    this.recordEnd(parser);
  }

  private count(parser: RecordParser): void {
    const { log } = this;
    log.recordCounts[parser.type]++;
    log.recordBytes[parser.type] += parser.contentLength;
    log.paddingBytes += parser.paddingLength;
  }

  recordEnd(parser: RecordParser): void {
    const log = this.log;
    const content = parser.contentLength;
    this.count(parser);
    const side: Side = parser === this.web ? WEB_SERVER : APPLICATION;
    const request = this.live.current[side];
    switch (parser.type) {
      case type.BEGIN_REQUEST:
        if (side === WEB_SERVER) this.begin(parser, this.bodies, 0, this.bodyLengths[WEB_SERVER]);
        break;
      case type.PARAMS:
        if (request) this.input.paramsRecord(parser, request);
        break;
      case type.STDIN:
        if (request) this.input.stdinRecord(parser, request);
        break;
      case type.DATA:
        if (request) log.requests.dataBytes[request.row] += content;
        break;
      case type.STDOUT:
        if (request) this.output.stdoutRecord(request, content);
        break;
      case type.STDERR:
        if (request) log.requests.stderrBytes[request.row] += content;
        break;
      case type.END_REQUEST:
        if (side === APPLICATION) this.end(parser, request, this.bodies, 8, 8 + this.bodyLengths[APPLICATION]);
        break;
      case type.ABORT_REQUEST:
        if (request) log.requests.marks[request.row] |= mark.REQUEST_ABORTED;
        break;
      case type.GET_VALUES:
        if (side === APPLICATION) this.problems.violation('record-wrong-direction', parser, side, -1);
        else if (this.valuesPending++ === 0) {
          this.valuesPacket = this.packet;
          this.valuesTime = this.time;
          this.valuesOffset = parser.recordOffset;
        }
        break;
      case type.GET_VALUES_RESULT:
        if (side === WEB_SERVER) this.problems.violation('record-wrong-direction', parser, side, -1);
        else if (this.valuesPending > 0) this.valuesPending--;
        break;
      case type.UNKNOWN_TYPE:
        if (side === WEB_SERVER) this.problems.violation('record-wrong-direction', parser, side, -1);
        break;
      default:
        this.problems.report('record-unknown-type', side, parser.recordOffset, -1, `type ${parser.type}`);
    }
  }

  recordBadVersion(parser: RecordParser, version: number): void {
    const side: Side = parser === this.web ? WEB_SERVER : APPLICATION;
    const request = this.live.list.find((live) => !live.ended);
    this.problems.report(
      'record-bad-version',
      side,
      parser.recordOffset,
      request ? request.row : -1,
      `version ${version}`,
    );
  }

  recordResynchronised(parser: RecordParser, skipped: number): void {
    if (skipped === 0 && parser.recordOffset === 0) return;
    const side: Side = parser === this.web ? WEB_SERVER : APPLICATION;
    this.problems.report(
      'resynchronised',
      side,
      parser.recordOffset,
      -1,
      `${skipped} bytes skipped; the header found is plausible, not certain`,
    );
  }

  knowsRequest(requestId: number): boolean {
    // Before any request is known (a mid-stream start) the id that nearly every web server uses counts as known.
    return this.live.length === 0 ? requestId === 1 : this.live.knows(requestId);
  }

  /** `body`: what is there of the fixed body, body[at..end). */
  private begin(parser: RecordParser, body: Uint8Array, at: number, end: number): void {
    const { requests } = this.log;
    if (parser.contentLength !== 8) this.problems.violation('record-bad-length', parser, WEB_SERVER, -1);
    const requestId = parser.requestId;
    const row = requests.add();
    requests.connection[row] = this.row;
    requests.protocol[row] = mark.PROTOCOL_FASTCGI;
    requests.requestId[row] = requestId;
    if (end - at >= 3) {
      requests.role[row] = (body[at] << 8) | body[at + 1];
      if (body[at + 2] & type.KEEP_CONN) requests.marks[row] |= mark.REQUEST_KEEP_CONN;
    }
    this.noteBegin(row, parser.recordOffset);
    this.owner.requestBegan(this.row, row);
    if (requestId === 0) this.problems.report('begin-id-zero', WEB_SERVER, parser.recordOffset, row, 'request id 0');
    if (this.live.retire(requestId)) {
      this.problems.report('begin-for-active-id', WEB_SERVER, parser.recordOffset, row, `request id ${requestId}`);
    }
    if (!this.live.begin(row, requestId)) {
      this.problems.report('too-many-requests', WEB_SERVER, parser.recordOffset, row, `more than ${MAX_LIVE}`);
    }
  }

  /** The packet with the first byte of BEGIN_REQUEST, which may be an earlier one than that with the last. */
  private noteBegin(row: number, offset: number): void {
    const { requests } = this.log;
    const ahead = offset - this.chunkOffset;
    if (ahead < 0 && this.origins.find(offset)) {
      requests.begin[row] = this.origins.time;
      requests.beginPacket[row] = this.origins.packet;
      requests.position[row] = this.origins.position;
    } else {
      requests.begin[row] = this.time;
      requests.beginPacket[row] = this.packet;
      requests.position[row] = this.position < 0 || ahead < 0 ? -1 : this.position + ahead;
    }
  }

  private end(parser: RecordParser, request: LiveRequest | undefined, body: Uint8Array, at: number, end: number): void {
    if (!request) return;
    const { requests } = this.log;
    const row = request.row;
    if (parser.contentLength !== 8) this.problems.violation('record-bad-length', parser, APPLICATION, row);
    requests.marks[row] |= mark.REQUEST_ENDED;
    requests.end[row] = this.time;
    requests.endPacket[row] = this.packet;
    if (end - at >= 5) {
      requests.appStatus[row] = ((body[at] << 24) | (body[at + 1] << 16) | (body[at + 2] << 8) | body[at + 3]) >>> 0;
      requests.protocolStatus[row] = body[at + 4];
    }
    this.live.end(request, (requests.marks[row] & mark.REQUEST_STDIN_ENDED) !== 0);
  }

  private newest(parser: RecordParser): LiveRequest | undefined {
    const request = this.live.newest(parser.requestId);
    if (!request) this.problems.unknownRequest(parser, WEB_SERVER);
    return request;
  }

  private oldestUnfinished(parser: RecordParser): LiveRequest | undefined {
    const request = this.live.oldestUnfinished(parser.requestId);
    if (!request) this.problems.unknownRequest(parser, APPLICATION);
    return request;
  }
}
