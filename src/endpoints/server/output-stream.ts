// STDOUT and STDERR of a request as streams that wait for a slow reader.
import { Writable } from 'node:stream';

export interface OutputTarget {
  /** Sends; false if more should wait for `onDrain`. */
  send(bytes: Uint8Array): boolean;
  /** Calls back when more may be sent; with an error if nothing ever can. */
  onDrain(then: (error?: Error) => void): void;
}

export class OutputStream extends Writable {
  constructor(private readonly output: OutputTarget) {
    super({ decodeStrings: true });
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.output.send(chunk)) done();
    else this.output.onDrain(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    done(error && this.listenerCount('error') > 0 ? error : null);
  }
}
