// Output that is made while reading goes on: pieces are collected, and written between two blocks of input, waiting where
// the other end is slow.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { UserError } from '../model/errors.js';
import { outputStream } from './standard-output.js';

/** Characters or bytes collected before a write. */
const BLOCK = 64 * 1024;

export class ChunkWriter {
  private readonly stream: Writable;
  private text = '';
  private queue: (string | Uint8Array)[] = [];
  private failure: NodeJS.ErrnoException | undefined;

  /** @param file a path; undefined for standard output */
  constructor(private readonly file: string | undefined) {
    this.stream = file === undefined ? outputStream() : createWriteStream(file);
    this.stream.on('error', (error: NodeJS.ErrnoException) => {
      this.failure = error;
    });
  }

  /** The reader of the output went away, or writing failed: nothing more need be made. */
  get closed(): boolean {
    return this.failure !== undefined || this.stream.destroyed;
  }

  push(piece: string | Uint8Array): void {
    if (typeof piece === 'string') {
      this.text += piece;
      if (this.text.length < BLOCK) return;
    }
    this.seal();
    if (typeof piece !== 'string') this.queue.push(piece);
  }

  /** Writes what was collected. */
  async flush(): Promise<void> {
    this.seal();
    const pieces = this.queue;
    this.queue = [];
    for (const piece of pieces) {
      if (this.closed) return;
      if (!this.stream.write(piece)) await this.drained();
    }
  }

  /**
   * Writes the rest and closes a file.
   * @throws UserError when writing failed, but not when the reader only went away
   */
  async end(): Promise<void> {
    await this.flush();
    if (this.file !== undefined && !this.closed) {
      this.stream.end();
      await once(this.stream, 'close').catch(() => {});
    }
    if (this.failure && this.failure.code !== 'EPIPE') {
      throw new UserError(`cannot write ${this.file ?? 'the output'}: ${this.failure.message}`);
    }
  }

  /** Until there is room again, or nobody to write to any more. */
  private drained(): Promise<void> {
    const { stream } = this;
    return new Promise((resolve) => {
      const events = ['drain', 'close', 'error'] as const;
      const done = () => {
        for (const event of events) stream.off(event, done);
        resolve();
      };
      for (const event of events) stream.on(event, done);
    });
  }

  private seal(): void {
    if (this.text === '') return;
    this.queue.push(this.text);
    this.text = '';
  }
}
