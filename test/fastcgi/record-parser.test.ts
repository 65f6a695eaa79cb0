// Records out of bytes (specification 1.0, section 3.3): whole, in pieces, after losses, and out of nonsense.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { beginRequest, endRequest, record } from '../../src/fastcgi/encode.js';
import { concat, hex } from '../support/bytes.js';
import { cuts, pieces, single } from '../support/pieces.js';
import { RecordCollector } from './record-collector.js';

const collect = () => new RecordCollector();
const text = (length: number) => 'x'.repeat(length);

const anyRecord = fc.record({
  type: fc.integer({ min: 0, max: 255 }),
  requestId: fc.integer({ min: 0, max: 65535 }),
  content: fc.uint8Array({ maxLength: 300 }),
  padding: fc.constantFrom(0, 0, 1, 7, 255),
});

describe('records', () => {
  it('are what was written, however the bytes come', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 8 }), cuts, (list, shares) => {
        const parts = list.map(({ type, requestId, content, padding }) => record(type, requestId, content, padding));
        const bytes = concat(...parts);
        let offset = 0;
        const expected = list.map(({ type, requestId, content, padding }, index) => {
          const at = offset;
          offset += parts[index].length;
          const base = {
            type,
            requestId,
            contentLength: content.length,
            paddingLength: padding,
            offset: at,
            missing: 0,
          };
          return { ...base, content: Buffer.from(content).toString('latin1') };
        });
        for (const way of [[bytes], pieces(bytes, shares), single(bytes)]) {
          const heard = collect().push(...way);
          assert.deepEqual(heard.records, expected);
          assert.deepEqual([heard.parser.offset, heard.parser.atBoundary, heard.troubles], [bytes.length, true, []]);
        }
      }),
    );
  });

  it('may be as large as they can be', () => {
    const content = text(65535);
    const heard = collect().push(record(6, 65535, content, 255), record(5, 1));
    assert.deepEqual(
      heard.records.map(({ contentLength, offset }) => [contentLength, offset]),
      [
        [65535, 0],
        [0, 65798],
      ],
    );
    assert.equal(heard.records[0].content, content);
  });

  it('are not told before they are whole', () => {
    const bytes = record(6, 1, 'abc', 5);
    const heard = collect().push(bytes.subarray(0, -1));
    assert.deepEqual([heard.records, heard.parser.atBoundary, heard.parser.inHeader], [[], false, false]);
    heard.push(bytes.subarray(-1));
    assert.deepEqual([heard.types, heard.parser.atBoundary], [[6], true]);
    heard.push(bytes.subarray(0, 7));
    assert.deepEqual([heard.parser.atBoundary, heard.parser.inHeader, heard.types], [false, true, [6]]);
  });

  it('begin anew after a restart', () => {
    const heard = collect().push(record(6, 1, 'abc').subarray(0, 9));
    heard.parser.restart();
    heard.push(record(5, 1, 'x'));
    assert.deepEqual(
      heard.records.map(({ type, offset, content }) => [type, offset, content]),
      [[5, 0, 'x']],
    );
    heard.push(hex('00'));
    assert.ok(heard.parser.stopped);
    heard.parser.restart();
    assert.deepEqual(heard.push(record(5, 1)).types, [5, 5]);
    heard.parser.search();
    heard.parser.restart();
    assert.deepEqual([heard.parser.searching, heard.push(record(7, 9)).types], [false, [5, 5, 7]]);
  });
});

describe('a version that is not 1', () => {
  it('ends the decoding of its direction, once, where it stands', () => {
    const bytes = concat(record(6, 1, 'ab', 6), hex('0206000100020000'), record(3, 1, text(8)));
    for (const way of [[bytes], single(bytes)]) {
      const heard = collect().push(...way);
      assert.deepEqual([heard.types, heard.troubles], [[6], ['bad version 2 at 16']]);
      assert.deepEqual([heard.parser.stopped, heard.parser.offset], [true, bytes.length]);
      heard.gap(100).push(record(6, 1));
      assert.deepEqual([heard.types, heard.parser.offset], [[6], bytes.length + 108]);
    }
  });

  it('is seen in the first byte of a stream', () => {
    assert.deepEqual(collect().push(hex('47')).troubles, ['bad version 71 at 0']);
  });
});

describe('a gap', () => {
  const body = record(6, 1, 'abcdefgh', 4);
  const next = record(3, 1, text(8));

  it('inside a record costs its bytes and nothing else', () => {
    for (const [from, length, content, missing] of [
      [8, 8, '????????', 8],
      [10, 3, 'ab???fgh', 3],
      [10, 6, 'ab??????', 6],
      [10, 8, 'ab??????', 6],
      [10, 10, 'ab??????', 6],
      [16, 4, 'abcdefgh', 0],
      [17, 2, 'abcdefgh', 0],
    ] as const) {
      const heard = collect()
        .push(body.subarray(0, from))
        .gap(length)
        .push(body.subarray(from + length), next);
      assert.deepEqual(heard.types, [6, 3], `${length} bytes at ${from}`);
      assert.deepEqual([heard.records[0].content, heard.records[0].missing], [content, missing]);
      assert.deepEqual([heard.records[1].offset, heard.troubles], [20, []]);
    }
  });

  it('over the end of a record ends it and loses the framing until the next header', () => {
    const stream = concat(body, record(6, 1, 'lost'), next);
    for (const from of [9, 16, 19]) {
      const heard = collect()
        .push(stream.subarray(0, from))
        .gap(25 - from)
        .push(stream.subarray(25));
      assert.deepEqual(heard.types, [6, 3], `from ${from}`);
      assert.deepEqual(heard.troubles, ['resynchronised at 32 after 7']);
    }
  });

  it('between records, or in a header, loses the framing too', () => {
    for (const from of [20, 22, 27]) {
      const stream = concat(body, record(6, 1, 'lost'), next);
      const heard = collect()
        .push(stream.subarray(0, from))
        .gap(30 - from)
        .push(stream.subarray(30));
      assert.deepEqual([heard.types, heard.troubles], [[6, 3], ['resynchronised at 32 after 2']]);
    }
  });
});

describe('searching for a header', () => {
  const search = (...bytes: Uint8Array[]) => {
    const heard = collect();
    heard.parser.search();
    return heard.push(...bytes);
  };

  it('finds the first that is plausible, cut anywhere', () => {
    const stream = concat(hex('01 06 00 09 00 01 00 00 01 01 06'), record(6, 1, 'abc'), endRequest(1));
    for (const way of [[stream], single(stream)]) {
      const heard = search(...way);
      assert.deepEqual([heard.types, heard.troubles], [[6, 3], ['resynchronised at 11 after 11']]);
      assert.equal(heard.records[0].content, 'abc');
    }
  });

  it('believes BEGIN_REQUEST of any id, others of ids that are known', () => {
    assert.deepEqual(search(beginRequest(700)).types, [1]);
    assert.deepEqual(search(record(6, 700, 'abc')).types, []);
    assert.deepEqual(search(record(1, 1, 'abc')).types, [], 'BEGIN_REQUEST has 8 bytes');
    assert.deepEqual(search(record(3, 1, 'abc')).types, [], 'END_REQUEST has 8 bytes');
    assert.deepEqual(search(record(9, 0, 'abc'), record(9, 0)).types, [9, 9]);
    assert.deepEqual(search(record(9, 1, 'abc')).types, [], 'management records have id 0');
    assert.deepEqual(search(record(12, 1, 'abc')).types, [], 'there is no type 12');
  });

  it('goes on when what it found was an accident', () => {
    const accident = hex('01 06 00 01 00 04 00 00 61 62 63 64');
    const stream = concat(accident, 'and then something else', record(6, 1, 'true'), endRequest(1));
    for (const way of [[stream], single(stream)]) {
      const heard = search(...way);
      assert.deepEqual(heard.types, [6, 6, 3]);
      assert.deepEqual(heard.troubles, ['resynchronised at 0 after 0', `resynchronised at 35 after 22`]);
      assert.ok(!heard.parser.stopped);
    }
  });

  it('trusts what is confirmed by a second header', () => {
    const heard = search(record(6, 1, 'abc'), record(6, 1, 'def'), hex('ff'), record(6, 1));
    assert.deepEqual([heard.types, heard.parser.stopped], [[6, 6], true]);
  });
});

it('random bytes and gaps: nothing is thrown, no byte is lost count of, and pieces do not matter', () => {
  const nearly = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    anyRecord.map(({ type, content, padding }) => record(type % 12, 1, content, padding)),
    fc.constant(hex('01060001')),
  );
  const step = fc.oneof(nearly, fc.integer({ min: 1, max: 70_000 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), fc.boolean(), cuts, (steps, midStream, shares) => {
      const ways = [(bytes: Uint8Array) => [bytes], (bytes: Uint8Array) => pieces(bytes, shares), single];
      const [whole, ...others] = ways.map((way) => {
        const heard = collect();
        if (midStream) heard.parser.search();
        for (const each of steps) typeof each === 'number' ? heard.gap(each) : heard.push(...way(each));
        return heard;
      });
      const total = steps.reduce<number>((sum, each) => sum + (typeof each === 'number' ? each : each.length), 0);
      assert.equal(whole.parser.offset, total);
      for (const other of others) {
        assert.deepEqual([other.records, other.troubles], [whole.records, whole.troubles]);
        assert.equal(other.parser.offset, total);
      }
    }),
    { numRuns: 500 },
  );
});
