// The captures that fuzz cases start from: every small file of some folders that is a capture by its first bytes.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const LARGEST = 200_000;
const MAGICS = new Set(['d4c3b2a1', 'a1b2c3d4', '4d3cb2a1', 'a1b23c4d', '0a0d0d0a']);

/** In the order of their names. Compressed ones are taken uncompressed, since damage would only break the compression. */
export function smallCaptures(folders: readonly string[]): Uint8Array[] {
  const captures: Uint8Array[] = [];
  for (const folder of folders) {
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder, { recursive: true }).map(String).sort()) {
      const path = join(folder, name);
      const file = statSync(path);
      if (!file.isFile() || file.size > LARGEST) continue;
      const bytes = uncompressed(readFileSync(path));
      if (MAGICS.has(bytes.subarray(0, 4).toString('hex'))) captures.push(bytes);
    }
  }
  return captures;
}

function uncompressed(bytes: Buffer): Buffer {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: 1 << 24 });
  } catch {
    return bytes; // damaged or too large, and therefore no capture to start from
  }
}
