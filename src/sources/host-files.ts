// Reads files of /proc. They are made by the kernel when they are read and have no size; what cannot be read is undefined.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';

/** A piece of a large table, after which others get their turn. */
const PIECE = 64 * 1024;
/** No table of a sane host is larger; a larger one is cut. */
const LARGEST = 256 * 1024 * 1024;

export function readSmall(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/** The names in a folder, or why they cannot be read. */
export function listNames(path: string): readonly string[] | 'denied' | 'gone' {
  try {
    return readdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EACCES' || code === 'EPERM' ? 'denied' : 'gone';
  }
}

export function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/** Hands a table over in pieces. Returns false where it cannot be read. */
export async function readPieces(path: string, push: (text: string) => void): Promise<boolean> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path);
  } catch {
    return false;
  }
  try {
    const buffer = Buffer.allocUnsafe(PIECE);
    for (let total = 0; total < LARGEST; ) {
      const { bytesRead } = await file.read(buffer, 0, PIECE);
      if (bytesRead === 0) return true;
      total += bytesRead;
      push(buffer.toString('latin1', 0, bytesRead));
    }
    return true;
  } catch {
    return false;
  } finally {
    await file.close().catch(() => {});
  }
}

/** The whole of a table that is not that large. */
export async function readTable(path: string): Promise<string | undefined> {
  const pieces: string[] = [];
  return (await readPieces(path, (piece) => pieces.push(piece))) ? pieces.join('') : undefined;
}
