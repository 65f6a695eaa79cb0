// Serves the application's side of a case to a real web server: each request is answered as the captured one for the same URI
// was, in the same pieces, after the same times, with the same end of the connection.
import { createServer, type Socket } from 'node:net';
import {
  BEGIN_REQUEST,
  END_REQUEST,
  HEADER_LENGTH,
  KEEP_CONN,
  PARAMS,
  STDIN,
  STDOUT,
} from '../../fastcgi/constants.js';
import { RecordParser, type RecordSink } from '../../fastcgi/record-parser.js';
import { APPLICATION } from '../../model/side.js';
import { AnswerChoice } from '../../replay/answer-choice.js';
import type { Answer, AnswerPiece } from '../../replay/answers.js';
import { RequestKey } from '../../replay/request-key.js';
import type { Clock } from '../clock.js';
import { Pace } from './pace.js';
import type { PlayedCase } from './play-case.js';
import { resetSocket } from './played-connection.js';

export interface ServeOptions {
  readonly clock: Clock;
  readonly speed: number;
  readonly signal: AbortSignal;
}

export interface ServedCase {
  readonly port: number;
  readonly choice: AnswerChoice;
  /** Resolves when every captured answer was given and nothing is under way, or the signal came. */
  readonly done: Promise<void>;
  close(): void;
}

const HOST = '127.0.0.1';
const BACKLOG = 4096;
/** Milliseconds after the last answer in which a web server may close as it did. */
const LINGER = 200;
/** Connections at once; more are closed at once. */
const MOST_CONNECTIONS = 4000;

export async function serveCase(
  played: PlayedCase,
  answers: readonly Answer[],
  options: ServeOptions,
): Promise<ServedCase> {
  const choice = new AnswerChoice(answers);
  const connections = new Set<ServedConnection>();
  let finish: () => void = () => {};
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const look = () => {
    if (!choice.complete || [...connections].some(({ busy }) => busy)) return;
    options.clock.after(LINGER, () => {
      if (![...connections].some(({ busy }) => busy)) finish();
    });
  };
  options.signal.addEventListener('abort', () => finish());
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    if (connections.size >= MOST_CONNECTIONS) {
      socket.destroy();
      return;
    }
    const connection = new ServedConnection(socket, played, choice, options, look);
    connections.add(connection);
    socket.on('close', () => {
      connections.delete(connection);
      look();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: HOST, port: 0, backlog: BACKLOG }, resolve);
  });
  server.on('error', () => {});
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    choice,
    done,
    close() {
      server.close();
      for (const { socket } of connections) socket.destroy();
    },
  };
}

interface Question {
  readonly key: RequestKey;
  readonly keepConn: boolean;
  answer: Answer | undefined;
  begun: boolean;
}

/** A request that the capture has not is told so. */
const UNKNOWN = 'Status: 404 Not Found\r\nContent-Type: text/plain\r\n\r\nnot in the capture\n';

class ServedConnection implements RecordSink {
  private readonly parser = new RecordParser(this);
  private readonly questions = new Map<number, Question>();
  /** Answers are written one after the other: pieces of a record must not be torn apart. */
  private writing: Promise<void> = Promise.resolve();
  private answering = 0;

  constructor(
    readonly socket: Socket,
    private readonly played: PlayedCase,
    private readonly choice: AnswerChoice,
    private readonly options: ServeOptions,
    private readonly onIdle: () => void,
  ) {
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => this.parser.push(bytes, 0, bytes.length));
    // The web server has closed: what is under way is still written, then this side closes too.
    socket.on('end', () => void this.writing.then(() => socket.end()));
  }

  get busy(): boolean {
    return this.answering > 0;
  }

  recordBegin(): void {}

  recordContent({ type, requestId }: RecordParser, bytes: Uint8Array, start: number, end: number): void {
    if (type === BEGIN_REQUEST) {
      const keepConn = end - start > 2 && (bytes[start + 2] & KEEP_CONN) !== 0;
      this.questions.set(requestId, { key: new RequestKey(), keepConn, answer: undefined, begun: false });
    } else if (type === PARAMS) this.questions.get(requestId)?.key.push(bytes, start, end);
  }

  recordWhole(parser: RecordParser, bytes: Uint8Array, start: number, end: number): void {
    if (end > start) this.recordContent(parser, bytes, start, end);
    this.recordEnd(parser);
  }

  recordEnd({ type, requestId, contentLength }: RecordParser): void {
    const question = this.questions.get(requestId);
    if (question === undefined || type !== STDIN || contentLength > 0 || question.begun) return;
    question.begun = true;
    this.questions.delete(requestId);
    const asked = this.options.clock.now();
    this.answering++;
    this.writing = this.writing
      .then(() => this.answer(requestId, question, asked))
      .finally(() => {
        this.answering--;
        this.onIdle();
      });
  }

  recordMissing(): void {}

  recordBadVersion(): void {
    this.socket.destroy();
  }

  recordResynchronised(): void {}

  knowsRequest(): boolean {
    return true;
  }

  private async answer(requestId: number, { key, keepConn }: Question, asked: number): Promise<void> {
    const { options, socket } = this;
    const answer = this.choice.take(key.text);
    const pace = new Pace(options.clock, options.speed, asked);
    if (answer === undefined) {
      socket.write(unknownAnswer(requestId));
      if (!keepConn) socket.end();
      return;
    }
    let waiting: Uint8Array[] = [];
    let time = Number.NaN;
    let ended = false;
    for (const piece of answer.pieces) {
      if (piece.time !== time) {
        await this.write(waiting);
        waiting = [];
        time = piece.time;
        await pace.until(time, options.signal);
      }
      if (socket.destroyed || options.signal.aborted) return;
      if (piece.kind === 'header' && piece.type === END_REQUEST) ended = true;
      waiting.push(this.bytesOf(piece, requestId));
    }
    await this.write(waiting);
    if (answer.close !== undefined) {
      await pace.until(answer.close.time, options.signal);
      if (answer.close.kind === 'reset') resetSocket(socket);
      else socket.end();
    } else if (ended && !keepConn) socket.end(); // the application closes then (specification 1.0, section 3.5)
  }

  private async write(pieces: readonly Uint8Array[]): Promise<void> {
    const { socket } = this;
    if (pieces.length === 0 || socket.destroyed || socket.writableEnded) return;
    if (socket.write(Buffer.concat(pieces))) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        socket.off('drain', done).off('close', done);
        resolve();
      };
      socket.on('drain', done).on('close', done);
    });
  }

  private bytesOf(piece: AnswerPiece, requestId: number): Uint8Array {
    if (piece.kind === 'content') return this.played.read(APPLICATION, piece.from, piece.length);
    if (piece.kind === 'padding') return new Uint8Array(piece.length);
    return header(piece.type, requestId, piece.contentLength, piece.paddingLength);
  }
}

function header(type: number, requestId: number, contentLength: number, paddingLength: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_LENGTH);
  bytes.set([1, type, requestId >>> 8, requestId & 255, contentLength >>> 8, contentLength & 255, paddingLength]);
  return bytes;
}

function unknownAnswer(requestId: number): Uint8Array {
  const content = Buffer.from(UNKNOWN);
  return Buffer.concat([
    header(STDOUT, requestId, content.length, 0),
    content,
    header(STDOUT, requestId, 0, 0),
    header(END_REQUEST, requestId, 8, 0),
    new Uint8Array(8),
  ]);
}
