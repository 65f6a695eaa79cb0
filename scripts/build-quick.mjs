// Builds the quick program (src/cli/quick.ts): one CommonJS file, because of that format Node lets V8's compiled code be
// kept, and the compiled code beside it, as it is after the program has done its main jobs once.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build } from 'esbuild';
import { namedNumbers } from './named-numbers.mjs';

/** What is loaded on demand stays out, but for Node's own modules: it is in the whole program. */
const withoutDynamicImports = {
  name: 'without-dynamic-imports',
  setup(building) {
    building.onResolve({ filter: /.*/ }, ({ kind, path }) =>
      kind === 'dynamic-import' && !path.startsWith('node:') ? { path, namespace: 'not-here' } : undefined,
    );
    building.onLoad({ filter: /.*/, namespace: 'not-here' }, () => ({
      contents: `throw Object.assign(new Error('not in the quick program'), { code: 'FCGI_INSPECT_NOT_HERE' });`,
    }));
  },
};

/** Commander asks for child_process, and all of Node's network with it, for commands that are programs: ours are not. */
const childProcessWhenUsed = {
  name: 'child-process-when-used',
  setup(building) {
    building.onResolve({ filter: /^node:child_process$/ }, ({ kind, path, namespace }) =>
      kind === 'require-call' && namespace === 'file' ? { path, namespace: 'when-used' } : undefined,
    );
    building.onLoad({ filter: /.*/, namespace: 'when-used' }, ({ path }) => ({
      contents: `module.exports = { get spawn() { return require('${path}').spawn; } };`,
    }));
  },
};

/** Builds it from `root` into `bundle`; returns the files that are in it. */
export async function buildQuick(root, bundle) {
  const { metafile } = await build({
    entryPoints: [join(root, 'src', 'cli', 'quick.ts')],
    outfile: join(bundle, 'cli', 'quick.cjs'),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    // A script that is no module has no import().
    supported: { 'dynamic-import': false },
    define: { 'process.env.NODE_ENV': '"production"', 'import.meta.url': 'bundleUrl' },
    banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
    minifySyntax: true,
    plugins: [withoutDynamicImports, childProcessWhenUsed, namedNumbers(join(root, 'src'))],
    metafile: true,
    logLevel: 'warning',
  });
  // In a process of its own: what it prints is of no interest.
  const compiling = spawnSync(process.execPath, [join(root, 'scripts', 'compile-quick.mjs')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (compiling.status !== 0) throw new Error('the quick program could not be compiled');
  return Object.keys(metafile.inputs);
}
