// A walk's screens as one text, as the golden files have them.
import { basename, join } from 'node:path';
import { projectRoot } from '../support/paths.js';
import { ScreenRun } from './screen-run.js';
import { inputOf, type Size, type Walk } from './walks.js';

export const goldensFolder = join(projectRoot, 'test', 'screens', 'goldens');

export function goldenName(walk: Walk, [columns, rows]: Size): string {
  return `${walk.name}-${columns}x${rows}.txt`;
}

/** Every screen of the walk, each below the keys that lead to it. */
export async function golden(walk: Walk, [columns, rows]: Size): Promise<string> {
  const path = inputOf(walk.fixture);
  const run = await ScreenRun.open(basename(path), [path], {
    columns,
    rows,
    ascii: walk.ascii ?? false,
    live: walk.live ?? false,
  });
  try {
    const parts: string[] = [];
    for (const keys of walk.steps) {
      await run.press(...keys);
      parts.push(
        `== ${walk.fixture} ${columns}x${rows}, ${keys.length === 0 ? 'at first' : `keys: ${keys.join(' ')}`}\n${run.text()}\n`,
      );
    }
    return parts.join('\n');
  } finally {
    run.close();
  }
}
