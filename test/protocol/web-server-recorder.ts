// Hears a web server's end of a connection and writes everything down as lists that tests compare.
import { WebServerConnection, type WebServerConnectionOptions } from '../../src/protocol/web-server-connection.js';
import type { AnswerLoss, AnswerSink, WebServerRequest } from '../../src/protocol/web-server-request.js';

const latin1 = (bytes: Uint8Array, start = 0, end = bytes.length): string =>
  Buffer.from(bytes.subarray(start, end)).toString('latin1');

/** One request's answer; pieces of a stream are put together. */
export class RecordedAnswer implements AnswerSink {
  stdoutText = '';
  stderrText = '';
  /** Streams in the order their pieces came, neighbours of one stream put together. */
  readonly order: string[] = [];
  stdoutEnds = 0;
  ended: { appStatus: number; protocolStatus: number } | undefined;
  lost: AnswerLoss | undefined;
  /** Calls after the last one: must stay empty. */
  readonly late: string[] = [];

  private note(what: string): void {
    if (this.ended || this.lost) this.late.push(what);
    if (this.order.at(-1) !== what) this.order.push(what);
  }

  stdout(bytes: Uint8Array, start: number, end: number): void {
    this.note('stdout');
    this.stdoutText += latin1(bytes, start, end);
  }

  stdoutEnd(): void {
    this.note('stdout end');
    this.stdoutEnds++;
  }

  stderr(bytes: Uint8Array, start: number, end: number): void {
    this.note('stderr');
    this.stderrText += latin1(bytes, start, end);
  }

  requestEnd(appStatus: number, protocolStatus: number): void {
    this.note('end');
    this.ended = { appStatus, protocolStatus };
  }

  requestLost(loss: AnswerLoss): void {
    this.note('lost');
    this.lost = loss;
  }

  /** All of it, for comparing two runs. */
  get summary(): unknown {
    const { stdoutText, stderrText, order, stdoutEnds, ended, lost, late } = this;
    return { stdoutText, stderrText, order, stdoutEnds, ended, lost, late };
  }
}

export class RecordedConnection {
  readonly problems: string[] = [];
  readonly offsets: number[] = [];
  readonly values: (readonly (readonly [string, string])[])[] = [];
  readonly unknownTypes: number[] = [];
  readonly core: WebServerConnection;

  constructor(options: WebServerConnectionOptions = {}) {
    this.core = new WebServerConnection(
      {
        valuesResult: (values) => this.values.push(values),
        unknownType: (type) => this.unknownTypes.push(type),
        problem: (code, offset, _requestId, detail) => {
          this.problems.push(`${code}: ${detail}`);
          this.offsets.push(offset);
        },
      },
      options,
    );
  }

  /** Opens a request and writes a small GET; returns its answer. */
  get(role = 1): { request: WebServerRequest; answer: RecordedAnswer } {
    const answer = new RecordedAnswer();
    const request = this.core.open(answer);
    if (!request) throw new Error('no id left');
    request.begin(role, 1, [['A', 'b']], RULES.params);
    if (!request.sent) request.endStdin();
    if (!request.sent) request.endData();
    return { request, answer };
  }

  receive(...pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) this.core.receive(piece, 0, piece.length);
  }

  /** What was written since the last call. */
  written(): Uint8Array {
    const pieces: Uint8Array[] = [];
    this.core.output.flush((piece) => {
      pieces.push(piece.slice());
      return true;
    });
    return Buffer.concat(pieces);
  }
}

export const RULES = {
  params: { cut: 'at-pairs', recordSize: 65_535, padding: (length: number) => -length & 7 },
  body: { recordSize: 65_528, padding: (length: number) => -length & 7 },
} as const;
