// Ctrl-C while a stream is read: what was read is reported, the exit code says that it was cut short, nothing is left.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, constants, createWriteStream, openSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Report } from '../support/report.js';
import { type Run, runBin, startBin, temporaryFolder } from '../support/run-bin.js';
import { plainCapture } from './sample-captures.js';

const folder = temporaryFolder();
const skip = spawnSync('mkfifo', ['--version']).error ? 'mkfifo is not installed' : false;
let fifos = 0;

function fifo(): string {
  const path = join(folder, `fifo-${fifos++}`);
  execFileSync('mkfifo', [path]);
  return path;
}

function written(stream: WriteStream, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => stream.write(bytes, (error) => (error ? reject(error) : resolve())));
}

/** A pipe holds this much, so a writer that has written more knows that the rest was read. */
const PIPE = 65_536;

/** Begins to read a FIFO, gives it a capture that does not end, and sends the signal. */
async function interrupted(signal: NodeJS.Signals, format: string, capture: Uint8Array): Promise<Run> {
  const path = fifo();
  const { process: child, ended } = startBin([path, '--format', format]);
  const stream = createWriteStream(path);
  stream.on('error', () => {}); // the reader goes away before the writer
  await written(stream, capture);
  child.kill(signal);
  const run = await ended;
  stream.destroy();
  assert.equal(run.signal, null);
  return run;
}

const capture = plainCapture(1000);
const packets = 11_000;

for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} while reading a FIFO: the report of what was read, exit ${status}`, {
    skip,
    timeout: 60_000,
  }, async () => {
    const run = await interrupted(signal, 'json', capture);
    assert.equal(run.status, status);
    assert.equal(run.stderr, '');
    const { input, summary, requests } = JSON.parse(run.stdout) as Report;
    const least = Math.floor(((capture.length - PIPE) / capture.length) * packets) - 1;
    assert.ok(input.packets >= least && input.packets <= packets, `${input.packets} of ${packets}, at least ${least}`);
    assert.ok(summary.requests > 100);
    assert.equal(requests.length, summary.requests);
    assert.equal(input.cut, false, 'it was not the capture that was cut');
  });
}

test('the text report is whole too', { skip, timeout: 60_000 }, async () => {
  const run = await interrupted('SIGINT', 'text', capture);
  assert.equal(run.status, 130);
  assert.match(run.stdout, /\d+ requests/);
  assert.doesNotMatch(run.stderr, / {4}at /);
});

test('nothing came yet', { skip, timeout: 60_000 }, async () => {
  const path = fifo();
  const { process: child, ended } = startBin([path, '--format', 'json']);
  const writer = await openedWriter(path);
  child.kill('SIGINT');
  const run = await ended;
  closeSync(writer);
  assert.deepEqual([run.status, run.signal, run.stdout], [130, null, '']);
  assert.doesNotMatch(run.stderr, / {4}at /);
});

/** Opens the FIFO for writing once somebody has opened it for reading. */
async function openedWriter(path: string): Promise<number> {
  for (;;) {
    try {
      return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
      await pause(20);
    }
  }
}

test('a stream that ends by itself is no interruption', { skip, timeout: 60_000 }, async () => {
  const path = fifo();
  const { ended } = startBin([path, '--format', 'json']);
  const stream = createWriteStream(path);
  await written(stream, capture);
  stream.end();
  const run = await ended;
  assert.deepEqual([run.status, run.stderr], [0, '']);
  const { input, ...rest } = JSON.parse(run.stdout) as Report;
  const { input: _, ...whole } = JSON.parse(runBin(['-', '--format', 'json'], { input: capture }).stdout) as Report;
  assert.equal(input.packets, packets);
  assert.deepEqual(rest, whole);
});

test('a stream that ends inside a packet is a cut capture', { skip, timeout: 60_000 }, async () => {
  const path = fifo();
  const { ended } = startBin([path, '--format', 'json']);
  const stream = createWriteStream(path);
  await written(stream, capture.subarray(0, -7));
  stream.end();
  const run = await ended;
  assert.equal(run.status, 2);
  const { input } = JSON.parse(run.stdout) as Report;
  assert.deepEqual([input.packets, input.cut], [packets - 1, true]);
});
