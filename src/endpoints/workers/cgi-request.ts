// A CGI program's one request (RFC 3875): its meta-variables are the environment, its body is standard input, its
// answer goes to standard output.
import type { Readable, Writable } from 'node:stream';
import { RESPONDER } from '../../fastcgi/constants.js';
import { Params } from '../../protocol/application-params.js';
import { ServerRequest } from '../server/request.js';

export interface CgiStreams {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** Unread body that stops the reading. */
const BODY_MARK = 65_536;

export class CgiRequest extends ServerRequest {
  override readonly protocol = 'cgi';
  override readonly connection = undefined;
  /** Body bytes that may still come: a CGI program must not read beyond CONTENT_LENGTH (section 4.2). */
  private expected: number;
  private gone = false;
  private waitsForDrain = false;

  constructor(
    environment: Readonly<Record<string, string | undefined>>,
    private readonly streams: CgiStreams,
    private readonly whenEnded: () => void,
  ) {
    super(0, RESPONDER, paramsOf(environment), BODY_MARK);
    this.expected = this.contentLength ?? 0;
    const { stdin, stdout } = streams;
    stdout.on('error', () => this.lost());
    if (this.expected === 0) {
      this.bodyEnd(false);
      return;
    }
    stdin.on('data', (chunk: Buffer) => this.read(chunk));
    stdin.on('end', () => this.inputEnded());
    stdin.on('error', () => this.inputEnded());
  }

  private read(chunk: Buffer): void {
    if (this.stdinEnded) return;
    const length = Math.min(chunk.length, this.expected);
    this.expected -= length;
    this.bodyBytes(false, chunk, 0, length);
    if (this.expected === 0) this.inputEnded();
  }

  private inputEnded(): void {
    if (this.stdinEnded) return;
    this.bodyEnd(false);
    this.streams.stdin.pause();
  }

  /** The web server has closed its end of standard output. */
  private lost(): void {
    if (this.gone) return;
    this.gone = true;
    this.abort('connection-lost');
  }

  protected override sendOutput(bytes: Uint8Array): boolean {
    return this.streams.stdout.write(bytes);
  }

  protected override sendError(bytes: Uint8Array): boolean {
    this.streams.stderr.write(bytes);
    return this.mayWrite;
  }

  protected override sendEnd(): void {
    this.whenEnded();
  }

  protected override get isMuted(): boolean {
    return this.gone;
  }

  protected override get mayWrite(): boolean {
    return !this.streams.stdout.writableNeedDrain;
  }

  protected override awaitDrain(): void {
    if (this.waitsForDrain) return;
    this.waitsForDrain = true;
    this.streams.stdout.once('drain', () => {
      this.waitsForDrain = false;
      this.drain();
    });
  }

  protected override pauseReading(): void {
    this.streams.stdin.pause();
  }

  protected override resumeReading(): void {
    if (!this.stdinEnded) this.streams.stdin.resume();
  }
}

function paramsOf(environment: Readonly<Record<string, string | undefined>>): Params {
  const pairs: [string, string][] = [];
  for (const [name, value] of Object.entries(environment)) if (value !== undefined) pairs.push([name, value]);
  return Params.from(pairs);
}
