// The application's end of one SCGI connection, without any IO: one request, answered by bytes until the close. Keeps
// the rules of the protocol text (python.ca/scgi/protocol.txt) that the parser of requests leaves to its user.
import { decimal } from '../fastcgi/response-head.js';
import { latin1Text } from '../model/byte-strings.js';
import { ScgiRequestParser, type ScgiSink } from '../scgi/request-parser.js';
import type { ApplicationOptions } from './application-options.js';
import { Params } from './application-params.js';
import type { ApplicationProblem, ApplicationProblemCode } from './application-problems.js';
import type { AbortCause } from './application-sink.js';

/** Hears what comes of the web server's bytes. */
export interface ScgiApplicationSink {
  /** The headers are complete: the request may be answered from now on. */
  requestReady(params: Params): void;
  /** A piece of the body, never more than CONTENT_LENGTH bytes in all. */
  bodyBytes(bytes: Uint8Array, start: number, end: number): void;
  bodyEnd(): void;
  requestAborted(cause: AbortCause): void;
  /** It was answered, or never can be. */
  requestEnded(): void;
  problem(problem: ApplicationProblem): void;
}

export class ScgiApplicationConnection implements ScgiSink {
  /** When the first byte came, as the connection's clock says; undefined before. */
  beganAt: number | undefined;
  now = 0;
  /** The headers were read and the request is not answered. */
  active = false;
  /** The request was answered. */
  served = false;
  aborted = false;
  /** Nothing more is read or answered: when the output is sent, the connection is to be closed. */
  done = false;
  private readonly parser: ScgiRequestParser;
  private pairs: [Uint8Array, Uint8Array][] = [];
  private readonly names = new Set<string>();
  private left = 0;
  private bodyEnded = false;
  private extra = false;
  private received = 0;
  private output: Uint8Array[] = [];
  /** Bytes that wait to be taken. */
  pendingOutput = 0;

  constructor(
    private readonly sink: ScgiApplicationSink,
    private readonly options: ApplicationOptions,
  ) {
    this.parser = new ScgiRequestParser(this, options.limits.paramsBytes);
  }

  /** The next bytes of the web server. They may be kept: the buffer must not be written to afterwards. */
  push(bytes: Uint8Array, start = 0, end = bytes.length): void {
    if (this.done || start === end) return;
    this.beganAt ??= this.now;
    this.parser.push(bytes, start, end);
    this.received += end - start;
  }

  /** The web server has closed its direction. */
  inputEnded(): void {
    if (this.done) return;
    if (!this.active && !this.served) {
      if (this.received > 0) this.problem('record-cut', 'the connection ended inside the headers');
      this.done = true;
    } else if (!this.bodyEnded) {
      this.problem('content-length-mismatch', `the body is ${this.left} bytes shorter than CONTENT_LENGTH`);
      this.abort('peer-ended');
    } else if (this.options.peerEnd === 'abort') {
      this.abort('peer-ended');
    }
  }

  abort(cause: AbortCause): void {
    if (!this.active || this.aborted) return;
    this.aborted = true;
    this.sink.requestAborted(cause);
  }

  /** The connection is gone. */
  lost(cause: AbortCause): void {
    this.done = true;
    if (!this.active) return;
    if (!this.aborted) {
      this.aborted = true;
      this.sink.requestAborted(cause);
    }
    this.finish();
  }

  /** Bytes of the response. */
  write(content: Uint8Array): void {
    if (!this.active || this.done) return;
    this.output.push(content);
    this.pendingOutput += content.length;
  }

  /** Ends the response, and with it the connection. */
  end(): void {
    if (!this.active) return;
    this.finish();
    this.done = true;
  }

  takeOutput(): Uint8Array[] {
    const taken = this.output;
    this.output = [];
    this.pendingOutput = 0;
    return taken;
  }

  /** @internal */
  scgiHeader(bytes: Uint8Array, nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    if (this.done) return;
    const name = latin1Text(bytes.subarray(nameStart, nameEnd));
    if (this.pairs.length === 0) {
      if (name !== 'CONTENT_LENGTH') this.malformed('the first header is not CONTENT_LENGTH');
      else if ((this.left = decimal(bytes, valueStart, valueEnd)) < 0) this.malformed('CONTENT_LENGTH is no number');
    }
    if (name === '') this.malformed('a header has an empty name');
    if (this.names.has(name)) this.malformed(`the header ${name} comes twice`);
    if (this.pairs.length >= this.options.limits.paramsCount) this.malformed('there are too many headers');
    this.names.add(name);
    // The parser's memory is not the request's.
    this.pairs.push([bytes.slice(nameStart, nameEnd), bytes.slice(valueStart, valueEnd)]);
  }

  /** @internal */
  scgiHeadersEnd(): void {
    if (this.done) return;
    if (this.pairs.length === 0) this.malformed('there is no CONTENT_LENGTH');
    const scgi = this.pairs.find(([name]) => latin1Text(name) === 'SCGI')?.[1];
    if (!scgi || latin1Text(scgi) !== '1') this.malformed('there is no header SCGI with the value 1');
    if (this.done) return;
    const params = Params.from(this.pairs);
    this.pairs = [];
    this.names.clear();
    this.active = true;
    this.sink.requestReady(params);
    if (this.left === 0) this.endBody();
  }

  /** @internal */
  scgiBody(bytes: Uint8Array, start: number, end: number): void {
    if (this.done) return;
    const length = Math.min(this.left, end - start);
    if (length < end - start && !this.extra) {
      this.extra = true;
      this.problem('content-length-mismatch', 'more bytes came than CONTENT_LENGTH says');
    }
    if (length === 0) return;
    this.left -= length;
    this.sink.bodyBytes(bytes, start, start + length);
    if (this.left === 0) this.endBody();
  }

  /** @internal */
  scgiMalformed(_offset: number, detail: string): void {
    this.malformed(detail);
  }

  private endBody(): void {
    if (this.bodyEnded) return;
    this.bodyEnded = true;
    this.sink.bodyEnd();
  }

  private malformed(detail: string): void {
    if (this.done) return;
    this.problem('scgi-malformed', detail);
    this.done = true;
  }

  private finish(): void {
    this.active = false;
    this.served = true;
    this.sink.requestEnded();
  }

  private problem(code: ApplicationProblemCode, detail: string): void {
    this.sink.problem({ code, detail, requestId: 0, recordType: 0, offset: this.received });
  }
}
