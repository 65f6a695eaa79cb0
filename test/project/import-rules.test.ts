// The architecture's import rules, read from the import lines: which folder may use which, no cycles, and where IO, the
// clock and the environment may be touched.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { projectRoot } from '../support/paths.js';

const src = join(projectRoot, 'src');

/** What each folder may import besides itself. `*` in externals: anything of Node's. */
const RULES: Readonly<Record<string, { readonly folders: readonly string[]; readonly externals: readonly string[] }>> =
  {
    model: { folders: [], externals: [] },
    fastcgi: { folders: ['model'], externals: [] },
    scgi: { folders: ['model'], externals: [] },
    tcp: { folders: ['model'], externals: [] },
    packet: { folders: ['model'], externals: [] },
    logs: { folders: ['model'], externals: [] },
    host: { folders: ['model', 'status'], externals: [] },
    capture: { folders: ['model', 'packet'], externals: [] },
    analysis: {
      folders: ['model', 'fastcgi', 'scgi', 'tcp', 'packet', 'capture', 'logs', 'host', 'status'],
      externals: [],
    },
    // What it compares are reports: their figures, and the rows of a capture for the times of requests.
    compare: { folders: ['model', 'analysis'], externals: [] },
    // A case is made of a capture in a second reading, with what the analysis of the first one knows.
    replay: { folders: ['model', 'fastcgi', 'tcp', 'packet', 'analysis'], externals: [] },
    protocol: { folders: ['model', 'fastcgi', 'scgi'], externals: [] },
    faults: { folders: ['model', 'fastcgi', 'analysis'], externals: [] },
    status: { folders: ['model'], externals: [] },
    load: { folders: ['model'], externals: [] },
    // Descriptions of bugs as plain data: whoever runs them knows sockets, they do not.
    scenarios: { folders: ['model'], externals: [] },
    reporters: {
      folders: [
        'model',
        'fastcgi',
        'scgi',
        'tcp',
        'logs',
        'host',
        'analysis',
        'status',
        'load',
        'compare',
        'replay',
        'scenarios',
      ],
      externals: [],
    },
    sources: {
      folders: ['model', 'fastcgi', 'scgi', 'tcp', 'packet', 'capture', 'logs', 'host', 'analysis', 'faults', 'replay'],
      externals: ['node:*', 'pcap-parser'],
    },
    endpoints: {
      folders: ['model', 'fastcgi', 'scgi', 'protocol', 'faults', 'load', 'status', 'replay'],
      externals: ['node:*'],
    },
    // Plays a scenario: puts endpoints, the tap and the host's view together, as commands do.
    reproduce: {
      folders: ['model', 'fastcgi', 'tcp', 'host', 'analysis', 'sources', 'endpoints', 'scenarios', 'logs'],
      externals: ['node:*'],
    },
    tui: {
      folders: ['model', 'fastcgi', 'scgi', 'tcp', 'logs', 'analysis', 'reporters'],
      externals: [],
    },
    cli: {
      folders: [
        'model',
        'fastcgi',
        'scgi',
        'tcp',
        'packet',
        'capture',
        'logs',
        'host',
        'analysis',
        'compare',
        'replay',
        'reporters',
        'sources',
        'protocol',
        'endpoints',
        'faults',
        'status',
        'load',
        'scenarios',
        'reproduce',
        'tui',
      ],
      externals: ['node:*', 'commander'],
    },
  };

/** Files of the screen that touch Ink, the terminal or the clock; everything else there is pure. */
const SCREEN_EDGE: Readonly<Record<string, readonly string[]>> = {
  'tui/app.tsx': ['ink', 'react'],
  'tui/mount.ts': ['ink', 'react', 'node:events'],
  'tui/terminal.ts': ['node:*'],
  'tui/open.ts': [],
  'tui/clock.ts': [],
};
/** Loads Ink and React, so nobody may import it but by `import()`. */
const SCREEN_ENTRY = 'cli/inspect-screen.ts';

interface SourceFile {
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  readonly imports: readonly { readonly from: string; readonly typeOnly: boolean; readonly dynamic: boolean }[];
}

const files: SourceFile[] = readdirSync(src, { recursive: true })
  .map(String)
  .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'))
  .sort()
  .map((name) => {
    const text = readFileSync(join(src, name), 'utf8');
    const imports = [...text.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm)].map(
      (match) => ({
        from: match[2],
        typeOnly: match[1] !== undefined,
        dynamic: false,
      }),
    );
    for (const match of text.matchAll(/import\('([^']+)'\)/g))
      imports.push({ from: match[1], typeOnly: false, dynamic: true });
    return { path: name, folder: name.split('/')[0], text, imports };
  });

const CLOCK = /\bDate\.now\(|\bnew Date\(\)|\bperformance\.|\bprocess\.hrtime/;

/** The file an import names, as a path under src. */
function target(file: SourceFile, from: string): string {
  const path = relative(src, resolve(src, dirname(file.path), from)).replace(/\.js$/, '.ts');
  return existsSync(join(src, path)) ? path : `${path}x`;
}

test('there is something to look at', () => {
  assert.ok(files.length > 50);
  assert.ok(files.some((file) => file.imports.length > 5));
});

test('every folder imports only what it may', () => {
  const wrong: string[] = [];
  for (const file of files) {
    const rule = RULES[file.folder];
    assert.ok(rule, `src/${file.folder} has no import rule`);
    for (const { from } of file.imports) {
      if (from.startsWith('.')) {
        const folder = target(file, from).split('/')[0];
        if (folder !== file.folder && !rule.folders.includes(folder)) wrong.push(`${file.path} imports ${from}`);
      } else if (
        ![...rule.externals, ...(SCREEN_EDGE[file.path] ?? [])].some((allowed) =>
          allowed.endsWith('*') ? from.startsWith(allowed.slice(0, -1)) : from === allowed,
        )
      ) {
        wrong.push(`${file.path} imports ${from}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

test('Ink and React are loaded only when a screen is opened', () => {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const seen = new Set<string>();
  const found: string[] = [];
  const visit = (path: string): void => {
    const file = byPath.get(path);
    if (!file || seen.has(path)) return;
    seen.add(path);
    for (const { from, typeOnly, dynamic } of file.imports) {
      if (typeOnly || dynamic) continue;
      if (from === 'ink' || from.startsWith('react')) found.push(path);
      else if (from.startsWith('.')) visit(target(file, from));
    }
  };
  visit('cli/main.ts');
  assert.deepEqual(found, []);
  assert.ok(!seen.has(SCREEN_ENTRY) && seen.has('cli/inspect.ts'));
  const entered = byPath
    .get('cli/inspect.ts')!
    .imports.some((each) => each.dynamic && target(byPath.get('cli/inspect.ts')!, each.from) === SCREEN_ENTRY);
  assert.ok(entered, 'the screen is opened by import()');
});

test('no file imports itself through others', () => {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
      return;
    }
    if (done.has(path)) return;
    const file = byPath.get(path);
    if (!file) return;
    for (const { from, typeOnly } of file.imports) {
      // Types are gone when the program runs.
      if (from.startsWith('.') && !typeOnly) visit(target(file, from), [...trail, path]);
    }
    done.add(path);
  };
  for (const file of files) visit(file.path, []);
  assert.deepEqual(cycles, []);
});

test('IO, clock and environment stay at the edge', () => {
  const pure = new Set([
    'model',
    'fastcgi',
    'scgi',
    'tcp',
    'packet',
    'logs',
    'capture',
    'analysis',
    'compare',
    'replay',
    'protocol',
    'faults',
    'host',
    'status',
    'load',
    'scenarios',
    'reporters',
  ]);
  const wrong: string[] = [];
  for (const file of files) {
    const code = file.text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    const isPure = pure.has(file.folder) || (file.folder === 'tui' && !(file.path in SCREEN_EDGE));
    if (
      isPure &&
      /\b(process\.(?:env|argv|exit\w*|std\w+|cwd|kill|on|off|hrtime|memoryUsage|cpuUsage|nextTick|versions?)\b|console\.|setTimeout|setInterval|Date\.now\(|new Date\(\)|performance\.)/.test(
        code,
      )
    ) {
      wrong.push(file.path);
    }
    if (
      (file.folder === 'sources' || file.folder === 'endpoints' || file.folder === 'reproduce') &&
      // A program of its own: what the processes of a pool execute.
      file.path !== 'endpoints/workers/process-entry.ts' &&
      /\bprocess\.(exit|env)\b|\bconsole\./.test(code)
    ) {
      wrong.push(file.path);
    }
    // One file reads the clock.
    if (file.path !== 'endpoints/clock.ts' && file.folder === 'endpoints' && CLOCK.test(code)) wrong.push(file.path);
    if (/^export default/m.test(code)) wrong.push(`${file.path}: default export`);
  }
  assert.deepEqual(wrong, []);
});

test('files stay readable: none past 450 lines, and each says what it is for', () => {
  const wrong = files
    .filter((file) => file.text.split('\n').length > 450 || !/^(\/\/|\/\*)/.test(file.text))
    .map((file) => file.path);
  assert.deepEqual(wrong, []);
});
