// Where an answer goes: its bytes as they are to a file or a pipe; to a terminal as text on which nothing in it can act.
import type { ClientResponse } from '../endpoints/client/response.js';
import { safeText } from '../reporters/safe-text.js';
import { ChunkWriter } from './chunk-writer.js';

export class AnswerOutput {
  private readonly writer: ChunkWriter;
  private readonly onTerminal: boolean;
  private readonly decoder = new TextDecoder();
  private line = '';

  /** @param file a path; undefined or `-` for standard output */
  constructor(file: string | undefined) {
    const path = file === '-' ? undefined : file;
    this.writer = new ChunkWriter(path);
    this.onTerminal = path === undefined && process.stdout.isTTY === true;
  }

  /** The response head, with the status line that a web server would make of it. */
  async head(response: ClientResponse): Promise<void> {
    const reason = response.reason === '' ? '' : ` ${response.reason}`;
    await this.write(Buffer.from(`Status: ${response.status}${reason}\r\n`));
    const text = Buffer.from(response.head).toString('latin1');
    const rest = text.replace(/^status[ \t]*:.*?\r?\n/im, '');
    await this.write(Buffer.from(rest, 'latin1'));
  }

  async body(response: ClientResponse): Promise<void> {
    for await (const piece of response.body) {
      if (this.writer.closed) {
        response.abort();
        return;
      }
      await this.write(piece as Uint8Array);
    }
  }

  /** Text of our own. */
  async text(text: string): Promise<void> {
    this.writer.push(text);
    await this.writer.flush();
  }

  /** @throws UserError when writing failed */
  async end(): Promise<void> {
    if (this.onTerminal) {
      this.line += this.decoder.decode();
      if (this.line !== '') this.writer.push(`${safeText(this.line)}\n`);
      this.line = '';
    }
    await this.writer.end();
  }

  private async write(bytes: Uint8Array): Promise<void> {
    if (this.onTerminal) this.lines(this.decoder.decode(bytes, { stream: true }));
    else this.writer.push(bytes);
    await this.writer.flush();
  }

  private lines(text: string): void {
    const lines = (this.line + text).split(/\r?\n/);
    this.line = lines.pop()!;
    // A line without an end is cut where it is too long to keep.
    if (this.line.length > 65_536) {
      lines.push(this.line);
      this.line = '';
    }
    for (const line of lines) this.writer.push(`${safeText(line)}\n`);
  }
}
