// However the bytes of a capture come in pieces, the frames are the same; and no bytes at all make a reader throw or
// read for ever.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { concat, toBytes } from '../support/bytes.js';
import { pcap } from '../support/capture-writer.js';
import { PcapngWriter } from '../support/pcapng-writer.js';
import { facts, readFrames } from './read-frames.js';

const packets = [1, 0, 40, 3, 200].map((length, index) => ({
  time: index * 1_000_001_000,
  data: new Uint8Array(length).fill(index),
}));

function mixed(): Uint8Array {
  const writer = new PcapngWriter(1_700_000_000).section({ bigEndian: true }).interface({ linkType: 1, name: 'lo' });
  for (const packet of packets) writer.enhanced(packet);
  writer.block(0x0bad, new Uint8Array(20)).section().interface({ linkType: 113, resolution: 9, snapLength: 100 });
  writer.interface({ linkType: 105 });
  for (const packet of packets) writer.simple(packet).obsolete(packet, 1, 2).enhanced(packet, 0);
  return writer.statistics(0, { dropped: 9 }).take();
}

const files: readonly (readonly [string, Uint8Array])[] = [
  ['pcap', pcap(packets)],
  ['pcap, big-endian nanoseconds', pcap(packets, { bigEndian: true, resolution: 'nanoseconds' })],
  ['pcapng', mixed()],
  ['pcap, cut', pcap(packets).subarray(0, -5)],
  ['pcapng, cut', mixed().subarray(0, -5)],
  ['pcap, followed by other bytes', concat(pcap(packets), new Uint8Array(40).fill(255))],
  ['pcapng, followed by other bytes', concat(mixed(), new Uint8Array(40).fill(255))],
];

for (const [name, bytes] of files) {
  test(`every split in two, and byte by byte: ${name}`, () => {
    const whole = readFrames(bytes);
    assert.ok(whole.frames.length >= 4);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const split = readFrames(bytes, [cut]);
      assert.deepEqual(split.frames, whole.frames, `split at ${cut}`);
      assert.deepEqual(facts(split), facts(whole), `split at ${cut}`);
    }
    const single = readFrames(bytes, Array.from(bytes.keys()));
    assert.deepEqual(single.frames, whole.frames);
    assert.deepEqual(facts(single), facts(whole));
  });
}

test('any pieces', () => {
  fc.assert(
    fc.property(fc.constantFrom(...files), fc.array(fc.nat(1500)), ([, bytes], cuts) => {
      assert.deepEqual(readFrames(bytes, cuts).frames, readFrames(bytes).frames);
    }),
  );
});

test('damaged captures: no exception, no endless reading, and every frame lies in the file', () => {
  const damage = fc.array(fc.record({ at: fc.nat(2000), value: fc.nat(255) }), { maxLength: 12 });
  fc.assert(
    fc.property(
      fc.constantFrom(...files),
      damage,
      fc.array(fc.nat(2000), { maxLength: 4 }),
      ([, bytes], changes, cuts) => {
        const file = Uint8Array.from(bytes);
        for (const { at, value } of changes) file[at % file.length] = value;
        const { frames } = readFrames(file, cuts);
        const hex = Buffer.from(file).toString('hex');
        for (const frame of frames)
          assert.equal(hex.substring(frame.position * 2, frame.position * 2 + frame.data.length), frame.data);
      },
    ),
    { numRuns: 1000 },
  );
});

test('random bytes after any header', () => {
  const headers = [pcap([]), pcap([], { bigEndian: true }), mixed().subarray(0, 60), toBytes('\n\r\r\n'), toBytes('')];
  fc.assert(
    fc.property(fc.constantFrom(...headers), fc.uint8Array({ maxLength: 300 }), (header, bytes) => {
      const { frames, reader, reason } = readFrames(concat(header, bytes));
      assert.ok(reader !== undefined || reason !== undefined);
      assert.ok(frames.length <= bytes.length);
    }),
    { numRuns: 1000 },
  );
});
