// Captured bytes on a terminal: shown, never acting.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { safeText } from '../../src/reporters/safe-text.js';
import { textWidth } from '../../src/reporters/text-layout.js';

const UNSAFE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
const bytes = (...values: number[]) => new Uint8Array(values);

test('what is printable stays, the backslash included', () => {
  for (const text of ['', '/a?b=1&c="d"', 'C:\\x1b', 'naïve Ünïcödé 日本語 👍 e\u0301'])
    assert.equal(safeText(text), text);
  assert.equal(safeText(new TextEncoder().encode('naïve 日本語 👍')), 'naïve 日本語 👍');
});

test('controls, escapes, C1, DEL', () => {
  assert.equal(safeText('a\x1b[31mred\x07\0\x7f'), 'a\\x1b[31mred\\x07\\x00\\x7f');
  assert.equal(safeText('a\nb\r\tc'), 'a\\nb\\r\\tc');
  assert.equal(safeText('\u009b31m\u0085'), '\\u{9b}31m\\u{85}');
});

test('what changes the order or the look of the line: overrides, isolates, zero-width, separators, tags, fillers', () => {
  for (const code of [
    0x202e, 0x2066, 0x200b, 0x200d, 0x200e, 0x2028, 0x2029, 0xfeff, 0xad, 0x61c, 0xe0041, 0x3164, 0xfe0f, 0x034f,
    0xe000,
  ]) {
    assert.equal(safeText(`a${String.fromCodePoint(code)}b`), `a\\u{${code.toString(16)}}b`);
  }
  assert.equal(safeText('a\ud800b\udc00'), 'a\\u{d800}b\\u{dc00}');
  assert.equal(safeText(`a${'\u0301'.repeat(6)}b`), `a${'\u0301'.repeat(4)}\\u{301}\\u{301}b`);
});

test('bytes that are no UTF-8', () => {
  assert.equal(safeText(bytes(0x61, 0xff, 0x62)), 'a\\xffb');
  assert.equal(safeText(bytes(0xc3)), '\\xc3');
  assert.equal(safeText(bytes(0xc0, 0xaf)), '\\xc0\\xaf'); // overlong
  assert.equal(safeText(bytes(0xed, 0xa0, 0x80)), '\\xed\\xa0\\x80'); // a surrogate
  assert.equal(safeText(bytes(0xf4, 0x90, 0x80, 0x80)), '\\xf4\\x90\\x80\\x80'); // beyond Unicode
  assert.equal(safeText(bytes(0xe2, 0x82, 0x61)), '\\xe2\\x82a'); // cut inside
  assert.equal(safeText(bytes(0x9b, 0x33)), '\\x9b3');
});

test('cut with an ellipsis at a width, never inside an escape', () => {
  assert.equal(safeText('abcdef', 6), 'abcdef');
  assert.equal(safeText('abcdefg', 6), 'abcde…');
  assert.equal(safeText('日本語', 5), '日本…');
  assert.equal(safeText('日本語', 4), '日…');
  assert.equal(safeText('ab\x1bcdef', 6), 'ab…');
  assert.equal(safeText('ab\x1b', 6), 'ab\\x1b');
  assert.equal(safeText('abcdefg', 6, '...'), 'abc...');
  assert.equal(safeText('abcdefg', 1), '…');
  assert.equal(safeText('abcdefg', 0), '');
  assert.equal(safeText('abcdefg', 2, '...'), '');
  assert.equal(safeText('', 0), '');
});

test('a bound is kept without looking at all of a large value', () => {
  let read = 0;
  const large = new Proxy(new Uint8Array(1 << 20).fill(0x61), {
    get(target, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) read++;
      return Reflect.get(target, key, target);
    },
  });
  assert.equal(safeText(large, 10), 'aaaaaaaaa…');
  assert.ok(read < 200, `${read} bytes were read`);
});

const anything = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('a', '\x1b', '\\', 'x', '1', '\u202e', '\u0301', '日', '👍', '\ud83d', '\u009b', '\n'),
  }),
);

test('no output has an unsafe character, of any string or bytes, at any width', () => {
  fc.assert(
    fc.property(
      fc.oneof(anything, fc.uint8Array({ maxLength: 40 })),
      fc.integer({ min: 0, max: 50 }),
      (value, width) => {
        const whole = safeText(value);
        assert.doesNotMatch(whole, UNSAFE);
        const cut = safeText(value, width);
        assert.doesNotMatch(cut, UNSAFE);
        assert.ok(textWidth(cut) <= width);
        if (textWidth(whole) <= width) assert.equal(cut, whole);
        else assert.ok(width === 0 || (cut.endsWith('…') && whole.startsWith(cut.slice(0, -1))));
      },
    ),
    { numRuns: 1000 },
  );
});

test('making safe text safe again changes nothing', () => {
  fc.assert(
    fc.property(
      fc.oneof(anything, fc.uint8Array({ maxLength: 40 })),
      fc.integer({ min: 0, max: 50 }),
      (value, width) => {
        const whole = safeText(value);
        assert.equal(safeText(whole), whole);
        const cut = safeText(value, width);
        assert.equal(safeText(cut, width), cut);
      },
    ),
    { numRuns: 500 },
  );
});

test('bytes and the string they encode come out the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      fc.pre(!/\p{Cs}/u.test(text));
      assert.equal(safeText(new TextEncoder().encode(text)), safeText(text));
    }),
  );
});
