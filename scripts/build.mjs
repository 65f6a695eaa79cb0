// Builds the project: tsc checks src and test and compiles them into dist, then the command and the libraries that
// package.json exports are bundled, because loading two hundred small files takes longer than reading a capture. Runs
// from `npm ci` (prepare), `npm test`, and before packing.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildQuick } from './build-quick.mjs';
import { namedNumbers } from './named-numbers.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const compiled = spawnSync(
  process.execPath,
  [tsc, '-p', root, '--incremental', '--tsBuildInfoFile', join(root, 'dist', '.tsbuildinfo')],
  { stdio: 'inherit' },
);
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

/** What becomes a file of its own in dist/bundle; all but the programs are libraries with declarations. */
const entries = {
  'cli/main': 'cli/main',
  // What the processes of a pool execute; src/endpoints/workers/entry-path.ts knows it by this name.
  'worker-process': 'endpoints/workers/process-entry',
  // The relay of `tap` runs in a thread of its own; src/sources/tap/relay-worker-path.ts knows it by this name.
  'relay-worker': 'sources/tap/relay-worker',
  server: 'endpoints/server-library',
  client: 'endpoints/client/index',
  protocol: 'protocol/index',
};
const bundle = join(root, 'dist', 'bundle');
rmSync(bundle, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: Object.fromEntries(
    Object.entries(entries).map(([name, path]) => [name, join(root, 'src', `${path}.ts`)]),
  ),
  outdir: bundle,
  bundle: true,
  // What a command alone needs is loaded when that command runs; so is the screen.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // Ink and React come along: as the few hundred files they are, they take four times as long to load.
  external: ['commander', 'pcap-parser'],
  define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' },
  // Only asked for in development.
  alias: { 'react-devtools-core': join(root, 'scripts', 'no-devtools.cjs') },
  banner: {
    // React is CommonJS and asks for Node's modules.
    js: "import { createRequire as createRequireHere } from 'node:module';\nconst require = createRequireHere(import.meta.url);",
  },
  // Puts the numbers of named constants where they are used: the packet path is full of them.
  minifySyntax: true,
  plugins: [namedNumbers(join(root, 'src'))],
  metafile: true,
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
const programs = ['cli/main', 'worker-process', 'relay-worker'];
for (const [name, path] of Object.entries(entries))
  if (!programs.includes(name)) copyTypes(join(root, 'dist', 'src', `${path}.d.ts`));
const quickInputs = await buildQuick(root, bundle);
writeFileSync(join(bundle, 'licenses.txt'), licenses([...Object.keys(metafile.inputs), ...quickInputs]));

/** The licenses of the packages whose code is in the bundle. */
function licenses(inputs) {
  const folders = new Set(
    inputs.flatMap((path) => {
      const match = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path);
      return match ? [join(root, match[0])] : [];
    }),
  );
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `License: ${license}`;
    return `${name} ${version}\n\n${text}\n`;
  });
  return `The bundle contains code of these packages.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}
