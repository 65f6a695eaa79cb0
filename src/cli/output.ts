// Results to stdout, messages to stderr. A reader that goes away (| head) ends the writing quietly.
import { safeText } from '../reporters/safe-text.js';
import { ChunkWriter } from './chunk-writer.js';

/** Characters collected before a write. */
const BLOCK = 64 * 1024;

/**
 * Writes the pieces to stdout or to a file, waiting where the other end is slow.
 * @throws UserError when writing failed
 */
export async function writePieces(pieces: Iterable<string>, file: string | undefined): Promise<void> {
  const writer = new ChunkWriter(file);
  let text = '';
  for (const piece of pieces) {
    text += piece;
    if (text.length < BLOCK) continue;
    if (writer.closed) break;
    writer.push(text);
    text = '';
    await writer.flush();
  }
  writer.push(text);
  await writer.end();
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
