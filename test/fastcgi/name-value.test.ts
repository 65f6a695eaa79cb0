// Name-value pairs (specification 1.0, section 3.4) from streams cut anywhere.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { nameValuePairs } from '../../src/fastcgi/encode.js';
import { EVERY_LENGTH, MAX_PAIR, NameValueParser, type PairSink } from '../../src/fastcgi/name-value.js';
import { concat, hex } from '../support/bytes.js';
import { cuts, pieces, single } from '../support/pieces.js';

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

class Pairs implements PairSink {
  readonly parser = new NameValueParser();
  readonly list: [string, string][] = [];

  constructor(readonly wantedLengths: Uint8Array = EVERY_LENGTH) {}

  push(...parts: readonly Uint8Array[]): this {
    for (const part of parts) this.parser.push(part, 0, part.length, this);
    return this;
  }

  pair(bytes: Uint8Array, nameStart: number, valueStart: number, valueEnd: number): void {
    this.list.push([latin1(bytes.subarray(nameStart, valueStart)), latin1(bytes.subarray(valueStart, valueEnd))]);
  }
}

const lengths = fc.oneof(fc.nat(10), fc.constantFrom(0, 126, 127, 128, 129, 254, 255, 256, 400));
const anyBytes = lengths.chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));

describe('name-value pairs', () => {
  it('are what was written, however the bytes come, with lengths of one byte or four', () => {
    const anyPairs = fc.array(fc.tuple(anyBytes, anyBytes), { maxLength: 8 });
    fc.assert(
      fc.property(anyPairs, fc.boolean(), cuts, (pairs, longLengths, shares) => {
        const bytes = nameValuePairs(pairs, longLengths);
        const expected = pairs.map(([name, value]) => [latin1(name), latin1(value)]);
        for (const way of [[bytes], pieces(bytes, shares), single(bytes)]) {
          const heard = new Pairs().push(...way);
          assert.deepEqual(heard.list, expected);
          assert.deepEqual([heard.parser.pending, heard.parser.overflowed], [false, false]);
        }
      }),
    );
  });

  it('cut at every place: pending until the last byte', () => {
    const bytes = nameValuePairs([['NAME', 'v'.repeat(200)]]);
    for (let cut = 1; cut < bytes.length; cut++) {
      const heard = new Pairs().push(bytes.subarray(0, cut));
      assert.deepEqual([heard.list.length, heard.parser.pending], [0, true]);
      heard.push(bytes.subarray(cut));
      assert.deepEqual([heard.list.length, heard.parser.pending], [1, false]);
    }
  });

  it('of unwanted name lengths are stepped over', () => {
    const wanted = new Uint8Array(256);
    wanted[4] = wanted[255] = 1;
    const long = 'n'.repeat(300);
    const bytes = nameValuePairs([
      ['AAAA', '1'],
      ['BBB', '2'],
      [long, '3'],
      ['CCCC', 'v'.repeat(300)],
      ['', ''],
    ]);
    for (const way of [[bytes], single(bytes)]) {
      const heard = new Pairs(wanted).push(...way);
      assert.deepEqual(
        heard.list.map(([name]) => name),
        ['AAAA', long, 'CCCC'],
      );
    }
  });

  it('begin anew after a restart', () => {
    const heard = new Pairs().push(hex('0405 41'));
    heard.parser.restart();
    heard.push(hex('0101 4142'));
    assert.deepEqual(heard.list, [['A', 'B']]);
  });
});

describe('pairs that are too large', () => {
  it('are given up as soon as their lengths are known, and everything after them', () => {
    for (const header of ['ffffffff ffffffff', '01 ffffffff 41', 'ffffffff 00', '80100000 01']) {
      for (const way of [[hex(header)], single(hex(header))]) {
        const heard = new Pairs().push(hex('0101 4142'), ...way, hex('0101 4344'));
        assert.deepEqual([heard.list, heard.parser.overflowed], [[['A', 'B']], true], header);
        assert.equal(heard.parser.pending, false);
      }
    }
  });

  it('a pair that just fits is kept', () => {
    const value = new Uint8Array(MAX_PAIR - 4 - 4 - 1).fill(0x76);
    const bytes = nameValuePairs([['N', value]], true);
    assert.ok(bytes.length <= MAX_PAIR);
    const heard = new Pairs().push(bytes.subarray(0, 100), bytes.subarray(100));
    assert.deepEqual([heard.list[0][1].length, heard.parser.overflowed], [value.length, false]);
  });

  it('take no memory for bytes that did not come', () => {
    const heard = new Pairs();
    heard.push(hex('80010000 80080000'));
    const carry: unknown = Reflect.get(heard.parser, 'carry');
    assert.ok(carry instanceof Uint8Array && carry.length <= 1024);
  });
});

it('random bytes: nothing is thrown, and pieces do not matter', () => {
  const steps = fc.array(
    fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.constant(hex('8000')), fc.constant(hex('0302'))),
  );
  fc.assert(
    fc.property(steps, cuts, (parts, shares) => {
      const bytes = concat(...parts);
      const whole = new Pairs().push(bytes);
      for (const way of [pieces(bytes, shares), single(bytes)]) {
        const heard = new Pairs().push(...way);
        assert.deepEqual(heard.list, whole.list);
        assert.deepEqual(
          [heard.parser.pending, heard.parser.overflowed],
          [whole.parser.pending, whole.parser.overflowed],
        );
      }
    }),
    { numRuns: 500 },
  );
});
