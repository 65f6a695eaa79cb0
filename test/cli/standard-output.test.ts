// What is written at once gets to whoever reads it, also where the output was set not to wait.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fixturesFolder, projectRoot } from '../support/paths.js';
import { temporaryFolder } from '../support/run-bin.js';

const folder = temporaryFolder();
after(() => rmSync(folder, { recursive: true, force: true }));
const BIN = join(projectRoot, 'bin', 'fcgi-inspect.js');

test('a full pipe that is not waited for gets the rest when there is room', async () => {
  const path = join(folder, 'output');
  assert.equal(spawnSync('mkfifo', [path]).status, 0);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  // Whoever opens it so makes it so for the process that inherits it.
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  // More than a pipe holds.
  const code = `const { writePieces } = await import('${join(projectRoot, 'dist', 'src', 'cli', 'output.js')}');
  for (let i = 10; i < 50; i++) await writePieces([String(i).repeat(5000)], undefined);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', writer, 'inherit'] });
  let status: number | null | undefined;
  child.on('exit', (code) => {
    status = code;
  });
  let text = '';
  const block = Buffer.alloc(5000);
  const read = () => {
    try {
      return block.toString('latin1', 0, readSync(reader, block));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return '';
      throw error;
    }
  };
  for (let last = false; ; ) {
    const piece = read();
    text += piece;
    if (piece !== '') continue;
    if (last) break;
    last = status !== undefined;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  closeSync(writer);
  closeSync(reader);
  assert.equal(status, 0);
  assert.equal(text, Array.from({ length: 40 }, (_, i) => String(i + 10).repeat(5000)).join(''));
});

test('a disk that is full is told', () => {
  const full = openSync('/dev/full', 'w');
  const capture = join(fixturesFolder, 'healthy-kept', 'capture.pcap');
  // At once, and as a stream.
  for (const words of [
    [capture, '--format', 'json'],
    ['decode', capture],
  ]) {
    const run = spawnSync(process.execPath, [BIN, ...words], { stdio: ['ignore', full, 'pipe'], encoding: 'utf8' });
    assert.equal(run.status, 2);
    assert.match(run.stderr, /^fcgi-inspect: cannot write the output: ENOSPC: no space left on device/);
  }
  closeSync(full);
});
