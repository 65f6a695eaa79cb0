// Where tests find the project's files and, when it is there, the folder of further captures and truths.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(): string {
  const given = process.env['FCGI_INSPECT_ROOT'];
  if (given) return given;
  let folder = dirname(fileURLToPath(import.meta.url));
  while (
    !(existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'src')) && existsSync(join(folder, 'bin')))
  ) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('project root not found');
    folder = parent;
  }
  return folder;
}

export const projectRoot = findRoot();
export const fixturesFolder = join(projectRoot, 'fixtures');
/** The folder with captures/ and corpus/, when the environment names one. */
export const sharedRoot: string | undefined = process.env['FCGI_INSPECT_SHARED'] || undefined;
export const requirePeers = process.env['FCGI_INSPECT_REQUIRE_PEERS'] === '1';
