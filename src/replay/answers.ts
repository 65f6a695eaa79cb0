// The application's side of a case request by request, so that a real web server can be answered as the captured one was:
// what was answered to which request, in which pieces, how long after the question, and how the connection ended.
import { BEGIN_REQUEST, PARAMS, STDIN } from '../fastcgi/constants.js';
import { RecordParser, type RecordSink } from '../fastcgi/record-parser.js';
import { UserError } from '../model/errors.js';
import { APPLICATION, type Side, WEB_SERVER } from '../model/side.js';
import type { CaseEvent } from './event.js';
import { RequestKey } from './request-key.js';

/** What is sent at one time; `time` in nanoseconds after the question was complete. */
export type AnswerPiece =
  | {
      readonly kind: 'header';
      readonly time: number;
      readonly type: number;
      readonly contentLength: number;
      readonly paddingLength: number;
    }
  /** Bytes of the application's file. */
  | { readonly kind: 'content'; readonly time: number; readonly from: number; readonly length: number }
  | { readonly kind: 'padding'; readonly time: number; readonly length: number };

export interface Answer {
  /** `GET /uri` */
  readonly key: string;
  readonly pieces: AnswerPiece[];
  /** How the application ended the connection after it, if it did so before the web server. */
  close: { readonly kind: 'end' | 'reset'; readonly time: number } | undefined;
}

/** Requests whose answers are kept in memory. */
const MOST_ANSWERS = 200_000;

/** What answers are taken from. */
export interface AnswerSource {
  events(): Iterable<CaseEvent>;
  read(side: Side, from: number, length: number): Uint8Array;
}

/**
 * The answers in the order in which their requests began.
 * @throws UserError where there are more than can be kept
 */
export function answersOf(source: AnswerSource): Answer[] {
  const answers: Answer[] = [];
  const open = new Map<number, ConnectionAnswers>();
  for (const event of source.events()) {
    if (event.kind === 'open') open.set(event.connection, new ConnectionAnswers(answers));
    if (event.kind === 'open' || event.kind === 'refused') continue;
    const connection = open.get(event.connection);
    if (connection === undefined) continue;
    if (event.kind === 'send') connection.bytes(event, source.read(event.side, event.from, event.length));
    else {
      connection.over(event.side, event.kind, event.time);
      if (event.kind === 'reset') open.delete(event.connection);
    }
    if (answers.length > MOST_ANSWERS)
      throw new UserError(`more than ${MOST_ANSWERS} requests cannot be served`, 'take a part of them: --filter');
  }
  return answers;
}

interface Asked {
  readonly answer: Answer;
  readonly key: RequestKey;
  /** When the question was complete, or began as long as it is not. */
  asked: number;
}

class ConnectionAnswers {
  private readonly requests = new Map<number, Asked>();
  private readonly web: RecordParser;
  private readonly application: RecordParser;
  private last: Asked | undefined;
  private time = 0;
  /** Where the stream's byte 0 would be in the application's file, for the piece at hand. */
  private base = 0;
  private closed = false;

  constructor(answers: Answer[]) {
    this.web = new RecordParser(this.webSink(answers));
    this.application = new RecordParser(this.applicationSink());
  }

  bytes(event: Extract<CaseEvent, { kind: 'send' }>, bytes: Uint8Array): void {
    this.time = event.time;
    const parser = event.side === WEB_SERVER ? this.web : this.application;
    if (event.side === APPLICATION) this.base = event.from - parser.offset;
    parser.push(bytes, 0, bytes.length);
  }

  over(side: Side, kind: 'end' | 'reset', time: number): void {
    if (!this.closed && side === APPLICATION && this.last !== undefined)
      this.last.answer.close = { kind, time: time - this.last.asked };
    // Only who closes first closes by itself; a reset of the application counts even then.
    if (kind === 'end') this.closed = true;
  }

  private webSink(answers: Answer[]): RecordSink {
    const begin = (parser: RecordParser) => {
      if (parser.type !== BEGIN_REQUEST) return;
      const key = new RequestKey();
      const asked: Asked = {
        key,
        asked: this.time,
        answer: {
          get key() {
            return key.text;
          },
          pieces: [],
          close: undefined,
        },
      };
      this.requests.set(parser.requestId, asked);
      this.last = asked;
      answers.push(asked.answer);
    };
    const content = ({ type, requestId }: RecordParser, bytes: Uint8Array, start: number, end: number) => {
      if (type === PARAMS) this.requests.get(requestId)?.key.push(bytes, start, end);
    };
    const end = ({ type, requestId, contentLength }: RecordParser) => {
      const request = this.requests.get(requestId);
      if (request !== undefined && contentLength === 0 && (type === STDIN || type === PARAMS))
        request.asked = this.time;
    };
    return sink(begin, content, end);
  }

  private applicationSink(): RecordSink {
    const pieces = ({ requestId }: RecordParser) => this.requests.get(requestId);
    const begin = (parser: RecordParser) => {
      const request = pieces(parser);
      if (request === undefined) return;
      const { type, contentLength, paddingLength } = parser;
      const time = this.time - request.asked;
      request.answer.pieces.push({ kind: 'header', time, type, contentLength, paddingLength });
    };
    const content = (parser: RecordParser, from: number, length: number) => {
      const request = pieces(parser);
      if (request === undefined || length === 0) return;
      request.answer.pieces.push({ kind: 'content', time: this.time - request.asked, from: this.base + from, length });
    };
    const end = (parser: RecordParser) => {
      const request = pieces(parser);
      if (request === undefined || parser.paddingLength === 0) return;
      const length = parser.paddingLength;
      request.answer.pieces.push({ kind: 'padding', time: this.time - request.asked, length });
    };
    return {
      ...sink(begin, () => {}, end),
      recordContent: (parser, _bytes, start, stop) => content(parser, parser.offset, stop - start),
      recordWhole: (parser, _bytes, start, stop) => {
        begin(parser);
        content(parser, parser.recordOffset + 8, stop - start);
        end(parser);
      },
    };
  }
}

function sink(
  begin: (parser: RecordParser) => void,
  content: (parser: RecordParser, bytes: Uint8Array, start: number, end: number) => void,
  end: (parser: RecordParser) => void,
): RecordSink {
  return {
    recordBegin: begin,
    recordContent: content,
    recordWhole(parser, bytes, start, stop) {
      begin(parser);
      if (stop > start) content(parser, bytes, start, stop);
      end(parser);
    },
    recordEnd: end,
    recordMissing() {},
    recordBadVersion() {},
    recordResynchronised() {},
    knowsRequest: () => true,
  };
}
