// gzip around another source of bytes. zlib works in the background on the next piece while the last one is read. A
// stream that ends too early or is damaged gives everything that could be decompressed before that.
import type { Gunzip } from 'node:zlib';
import type { ByteWindow } from '../capture/byte-window.js';
import type { CaptureProblem } from '../model/problem.js';
import type { ByteSource } from './capture-bytes.js';

/** gzip makes at most about 1,030 bytes of one, so this bounds what one `fill` can bring. */
const COMPRESSED_PIECE = 32 * 1024;
/** When zlib meets damage it throws away what it had put into its current chunk, so that is not large. */
const OUTPUT_CHUNK = 64 * 1024;
/** Check sum and length at the end (RFC 1952): given to zlib by themselves, for the same reason. */
const TRAILER = 8;

export class GzipSource implements ByteSource {
  private readonly output: Uint8Array[] = [];
  private piece: Promise<boolean> | undefined;
  private failure: Error | undefined;
  private ended = false;
  private readonly ownProblems: CaptureProblem[] = [];
  private damaged = false;

  /** `compressed` holds the bytes that `inner` has given already. */
  static async around(inner: ByteSource, compressed: ByteWindow): Promise<GzipSource> {
    // Most captures are not compressed.
    const { createGunzip } = await import('node:zlib');
    return new GzipSource(inner, compressed, createGunzip({ chunkSize: OUTPUT_CHUNK }));
  }

  private constructor(
    private readonly inner: ByteSource,
    private readonly compressed: ByteWindow,
    private readonly gunzip: Gunzip,
  ) {
    this.gunzip.on('data', (chunk: Uint8Array) => this.output.push(chunk));
    this.gunzip.on('error', (error: Error) => {
      this.failure = error;
    });
  }

  get bytesRead(): number {
    return this.inner.bytesRead;
  }

  get size(): number | undefined {
    return this.inner.size;
  }

  get problems(): CaptureProblem[] {
    return [...this.inner.problems, ...this.ownProblems];
  }

  get cut(): boolean {
    return this.damaged || this.inner.cut;
  }

  async fill(window: ByteWindow): Promise<boolean> {
    while (!this.ended || this.piece !== undefined) {
      this.piece ??= this.decompressPiece();
      const more = await this.piece;
      this.piece = undefined;
      if (!more) this.ended = true;
      const given = this.output.length > 0;
      for (const chunk of this.output) window.append(chunk);
      this.output.length = 0;
      // Works on while the caller reads what it got.
      if (!this.ended) this.piece = this.decompressPiece();
      if (given) return true;
    }
    window.finished = true;
    return false;
  }

  close(): void {
    this.ended = true;
    this.gunzip.destroy();
    this.inner.close();
  }

  /** False when nothing more will come. */
  private async decompressPiece(): Promise<boolean> {
    const compressed = this.compressed;
    while (compressed.length <= TRAILER && !compressed.finished) {
      const filled = this.inner.fill(compressed);
      if (typeof filled !== 'boolean') await filled;
    }
    if (compressed.length === 0) return this.finish();
    const size =
      compressed.length > TRAILER ? Math.min(compressed.length - TRAILER, COMPRESSED_PIECE) : compressed.length;
    const end = compressed.start + size;
    const piece = compressed.bytes.subarray(compressed.start, end);
    await new Promise<void>((resolve) => {
      this.gunzip.once('close', resolve);
      this.gunzip.write(piece, () => {
        this.gunzip.off('close', resolve);
        resolve();
      });
    });
    compressed.start = end;
    return this.failure === undefined ? true : this.fail();
  }

  /**
   * The compressed bytes have ended. Only now zlib is told so: had it been told with the last piece, it would throw
   * that piece's output away when the stream is cut.
   */
  private async finish(): Promise<boolean> {
    await new Promise<void>((resolve) => {
      this.gunzip.once('close', resolve);
      this.gunzip.end();
    });
    return this.failure === undefined ? false : this.fail();
  }

  private fail(): false {
    this.damaged = true;
    const offset = this.inner.bytesRead - this.compressed.length;
    const unfinished = (this.failure as NodeJS.ErrnoException).code === 'Z_BUF_ERROR';
    this.ownProblems.push({
      code: unfinished ? 'gzip-cut-short' : 'gzip-damaged',
      offset,
      detail: unfinished
        ? `the gzip stream ends too early, after ${offset} compressed bytes`
        : `the gzip stream is damaged near compressed offset ${offset}: ${this.failure?.message}`,
    });
    return false;
  }
}
