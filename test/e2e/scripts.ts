// The scripts of programs/, copied to where the daemons' user may read them.
import { chmodSync, copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../support/paths.js';
import type { Stage } from '../support/peers/stage.js';

export const programsFolder = join(projectRoot, 'test', 'e2e', 'programs');

/** Returns the folder to name as the web server's root. */
export function layScripts(stage: Stage): string {
  const folder = stage.path('www');
  mkdirSync(folder);
  for (const name of readdirSync(programsFolder).filter((file) => file.endsWith('.php'))) {
    copyFileSync(join(programsFolder, name), join(folder, name));
    chmodSync(join(folder, name), 0o644);
  }
  chmodSync(folder, 0o755);
  return folder;
}
