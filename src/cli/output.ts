// Results to stdout, messages to stderr. A reader that goes away (| head) ends the writing quietly.
import { UserError } from '../model/errors.js';
import { safeText } from '../reporters/safe-text.js';
import { ChunkWriter } from './chunk-writer.js';
import { writeAtOnce } from './standard-output.js';

/** Characters collected before a write. */
const BLOCK = 64 * 1024;

/**
 * Writes the pieces to stdout or to a file, waiting where the other end is slow.
 * @throws UserError when writing failed
 */
export async function writePieces(pieces: Iterable<string>, file: string | undefined): Promise<void> {
  let writer = file === undefined ? undefined : new ChunkWriter(file);
  for (const block of blocksOf(pieces)) {
    if (writer === undefined) {
      const bytes = Buffer.from(block);
      const written = writtenAtOnce(bytes);
      if (written === undefined) return;
      if (written === bytes.length) continue;
      writer = new ChunkWriter(undefined);
      writer.push(bytes.subarray(written));
    } else {
      writer.push(block);
    }
    await writer.flush();
    if (writer.closed) break;
  }
  await writer?.end();
}

function* blocksOf(pieces: Iterable<string>): Generator<string> {
  let text = '';
  for (const piece of pieces) {
    text += piece;
    if (text.length < BLOCK) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}

/** How much of it; undefined where nobody reads any more. */
function writtenAtOnce(bytes: Uint8Array): number | undefined {
  try {
    return writeAtOnce(bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return undefined;
    throw new UserError(`cannot write the output: ${(error as Error).message}`);
  }
}

/** One line on stderr, with the program's name in front. What it quotes (names of files, captured text) is made safe. */
export function complain(text: string): void {
  advise(`fcgi-inspect: ${text}`);
}

/** Lines on stderr that belong to the one before. */
export function advise(text: string): void {
  process.stderr.write(
    `${text
      .split('\n')
      .map((line) => safeText(line))
      .join('\n')}\n`,
  );
}
