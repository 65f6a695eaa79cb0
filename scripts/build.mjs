// Builds the project: tsc checks src and test and compiles them into dist, then the command and the libraries that
// package.json exports are bundled, because loading two hundred small files takes longer than reading a capture. Runs
// from `npm ci` (prepare), `npm test`, and before packing.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const compiled = spawnSync(
  process.execPath,
  [tsc, '-p', root, '--incremental', '--tsBuildInfoFile', join(root, 'dist', '.tsbuildinfo')],
  { stdio: 'inherit' },
);
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

/** What becomes a file of its own in dist/bundle; all but the command are libraries with declarations. */
const entries = {
  'cli/main': 'cli/main',
  server: 'endpoints/server/index',
  client: 'endpoints/client/index',
  protocol: 'protocol/index',
};
for (const [name, path] of Object.entries(entries)) {
  // The client is a part of its own: the rest can be built without it.
  if (name === 'client' && !existsSync(join(root, 'src', `${path}.ts`))) delete entries[name];
}
const bundle = join(root, 'dist', 'bundle');
rmSync(bundle, { recursive: true, force: true });
await build({
  entryPoints: Object.fromEntries(
    Object.entries(entries).map(([name, path]) => [name, join(root, 'src', `${path}.ts`)]),
  ),
  outdir: bundle,
  bundle: true,
  // What a command alone needs is loaded when that command runs.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  // Puts the numbers of named constants where they are used: the packet path is full of them.
  minifySyntax: true,
  logLevel: 'warning',
});

/** Copies a declaration file and all it imports. */
const copied = new Set();
function copyTypes(path) {
  if (copied.has(path)) return;
  copied.add(path);
  const target = join(bundle, 'types', relative(join(root, 'dist', 'src'), path));
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(path, target);
  for (const [, from] of readFileSync(path, 'utf8').matchAll(/(?:from |import\()['"](\.[^'"]+)\.js['"]/g))
    copyTypes(resolve(dirname(path), `${from}.d.ts`));
}
for (const [name, path] of Object.entries(entries))
  if (name !== 'cli/main') copyTypes(join(root, 'dist', 'src', `${path}.d.ts`));
