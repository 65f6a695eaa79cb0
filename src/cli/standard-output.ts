// Standard output, in the two ways that programs use it: written to at once, or as a stream where others have to go on in
// the meantime.
import { writeSync } from 'node:fs';

let stream: NodeJS.WriteStream | undefined;
let isHeard = false;

/** As a stream, for who hears its errors. Made when it is needed: Node loads much for it. */
export function outputStream(): NodeJS.WriteStream {
  stream ??= process.stdout;
  return stream;
}

/** The same for who does not: a reader that goes away (| head) is no error. */
export function standardOutput(): NodeJS.WriteStream {
  const output = outputStream();
  if (!isHeard) {
    isHeard = true;
    output.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  return output;
}

/**
 * Writes at once, waiting where the other end is slow, and returns how much was written: less than all where standard
 * output was set not to wait (O_NONBLOCK) and has no room, and nothing once there is the stream, in which something may
 * wait.
 * @throws NodeJS.ErrnoException
 */
export function writeAtOnce(bytes: Uint8Array): number {
  let written = 0;
  if (stream !== undefined) return written;
  while (written < bytes.length) {
    try {
      written += writeSync(1, bytes, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') break;
      throw error;
    }
  }
  return written;
}
