// Results to stdout, messages to stderr. A reader that goes away (| head) ends the writing quietly.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { UserError } from '../model/errors.js';

/** Writes the pieces to stdout or to a file, waiting where the other end is slow. */
export async function writePieces(pieces: Iterable<string>, file: string | undefined): Promise<void> {
  const stream: Writable = file === undefined ? process.stdout : createWriteStream(file);
  let failure: NodeJS.ErrnoException | undefined;
  const onError = (error: NodeJS.ErrnoException) => {
    failure = error;
  };
  stream.on('error', onError);
  try {
    for (const piece of pieces) {
      if (failure || stream.destroyed) break;
      if (piece !== '' && !stream.write(piece))
        await Promise.race([once(stream, 'drain'), once(stream, 'close')]).catch(onError);
    }
    if (file !== undefined && !failure) {
      stream.end();
      await once(stream, 'close').catch(onError);
    }
  } finally {
    // stdout keeps its listener: a late EPIPE must not become an exception.
    if (file !== undefined) stream.off('error', onError);
  }
  if (failure && failure.code !== 'EPIPE') {
    throw new UserError(`cannot write ${file ?? 'the output'}: ${failure.message}`);
  }
}

/** One line on stderr, with the program's name in front. */
export function complain(text: string): void {
  process.stderr.write(`fcgi-inspect: ${text}\n`);
}
