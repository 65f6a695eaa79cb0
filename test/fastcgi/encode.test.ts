// The encoder against bytes written by hand from the specification, and properties over all inputs.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  AUTHORIZER,
  CANT_MPX_CONN,
  DATA,
  KEEP_CONN,
  PARAMS,
  RESPONDER,
  STDERR,
  STDIN,
  STDOUT,
} from '../../src/fastcgi/constants.js';
import * as encode from '../../src/fastcgi/encode.js';
import { concat, hex } from '../support/bytes.js';

interface ReadRecord {
  type: number;
  id: number;
  content: Uint8Array;
  padding: number;
}

/** Reads records as section 3.3 lays them out; independent of the product's decoder. */
function readRecords(bytes: Uint8Array): ReadRecord[] {
  const records: ReadRecord[] = [];
  let at = 0;
  while (at < bytes.length) {
    const [version, type, idHigh, idLow, lengthHigh, lengthLow, padding, reserved] = bytes.subarray(at, at + 8);
    assert.equal(version, 1);
    assert.equal(reserved, 0);
    const start = at + 8;
    const end = start + lengthHigh * 256 + lengthLow;
    at = end + padding;
    assert.ok(at <= bytes.length, 'a record ends after the end');
    assert.ok(bytes.subarray(end, at).every((byte) => byte === 0));
    records.push({ type, id: idHigh * 256 + idLow, content: bytes.slice(start, end), padding });
  }
  return records;
}

describe('records', () => {
  it('writes the header of section 3.3, most significant byte first', () => {
    assert.deepEqual(encode.recordHeader(STDOUT, 0x0102, 0x0304, 5), hex('01 06 0102 0304 05 00'));
  });

  it('writes a header into a larger buffer and tells where it ends', () => {
    const target = new Uint8Array(12).fill(0xff);
    assert.equal(encode.writeRecordHeader(target, 2, STDIN, 1, 0, 0), 10);
    assert.deepEqual(target, hex('ffff 01 05 0001 0000 00 00 ffff'));
    assert.throws(() => encode.writeRecordHeader(target, 5, STDIN, 1, 0, 0), RangeError);
  });

  it('writes BEGIN_REQUEST', () => {
    assert.deepEqual(encode.beginRequest(1, RESPONDER, KEEP_CONN), hex('01 01 0001 0008 00 00  0001 01 0000000000'));
    assert.deepEqual(encode.beginRequest(65535, AUTHORIZER), hex('01 01 ffff 0008 00 00  0002 00 0000000000'));
  });

  it('writes END_REQUEST with an unsigned status', () => {
    assert.deepEqual(encode.endRequest(2, -1 >>> 0, CANT_MPX_CONN), hex('01 03 0002 0008 00 00  ffffffff 01 000000'));
    assert.deepEqual(encode.endRequest(1), hex('01 03 0001 0008 00 00  00000000 00 000000'));
  });

  it('writes ABORT_REQUEST and the management records', () => {
    assert.deepEqual(encode.abortRequest(3), hex('01 02 0003 0000 00 00'));
    assert.deepEqual(encode.unknownType(99), hex('01 0b 0000 0008 00 00  63 00000000000000'));
    assert.deepEqual(encode.getValues(['AB']), hex('01 09 0000 0004 04 00  02 00 4142  00000000'));
    assert.deepEqual(encode.getValuesResult({ A: '1' }), hex('01 0a 0000 0004 04 00  01 01 41 31  00000000'));
  });

  it('refuses what the protocol cannot express', () => {
    for (const wrong of [
      () => encode.beginRequest(0),
      () => encode.beginRequest(65536),
      () => encode.beginRequest(1, 65536),
      () => encode.beginRequest(1, RESPONDER, 256),
      () => encode.endRequest(1, -1),
      () => encode.endRequest(1, 2 ** 32),
      () => encode.endRequest(1, 0, 256),
      () => encode.abortRequest(1.5),
      () => encode.unknownType(256),
      () => encode.recordHeader(256, 1, 0),
      () => encode.recordHeader(STDIN, 1, 65536),
      () => encode.recordHeader(STDIN, 1, 0, 256),
      () => encode.record(STDIN, 1, new Uint8Array(65536)),
      () => encode.record(STDIN, 1, '', -1),
      () => encode.stream(STDIN, 0, 'x'),
      () => encode.stream(STDIN, 1, 'x', { recordSize: 0 }),
      () => encode.stream(STDIN, 1, 'x', { recordSize: 65536 }),
      () => encode.stream(STDIN, 1, 'x', { recordSize: [] }),
      () => encode.stream(STDIN, 1, 'x', { padding: () => 256 }),
      () => encode.getValues(['x'.repeat(65536)]),
    ]) {
      assert.throws(wrong, RangeError);
    }
  });
});

describe('name-value pairs', () => {
  it('writes lengths up to 127 in one byte and more in four', () => {
    assert.deepEqual(encode.nameValuePairs({ a: 'b'.repeat(127) }).subarray(0, 3), hex('01 7f 61'));
    assert.deepEqual(encode.nameValuePairs({ a: 'b'.repeat(128) }).subarray(0, 6), hex('01 80000080 61'));
    assert.deepEqual(encode.nameValuePairs([['n'.repeat(128), '']]).subarray(0, 5), hex('80000080 00'));
    assert.deepEqual(encode.nameValuePairs({ a: 'b' }, true), hex('80000001 80000001 61 62'));
  });

  it('keeps the order, repeated names and raw bytes', () => {
    const pairs = encode.nameValuePairs([
      ['a', hex('ff00')],
      ['a', 'é'],
    ]);
    assert.deepEqual(pairs, hex('01 02 61 ff00  01 02 61 c3a9'));
    assert.deepEqual(encode.nameValuePairs(new Map([['x', '']])), hex('01 00 78'));
  });
});

describe('streams', () => {
  it('ends with an empty record, unless told not to', () => {
    assert.deepEqual(encode.stream(STDIN, 1, ''), hex('01 05 0001 0000 00 00'));
    assert.deepEqual(encode.stream(STDIN, 1, '', { end: false }), new Uint8Array(0));
    assert.deepEqual(
      encode.stream(STDERR, 1, 'abc'),
      hex('01 07 0001 0003 05 00 616263 0000000000  01 07 0001 0000 00 00'),
    );
  });

  it('cuts records at the sizes of a list, the last one repeating', () => {
    const records = readRecords(encode.stream(DATA, 1, 'abcdefgh', { recordSize: [1, 3, 2], end: false }));
    assert.deepEqual(
      records.map((each) => Buffer.from(each.content).toString()),
      ['a', 'bcd', 'ef', 'gh'],
    );
  });

  it('cuts a pair over two records', () => {
    const records = readRecords(encode.params(1, { name: 'value' }, { recordSize: [4, 100] }));
    assert.deepEqual(
      records.map((each) => [each.type, each.content.length]),
      [
        [PARAMS, 4],
        [PARAMS, 7],
        [PARAMS, 0],
      ],
    );
  });

  it('needs no padding for full records of the default size', () => {
    const records = readRecords(encode.stream(STDOUT, 1, new Uint8Array(65528 * 2)));
    assert.deepEqual(
      records.map((each) => [each.content.length, each.padding]),
      [
        [65528, 0],
        [65528, 0],
        [0, 0],
      ],
    );
  });

  it('gives back the content for any sizes, and pads to eight', () => {
    const sizes = fc.oneof(
      fc.integer({ min: 1, max: 300 }),
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1000 }), sizes, fc.boolean(), (content, recordSize, padded) => {
        const padding = padded ? encode.padToEight : encode.noPadding;
        const records = readRecords(encode.stream(STDOUT, 7, content, { recordSize, padding }));
        assert.equal(records.pop()?.content.length, 0);
        assert.deepEqual(concat(...records.map((each) => each.content)), content);
        for (const { type, id, content: part, padding: length } of records) {
          assert.deepEqual([type, id], [STDOUT, 7]);
          assert.ok(part.length > 0, 'an empty record would end the stream');
          assert.equal(padded ? (part.length + length) % 8 : length, 0);
          assert.ok(length < 8);
        }
      }),
    );
  });
});
