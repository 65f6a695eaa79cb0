// The web server's end of one FastCGI connection (specification 1.0), without IO: requests become bytes that wait in
// `output`, the application's bytes become calls on the requests' sinks. What the application does wrong is reported as
// a problem or ends requests; no input throws.
import * as type from '../fastcgi/constants.js';
import { NameValueParser, type PairSink } from '../fastcgi/name-value.js';
import { RecordParser, type RecordSink } from '../fastcgi/record-parser.js';
import { decodeBytes } from '../model/byte-strings.js';
import type { ProblemName } from '../model/problem-codes.js';
import { LowestFreeIds, type RequestIds } from './web-server-ids.js';
import { type AnswerLoss, type AnswerSink, NO_ANSWER, WebServerRequest } from './web-server-request.js';
import { RecordWriter } from './web-server-writer.js';

/** Hears what concerns the connection and not one request. */
export interface WebServerSink {
  /** GET_VALUES_RESULT: its pairs, as text. */
  valuesResult(values: readonly (readonly [string, string])[]): void;
  /** UNKNOWN_TYPE: the application does not know that type of management record. */
  unknownType(recordType: number): void;
  /**
   * The application broke a rule; decoding goes on unless the code is record-bad-version.
   * @param offset of the record in the application's stream.
   * @param requestId as the record says it.
   */
  problem(code: ProblemName, offset: number, requestId: number, detail: string): void;
}

export interface WebServerConnectionOptions {
  /** Default LowestFreeIds. */
  readonly ids?: RequestIds;
  /**
   * Records for ids that no request has: `report` skips them (HAProxy); `fail` also ends the requests in progress
   * (nginx, Apache); `accept` takes them for the one request in progress (lighttpd and Caddy do not look at ids).
   * Default `report`.
   */
  readonly foreignIds?: 'report' | 'fail' | 'accept';
  /** Records of types that do not belong here, except answers to GET_VALUES that was sent. Default `report`. */
  readonly foreignTypes?: 'report' | 'fail';
}

/** A GET_VALUES_RESULT is read up to this many pairs; the rest are an attack or a mistake. */
const MAX_VALUES = 1000;

export class WebServerConnection implements RecordSink {
  /** What is to be sent. */
  readonly output = new RecordWriter();
  /**
   * Nothing may be asked on this connection any more: the application broke the framing or answered what nobody asked,
   * so a later answer could belong to another request.
   */
  spoiled = false;

  private readonly parser: RecordParser;
  private readonly requests = new Map<number, WebServerRequest>();
  /** The one request in progress, where there is just one: nearly always. */
  private only: WebServerRequest | undefined;
  private readonly ids: RequestIds;
  private readonly foreignIds: 'report' | 'fail' | 'accept';
  private readonly foreignTypes: 'report' | 'fail';
  private current: WebServerRequest | undefined;
  private readonly body = new Uint8Array(8);
  private bodyLength = 0;
  private valuesAsked = 0;
  private discarding = false;
  private values: ValuesReader | undefined;

  constructor(
    private readonly sink: WebServerSink,
    options: WebServerConnectionOptions = {},
  ) {
    this.parser = new RecordParser(this);
    this.ids = options.ids ?? new LowestFreeIds();
    this.foreignIds = options.foreignIds ?? 'report';
    this.foreignTypes = options.foreignTypes ?? 'report';
  }

  /** Requests without END_REQUEST, those that were given up included. */
  get active(): number {
    return this.requests.size;
  }

  /** No request is in progress, no record is half read, and the application kept the rules: it may serve another one. */
  get reusable(): boolean {
    return this.requests.size === 0 && !this.spoiled && this.parser.atBoundary && !this.ids.exhausted;
  }

  /** Whether one more request may begin while others are in progress, as far as ids go. */
  get exhausted(): boolean {
    return this.ids.exhausted;
  }

  /** Bytes of the application read so far. */
  get received(): number {
    return this.parser.offset;
  }

  /** A new request, or undefined if there is no id left. Nothing is written before its `begin`. */
  open(answer: AnswerSink): WebServerRequest | undefined {
    const id = this.ids.take();
    if (id < 0) return undefined;
    const request = new WebServerRequest(this, this.output, id, answer);
    const key = id & 0xffff;
    this.requests.set(key, request);
    this.only = this.requests.size === 1 ? request : undefined;
    return request;
  }

  /** Asks for values (section 4.1) by name; the answer, if there is one, comes as `valuesResult` or `unknownType`. */
  getValues(pairs: Uint8Array, padding = getValuesPadding(pairs.length)): void {
    this.valuesAsked++;
    this.output.record(type.GET_VALUES, type.NULL_REQUEST_ID, pairs, padding);
  }

  /** The application's next bytes. */
  receive(bytes: Uint8Array, start: number, end: number): void {
    this.parser.push(bytes, start, end);
  }

  /** The application's stream has ended: every request in progress is lost. Returns how many bytes a cut record lacks. */
  finish(): number {
    const { parser } = this;
    let missing = 0;
    if (!parser.atBoundary && !parser.stopped) {
      const have = parser.offset - parser.recordOffset;
      missing = parser.inHeader
        ? type.HEADER_LENGTH - have
        : type.HEADER_LENGTH + parser.contentLength + parser.paddingLength - have;
      const where = parser.inHeader ? 'a record header' : type.typeName(parser.type);
      this.report('record-cut', `inside ${where}, ${missing} bytes missing`);
    }
    this.spoiled = true;
    this.loseAll({ reason: 'closed', missing, detail: '' });
    return missing;
  }

  /** Nothing more of the application is wanted: the rest is not looked at, every request in progress is lost. */
  discard(): void {
    this.discarding = true;
    this.spoiled = true;
    this.loseAll({ reason: 'closed', missing: 0, detail: '' });
  }

  /** Every request in progress is lost for that reason. */
  loseAll(loss: AnswerLoss): void {
    for (const request of [...this.requests.values()]) {
      this.close(request);
      request.lose(loss);
    }
  }

  /** The caller does not want the rest of this answer: it is skipped until its END_REQUEST, and the id not used again. */
  giveUp(request: WebServerRequest): void {
    request.answer = NO_ANSWER;
    this.ids.retire(request.id);
  }

  recordBegin(): void {
    this.bodyLength = 0;
    this.current = this.discarding ? undefined : this.ownerOfRecord();
  }

  recordContent(parser: RecordParser, bytes: Uint8Array, start: number, end: number): void {
    switch (parser.type) {
      case type.STDOUT:
        this.current?.stdout(bytes, start, end);
        break;
      case type.STDERR:
        this.current?.answer.stderr(bytes, start, end);
        break;
      case type.END_REQUEST:
      case type.UNKNOWN_TYPE:
        for (let at = start; at < end && this.bodyLength < 8; at++) this.body[this.bodyLength++] = bytes[at];
        break;
      case type.GET_VALUES_RESULT:
        if (this.values === undefined) this.values = new ValuesReader();
        this.values.push(bytes, start, end);
        break;
    }
  }

  recordWhole(parser: RecordParser, bytes: Uint8Array, start: number, end: number): void {
    this.recordBegin();
    if (start < end) this.recordContent(parser, bytes, start, end);
    this.recordEnd(parser);
  }

  recordEnd(parser: RecordParser): void {
    const request = this.current;
    this.current = undefined;
    if (this.discarding) return;
    switch (parser.type) {
      case type.STDOUT:
        if (request && parser.contentLength === 0) request.stdoutEnd();
        break;
      case type.STDERR:
        if (request && parser.contentLength === 0) request.stderrEnd();
        break;
      case type.END_REQUEST:
        if (request) this.requestEnd(request, parser.contentLength);
        break;
      case type.GET_VALUES_RESULT:
        this.valuesEnd(parser);
        break;
      case type.UNKNOWN_TYPE:
        this.unknownType(parser);
        break;
    }
  }

  recordBadVersion(parser: RecordParser, version: number): void {
    if (this.discarding) return;
    const detail = `version ${version}${versionMeaning(version)}`;
    this.sink.problem('record-bad-version', parser.recordOffset, 0, detail);
    this.spoiled = true;
    this.loseAll({ reason: 'bad-version', missing: 0, detail });
  }

  /** The request has ended: its id is free. */
  private close(request: WebServerRequest): void {
    this.requests.delete(request.id & 0xffff);
    this.ids.release(request.id);
    this.only = undefined;
    if (this.requests.size === 1) for (const left of this.requests.values()) this.only = left;
    if (this.current === request) this.current = undefined;
  }

  /** The request the record at hand belongs to; reports what does not belong here. */
  private ownerOfRecord(): WebServerRequest | undefined {
    const { parser } = this;
    switch (parser.type) {
      case type.STDOUT:
      case type.STDERR:
      case type.END_REQUEST: {
        const only = this.only;
        const request = only && (only.id & 0xffff) === parser.requestId ? only : this.requests.get(parser.requestId);
        if (request) return this.checkStreamOpen(request);
        if (only && this.foreignIds === 'accept') return this.checkStreamOpen(only);
        this.report('record-for-unknown-request', `${type.typeName(parser.type)} for request id ${parser.requestId}`);
        this.spoiled = true;
        this.checkForeign();
        return undefined;
      }
      case type.GET_VALUES_RESULT:
      case type.UNKNOWN_TYPE:
        if (this.valuesAsked === 0) this.checkForeign();
        return undefined;
      case type.BEGIN_REQUEST:
      case type.ABORT_REQUEST:
      case type.PARAMS:
      case type.STDIN:
      case type.DATA:
      case type.GET_VALUES:
        this.report('record-wrong-direction', `${type.typeName(parser.type)} for request id ${parser.requestId}`);
        this.spoiled = true;
        break;
      default:
        this.report('record-unknown-type', `type ${parser.type}`);
    }
    this.checkForeign();
    return undefined;
  }

  /** A record that has no place here: strict web servers give up at its id or its type. */
  private checkForeign(): void {
    const { parser } = this;
    if (this.foreignIds === 'fail' && !this.requests.has(parser.requestId)) {
      this.fail('foreign-id', `${type.typeName(parser.type)} for request id ${parser.requestId}`);
    } else if (this.foreignTypes === 'fail') {
      this.fail('foreign-type', type.typeName(parser.type));
    }
  }

  /** A record of a stream that has ended is reported and skipped (section 3.3: an empty record ends a stream). */
  private checkStreamOpen(request: WebServerRequest): WebServerRequest | undefined {
    const { parser } = this;
    if (!request.hasEnded(parser.type)) return request;
    // A second empty record says nothing new; php-fpm and others are known to send one.
    if (parser.contentLength > 0) this.report('record-out-of-order', `${type.typeName(parser.type)} after its end`);
    return undefined;
  }

  private requestEnd(request: WebServerRequest, contentLength: number): void {
    this.close(request);
    if (contentLength !== 8) {
      this.report('record-bad-length', `END_REQUEST of ${contentLength} bytes`);
      this.spoiled = true;
      request.lose({ reason: 'bad-end-request', missing: 0, detail: `END_REQUEST of ${contentLength} bytes` });
      return;
    }
    const { body } = this;
    const appStatus = ((body[0] << 24) | (body[1] << 16) | (body[2] << 8) | body[3]) >>> 0;
    request.end(appStatus, body[4]);
  }

  private valuesEnd(parser: RecordParser): void {
    const { values } = this;
    this.values = undefined;
    if (parser.requestId !== type.NULL_REQUEST_ID || this.valuesAsked === 0) {
      // Go sends an empty result after the real one.
      this.report('record-out-of-order', `GET_VALUES_RESULT that nobody asked for, request id ${parser.requestId}`);
      return;
    }
    if (values?.cut) this.report('management-record-malformed', 'GET_VALUES_RESULT ends inside a pair');
    this.valuesAsked--;
    this.sink.valuesResult(values ? values.pairs : []);
  }

  private unknownType(parser: RecordParser): void {
    const about = this.bodyLength > 0 ? this.body[0] : 0;
    if (parser.requestId !== type.NULL_REQUEST_ID || this.bodyLength < 8) {
      this.report('management-record-malformed', `UNKNOWN_TYPE of ${parser.contentLength} bytes`);
    }
    if (about === type.GET_VALUES && this.valuesAsked > 0) this.valuesAsked--;
    this.sink.unknownType(about);
  }

  private fail(reason: 'foreign-id' | 'foreign-type', detail: string): void {
    this.spoiled = true;
    this.loseAll({ reason, missing: 0, detail });
  }

  private report(code: ProblemName, detail: string): void {
    this.sink.problem(code, this.parser.recordOffset, this.parser.requestId, detail);
  }

  // The parser is never told of gaps here: a socket has none.
  recordMissing(): void {}
  recordResynchronised(): void {}
  knowsRequest(requestId: number): boolean {
    return this.requests.has(requestId);
  }
}

/**
 * GET_VALUES is padded to 8 and by at least one byte: libfcgi up to 2.4.2 reads one more byte before it looks whether
 * the record is complete, so that it never answers an unpadded one.
 */
export function getValuesPadding(contentLength: number): number {
  return -contentLength & 7 || 8;
}

/** What a first byte that is no FastCGI version tells, for the reader of an error. */
export function versionMeaning(version: number): string {
  if (version === 0x48) return " ('H': an HTTP server answers there)";
  if (version === 0x16 || version === 0x15) return ' (a TLS server answers there)';
  if (version === 0x53) return " ('S': CGI output without records, or SSH)";
  if (version >= 0x20 && version < 0x7f) return ` ('${String.fromCharCode(version)}': text, not FastCGI)`;
  return '';
}

class ValuesReader implements PairSink {
  readonly wantedLengths = new Uint8Array(256).fill(1);
  readonly pairs: [string, string][] = [];
  private readonly parser = new NameValueParser();

  get cut(): boolean {
    return this.parser.pending;
  }

  push(bytes: Uint8Array, start: number, end: number): void {
    this.parser.push(bytes, start, end, this);
  }

  pair(bytes: Uint8Array, nameStart: number, valueStart: number, valueEnd: number): void {
    if (this.pairs.length >= MAX_VALUES) return;
    this.pairs.push([
      decodeBytes(bytes.subarray(nameStart, valueStart)),
      decodeBytes(bytes.subarray(valueStart, valueEnd)),
    ]);
  }
}
