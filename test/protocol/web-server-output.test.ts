// What a web server sends: records, PARAMS and their cutting, streams in their order. Items of the conformance checklist
// by number. Read back by a reader of the tests' own.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { noPadding, padToEight } from '../../src/fastcgi/encode.js';
import { fitsOneRecord, type ParamsRules, writeParams } from '../../src/protocol/web-server-params.js';
import { RecordWriter } from '../../src/protocol/web-server-writer.js';
import { hex } from '../support/bytes.js';
import { type ReadRecord, readPairs, readRecords, streamOf } from '../support/read-records.js';
import { RecordedConnection, RULES } from './web-server-recorder.js';

const PARAMS = 4;
const STDIN = 5;
const DATA = 8;

function bytesOf(writer: RecordWriter): Uint8Array {
  const pieces: Uint8Array[] = [];
  writer.flush((piece) => {
    pieces.push(piece.slice());
    return true;
  });
  return Buffer.concat(pieces);
}

function recordsOf(writer: RecordWriter): ReadRecord[] {
  const { records, left } = readRecords(bytesOf(writer));
  assert.equal(left, 0);
  for (const { version, reserved, padding } of records) {
    assert.equal(version, 1);
    assert.equal(reserved, 0);
    assert.ok(padding.every((byte) => byte === 0));
  }
  return records;
}

function params(pairs: readonly (readonly [string, string | Uint8Array])[], rules: Partial<ParamsRules> = {}) {
  const writer = new RecordWriter();
  const result = writeParams(writer, 1, pairs, { ...RULES.params, ...rules });
  const records = recordsOf(writer);
  assert.equal(records.at(-1)?.content.length, 0, 'the empty record ends the stream');
  return { ...result, contents: records.slice(0, -1), pairs: () => readPairs(streamOf(records, PARAMS, 1)) };
}

describe('records', () => {
  it('item 1, 2: a header is 8 bytes, version 1, most significant byte first, reserved 0', () => {
    const writer = new RecordWriter();
    writer.record(6, 0x0102, Uint8Array.of(0xaa), 7);
    assert.deepEqual(bytesOf(writer), Buffer.from(hex('01 06 0102 0001 07 00  aa 00000000000000')));
    for (const id of [1, 255, 256, 65_535]) {
      writer.end(STDIN, id);
      assert.deepEqual(bytesOf(writer), Buffer.from([1, 5, id >> 8, id & 255, 0, 0, 0, 0]));
    }
  });

  it('item 5, 12: values over 65,535 bytes go into several records; full ones stay aligned', () => {
    for (const length of [0, 1, 7, 8, 4096, 4097, 65_528, 65_535, 65_536, 200_000]) {
      const value = new Uint8Array(length).map((_, index) => index * 7);
      const writer = new RecordWriter();
      writer.stream(STDIN, 1, value, 0, length, 65_528, padToEight);
      const records = recordsOf(writer);
      assert.deepEqual(Buffer.from(streamOf(records, STDIN, 1)), Buffer.from(value));
      assert.equal(records.length, Math.ceil(length / 65_528));
      for (const { content, padding } of records) assert.equal((8 + content.length + padding.length) % 8, 0);
    }
    const writer = new RecordWriter();
    writer.stream(STDIN, 1, new Uint8Array(65_535), 0, 65_535, 65_535, noPadding);
    assert.deepEqual(
      recordsOf(writer).map(({ content }) => content.length),
      [65_535],
    );
  });

  it('item 7, 8: padding is -length mod 8 and zero, also after a longer record lay in the same buffer', () => {
    const writer = new RecordWriter();
    writer.record(STDIN, 1, new Uint8Array(512).fill(0xff), 0);
    bytesOf(writer);
    for (let length = 1; length <= 16; length++) {
      writer.content(STDIN, 1, new Uint8Array(length).fill(0xee), 0, length, padToEight(length));
      const [record] = recordsOf(writer);
      assert.equal(record.padding.length, (8 - (length % 8)) % 8);
    }
    const other = new RecordWriter();
    other.record(STDIN, 1, new Uint8Array(64).fill(0xff), 0);
    bytesOf(other);
    writeParams(other, 1, [['A', 'b']], RULES.params);
    assert.equal(recordsOf(other)[0].padding.length, 4);
  });

  it('item 9: padding can be left out or chosen', () => {
    for (const pad of [0, 1, 255]) {
      const writer = new RecordWriter();
      writer.stream(STDIN, 1, new Uint8Array(5), 0, 5, 65_535, () => pad);
      assert.equal(recordsOf(writer)[0].padding.length, pad);
    }
  });

  it('item 14: nothing is written for no bytes; the end is one empty record', () => {
    const connection = new RecordedConnection();
    const request = connection.core.open({
      stdout() {},
      stdoutEnd() {},
      stderr() {},
      requestEnd() {},
      requestLost() {},
    })!;
    request.begin(1, 0, [], RULES.params);
    connection.written();
    request.stdin(new Uint8Array(0), 0, 0, RULES.body);
    assert.equal(connection.written().length, 0);
    request.endStdin();
    assert.deepEqual(connection.written(), Buffer.from(hex('01 05 0001 0000 00 00')));
  });

  it('hands large contents on where they lie and keeps the order', () => {
    const large = new Uint8Array(10_000).fill(7);
    const writer = new RecordWriter();
    writer.record(1, 1, Uint8Array.of(1), 0);
    writer.stream(STDIN, 1, large, 0, large.length, 65_535, padToEight);
    writer.end(STDIN, 1);
    const pieces: Uint8Array[] = [];
    writer.flush((piece) => {
      pieces.push(piece);
      return false;
    });
    assert.ok(pieces.some((piece) => piece.buffer === large.buffer));
    const { records } = readRecords(Buffer.concat(pieces));
    assert.deepEqual(
      records.map(({ type, content }) => [type, content.length]),
      [
        [1, 1],
        [5, 10_000],
        [5, 0],
      ],
    );
  });

  it('does not write over bytes that somebody still holds', () => {
    const writer = new RecordWriter();
    const held: { piece: Uint8Array; copy: Uint8Array }[] = [];
    for (let i = 0; i < 50; i++) {
      writer.record(6, i + 1, new Uint8Array(100).fill(i), 0);
      writer.flush((piece) => {
        held.push({ piece, copy: piece.slice() });
        return false;
      });
    }
    for (const { piece, copy } of held) assert.deepEqual(piece, copy);
  });

  it('property: any sequence of records is read back, whatever the sizes', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.integer({ min: 0, max: 255 }),
            fc.integer({ min: 0, max: 65_535 }),
            fc.integer({ min: 0, max: 9000 }),
          ),
          {
            maxLength: 12,
          },
        ),
        (list) => {
          const writer = new RecordWriter();
          for (const [type, id, length] of list)
            writer.record(type, id, new Uint8Array(length).fill(type), length % 256);
          const total = writer.length;
          const bytes = bytesOf(writer);
          assert.equal(bytes.length, total);
          const { records } = readRecords(bytes);
          assert.deepEqual(
            records.map((record) => [record.type, record.id, record.content.length, record.padding.length]),
            list.map(([type, id, length]) => [type, id, length, length % 256]),
          );
        },
      ),
      { seed: 1 },
    );
  });
});

describe('PARAMS', () => {
  it('item 17: lengths up to 127 take one byte, longer ones four with the top bit set', () => {
    for (const length of [0, 1, 127, 128, 255, 256, 20_000]) {
      const { contents, pairs } = params([['N', 'v'.repeat(length)]]);
      const [{ content }] = contents;
      if (length < 128) assert.deepEqual([...content.subarray(0, 2)], [1, length]);
      else assert.deepEqual([...content.subarray(0, 5)], [1, 0x80, length >> 16, (length >> 8) & 255, length & 255]);
      assert.equal(pairs()[0][1].length, length);
    }
  });

  it('item 18, 20: all four layouts, name length, value length, name, value', () => {
    const long = 'x'.repeat(128);
    for (const pair of [
      ['a', 'b'],
      ['a', long],
      [long, 'b'],
      [long, long],
    ] as const) {
      assert.deepEqual(params([pair]).pairs(), [[...pair]]);
    }
    assert.deepEqual(
      Buffer.from(params([['SERVER_PORT', '80']]).contents[0].content),
      Buffer.from(hex('0b 02 5345525645525f504f5254 3830')),
    );
  });

  it('item 21, 22: values are bytes; empty names and values are written', () => {
    const all = Uint8Array.from({ length: 256 }, (_, index) => index);
    const { pairs } = params([
      ['ALL', all],
      ['', 'x'],
      ['EMPTY', ''],
      ['UTF8', 'é€😀'],
    ]);
    assert.deepEqual(pairs(), [
      ['ALL', Buffer.from(all).toString('latin1')],
      ['', 'x'],
      ['EMPTY', ''],
      ['UTF8', Buffer.from('é€😀').toString('latin1')],
    ]);
  });

  it('item 26: repeated names are sent as often as they are given', () => {
    assert.deepEqual(
      params([
        ['A', '1'],
        ['A', '2'],
      ]).pairs(),
      [
        ['A', '1'],
        ['A', '2'],
      ],
    );
  });

  it('item 27: everything that fits goes into one record', () => {
    const value = 'v'.repeat(65_535 - 5 - 1);
    const { contents } = params([['N', value]]);
    assert.deepEqual(
      contents.map(({ content }) => content.length),
      [65_535],
    );
    assert.equal(fitsOneRecord([['N', value]], 65_535), true);
    assert.equal(fitsOneRecord([['N', `${value}x`]], 65_535), false);
  });

  it('item 27: no pair lies in two records where it can be helped', () => {
    const list = Array.from({ length: 800 }, (_, i): [string, string] => [
      `NAME_${i}`,
      'v'.repeat(91 - `NAME_${i}`.length),
    ]);
    const { contents, records, splitPair, pairs } = params(list);
    assert.equal(splitPair, false);
    assert.equal(records, contents.length);
    assert.ok(contents.length >= 2);
    for (const { content } of contents) readPairs(content);
    assert.deepEqual(pairs(), list);
  });

  it('item 27: a pair larger than a record is cut, and that is told', () => {
    const list: [string, string][] = [
      ['A', '1'],
      ['BIG', 'x'.repeat(70_000)],
      ['Z', '2'],
    ];
    const { splitPair, pairs, contents } = params(list);
    assert.equal(splitPair, true);
    assert.deepEqual(pairs(), list);
    assert.equal(contents[0].content.length, 4, 'the pair before it stays whole');
  });

  it('can be cut anywhere, at any record size', () => {
    const list: [string, string][] = [
      ['QUERY_STRING', 'a=1'],
      ['LONG', 'y'.repeat(300)],
    ];
    for (const recordSize of [1, 2, 3, 7, 20, 300]) {
      const { contents, pairs } = params(list, { cut: 'anywhere', recordSize });
      assert.ok(contents.every(({ content }) => content.length <= recordSize));
      assert.deepEqual(pairs(), list);
    }
  });

  it('property: any pairs are read back, by any rule', () => {
    const text = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 200 }));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(text, text), { maxLength: 30 }),
        fc.constantFrom('at-pairs' as const, 'anywhere' as const),
        fc.integer({ min: 1, max: 400 }),
        (list, cut, recordSize) => {
          // Lone surrogates become U+FFFD, here and there.
          const latin1 = (value: string) => Buffer.from(value).toString('latin1');
          const { pairs, contents, splitPair } = params(list, { cut, recordSize, padding: noPadding });
          assert.deepEqual(
            pairs(),
            list.map(([name, value]) => [latin1(name), latin1(value)]),
          );
          assert.ok(contents.every(({ content }) => content.length <= recordSize));
          if (cut === 'at-pairs' && !splitPair) for (const { content } of contents) readPairs(content);
        },
      ),
      { seed: 2 },
    );
  });
});

describe('the streams of a request', () => {
  const sink = { stdout() {}, stdoutEnd() {}, stderr() {}, requestEnd() {}, requestLost() {} };
  const shape = (bytes: Uint8Array) =>
    readRecords(bytes).records.map(({ type, id, content }) => [type, id, content.length]);

  it('item 52: BEGIN_REQUEST has 8 bytes: role, flags, 5 reserved', () => {
    const connection = new RecordedConnection();
    connection.core.open(sink)!.begin(0x0203, 1, [], RULES.params);
    assert.deepEqual(
      connection.written(),
      Buffer.from(hex('01 01 0001 0008 00 00  0203 01 0000000000  01 04 0001 0000 00 00')),
    );
  });

  it('item 61: the end of STDIN is sent even with no body', () => {
    const connection = new RecordedConnection();
    connection.get();
    assert.deepEqual(shape(connection.written()), [
      [1, 1, 8],
      [4, 1, 4],
      [4, 1, 0],
      [5, 1, 0],
    ]);
  });

  it('item 59, 60: BEGIN, PARAMS, STDIN, DATA in that order, one end of each', () => {
    const connection = new RecordedConnection();
    const request = connection.core.open(sink)!;
    const piece = new Uint8Array(3);
    request.begin(3, 0, [['A', 'b']], RULES.params);
    assert.throws(() => request.data(piece, 0, 3, RULES.body), RangeError, 'DATA before the end of STDIN');
    request.stdin(piece, 0, 3, RULES.body);
    request.endStdin();
    assert.throws(() => request.stdin(piece, 0, 3, RULES.body), RangeError, 'STDIN after its end');
    request.data(piece, 0, 3, RULES.body);
    assert.equal(request.sent, false);
    request.endData();
    assert.equal(request.sent, true);
    assert.throws(() => request.endData(), RangeError);
    assert.throws(() => request.begin(1, 0, [], RULES.params), RangeError, 'a second BEGIN_REQUEST');
    assert.deepEqual(shape(connection.written()), [
      [1, 1, 8],
      [4, 1, 4],
      [4, 1, 0],
      [STDIN, 1, 3],
      [STDIN, 1, 0],
      [DATA, 1, 3],
      [DATA, 1, 0],
    ]);
  });

  it('item 90: an Authorizer gets no STDIN', () => {
    const connection = new RecordedConnection();
    const { request } = connection.get(2);
    assert.equal(request.sent, true);
    assert.deepEqual(
      shape(connection.written()).map(([type]) => type),
      [1, 4, 4],
    );
  });

  it('item 81: ABORT_REQUEST has no content', () => {
    const connection = new RecordedConnection();
    const { request } = connection.get();
    connection.written();
    request.abort(true);
    assert.deepEqual(connection.written(), Buffer.from(hex('01 02 0001 0000 00 00')));
  });

  it('item 46: GET_VALUES has at least one byte of padding', () => {
    for (const length of [48, 47, 41, 40, 1]) {
      const connection = new RecordedConnection();
      connection.core.getValues(new Uint8Array(length));
      const [record] = readRecords(connection.written()).records;
      assert.deepEqual([record.type, record.id, record.content.length], [9, 0, length]);
      assert.ok(record.padding.length >= 1);
      assert.equal((8 + length + record.padding.length) % 8, 0);
    }
  });
});
