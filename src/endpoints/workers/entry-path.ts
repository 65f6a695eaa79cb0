// Where the file is that the processes of a pool execute. Three layouts: the compiled sources, where it lies beside this
// file; the bundle, where this file's code may be in any file of dist/bundle and the entry has a name of its own; and
// the same in an installed package.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../model/errors.js';

const COMPILED = 'process-entry.js';
/** As scripts/build.mjs calls it. */
const BUNDLED = 'worker-process.js';

/** @throws UserError where this code was bundled into another program without it. */
export function entryPath(from: string = import.meta.url): string {
  let folder = dirname(fileURLToPath(from));
  if (existsSync(join(folder, COMPILED))) return join(folder, COMPILED);
  for (let up = 0; up < 3; up++) {
    const candidate = join(folder, BUNDLED);
    if (existsSync(candidate)) return candidate;
    folder = dirname(folder);
  }
  throw new UserError(
    'the program that worker processes run is not there',
    'fcgi-inspect must not be bundled into another program: mark it as external',
  );
}
