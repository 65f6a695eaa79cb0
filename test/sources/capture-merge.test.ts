// Several captures read as one: order, numbers, positions and interfaces.
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { MergedReader, splitPosition } from '../../src/sources/capture-merge.js';
import { pcap } from '../support/capture-writer.js';
import { PcapngWriter } from '../support/pcapng-writer.js';
import { drain, openAsCapture, temporaryFile } from './capture-inputs.js';

const ORIGIN = 1_700_000_000;

/** Writes each file, opens all, reads them as one. */
async function merge(context: TestContext, files: readonly Uint8Array[], blockSize = 64) {
  const inputs = [];
  for (const bytes of files) inputs.push(await openAsCapture(temporaryFile(context, bytes), { blockSize }));
  const reader = new MergedReader(inputs);
  const frames = await drain(reader);
  for (const input of inputs) input.close();
  return { frames, reader, inputs };
}

/** A capture whose packets tell file and number. */
const capture = (file: number, times: readonly number[]) =>
  pcap(times.map((time, index) => ({ time: time * 1000, data: Uint8Array.of(file, index) })));

test('frames come in time order, equal times in the order of the files', async (context) => {
  const { frames, reader } = await merge(context, [
    capture(0, [1, 4, 4, 2_000_000]),
    capture(1, [0, 4, 5]),
    capture(2, [4]),
  ]);
  assert.deepEqual(
    frames.map((frame) => frame.data),
    ['0100', '0000', '0001', '0002', '0101', '0200', '0102', '0003'],
  );
  assert.deepEqual(
    frames.map((frame) => frame.number),
    [1, 2, 3, 4, 5, 6, 7, 8],
  );
  assert.equal(reader.packets, 8);
  assert.equal(reader.interfaceCount, 3);
});

test('a position tells the file and the place in it', async (context) => {
  const files = [capture(0, [1, 2, 3]), capture(1, [1, 2, 3])];
  const { frames } = await merge(context, files);
  assert.equal(frames.length, 6);
  for (const frame of frames) {
    const { input, position } = splitPosition(frame.position);
    assert.equal(Buffer.from(files[input].subarray(position, position + 2)).toString('hex'), frame.data);
  }
});

test('interfaces of all files have numbers of their own', async (context) => {
  const packet = (time: number) => ({ time, data: Uint8Array.of(1) });
  const first = new PcapngWriter(ORIGIN).section().interface({ linkType: 1 }).interface({ linkType: 113 });
  first.enhanced(packet(1000), 1).enhanced(packet(3000), 0).enhanced(packet(5000), 1);
  const second = new PcapngWriter(ORIGIN)
    .section()
    .interface({ linkType: 228 })
    .enhanced(packet(2000))
    .enhanced(packet(4000));
  const { frames } = await merge(context, [first.take(), second.take()]);
  assert.deepEqual(
    frames.map((frame) => [frame.linkType, frame.interfaceId]),
    [
      [113, 0],
      [228, 1],
      [1, 2],
      [228, 1],
      [113, 0],
    ],
  );
});

test('a cut file does not keep the others from being read', async (context) => {
  const { frames, inputs } = await merge(context, [capture(0, [1, 2, 3]).subarray(0, -1), capture(1, [1, 2, 3])]);
  assert.equal(frames.length, 5);
  assert.deepEqual(
    inputs.map((input) => input.describe().cut),
    [true, false],
  );
});

test('files that are empty, and no file at all', async (context) => {
  assert.deepEqual((await merge(context, [pcap([]), pcap([])])).frames, []);
  assert.deepEqual((await merge(context, [])).frames, []);
});

test('any sorted files, compressed or not: sorted, stable, complete', async (context) => {
  const times = fc.array(fc.nat(30), { maxLength: 30 }).map((list) => list.sort((a, b) => a - b));
  await fc.assert(
    fc.asyncProperty(fc.array(times, { maxLength: 6 }), fc.integer({ min: 1, max: 200 }), async (lists, blockSize) => {
      const files = lists.map((list, file) => capture(file, list));
      const expected = lists.flatMap((list, file) =>
        list.map((time, index) => ({ time, data: Buffer.from([file, index]).toString('hex') })),
      );
      expected.sort((a, b) => a.time - b.time);
      const { frames } = await merge(
        context,
        files.map((bytes, file) => (file % 2 === 0 ? bytes : gzipSync(bytes))),
        blockSize,
      );
      assert.deepEqual(
        frames.map((frame) => frame.data),
        expected.map((one) => one.data),
      );
    }),
    { numRuns: 30 },
  );
});
