// Reads what a web server sends on one connection and makes requests of it: which record may come when, what is
// skipped, what is answered by the protocol itself, and what makes the connection unreadable.
import {
  DATA,
  FILTER,
  GET_VALUES,
  GET_VALUES_RESULT,
  KEEP_CONN,
  MAX_TYPE,
  NULL_REQUEST_ID,
  OVERLOADED,
  PARAMS,
  REQUEST_COMPLETE,
  STDERR,
  STDIN,
  typeName,
  UNKNOWN_TYPE,
} from '../fastcgi/constants.js';
import { beginRequest } from '../fastcgi/encode.js';
import { declaredLength } from './application-lengths.js';
import { type ApplicationProblemCode, recordText, versionText } from './application-problems.js';
import { isApplicationType, RecordReader, type RecordReceiver } from './application-records.js';
import type { ApplicationRequest } from './application-request.js';
import type { ApplicationState } from './application-state.js';
import { answerValues } from './application-values.js';

const BEGIN_BODY = 8;

/** A request that waits for the END_REQUEST of the one before with its id, and all bytes behind its BEGIN_REQUEST. */
interface HeldRequest {
  readonly id: number;
  readonly begin: Uint8Array;
  /** Stream offsets of its record and of the byte behind it. */
  readonly start: number;
  readonly end: number;
  readonly rest: Uint8Array[];
}

export class ApplicationInput<Context> implements RecordReceiver {
  private readonly parser = new RecordReader(this).parser;
  /** Stream offset at which the parser last began. */
  private base = 0;
  private held: HeldRequest | undefined;
  /** The request of the last record. */
  private last: ApplicationRequest<Context> | undefined;
  private reportedAt = -1;
  private reported: ApplicationProblemCode | undefined;

  constructor(private readonly state: ApplicationState<Context>) {}

  push(bytes: Uint8Array, start: number, end: number): void {
    if (this.state.done) return;
    if (this.held) {
      this.held.rest.push(bytes.subarray(start, end));
      return;
    }
    this.parser.push(bytes, start, end);
    this.keepRest(bytes, end);
  }

  /** What was pushed together with a request that waits, and lies behind it, waits too. */
  private keepRest(bytes: Uint8Array, end: number): void {
    if (this.held) this.held.rest.push(bytes.subarray(end - (this.base + this.parser.offset - this.held.end), end));
  }

  get isHeld(): boolean {
    return this.held !== undefined;
  }

  /** What is held back may go on: the request it waited for has ended. */
  get mayResume(): boolean {
    return this.held !== undefined && !this.state.requests.has(this.held.id);
  }

  resume(): void {
    while (this.held && this.mayResume) {
      const { begin, rest, start, end } = this.held;
      this.held = undefined;
      this.state.holding = false;
      this.parser.restart();
      this.base = start;
      this.push(begin, 0, begin.length);
      // The record may have had padding.
      this.base = end - begin.length;
      for (const bytes of rest) this.push(bytes, 0, bytes.length);
    }
  }

  /** Nothing more comes. */
  ended(): void {
    if (!this.held && !this.parser.atBoundary && !this.parser.stopped)
      this.problem(
        'record-cut',
        `the connection ended inside ${this.parser.inHeader ? 'a record header' : 'a record'}`,
      );
  }

  /** True between records. */
  get atBoundary(): boolean {
    return this.parser.atBoundary;
  }

  beginRecord(bytes: Uint8Array, start: number): void {
    if (this.isDeaf) return;
    const { state } = this;
    const { requestId: id, contentLength } = this.parser;
    if (contentLength !== BEGIN_BODY) {
      this.fail('record-bad-length', `the content of BEGIN_REQUEST is ${contentLength} bytes, not ${BEGIN_BODY}`);
      return;
    }
    if (id === NULL_REQUEST_ID) {
      this.fail('begin-id-zero', 'BEGIN_REQUEST has request id 0, which is no request');
      return;
    }
    const role = (bytes[start] << 8) | bytes[start + 1];
    const flags = bytes[start + 2] & KEEP_CONN;
    const active = state.requests.get(id);
    if (active) {
      if (active.received) this.hold(id, role, flags);
      else this.fail('begin-for-active-id', `request ${id} begins again before it was received whole`);
      return;
    }
    const verdict = state.verdict(role);
    if (verdict === REQUEST_COMPLETE) {
      this.last = state.begin(id, role, flags);
      return;
    }
    if (verdict === OVERLOADED && state.requests.size >= state.options.limits.requestsPerConnection)
      this.problem('too-many-requests', `request ${id} came while ${state.requests.size} were active`);
    state.refuse(id, role, flags, verdict);
  }

  abortRecord(): void {
    if (this.isDeaf) return;
    const request = this.find();
    if (!request || request.ignoresAbort) return;
    request.muted = true;
    this.state.abort(request, 'abort-request');
  }

  streamBytes(bytes: Uint8Array, start: number, end: number): void {
    if (this.isDeaf) return;
    const request = this.find();
    if (!request) return;
    const { type } = this.parser;
    if (type === PARAMS) {
      this.params(request, bytes, start, end);
      return;
    }
    if (!this.mayCome(request, type)) return;
    if (type === STDIN) request.stdinBytes += end - start;
    else request.dataBytes += end - start;
    if (!request.muted) this.state.sink.bodyBytes(request, type, bytes, start, end);
  }

  streamEnd(): void {
    if (this.isDeaf) return;
    const { type } = this.parser;
    const request = this.find();
    if (!request) {
      this.state.leftoverEnded(this.parser.requestId, (role) => type === (role === FILTER ? DATA : STDIN));
    } else if (type === PARAMS) {
      this.paramsEnd(request);
    } else if (this.mayCome(request, type)) {
      if (type === STDIN) request.stdinEnded = true;
      else request.dataEnded = true;
      this.checkLength(request, type);
      this.state.sink.bodyEnd(request, type);
    }
  }

  valuesRecord(bytes: Uint8Array, start: number, end: number): void {
    if (this.isDeaf) return;
    if (this.parser.requestId !== NULL_REQUEST_ID) {
      this.problem('record-wrong-id', `${typeName(GET_VALUES)} has request id ${this.parser.requestId}, not 0`);
      return;
    }
    const { content, malformed } = answerValues(bytes, start, end, this.state.options);
    if (malformed) this.problem('management-record-malformed', 'GET_VALUES ends inside a name-value pair');
    this.state.output.management(GET_VALUES_RESULT, content);
  }

  otherRecord(): void {
    if (this.isDeaf) return;
    const { type, requestId } = this.parser;
    if (isApplicationType(type)) {
      this.problem('record-wrong-direction', `${recordText(type, requestId)} came from the web server`);
      return;
    }
    const of = requestId === NULL_REQUEST_ID ? 'a management record' : `a record of request ${requestId}`;
    this.problem('record-unknown-type', `${of} has the unknown type ${type}`);
    // Section 4.2. With another id it is no management record, and skipped.
    if (requestId === NULL_REQUEST_ID && (type > MAX_TYPE || type === 0))
      this.state.output.management(UNKNOWN_TYPE, Uint8Array.of(type, 0, 0, 0, 0, 0, 0, 0));
  }

  badVersion(version: number): void {
    if (!this.isDeaf) this.fail('record-bad-version', versionText(version));
  }

  /** What comes is not looked at: it is held back, or the connection is over. */
  private get isDeaf(): boolean {
    return this.state.done || this.held !== undefined;
  }

  /** The request of the record at hand, or undefined if there is none: then the record is skipped (section 3.3). */
  private find(): ApplicationRequest<Context> | undefined {
    const { requestId: id, type } = this.parser;
    if (this.last && this.last.id === id && !this.last.ended) return this.last;
    const request = this.state.requests.get(id);
    if (request) this.last = request;
    else if (id === NULL_REQUEST_ID) this.problem('record-wrong-id', `${typeName(type)} has request id 0`);
    else if (!this.state.isLeftover(id))
      this.problem('record-for-unknown-request', `${recordText(type, id)}, which is not active`);
    return request;
  }

  private params(request: ApplicationRequest<Context>, bytes: Uint8Array, start: number, end: number): void {
    const { collector } = request;
    const { limits } = this.state.options;
    if (!collector) {
      this.problem('record-out-of-order', `PARAMS of request ${request.id} go on after their end`);
      return;
    }
    collector.push(bytes, start, end);
    this.state.pendingParams += end - start;
    const excess =
      collector.excess(limits) ??
      (this.state.pendingParams > limits.paramsBytes ? 'unfinished PARAMS of this connection are too long' : undefined);
    if (excess === undefined) return;
    this.problem('params-too-large', excess);
    this.state.end(request, 0, OVERLOADED);
  }

  private paramsEnd(request: ApplicationRequest<Context>): void {
    const { collector } = request;
    if (!collector) {
      this.problem('record-out-of-order', `PARAMS of request ${request.id} end twice`);
      return;
    }
    this.state.pendingParams -= collector.length;
    request.collector = undefined;
    request.paramsEnded = true;
    if (collector.truncated) {
      const detail = `PARAMS of request ${request.id} end inside a name-value pair`;
      this.problem('params-truncated', detail);
      // Web servers write what comes on STDERR to their error log.
      const text = Uint8Array.from(`${detail}\n`, (letter) => letter.charCodeAt(0));
      request.stderrBytes += text.length;
      this.state.output.stream(STDERR, request.id, text);
      this.state.end(request, 1, REQUEST_COMPLETE);
      return;
    }
    request.params = collector.finish();
    request.ready = true;
    this.state.sink.requestReady(request);
  }

  /** Whether a record of STDIN or DATA may come now; if not, it is skipped or ends the request. */
  private mayCome(request: ApplicationRequest<Context>, type: number): boolean {
    if (!request.paramsEnded) {
      // It can't be kept back without a bound, nor thrown away without harm.
      this.problem('record-out-of-order', `${recordText(type, request.id)} came before its PARAMS had ended`);
      this.state.end(request, 1, REQUEST_COMPLETE);
      return false;
    }
    if (type === STDIN ? !request.stdinEnded : !request.dataEnded) {
      if (type === DATA && !request.stdinEnded && !request.dataEarly) {
        request.dataEarly = true;
        this.problem('record-out-of-order', `${recordText(type, request.id)} came before its STDIN had ended`);
      }
      return true;
    }
    // lighttpd and Apache end a STDIN for an Authorizer, which has none.
    const isTolerated = this.parser.contentLength === 0 && type === STDIN && request.stdinBytes === 0;
    if (!isTolerated) {
      const why = type === DATA && request.role !== FILTER ? 'which is no Filter' : 'after its end';
      this.problem('record-out-of-order', `${recordText(type, request.id)}, ${why}`);
    }
    return false;
  }

  private checkLength(request: ApplicationRequest<Context>, type: number): void {
    const name = type === STDIN ? 'CONTENT_LENGTH' : 'FCGI_DATA_LENGTH';
    const received = type === STDIN ? request.stdinBytes : request.dataBytes;
    const declared = declaredLength(request.params, name);
    if ((declared ?? 0) === received) return;
    const said = declared === undefined ? `no ${name}` : `${name} is ${declared}`;
    this.problem('content-length-mismatch', `${said}, ${recordText(type, request.id)} had ${received} bytes`);
  }

  /** The web server sent everything of the request before, so this one is only early: it waits for that answer. */
  private hold(id: number, role: number, flags: number): void {
    const { parser, base } = this;
    this.problem('begin-before-end', `request ${id} begins again before its answer has ended; it waits for that`);
    const begin = beginRequest(id, role, flags);
    this.held = { id, begin, start: base + parser.recordOffset, end: base + parser.offset, rest: [] };
    this.state.holding = true;
  }

  private fail(code: ApplicationProblemCode, detail: string): void {
    this.problem(code, detail);
    this.state.closing = true;
    this.state.abandon('protocol-error');
  }

  private problem(code: ApplicationProblemCode, detail: string): void {
    const { requestId, type, recordOffset } = this.parser;
    const offset = this.base + recordOffset;
    // Once for a record, in however many pieces it comes.
    if (this.reportedAt === offset && this.reported === code) return;
    this.reportedAt = offset;
    this.reported = code;
    this.state.sink.problem({ code, detail, requestId, recordType: type, offset });
  }
}
