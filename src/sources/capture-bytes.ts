// Where the bytes of a capture come from: a file (read synchronously, so that the reading loop needs no promises), a
// stream (standard input, a FIFO, a program's output), and gzip around either.
import { closeSync, readSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { ByteWindow } from '../capture/byte-window.js';
import type { CaptureProblem } from '../model/problem.js';

export interface ByteSource {
  /**
   * Puts more bytes into the window. False (and `window.finished` set) when there are none: the input has ended, or
   * cannot be read any further, which is then in `problems`. Never throws.
   */
  fill(window: ByteWindow): boolean | Promise<boolean>;
  close(): void;
  /** Bytes taken from the file or stream so far, before decompression. */
  readonly bytesRead: number;
  /** Bytes of the file, where that is known. */
  readonly size: number | undefined;
  readonly problems: CaptureProblem[];
  /** The bytes ended before they should have. */
  readonly cut: boolean;
}

/** Bytes that are asked for at once: small enough to be still in the processor's cache when they are read. */
export const DEFAULT_BLOCK_SIZE = 128 * 1024;

/** A regular file, by its open descriptor. */
export class FileSource implements ByteSource {
  bytesRead = 0;
  readonly problems: CaptureProblem[] = [];
  cut = false;

  /** Where to read next; null: where the descriptor stands. */
  private next: number | null = null;

  constructor(
    private readonly descriptor: number,
    readonly size: number,
    private readonly blockSize: number,
  ) {}

  /** What comes next is what is at `position`. */
  seek(position: number): void {
    this.next = position;
    this.bytesRead = position;
  }

  fill(window: ByteWindow): boolean {
    const space = window.space(this.blockSize);
    let count = 0;
    try {
      count = readSync(this.descriptor, space, 0, Math.min(space.length, this.blockSize), this.next);
    } catch (error) {
      this.cut = true;
      this.problems.push(readProblem(error, this.bytesRead));
    }
    this.bytesRead += count;
    if (this.next !== null) this.next += count;
    if (count === 0) window.finished = true;
    else window.filled(count);
    return count > 0;
  }

  close(): void {
    // Standard input is not ours to close.
    if (this.descriptor > 2) closeSync(this.descriptor);
  }
}

/** Anything that streams. Only as much is taken as was asked for: the stream itself holds the rest back. */
export class StreamSource implements ByteSource {
  bytesRead = 0;
  readonly size = undefined;
  readonly problems: CaptureProblem[] = [];
  cut = false;
  private closed = false;
  private readonly chunks: AsyncIterator<Uint8Array>;

  constructor(private readonly stream: Readable) {
    this.chunks = stream[Symbol.asyncIterator]();
  }

  async fill(window: ByteWindow): Promise<boolean> {
    try {
      const next = await this.chunks.next();
      if (next.done !== true) {
        this.bytesRead += next.value.length;
        window.append(next.value);
        return true;
      }
    } catch (error) {
      // A stream that we closed ourselves ends with an error too.
      if (!this.closed) {
        this.cut = true;
        this.problems.push(readProblem(error, this.bytesRead));
      }
    }
    window.finished = true;
    return false;
  }

  close(): void {
    this.closed = true;
    this.stream.destroy();
  }
}

function readProblem(error: unknown, offset: number): CaptureProblem {
  const reason = error instanceof Error ? error.message : String(error);
  return { code: 'read-error', offset, detail: `reading stopped after ${offset} bytes: ${reason}` };
}
