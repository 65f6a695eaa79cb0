// The regular expressions of filters: the same answers as JavaScript's for what both know, in linear time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_PATTERN, PatternError, patternMatcher } from '../../../src/analysis/filter/pattern.js';

const atom = fc.constantFrom(
  'a',
  'b',
  'c',
  '.',
  '[ab]',
  '[^a]',
  '[a-c]',
  '\\d',
  '\\w',
  '\\W',
  '\\s',
  '1',
  '\\.',
  '[\\d.]',
  '-',
);
const pattern: fc.Arbitrary<string> = fc.letrec<{ choice: string; sequence: string; item: string }>((tie) => ({
  choice: fc.array(tie('sequence'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('|')),
  sequence: fc.array(tie('item'), { maxLength: 4 }).map((parts) => parts.join('')),
  item: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    atom,
    fc.constantFrom('^', '$'),
    fc
      .tuple(
        fc.oneof(
          { maxDepth: 2 },
          atom,
          tie('choice').map((inner) => `(${inner})`),
        ),
        fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{2,}', '*?'),
      )
      .map(([inner, times]) => inner + times),
    tie('choice').map((inner) => `(?:${inner})`),
  ),
})).choice;

test('any pattern of the syntax answers as JavaScript does', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', '.', '-', ' ', '\n', 'é'), maxLength: 8 });
  fc.assert(
    fc.property(
      pattern.filter((source) => source.length <= MAX_PATTERN),
      fc.array(text, { minLength: 1, maxLength: 8 }),
      (source, texts) => {
        const matches = patternMatcher(source);
        const expected = new RegExp(source);
        for (const one of texts)
          assert.equal(matches(one), expected.test(one), `/${source}/ on ${JSON.stringify(one)}`);
      },
    ),
    { numRuns: 1500 },
  );
});

test('ignoring case', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'A', 'z', 'Z', '_', '['), maxLength: 6 });
  fc.assert(
    fc.property(fc.constantFrom('a', 'Z', '[a-z]', '[^Z]', 'aZ', '[X-_]'), text, (source, one) => {
      assert.equal(patternMatcher(`(?i)${source}`)(one), new RegExp(source, 'i').test(one), `/${source}/i on ${one}`);
    }),
  );
});

test('patterns that take a backtracking matcher for ever', () => {
  const long = 'a'.repeat(60_000);
  for (const source of [
    '(a+)+$',
    '(a|a)*b',
    '(a*)*c',
    'a*a*a*a*a*b',
    '(.*)(.*)(.*)x',
    '(a|aa)+$',
    '([a-z]+)*=',
    '(a?){100}a{100}c',
  ]) {
    assert.equal(patternMatcher(source)(`${long}!`), false, source);
  }
  assert.equal(patternMatcher('(a+)+$')(long), true);
});

test('answers stay right when remembered states are dropped for want of room', () => {
  const matches = patternMatcher('(x|.[^y]){1,6}zz$');
  for (let start = 0; start < 65_536; start += 4096) {
    let text = '';
    for (let code = start; code < start + 1024; code++) text += String.fromCharCode(code);
    assert.equal(matches(text), false);
    assert.equal(matches(`${text}zz`), true);
  }
});

test('what is refused, and where', () => {
  const cases: readonly (readonly [string, RegExp, number])[] = [
    ['a)', /a \) without its \(/, 1],
    ['x(a', /a \( without its \)/, 1],
    ['[a', /a \[ without its \]/, 0],
    ['*a', /nothing to repeat/, 0],
    ['a**', /nothing to repeat/, 2],
    ['^*', /nothing to repeat/, 0],
    ['a{3,2}', /out of order/, 1],
    ['[z-a]', /out of order/, 2],
    ['a{2000}', /more than 1000 repetitions/, 1],
    ['(a{1000}){1000}', /too many repetitions/, 0],
    ['(((){1000}){1000}){1000}', /too many repetitions/, 0],
    ['(?<n>a)', /not supported/, 0],
    ['\\1', /not supported/, 0],
    ['\\bword', /not supported/, 0],
    ['a\\', /a \\ at the end/, 1],
    ['a{', /write \\\{/, 1],
    ['a'.repeat(MAX_PATTERN + 1), /longer than/, MAX_PATTERN],
    ['('.repeat(60), /nested too deeply/, 50],
  ];
  for (const [source, message, at] of cases) {
    assert.throws(
      () => patternMatcher(source),
      (error) => error instanceof PatternError && message.test(error.message) && error.at === at,
      source,
    );
  }
});

test('any text is a pattern or a PatternError', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'ab()[]{}|*+?^$.\\-,12di:'), maxLength: 14 }),
      fc.string(),
      (source, text) => {
        try {
          assert.equal(typeof patternMatcher(source)(text), 'boolean');
        } catch (error) {
          assert.ok(error instanceof PatternError, String(error));
        }
      },
    ),
    { numRuns: 3000 },
  );
});
