// The records of one FastCGI connection one by one, with the requests they belong to. The rule is that of the request
// tracker: the web server's records belong to the newest request of their id, the application's to the oldest that has
// not ended.
import * as type from '../fastcgi/constants.js';
import { EVERY_LENGTH, NameValueParser, type PairSink } from '../fastcgi/name-value.js';
import { RecordParser, type RecordSink } from '../fastcgi/record-parser.js';
import type { Anomaly } from '../model/anomaly-log.js';
import { APPLICATION, type Side, WEB_SERVER } from '../model/side.js';
import type { DecodedPair, DecodedSink, RequestChain } from './decoded-record.js';

interface OpenRequest {
  readonly id: number;
  readonly row: number;
  readonly params: NameValueParser;
  stdinEnded: boolean;
  ended: boolean;
}

/** The record of one side that is not complete yet. */
class PartialRecord {
  content = new Uint8Array(0);
  length = 0;
  missing = 0;
  request: OpenRequest | undefined;

  keep(bytes: Uint8Array, start: number, end: number): void {
    const needed = this.length + end - start;
    if (needed > this.content.length) {
      const larger = new Uint8Array(Math.min(type.MAX_CONTENT, Math.max(1024, needed * 2)));
      larger.set(this.content.subarray(0, this.length));
      this.content = larger;
    }
    this.content.set(bytes.subarray(start, end), this.length);
    this.length = needed;
  }
}

/** Requests followed at once on one connection, as in the request tracker. */
const MAX_OPEN = 1024;
/** Problems that wait for their record to be complete. */
const MAX_WAITING = 1000;

export class FastcgiRecords implements RecordSink, PairSink {
  readonly wantedLengths = EVERY_LENGTH;
  readonly parsers: readonly [RecordParser, RecordParser];
  /** Problems that were found in this connection and belong to a record that is not complete yet. */
  private waiting: Anomaly[] = [];
  private open: OpenRequest[] = [];
  private lastRow = -1;
  private readonly partial = [new PartialRecord(), new PartialRecord()] as const;
  private time = 0;
  private packet = 0;
  private pairs: DecodedPair[] = [];
  private scanned = new Uint8Array(0);

  /** `midStream`: the first bytes need not begin a record. */
  constructor(
    private readonly connection: number,
    midStream: boolean,
    private readonly chain: RequestChain,
    private readonly sink: DecodedSink,
  ) {
    this.parsers = [new RecordParser(this), new RecordParser(this)];
    if (midStream) for (const parser of this.parsers) parser.search();
  }

  /** `problems` are those that the request tracker found in these bytes. */
  data(
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    packet: number,
    problems: readonly Anomaly[],
  ): void {
    this.time = time;
    this.packet = packet;
    this.waiting.push(...problems);
    this.parsers[side].push(bytes, start, end);
    this.tellProblems();
  }

  gap(side: Side, length: number, time: number, packet: number, problems: readonly Anomaly[]): void {
    this.time = time;
    this.packet = packet;
    this.waiting.push(...problems);
    this.parsers[side].gap(length);
    this.tellProblems();
  }

  finished(problems: readonly Anomaly[]): void {
    for (const anomaly of problems) this.sink.problem(anomaly);
  }

  close(): void {
    for (const anomaly of this.waiting) this.sink.problem(anomaly);
    this.waiting = [];
  }

  recordBegin(parser: RecordParser): void {
    const side = this.sideOf(parser);
    const partial = this.partial[side];
    partial.length = 0;
    partial.missing = 0;
    partial.request = undefined;
    if (side === WEB_SERVER && parser.type >= type.PARAMS) partial.request = this.newest(parser.requestId);
    if (side === WEB_SERVER && parser.type === type.ABORT_REQUEST) partial.request = this.newest(parser.requestId);
    if (side === APPLICATION && parser.type <= type.STDERR) partial.request = this.oldest(parser.requestId);
  }

  recordContent(parser: RecordParser, bytes: Uint8Array, start: number, end: number): void {
    this.partial[this.sideOf(parser)].keep(bytes, start, end);
  }

  recordMissing(parser: RecordParser, length: number): void {
    const partial = this.partial[this.sideOf(parser)];
    partial.missing += length;
    // Pairs cannot be told from each other after a hole.
    if (parser.type === type.PARAMS && partial.request && length > 0) partial.request.params.overflowed = true;
  }

  recordWhole(parser: RecordParser, bytes: Uint8Array, start: number, end: number): void {
    this.recordBegin(parser);
    if (start < end) this.recordContent(parser, bytes, start, end);
    this.recordEnd(parser);
  }

  recordEnd(parser: RecordParser): void {
    const side = this.sideOf(parser);
    const partial = this.partial[side];
    const content = partial.content.subarray(0, partial.length);
    if (side === WEB_SERVER && parser.type === type.BEGIN_REQUEST) partial.request = this.begin(parser.requestId);
    const { request } = partial;
    const params = this.pairParser(parser, request);
    const beginsInPair = params?.pending ?? false;
    this.pairs = [];
    this.scanned = content;
    params?.push(content, 0, content.length, this);
    this.sink.record({
      protocol: 'fastcgi',
      connection: this.connection,
      request: request ? request.row : -1,
      side,
      packet: this.packet,
      time: this.time,
      offset: parser.recordOffset,
      type: parser.type,
      name: type.typeName(parser.type),
      requestId: parser.requestId,
      content,
      contentLength: parser.contentLength,
      paddingLength: parser.paddingLength,
      missingLength: partial.missing,
      pairs: this.pairs,
      beginsInPair,
      problems: this.problemsAt(side, parser.recordOffset),
    });
    if (request) this.follow(parser, request);
  }

  recordBadVersion(): void {}

  recordResynchronised(): void {}

  knowsRequest(requestId: number): boolean {
    return this.open.some((request) => request.id === requestId) || (this.open.length === 0 && requestId === 1);
  }

  pair(bytes: Uint8Array, nameStart: number, valueStart: number, valueEnd: number): void {
    const here = bytes === this.scanned;
    this.pairs.push({
      name: bytes.slice(nameStart, valueStart),
      value: bytes.slice(valueStart, valueEnd),
      nameAt: here ? nameStart : -1,
      valueAt: here ? valueStart : -1,
    });
  }

  private sideOf(parser: RecordParser): Side {
    return parser === this.parsers[WEB_SERVER] ? WEB_SERVER : APPLICATION;
  }

  /** Pairs of PARAMS go on over records; those of a management record end with it. */
  private pairParser(parser: RecordParser, request: OpenRequest | undefined): NameValueParser | undefined {
    if (parser.type === type.PARAMS) return request?.params;
    if (parser.type === type.GET_VALUES || parser.type === type.GET_VALUES_RESULT) return new NameValueParser();
    return undefined;
  }

  private begin(id: number): OpenRequest {
    this.open = this.open.filter((request) => request.id !== id || !request.ended);
    if (this.open.length >= MAX_OPEN) this.open.shift();
    const row = this.chain.after(this.connection, this.lastRow);
    if (row >= 0) this.lastRow = row;
    const request = { id, row, params: new NameValueParser(), stdinEnded: false, ended: false };
    this.open.push(request);
    return request;
  }

  private follow(parser: RecordParser, request: OpenRequest): void {
    if (parser.type === type.END_REQUEST) request.ended = true;
    else if (parser.type === type.STDIN && parser.contentLength === 0) request.stdinEnded = true;
    else return;
    if (request.ended && request.stdinEnded) this.open = this.open.filter((other) => other !== request);
  }

  private newest(id: number): OpenRequest | undefined {
    return this.open.findLast((request) => request.id === id);
  }

  private oldest(id: number): OpenRequest | undefined {
    return this.open.find((request) => request.id === id && !request.ended);
  }

  private problemsAt(side: Side, offset: number): Anomaly[] {
    if (this.waiting.length === 0) return [];
    const here = this.waiting.filter((anomaly) => anomaly.side === side && anomaly.offset === offset);
    if (here.length > 0) this.waiting = this.waiting.filter((anomaly) => !here.includes(anomaly));
    return here;
  }

  /** Tells the problems that no record to come will carry. */
  private tellProblems(): void {
    if (this.waiting.length === 0) return;
    const kept: Anomaly[] = [];
    for (const anomaly of this.waiting) {
      const parser = this.parsers[anomaly.side];
      const inProgress = !parser.atBoundary && !parser.stopped && !parser.searching;
      if (inProgress && parser.recordOffset === anomaly.offset && kept.length < MAX_WAITING) kept.push(anomaly);
      else this.sink.problem(anomaly);
    }
    this.waiting = kept;
  }
}
