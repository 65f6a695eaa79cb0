// Compiles src and test into dist. Runs from `npm ci` (prepare), `npm test`, and before packing.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const result = spawnSync(
  process.execPath,
  [tsc, '-p', root, '--incremental', '--tsBuildInfoFile', `${root}dist/.tsbuildinfo`],
  {
    stdio: 'inherit',
  },
);
process.exit(result.status ?? 1);
