// The quick program says what the whole one says, and leaves to it what it cannot do.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { fixturesFolder, projectRoot } from '../support/paths.js';
import { temporaryFolder } from '../support/run-bin.js';

const quickProgram = createRequire(import.meta.url)(join(projectRoot, 'bin', 'quick.js')) as {
  readonly compiledFile: string;
};
const loader = pathToFileURL(join(projectRoot, 'bin', 'quick.js')).href;
const whole = pathToFileURL(join(projectRoot, 'dist', 'bundle', 'cli', 'main.js')).href;
const ARGV = `['node', 'fcgi-inspect', ...process.argv.slice(1)]`;
const QUICK = `const { run, scriptOf } = await import('${loader}');
const done = await run(scriptOf()).quick(${ARGV});
if (!done) console.log('not here');`;
const WHOLE = `await (await import('${whole}')).main(${ARGV});`;

/** Runs the code with these words as what follows the program's name. */
function runCode(code: string, words: readonly string[], cwd = fixturesFolder) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code, '--', ...words], {
    cwd,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const CAPTURE = 'premature-close/capture.pcap';

describe('the quick program and the whole one do the same', () => {
  for (const words of [
    [],
    ['--help'],
    ['--version'],
    ['--bogus'],
    ['help', 'decode'],
    [CAPTURE],
    [CAPTURE, '--format', 'json'],
    [CAPTURE, '--format', 'ndjson'],
    [CAPTURE, '--format', 'tui'],
    [CAPTURE, '--filter', 'status >= 500', '--limit', '3'],
    [CAPTURE, '--filter', 'statsu >= 500'],
    [CAPTURE, '--fail-on', 'warning'],
    [CAPTURE, 'multiplexed/capture.pcap'],
    ['cut-file/capture.pcap'],
    ['gzip-pcapng/capture.pcapng.gz'],
    ['README.md'],
    ['no-such-file.pcap'],
    ['decode', CAPTURE],
    ['explain'],
    ['explain', 'premature-close'],
    ['compare', CAPTURE, CAPTURE],
    ['completion', 'bash'],
    ['reproduce-bug'],
  ]) {
    test(words.join(' ') || '(nothing)', () => {
      assert.deepEqual(runCode(QUICK, words), runCode(WHOLE, words));
    });
  }
});

test('what needs more than it has is left to the whole program, with nothing done', () => {
  for (const words of [
    ['serve', '--fault', 'help'],
    ['request', '--fault', 'help'],
    ['bench', '--fault', 'help'],
    ['tap', '--fault', 'help'],
    ['status', '127.0.0.1:1'],
    ['watch', '127.0.0.1:1', '--once'],
    ['reproduce-bug', 'stuck-accept-queue'],
  ]) {
    assert.deepEqual(runCode(QUICK, words), { status: 0, stdout: 'not here\n', stderr: '' }, words.join(' '));
  }
});

describe('what was compiled is used only where it is good', () => {
  const folder = temporaryFolder();
  after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'dist'));
  cpSync(join(projectRoot, 'bin'), join(folder, 'bin'), { recursive: true });
  cpSync(join(projectRoot, 'dist', 'bundle'), join(folder, 'dist', 'bundle'), { recursive: true });
  cpSync(join(projectRoot, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(projectRoot, 'node_modules'), join(folder, 'node_modules'));
  const copied = pathToFileURL(join(folder, 'bin', 'quick.js')).href;
  const compiled = runCode(`console.log((await import('${copied}')).compiledFile);`, []).stdout.trim();
  const isUsed = () =>
    runCode(`console.log((await import('${copied}')).loadQuick() !== undefined);`, []).stdout === 'true\n';
  const says = () => {
    const words = [join(folder, 'bin', 'fcgi-inspect.js'), CAPTURE];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: fixturesFolder, encoding: 'utf8' });
    return { status, stdout, stderr };
  };
  const expected = runCode(WHOLE, [CAPTURE]);
  const whenBuilt = existsSync(compiled) ? readFileSync(compiled) : undefined;

  test('as it was built', (context) => {
    if (whenBuilt === undefined) return context.skip('built by another version of Node');
    assert.equal(isUsed(), true);
    assert.deepEqual(says(), expected);
  });

  for (const [name, bytes] of [
    ['of another engine', whenBuilt?.map((byte, at) => (at < 16 ? byte ^ 0xff : byte)) ?? Buffer.alloc(99)],
    ['cut', whenBuilt?.subarray(0, whenBuilt.length >> 1) ?? Buffer.alloc(9)],
    ['empty', Buffer.alloc(0)],
  ] as const) {
    test(name, () => {
      writeFileSync(compiled, bytes);
      assert.equal(isUsed(), false);
      assert.deepEqual(says(), expected);
    });
  }

  test('missing', () => {
    rmSync(compiled, { force: true });
    assert.equal(isUsed(), false, basename(compiled));
    assert.deepEqual(says(), expected);
  });
});

test('a report loads none of what takes long to load and is not needed for it', (context) => {
  const { compiledFile } = quickProgram;
  if (!existsSync(compiledFile)) return context.skip('built by another version of Node');
  const folder = temporaryFolder();
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const preload = join(folder, 'preload.cjs');
  writeFileSync(
    preload,
    `process.on('exit', () => require('node:fs').writeFileSync(process.env.LOADED, process.moduleLoadList.join('\\n')));`,
  );
  const loadedBy = (words: readonly string[]) => {
    const list = join(folder, 'list');
    const run = spawnSync(process.execPath, ['--require', preload, ...words], {
      cwd: fixturesFolder,
      env: { ...process.env, LOADED: list },
    });
    assert.equal(run.status, 0, String(run.stderr));
    return new Set(readFileSync(list, 'utf8').split('\n'));
  };
  const empty = join(folder, 'empty.cjs');
  writeFileSync(empty, '');
  const always = loadedBy([empty]);
  const bin = join(projectRoot, 'bin', 'fcgi-inspect.js');
  for (const options of [[], ['--format', 'text'], ['--format', 'json'], ['--format', 'ndjson']]) {
    const more = [...loadedBy([bin, CAPTURE, ...options])].filter((name) => !always.has(name));
    for (const name of ['stream', 'net', 'tty', 'zlib', 'child_process', 'perf_hooks', 'internal/fs/promises'])
      assert.ok(!more.includes(`NativeModule ${name}`), `${name} with ${options.join(' ')}`);
  }
});
