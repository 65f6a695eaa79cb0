// Opening inputs by path: what they are, gzip, FIFOs and standard input, and every way to be unreadable.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, createWriteStream, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import { UserError } from '../../src/model/errors.js';
import { openCapture } from '../../src/sources/capture-file.js';
import { concat, hex, toBytes } from '../support/bytes.js';
import { pcap, pcapng } from '../support/capture-writer.js';
import { random } from '../support/random.js';
import { openAsCapture, readInput, temporaryFile, temporaryFolder } from './capture-inputs.js';

const packets = Array.from({ length: 40 }, (_, index) => ({
  time: index * 1000,
  data: new Uint8Array(index * 10).fill(index),
}));
const capture = pcap(packets);

/** The message and hint of the UserError that opening gives. */
async function refusal(path: string, options = {}): Promise<string> {
  try {
    const input = await openCapture(path, options);
    input.close();
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.message;
  }
  throw new Error(`${path} was opened`);
}

test('a capture file, described', async (context) => {
  const path = temporaryFile(context, capture);
  const { frames, description } = await readInput(path);
  assert.equal(frames.length, 40);
  assert.deepEqual(description, {
    name: path,
    format: 'pcap',
    compression: null,
    linkTypes: [1],
    packets: 40,
    bytes: capture.length,
    cut: false,
    incomplete: false,
    problems: [],
  });
});

test('files are read synchronously, whatever the block size', async (context) => {
  const whole = await readInput(temporaryFile(context, capture));
  for (const blockSize of [1, 17, 1000]) {
    const input = await openAsCapture(temporaryFile(context, capture), { blockSize });
    assert.equal(typeof input.fill(), 'boolean');
    input.close();
    const { frames } = await readInput(temporaryFile(context, capture), { blockSize });
    assert.deepEqual(frames, whole.frames);
  }
});

test('progress: bytes read of the size', async (context) => {
  const input = await openAsCapture(temporaryFile(context, capture), { blockSize: 100 });
  assert.equal(input.size, capture.length);
  const before = input.bytesRead;
  input.fill();
  assert.ok(input.bytesRead > before);
  input.close();
});

test('a capture that is cut or damaged is incomplete, and says where', async (context) => {
  const cut = await readInput(temporaryFile(context, capture.subarray(0, -3)));
  assert.equal(cut.frames.length, 39);
  assert.equal(cut.description.cut, true);
  assert.equal(cut.description.incomplete, true);
  assert.equal(cut.description.problems[0].code, 'cut-short');
  const damaged = await readInput(temporaryFile(context, concat(capture, new Uint8Array(16).fill(255))));
  assert.equal(damaged.frames.length, 40);
  assert.equal(damaged.description.cut, false);
  assert.equal(damaged.description.incomplete, true);
  const unsupported = await readInput(temporaryFile(context, pcap(packets, { linkType: 105 })));
  assert.equal(unsupported.frames.length, 40);
  assert.equal(unsupported.description.incomplete, true);
  const none = await readInput(temporaryFile(context, pcap([], { linkType: 105 })));
  assert.equal(none.description.incomplete, false);
});

test('what cannot be read is refused in one sentence that names it', async (context) => {
  const folder = temporaryFolder(context);
  const missing = join(folder, 'missing.pcap');
  assert.equal(await refusal(missing), `cannot read ${missing}: no such file`);
  assert.equal(await refusal(folder), `cannot read ${folder}: it is a directory`);
  const empty = temporaryFile(context, hex(''));
  assert.equal(await refusal(empty), `cannot read ${empty}: it is empty (0 bytes)`);
  const below = join(empty, 'x');
  assert.equal(await refusal(below), `cannot read ${below}: part of the path is not a directory`);
  const other = temporaryFile(context, hex('00010203ffff'));
  const reason = 'not a capture file (it starts with the bytes 00 01 02 03 ff ff)';
  assert.equal(await refusal(other), `cannot read ${other}: ${reason}`);
  const version = temporaryFile(context, pcap([]));
  const wrong = pcap([]);
  wrong[4] = 1;
  assert.match(await refusal(temporaryFile(context, wrong)), /pcap version 1\.4 is not supported \(at offset 4\)$/);
  assert.match(
    await refusal(temporaryFile(context, capture.subarray(0, 20))),
    /ends inside its header, after 20 of 24 bytes$/,
  );
  assert.equal((await readInput(version)).frames.length, 0);
});

test('a file without permission', {
  skip: process.getuid?.() === 0 ? 'root may read everything' : false,
}, async (context) => {
  const path = temporaryFile(context, capture);
  chmodSync(path, 0);
  assert.equal(await refusal(path), `cannot read ${path}: permission denied`);
});

test('text is handed on with its bytes, compressed or not', async (context) => {
  const log = toBytes('12:00:00.000000 IP 10.0.0.1.1 > 10.0.0.2.2: Flags [S]\n');
  for (const bytes of [log, gzipSync(log)]) {
    const input = await openCapture(temporaryFile(context, bytes));
    assert.ok(input.kind === 'text');
    while (await input.fill());
    assert.equal(
      Buffer.from(input.window.bytes.subarray(input.window.start, input.window.end)).toString(),
      Buffer.from(log).toString(),
    );
    assert.equal(input.compression, bytes === log ? null : 'gzip');
    assert.equal(input.cut, false);
    input.close();
  }
});

test('gzip around a capture', async (context) => {
  for (const bytes of [capture, pcapng(packets)]) {
    const plain = await readInput(temporaryFile(context, bytes));
    const zipped = gzipSync(bytes);
    const { frames, description } = await readInput(temporaryFile(context, zipped));
    assert.deepEqual(frames, plain.frames);
    assert.equal(description.compression, 'gzip');
    assert.equal(description.bytes, zipped.length);
    assert.equal(description.cut, false);
    assert.deepEqual(description.problems, []);
    const members = concat(gzipSync(bytes.subarray(0, 333)), gzipSync(bytes.subarray(333)));
    assert.deepEqual((await readInput(temporaryFile(context, members), { blockSize: 50 })).frames, plain.frames);
  }
});

test('gzip that is cut anywhere: everything that can be decompressed, and it says so', async (context) => {
  const path = temporaryFile(context, hex(''));
  const zipped = gzipSync(capture, { level: 1 });
  const whole = await readInput(temporaryFile(context, zipped));
  let seen = 0;
  for (let length = 60; length < zipped.length; length += 7) {
    writeFileSync(path, zipped.subarray(0, length));
    try {
      const { frames, description } = await readInput(path);
      assert.deepEqual(frames, whole.frames.slice(0, frames.length));
      assert.ok(frames.length >= seen, `${length} bytes give ${frames.length} frames, fewer than ${seen}`);
      seen = frames.length;
      assert.equal(description.cut, true, `${length} bytes`);
      assert.equal(description.incomplete, true);
      assert.ok(description.problems.some((problem) => problem.code === 'gzip-cut-short'));
    } catch (error) {
      // Too short for the capture's own header.
      assert.ok(error instanceof UserError && seen === 0, String(error));
    }
  }
  assert.ok(seen >= 39);
});

test('gzip that is damaged: what came before it', async (context) => {
  const numbers = random(1);
  const data = () => Uint8Array.from({ length: 4000 }, () => numbers.below(16));
  const zipped = gzipSync(pcap(Array.from({ length: 100 }, () => ({ time: 0, data: data() }))));
  // The check sum at the end: everything is there, but it is not right. And in the middle.
  zipped[zipped.length - 6] ^= 1;
  assert.equal((await readInput(temporaryFile(context, zipped))).frames.length, 100);
  zipped.fill(0xff, zipped.length >> 1, (zipped.length >> 1) + 40);
  const { frames, description } = await readInput(temporaryFile(context, zipped));
  assert.ok(frames.length > 0 && frames.length < 100, `${frames.length} frames`);
  assert.equal(description.cut, true);
  assert.ok(description.problems.some((problem) => problem.code === 'gzip-damaged'));
});

test('gzip with nothing sensible in it', async (context) => {
  const twice = temporaryFile(context, gzipSync(gzipSync(capture)));
  assert.equal(await refusal(twice), `cannot read ${twice}: it is compressed with gzip twice`);
  const nothing = temporaryFile(context, gzipSync(''));
  assert.equal(await refusal(nothing), `cannot read ${nothing}: there is nothing in the gzip file`);
  assert.match(await refusal(temporaryFile(context, gzipSync(hex('00010203')))), /not a capture file/);
  assert.match(
    await refusal(temporaryFile(context, hex('1f8b'))),
    /the gzip stream ends too early, after 2 compressed bytes/,
  );
  assert.match(await refusal(temporaryFile(context, hex('1f8bffffffffffffffffffff'))), /gzip stream is damaged/);
});

test('a FIFO', { skip: process.platform === 'win32' ? 'no FIFOs here' : false }, async (context) => {
  for (const bytes of [capture, pcapng(packets), gzipSync(capture)]) {
    const path = join(temporaryFolder(context), 'fifo');
    assert.equal(spawnSync('mkfifo', [path]).status, 0);
    const writer = createWriteStream(path);
    writer.end(bytes);
    const { frames, description } = await readInput(path);
    assert.equal(frames.length, 40);
    assert.equal(description.bytes, bytes.length);
  }
});

/** Runs a program that reads `-` and prints what it found. */
async function standardInput(stdin: 'pipe' | number, bytes?: Uint8Array): Promise<unknown> {
  const module = new URL('./capture-inputs.js', import.meta.url).href;
  const program = `
    const { readInput } = await import(${JSON.stringify(module)});
    try {
      const { frames, description } = await readInput('-');
      console.log(JSON.stringify({ frames: frames.length, ...description }));
    } catch (error) { console.log(JSON.stringify({ error: error.message })); }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: [stdin, 'pipe', 'pipe'] });
  child.stdin?.end(bytes);
  const [out, errors] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
  assert.equal(errors, '', 'nothing is printed to standard error');
  return JSON.parse(out);
}

test('standard input: a pipe and a file', async (context) => {
  const expected = { frames: 40, name: '-', packets: 40, cut: false, problems: [], bytes: capture.length };
  const has = (found: unknown) => assert.deepEqual({ ...(found as object), ...expected }, found);
  has(await standardInput('pipe', capture));
  has(await standardInput(openSync(temporaryFile(context, capture), 'r')));
  assert.deepEqual(await standardInput('pipe', hex('')), { error: 'cannot read -: it is empty (0 bytes)' });
});
