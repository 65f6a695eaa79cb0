// The npm package pcap-parser behind its guard: the same packets as the project's own reader, on every capture at hand,
// whole, cut and damaged.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import test from 'node:test';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { ByteWindow } from '../../src/capture/byte-window.js';
import { openFrameReader } from '../../src/capture/detect.js';
import { END, FRAME, type FrameReader } from '../../src/capture/frame-reader.js';
import { pcapMagic } from '../../src/capture/pcap-header.js';
import { UserError } from '../../src/model/errors.js';
import { Frame } from '../../src/model/frame.js';
import { openCaptureStream } from '../../src/sources/capture-file.js';
import { isReadableByPcapParser, PcapParserReader } from '../../src/sources/capture-pcap-parser.js';
import { facts, type KeptFrame, keep, readFrames } from '../capture/read-frames.js';
import { pcap, pcapng } from '../support/capture-writer.js';
import { fixturesFolder, sharedRoot } from '../support/paths.js';
import { drain, openAsCapture, readInput, temporaryFile } from './capture-inputs.js';

/** Reads with pcap-parser; undefined where it cannot, or the header is refused. */
function readWithPcapParser(
  bytes: Uint8Array,
  chunk: number,
): { frames: KeptFrame[]; reader: FrameReader } | undefined {
  const window = new ByteWindow(16);
  window.append(bytes.subarray(0, 24));
  window.finished = bytes.length < 24;
  const opened = openFrameReader(window, 'pcap');
  if (opened.state !== 'reader' || opened.pcapHeader === undefined || !isReadableByPcapParser(opened.pcapHeader))
    return undefined;
  const reader = new PcapParserReader(window, opened.pcapHeader);
  const frames: KeptFrame[] = [];
  const frame = new Frame();
  for (let at = 24; ; ) {
    const code = reader.next(frame);
    if (code === FRAME) frames.push(keep(frame));
    else if (code === END) return { frames, reader };
    else if (at >= bytes.length) window.finished = true;
    else {
      window.append(bytes.subarray(at, at + chunk));
      at += chunk;
    }
  }
}

/** True when the file was one that pcap-parser reads. */
function compare(bytes: Uint8Array, chunk: number, about: string): boolean {
  const found = readWithPcapParser(bytes, chunk);
  if (found === undefined) return false;
  const own = readFrames(bytes);
  assert.deepEqual(found.frames, own.frames, about);
  assert.deepEqual(facts({ ...found, reason: undefined }), facts(own), about);
  return true;
}

const packets = Array.from({ length: 2000 }, (_, index) => ({
  time: index * 1_000_001_000,
  data: new Uint8Array((index * 7) % 90).fill(index),
  originalLength: 100,
}));

test('the same packets as the own reader, in batches and in pieces', () => {
  for (const bigEndian of [false, true]) {
    const bytes = pcap(packets, { bigEndian });
    for (const chunk of [bytes.length, 64 * 1024, 1000, 61]) assert.ok(compare(bytes, chunk, `${chunk}`));
  }
});

test('cut anywhere, the same packets and the same problem', () => {
  const bytes = pcap(packets.slice(0, 12));
  for (let length = 24; length < bytes.length; length++)
    assert.ok(compare(bytes.subarray(0, length), 50, `${length} bytes`));
});

test('impossible lengths are not given to it; what else is odd is read alike', () => {
  const bytes = pcap(packets.slice(0, 20));
  const damage = fc.array(fc.record({ at: fc.integer({ min: 24, max: bytes.length - 1 }), value: fc.nat(255) }), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(damage, fc.integer({ min: 1, max: 2000 }), (changes, chunk) => {
      const file = Uint8Array.from(bytes);
      for (const { at, value } of changes) file[at] = value;
      assert.ok(compare(file, chunk, JSON.stringify(changes)));
    }),
    { numRuns: 500 },
  );
});

/** Every file below a folder, unpacked. */
function* files(folder: string): Generator<[string, Uint8Array]> {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    let bytes: Uint8Array = readFileSync(path);
    if (path.endsWith('.gz')) {
      try {
        bytes = gunzipSync(bytes);
      } catch {
        continue;
      }
    }
    if (bytes.length >= 4 && pcapMagic(bytes, 0) !== undefined) yield [path, bytes];
  }
}

test('every classic capture of the fixtures', () => {
  let compared = 0;
  for (const [path, bytes] of files(fixturesFolder)) if (compare(bytes, 64 * 1024, path)) compared++;
  if (existsSync(fixturesFolder) && readdirSync(fixturesFolder).length > 0)
    assert.ok(compared > 0, 'no fixture was compared');
});

const skip = sharedRoot === undefined ? 'FCGI_INSPECT_SHARED is not set' : false;
for (const part of ['corpus', 'captures']) {
  test(`every classic capture of ${part}`, { skip }, () => {
    let compared = 0;
    for (const [path, bytes] of files(join(sharedRoot ?? '', part))) if (compare(bytes, 64 * 1024, path)) compared++;
    assert.ok(compared >= 25, `only ${compared} captures were compared`);
  });
}

test('streams that it can read are read with it, files on demand', async (context) => {
  const bytes = pcap(packets);
  const path = temporaryFile(context, bytes);
  const { frames } = await readInput(path);
  assert.deepEqual((await readInput(path, { reader: 'pcap-parser' })).frames, frames);
  assert.ok(!((await openAsCapture(path)).reader instanceof PcapParserReader));
  assert.ok((await openAsCapture(path, { reader: 'pcap-parser' })).reader instanceof PcapParserReader);
  const live = async (content: Uint8Array, reader: 'auto' | 'own' = 'auto') => {
    const input = await openCaptureStream('stream', Readable.from([Buffer.from(content)]), { reader });
    assert.ok(input.kind === 'capture');
    assert.equal(
      (await drain({ next: (frame) => input.reader.next(frame), fill: () => input.fill() })).length,
      packets.length,
    );
    return input.reader instanceof PcapParserReader;
  };
  assert.equal(await live(bytes), true);
  assert.equal(await live(bytes, 'own'), false);
  assert.equal(await live(pcap(packets, { resolution: 'nanoseconds' })), false);
  assert.equal(await live(pcapng(packets)), false);
  const refused = openCaptureStream('x', Readable.from([Buffer.from(pcapng(packets))]), { reader: 'pcap-parser' });
  await assert.rejects(
    refused,
    (error) => error instanceof UserError && /^cannot read x with pcap-parser/.test(error.message),
  );
});

test('nothing is printed: no deprecation warning either', () => {
  const module = new URL('./capture-inputs.js', import.meta.url).href;
  const program = `
    import { writeFileSync } from 'node:fs';
    const { readInput } = await import(${JSON.stringify(module)});
    const { frames } = await readInput('/dev/stdin', { reader: 'pcap-parser' });
    console.log(frames.length);`;
  const options = { input: Buffer.from(pcap(packets)), encoding: 'utf8' as const };
  const result = spawnSync(process.execPath, ['--pending-deprecation', '--input-type=module', '-e', program], options);
  assert.equal(result.stderr, '');
  assert.equal(result.stdout, `${packets.length}\n`);
});
