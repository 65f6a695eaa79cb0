// Classic pcap: every variant that is read, and what is said of files that are cut or wrong.
import assert from 'node:assert/strict';
import test from 'node:test';
import { isSupportedLinkType, linkTypeName } from '../../src/capture/link-types.js';
import { pcap } from '../support/capture-writer.js';
import { readFrames } from './read-frames.js';

const packets = [
  { time: 0, data: Uint8Array.of(1, 2, 3) },
  { time: 1_500_000_123, data: new Uint8Array(0) },
  { time: 86_400_999_999_000, data: new Uint8Array(100).fill(7), originalLength: 1500 },
];

test('both byte orders and both resolutions', () => {
  for (const bigEndian of [false, true]) {
    for (const resolution of ['microseconds', 'nanoseconds'] as const) {
      const { frames, reader } = readFrames(pcap(packets, { bigEndian, resolution, origin: 4_294_000_000 }));
      assert.deepEqual(
        frames.map(({ seconds, nanoseconds }) => [seconds, nanoseconds]),
        [
          [4_294_000_000, 0],
          [4_294_000_001, resolution === 'nanoseconds' ? 500_000_123 : 500_000_000],
          [4_294_086_400, 999_999_000],
        ],
      );
      assert.deepEqual(
        frames.map((frame) => [frame.data, frame.originalLength, frame.number, frame.position]),
        [
          ['010203', 3, 1, 40],
          ['', 0, 2, 59],
          ['07'.repeat(100), 1500, 3, 75],
        ],
      );
      assert.equal(reader?.cut, false);
      assert.equal(reader?.damaged, false);
      assert.deepEqual(reader?.problems, []);
      assert.deepEqual(reader?.linkTypes, [1]);
      assert.equal(reader?.packets, 3);
      assert.equal(reader?.interfaceCount, 1);
    }
  }
});

/** A little-endian file with one record whose header and version are given. */
function oneRecord(minor: number, first: number, second: number, body: number, fraction = 0): Uint8Array {
  const file = pcap([{ time: 0, data: new Uint8Array(body) }]);
  const view = new DataView(file.buffer, file.byteOffset);
  view.setUint16(6, minor, true);
  view.setUint32(24 + 4, fraction, true);
  view.setUint32(24 + 8, first, true);
  view.setUint32(24 + 12, second, true);
  return file;
}

test('before version 2.3 the lengths stand the other way round, in 2.3 either way', () => {
  const lengths = (minor: number, first: number, second: number) => {
    const { frames } = readFrames(oneRecord(minor, first, second, 4));
    return frames.map((frame) => [frame.data.length / 2, frame.originalLength]);
  };
  assert.deepEqual(lengths(4, 4, 60), [[4, 60]]);
  assert.deepEqual(lengths(2, 60, 4), [[4, 60]]);
  assert.deepEqual(lengths(3, 60, 4), [[4, 60]]);
  assert.deepEqual(lengths(3, 4, 60), [[4, 60]]);
});

test('the bits for a frame check sequence are no part of the link type', () => {
  const file = pcap(packets);
  new DataView(file.buffer, file.byteOffset).setUint32(20, 0x24000071, true);
  assert.deepEqual(readFrames(file).reader?.linkTypes, [0x71]);
  assert.equal(readFrames(file).frames[0].linkType, 0x71);
});

test('a file that is cut anywhere: all whole packets, then it says so', () => {
  const file = pcap(packets);
  const ends = [24, 24 + 19, 24 + 19 + 16, file.length];
  for (let length = 24; length < file.length; length++) {
    const { frames, reader } = readFrames(file.subarray(0, length));
    const whole = ends.filter((end) => end <= length).length - 1;
    assert.equal(frames.length, whole, `${length} bytes`);
    assert.equal(reader?.cut, !ends.includes(length), `${length} bytes`);
    const expected = ends.includes(length) ? [] : [['cut-short', whole + 1, ends[whole]]];
    assert.deepEqual(
      reader?.problems.map(({ code, packet, offset }) => [code, packet, offset]),
      expected,
    );
    assert.equal(reader?.damaged, false);
  }
});

test('an impossible length ends the reading at once, without waiting for that many bytes', () => {
  for (const length of [262_145, 0x7fffffff, 0xffffffff]) {
    const { frames, reader } = readFrames(oneRecord(4, length, length, 1000), [40]);
    assert.equal(frames.length, 0);
    assert.equal(reader?.damaged, true);
    assert.equal(reader?.cut, false);
    assert.deepEqual(
      reader?.problems.map(({ code, packet, offset }) => [code, packet, offset]),
      [['bad-packet-length', 1, 24]],
    );
  }
  assert.equal(readFrames(oneRecord(4, 262_144, 262_144, 262_144)).frames.length, 1);
});

test('odd lengths and times are counted and read all the same', () => {
  const codes = (file: Uint8Array) => readFrames(file).reader?.problems.map(({ code, count }) => `${code} ${count}`);
  assert.deepEqual(codes(oneRecord(4, 100, 60, 100)), ['length-over-original 1']);
  const small = pcap([
    { time: 0, data: new Uint8Array(100) },
    { time: 0, data: new Uint8Array(101) },
  ]);
  new DataView(small.buffer, small.byteOffset).setUint32(16, 99, true);
  assert.deepEqual(codes(small), ['length-over-snapshot 2']);
  assert.equal(readFrames(small).frames.length, 2);
  // A snapshot length of 0 means none.
  new DataView(small.buffer, small.byteOffset).setUint32(16, 0, true);
  assert.deepEqual(codes(small), []);
  const late = oneRecord(4, 4, 4, 4, 0xffffffff);
  assert.deepEqual(codes(late), ['bad-timestamp 1']);
  const [frame] = readFrames(late).frames;
  assert.equal(frame.seconds, 1_700_000_000 + 4294);
  assert.equal(frame.nanoseconds, 967_295_000);
});

test('a link type that is not decoded is counted with number and name', () => {
  const { frames, reader } = readFrames(pcap(packets, { linkType: 105 }));
  assert.equal(frames.length, 3);
  const [problem] = reader?.problems ?? [];
  assert.equal(problem.code, 'unsupported-link-type');
  assert.equal(problem.count, 3);
  assert.match(problem.detail, /105 \(IEEE802_11\)/);
  assert.deepEqual(readFrames(pcap([], { linkType: 105 })).reader?.problems, []);
});

test('names of link types', () => {
  const names = [0, 1, 101, 108, 113, 147, 162, 228, 229, 276, 9999].map(linkTypeName);
  assert.deepEqual(names, [
    'NULL',
    'ETHERNET',
    'RAW',
    'LOOP',
    'LINUX_SLL',
    'USER0',
    'USER15',
    'IPV4',
    'IPV6',
    'LINUX_SLL2',
    'unknown',
  ]);
  let known = 0;
  let supported = 0;
  for (let type = 0; type < 300; type++) {
    if (linkTypeName(type) !== 'unknown') known++;
    if (isSupportedLinkType(type)) supported++;
  }
  assert.ok(known >= 60, `${known} names`);
  assert.equal(supported, 10);
});
