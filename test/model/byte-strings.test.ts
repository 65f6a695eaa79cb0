// Byte strings as numbers: each distinct one once, no byte lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteStrings, decodeBytes, MAX_STORED, NO_STRING } from '../../src/model/byte-strings.js';
import { concat, toBytes } from '../support/bytes.js';

function intern(strings: ByteStrings, bytes: Uint8Array): number {
  return strings.intern(bytes, 0, bytes.length);
}

test('equal bytes have one id, others another, and each gives its text back', () => {
  const anyBytes = fc.oneof(
    fc.uint8Array({ maxLength: 12 }),
    fc.string().map(toBytes),
    fc.constantFrom('', 'GET', '/a', '/b').map(toBytes),
  );
  fc.assert(
    fc.property(fc.array(anyBytes, { maxLength: 60 }), (values) => {
      const strings = new ByteStrings();
      const ids = new Map<string, number>();
      for (const value of values) {
        const key = Buffer.from(value).toString('hex');
        const id = intern(strings, value);
        assert.equal(id, ids.get(key) ?? id);
        ids.set(key, id);
        assert.equal(strings.text(id), decodeBytes(value));
        assert.equal(strings.internLike(id, value, 0, value.length), id);
      }
      assert.equal(new Set(ids.values()).size, ids.size);
      assert.equal(strings.size, ids.size + 1);
    }),
  );
});

test('a part of a buffer, and a guess that is wrong', () => {
  const strings = new ByteStrings();
  const buffer = concat('xxGETyyPOSTzz');
  const get = strings.intern(buffer, 2, 5);
  const post = strings.internLike(get, buffer, 7, 11);
  assert.deepEqual([strings.text(get), strings.text(post)], ['GET', 'POST']);
  assert.equal(strings.internLike(post, toBytes('GET'), 0, 3), get);
  assert.equal(strings.internLike(NO_STRING, toBytes('GET'), 0, 3), get);
  assert.equal(strings.internLike(post, toBytes('POS'), 0, 3), strings.intern(buffer, 7, 10));
  assert.equal(strings.text(NO_STRING), '');
});

test('many values keep their ids', () => {
  const strings = new ByteStrings();
  const values = Array.from({ length: 20_000 }, (_, i) => toBytes(`/page/${i}?${'x'.repeat(i % 40)}`));
  const ids = values.map((value) => intern(strings, value));
  assert.equal(new Set(ids).size, values.length);
  values.forEach((value, i) => {
    assert.equal(intern(strings, value), ids[i]);
    assert.equal(strings.text(ids[i]), decodeBytes(value));
  });
});

test('values that nothing names any more go, once all of them take much room', () => {
  const longValue = (i: number) => toBytes(`/page/${i}?${'x'.repeat(1000)}`);
  for (const count of [100, 5000]) {
    const strings = new ByteStrings();
    const ids = Uint32Array.from({ length: count }, (_, i) => intern(strings, longValue(i)));
    const kept = Uint32Array.of(ids[count - 1], NO_STRING, ids[7], ids[count - 1]);
    strings.retain([kept], kept.length);
    assert.equal(strings.size, count === 100 ? 101 : 3);
    assert.deepEqual(
      [...kept].map((id) => strings.text(id)),
      [longValue(count - 1), new Uint8Array(0), longValue(7), longValue(count - 1)].map(decodeBytes),
    );
    assert.equal(intern(strings, longValue(7)), kept[2]);
  }
});

test('long values are cut, not told apart beyond the cut', () => {
  const strings = new ByteStrings();
  const long = 'a'.repeat(MAX_STORED);
  const id = intern(strings, toBytes(`${long}b`));
  assert.equal(intern(strings, toBytes(`${long}c`)), id);
  assert.equal(intern(strings, toBytes(long)), id);
  assert.equal(strings.text(id), long);
});

test('bytes that are no UTF-8 become a character each', () => {
  assert.equal(decodeBytes(toBytes('é€')), 'é€');
  assert.equal(decodeBytes(Uint8Array.of(0x2f, 0xe9, 0xff, 0x00)), '/éÿ\u0000');
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = decodeBytes(bytes);
      const same = (encoding: 'utf8' | 'latin1') => Buffer.from(text, encoding).equals(Buffer.from(bytes));
      assert.ok(same('utf8') || same('latin1'));
    }),
  );
});
