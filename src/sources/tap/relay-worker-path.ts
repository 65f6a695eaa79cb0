// Where the file is that the relay's thread executes: beside the compiled source, or in the bundle, where this code may be
// in any file of dist/bundle.
import { existsSync } from 'node:fs';

/** As scripts/build.mjs calls it. */
const NAME = 'relay-worker.js';

export function relayWorker(from: string = import.meta.url): URL {
  const beside = new URL(`./${NAME}`, from);
  return existsSync(beside) ? beside : new URL(`../${NAME}`, from);
}
