// One request of a web server on one connection: its own streams in the order the specification asks for (sections 5.1
// to 5.4, 6), and what is known of the answer.
import * as type from '../fastcgi/constants.js';
import type { NameValuePairs, PaddingRule } from '../fastcgi/encode.js';
import type { WebServerConnection } from './web-server-connection.js';
import { type ParamsRules, type ParamsWritten, writeParams } from './web-server-params.js';
import type { RecordWriter } from './web-server-writer.js';

/** Hears the answer to one request. Byte ranges are only lent. */
export interface AnswerSink {
  stdout(bytes: Uint8Array, start: number, end: number): void;
  /** The empty STDOUT record. Not every application sends one (php-fpm does not). */
  stdoutEnd(): void;
  stderr(bytes: Uint8Array, start: number, end: number): void;
  /**
   * END_REQUEST: the last call.
   * @param appStatus unsigned 32-bit; a CGI program's exit status.
   * @param protocolStatus REQUEST_COMPLETE, CANT_MPX_CONN, OVERLOADED, UNKNOWN_ROLE, or a number the specification does
   * not know.
   */
  requestEnd(appStatus: number, protocolStatus: number): void;
  /** There will be no END_REQUEST that could be trusted: the last call. */
  requestLost(loss: AnswerLoss): void;
}

export interface AnswerLoss {
  /**
   * - `closed`: the stream ended
   * - `bad-version`: what came is no FastCGI
   * - `bad-end-request`: END_REQUEST of a wrong length
   * - `foreign-id`, `foreign-type`: a record that the rules in use do not let pass
   */
  readonly reason: 'closed' | 'bad-version' | 'bad-end-request' | 'foreign-id' | 'foreign-type';
  /** Bytes missing of a record that was cut. */
  readonly missing: number;
  readonly detail: string;
}

/** For an answer that nobody wants any more. */
export const NO_ANSWER: AnswerSink = {
  stdout() {},
  stdoutEnd() {},
  stderr() {},
  requestEnd() {},
  requestLost() {},
};

/** How a body stream is cut into records. */
export interface StreamRules {
  /** Most content bytes of one record, 1..65535. */
  readonly recordSize: number;
  readonly padding: PaddingRule;
}

const NEW = 0;
const BEGUN = 1;
const IN_STDIN = 2;
const IN_DATA = 3;
const SENT = 4;

export class WebServerRequest {
  /** Bytes of STDIN and DATA handed over so far. */
  stdinBytes = 0;
  dataBytes = 0;
  /** The empty STDOUT record has come. */
  stdoutEnded = false;
  /** END_REQUEST has come, or never will. */
  ended = false;
  /** It ended before all of it was handed over. */
  cutShort = false;
  private stderrEnded = false;
  private role = type.RESPONDER;
  private state = NEW;

  constructor(
    private readonly connection: WebServerConnection,
    private readonly output: RecordWriter,
    /** As it was taken; on the wire it has 16 bits. */
    readonly id: number,
    public answer: AnswerSink,
  ) {}

  /** All of the request has been handed over. */
  get sent(): boolean {
    return this.state === SENT;
  }

  /** BEGIN_REQUEST and the whole PARAMS stream. */
  begin(role: number, flags: number, pairs: NameValuePairs, rules: ParamsRules): ParamsWritten {
    this.advance(NEW, BEGUN);
    this.role = role;
    const at = this.output.open(8);
    const { target } = this.output;
    target.fill(0, at, at + 8);
    target[at] = role >>> 8;
    target[at + 1] = role;
    target[at + 2] = flags;
    this.output.finishOpen(type.BEGIN_REQUEST, this.id, 8, 0);
    const result = writeParams(this.output, this.id, pairs, rules);
    // An authorizer has no STDIN (section 6.3).
    this.state = role === type.AUTHORIZER ? SENT : IN_STDIN;
    return result;
  }

  /** A piece of STDIN. Nothing is written for no bytes. Pieces over 4 KiB must stay as they are until they are sent. */
  stdin(bytes: Uint8Array, start: number, end: number, rules: StreamRules): void {
    this.advance(IN_STDIN, IN_STDIN);
    this.stdinBytes += end - start;
    this.output.stream(type.STDIN, this.id, bytes, start, end, rules.recordSize, rules.padding);
  }

  endStdin(): void {
    this.advance(IN_STDIN, this.role === type.FILTER ? IN_DATA : SENT);
    this.output.end(type.STDIN, this.id);
  }

  /** A piece of a Filter's DATA, after STDIN has ended. */
  data(bytes: Uint8Array, start: number, end: number, rules: StreamRules): void {
    this.advance(IN_DATA, IN_DATA);
    this.dataBytes += end - start;
    this.output.stream(type.DATA, this.id, bytes, start, end, rules.recordSize, rules.padding);
  }

  endData(): void {
    this.advance(IN_DATA, SENT);
    this.output.end(type.DATA, this.id);
  }

  /**
   * Gives the request up. `tell` sends ABORT_REQUEST; the id stays taken until END_REQUEST comes. The sink hears nothing
   * any more.
   */
  abort(tell: boolean): void {
    if (tell && this.state !== NEW) this.output.end(type.ABORT_REQUEST, this.id);
    this.state = SENT;
    this.connection.giveUp(this);
  }

  /** Whether the stream of that record type has ended. */
  hasEnded(recordType: number): boolean {
    return recordType === type.STDOUT ? this.stdoutEnded : recordType === type.STDERR && this.stderrEnded;
  }

  stdout(bytes: Uint8Array, start: number, end: number): void {
    this.answer.stdout(bytes, start, end);
  }

  stdoutEnd(): void {
    this.stdoutEnded = true;
    this.answer.stdoutEnd();
  }

  stderrEnd(): void {
    this.stderrEnded = true;
  }

  end(appStatus: number, protocolStatus: number): void {
    this.close();
    this.answer.requestEnd(appStatus, protocolStatus);
  }

  lose(loss: AnswerLoss): void {
    this.close();
    this.answer.requestLost(loss);
  }

  private close(): void {
    this.ended = true;
    if (this.state !== SENT) this.cutShort = true;
    this.state = SENT;
  }

  /** A stream out of its turn is a mistake of the caller: the application could not make sense of it (section 6). */
  private advance(from: number, to: number): void {
    if (this.state !== from) throw new RangeError('the streams of a request are sent in order: PARAMS, STDIN, DATA');
    this.state = to;
  }
}
