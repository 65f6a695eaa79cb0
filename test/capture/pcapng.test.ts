// pcapng: sections, interfaces, every kind of packet block, and files that are cut or wrong.
import assert from 'node:assert/strict';
import test from 'node:test';
import { PcapngReader } from '../../src/capture/pcapng.js';
import { ByteWriter } from '../support/byte-writer.js';
import { concat, hex, toBytes } from '../support/bytes.js';
import { PcapngWriter } from '../support/pcapng-writer.js';
import { type ReadResult, readFrames } from './read-frames.js';

const ORIGIN = 1_700_000_000;
const packet = (time: number, text = 'data', originalLength?: number) => ({
  time,
  data: toBytes(text),
  ...(originalLength === undefined ? {} : { originalLength }),
});
const written = () => new PcapngWriter(ORIGIN).section();

const problems = (result: ReadResult) =>
  result.reader?.problems.map(({ code, count }) => (count === undefined ? code : `${code} ${count}`));

test('sections in both byte orders with interfaces of their own', () => {
  const file = written()
    .interface({ linkType: 1, name: 'lo' })
    .interface({ linkType: 113, resolution: 9 })
    .enhanced(packet(1_000_000, 'first'), 1)
    .enhanced(packet(2_000_000, 'second', 1500), 0)
    .section({ bigEndian: true, application: 'test' })
    .interface({ linkType: 228, resolution: 0x80 | 10, offset: 1000, name: 'eth0' })
    .enhanced(packet(500_000_000, 'third'), 0)
    .section()
    .interface({ linkType: 1 })
    .enhanced(packet(3_000_000_000, 'fourth'))
    .take();
  const result = readFrames(file);
  const frames = result.frames.map((frame) => [
    Buffer.from(frame.data, 'hex').toString(),
    frame.linkType,
    frame.interfaceId,
    frame.seconds,
    frame.nanoseconds,
    frame.originalLength,
    frame.number,
  ]);
  assert.deepEqual(frames, [
    ['first', 113, 1, ORIGIN, 1_000_000, 5, 1],
    ['second', 1, 0, ORIGIN, 2_000_000, 1500, 2],
    ['third', 228, 2, ORIGIN, 500_000_000, 5, 3],
    ['fourth', 1, 3, ORIGIN + 3, 0, 6, 4],
  ]);
  assert.deepEqual(problems(result), []);
  assert.deepEqual(result.reader?.linkTypes, [1, 113, 228]);
  assert.equal(result.reader?.interfaceCount, 4);
  assert.equal(result.reader?.damaged, false);
  assert.ok(result.reader instanceof PcapngReader);
  assert.deepEqual(
    result.reader.interfaceList.map((one) => one.name),
    ['lo', '', 'eth0', ''],
  );
  for (const frame of result.frames)
    assert.equal(Buffer.from(file.subarray(frame.position)).toString('hex').startsWith(frame.data), true);
});

test('obsolete packet blocks, with the packets dropped before them', () => {
  const result = readFrames(
    written()
      .interface({ linkType: 1 })
      .obsolete(packet(0, 'one'))
      .obsolete(packet(1000, 'two'), 0, 3)
      .obsolete(packet(2000, 'three'), 0, 4)
      .take(),
  );
  assert.deepEqual(
    result.frames.map((frame) => frame.nanoseconds),
    [0, 1000, 2000],
  );
  assert.deepEqual(problems(result), ['packets-dropped 7']);
});

test('simple packet blocks: interface 0, the snapshot length, and the time of the packet before', () => {
  const result = readFrames(
    written()
      .interface({ linkType: 1, snapLength: 6 })
      .interface({ linkType: 113 })
      .enhanced(packet(5_000_000_000, 'other'), 1)
      .simple(packet(0, 'simple packet', 13))
      .simple(packet(0, 'two'))
      .take(),
  );
  assert.deepEqual(
    result.frames.map(({ data, linkType, seconds, originalLength }) => [
      data.length / 2,
      linkType,
      seconds,
      originalLength,
    ]),
    [
      [5, 113, ORIGIN + 5, 5],
      [6, 1, ORIGIN + 5, 13],
      [3, 1, ORIGIN + 5, 3],
    ],
  );
  assert.deepEqual(problems(result), ['no-timestamp 2']);
});

test('drop counts of statistics run from the start of the capture, for each interface', () => {
  const result = readFrames(
    written()
      .interface({ linkType: 1 })
      .interface({ linkType: 1 })
      .statistics(0, { received: 100, dropped: 2 })
      .statistics(1, { received: 100, dropped: 10 })
      .statistics(0, { received: 200, dropped: 5 })
      .statistics(0, { received: 200, dropped: 4 })
      .statistics(7, { dropped: 1000 })
      .take(),
  );
  assert.deepEqual(problems(result), ['packets-dropped 15']);
});

test('blocks that nobody knows are passed over', () => {
  const file = written()
    .interface({ linkType: 1 })
    .block(0x0bad, hex('00007ed9 01020304'))
    .block(0x40000bad, hex('00007ed9'))
    .block(4, hex('00000000'))
    .block(0x80001234, new Uint8Array(100_000))
    .enhanced(packet(0))
    .take();
  assert.equal(readFrames(file).frames.length, 1);
  assert.deepEqual(problems(readFrames(file)), []);
});

test('packets of interfaces that are not described are left out and counted', () => {
  const result = readFrames(
    written()
      .enhanced(packet(0))
      .interface({ linkType: 1 })
      .enhanced(packet(0), 1)
      .enhanced(packet(0), 0)
      .section()
      .simple(packet(0))
      .take(),
  );
  assert.equal(result.frames.length, 1);
  assert.deepEqual(problems(result), ['unknown-interface 3']);
  assert.equal(result.reader?.damaged, true);
});

test('packets of unsupported link types are given and counted by type', () => {
  const result = readFrames(
    written()
      .interface({ linkType: 1 })
      .interface({ linkType: 105 })
      .interface({ linkType: 220 })
      .enhanced(packet(0), 0)
      .enhanced(packet(0), 1)
      .enhanced(packet(0), 2)
      .enhanced(packet(0), 1)
      .take(),
  );
  assert.equal(result.frames.length, 4);
  assert.deepEqual(problems(result), ['unsupported-link-type 2', 'unsupported-link-type 1']);
  assert.match(result.reader?.problems[0].detail ?? '', /105 \(IEEE802_11\)/);
});

test('a captured length that does not fit its block: the packet is left out', () => {
  const body = (captured: number) => {
    const out = new ByteWriter().u32(0).u32(0).u32(0).u32(captured).u32(4).bytes(toBytes('data'));
    return out.take();
  };
  for (const captured of [5, 8, 0x7fffffff, 0xffffffff]) {
    const result = readFrames(written().interface({ linkType: 1 }).block(6, body(captured)).enhanced(packet(0)).take());
    assert.equal(result.frames.length, 1, `${captured}`);
    assert.deepEqual(problems(result), ['bad-packet-length 1']);
    assert.equal(result.reader?.problems[0].offset, 28 + 20);
    assert.equal(result.reader?.damaged, true);
  }
});

test('blocks that are too short for what they are', () => {
  for (const type of [1, 2, 3, 5, 6, 0x0a0d0d0a]) {
    const body = type === 0x0a0d0d0a ? hex('4d3c2b1a 01000000') : new Uint8Array(0);
    const result = readFrames(written().interface({ linkType: 1 }).block(type, body).enhanced(packet(0)).take());
    assert.equal(result.frames.length, 1, `block type ${type}`);
    assert.deepEqual(problems(result), ['bad-block 1'], `block type ${type}`);
    assert.equal(result.reader?.damaged, true);
  }
});

test('a block length that makes no sense ends the reading, with its offset', () => {
  const good = written().interface({ linkType: 1 }).enhanced(packet(0));
  const offset = good.take().length;
  const wrong = (length: number) => {
    const file = concat(good.take(), new ByteWriter().u32(6).u32(length).bytes(new Uint8Array(40)).take());
    const result = readFrames(file, [offset + 12]);
    assert.equal(result.frames.length, 1);
    assert.deepEqual(problems(result), ['bad-block-length'], `${length}`);
    assert.equal(result.reader?.problems[0].offset, offset);
    assert.equal(result.reader?.damaged, true);
    assert.equal(result.reader?.cut, false);
  };
  for (const length of [0, 4, 8, 11, 13, 34, 16 * 1024 * 1024 + 4, 0x7ffffffc, 0xfffffffc]) wrong(length);
  const odd = new ByteWriter().u32(0x1234).u32(30).bytes(new Uint8Array(18)).u32(30).take();
  assert.deepEqual(problems(readFrames(concat(good.take(), odd))), ['bad-block-length']);
  const trailer = readFrames(written().interface({ linkType: 1 }).block(6, new Uint8Array(32), 40).take());
  assert.deepEqual(problems(trailer), ['bad-block-length']);
});

test('a section of an unknown version or byte order in the middle ends the reading', () => {
  for (const [at, value, code] of [
    [12, 2, 'bad-version'],
    [8, 0, 'bad-byte-order-magic'],
  ] as const) {
    const second = written().interface({ linkType: 1 }).enhanced(packet(0)).take();
    second[at] = value;
    const result = readFrames(concat(written().interface({ linkType: 1 }).enhanced(packet(0)).take(), second));
    assert.equal(result.frames.length, 1);
    assert.deepEqual(problems(result), [code]);
  }
});

test('options that do not fit their block are reported; what is before them counts', () => {
  const body = (options: Uint8Array) => new ByteWriter().u16(1).u16(0).u32(0).bytes(options).take();
  const nanoseconds = hex('09000100 09000000');
  const read = (options: Uint8Array) =>
    readFrames(
      written().block(1, body(options)).block(6, new ByteWriter().u32(0).u32(0).u32(5).u32(0).u32(0).take()).take(),
    );
  for (const [options, expected] of [
    [nanoseconds, []],
    [concat(nanoseconds, hex('00000000')), []],
    [concat(nanoseconds, hex('02000500 61')), ['bad-option 1']],
    [concat(nanoseconds, hex('0200ffff')), ['bad-option 1']],
    [concat(nanoseconds, hex('00000000 0200ffff')), []],
  ] as const) {
    const result = read(options);
    assert.equal(result.frames[0].nanoseconds, 5);
    assert.deepEqual(problems(result), expected);
    assert.equal(result.reader?.damaged, expected.length > 0);
  }
  // An option of the wrong length is none.
  assert.equal(read(hex('09000200 09090000')).frames[0].nanoseconds, 5000);
  assert.equal(read(hex('00000000 09000100 09000000')).frames[0].nanoseconds, 5000);
});

test('a file that is cut anywhere: all whole packets, then it says so', () => {
  const writer = written();
  const ends = [28];
  const mark = (next: PcapngWriter) => ends.push(next.take().length);
  mark(writer.interface({ linkType: 1, name: 'lo', resolution: 9 }));
  mark(writer.enhanced(packet(0, 'hello')));
  mark(writer.section({ bigEndian: true }));
  mark(writer.interface({ linkType: 1 }));
  mark(writer.enhanced(packet(1)));
  const file = writer.take();
  for (let length = 16; length <= file.length; length++) {
    const { frames, reader } = readFrames(file.subarray(0, length));
    assert.equal(frames.length, (length >= ends[2] ? 1 : 0) + (length >= ends[5] ? 1 : 0), `${length} bytes`);
    assert.equal(reader?.cut, !ends.includes(length), `${length} bytes`);
    assert.equal(reader?.damaged, false, `${length} bytes`);
    assert.equal(
      reader?.problems[0]?.offset,
      ends.includes(length) ? undefined : (ends.findLast((end) => end < length) ?? 0),
    );
  }
});

test('a hostile file does not make the lists grow without bound', () => {
  const out = new PcapngWriter(ORIGIN).section();
  const chunk = new PcapngWriter(ORIGIN);
  for (let i = 0; i < 1000; i++) chunk.interface({ linkType: i });
  const interfaces = chunk.take();
  for (let i = 0; i < 70; i++) out.raw(interfaces);
  for (let i = 0; i < 1000; i++)
    out.raw(new PcapngWriter(ORIGIN).block(6, new ByteWriter().u32(i).u32(0).u32(0).u32(0).u32(0).take()).take());
  const { reader } = readFrames(out.take());
  assert.ok((reader?.interfaceCount ?? 0) <= 65_536);
  assert.ok((reader?.problems.length ?? 0) <= 110, `${reader?.problems.length} problems`);
  assert.equal(reader?.packets, 1000);
});
