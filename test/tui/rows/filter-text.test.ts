// The filter bar: filters, bare words, what is not finished, and where an error is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readFilter } from '../../../src/tui/rows/filter-text.js';

test('nothing, and a filter', () => {
  assert.deepEqual(readFilter('  '), { kind: 'none' });
  assert.equal(readFilter('state == S1 and dur > 100ms').kind, 'filter');
  // A field's name alone is a condition, not a word to look for.
  const field = readFilter('stderr');
  assert.ok(field.kind === 'filter' && field.meaning === undefined);
});

test('a bare word is looked for, letter for letter', () => {
  const reading = readFilter('cart.(x');
  assert.equal(reading.kind, 'error');
  const word = readFilter('a.b+c');
  assert.ok(word.kind === 'filter');
  assert.match(word.meaning!, /^uri ~ "\(\?i\)a\\\.b\\\+c" or /);
  const values = (uri: string) => (field: { readonly name: string }) => (field.name === 'uri' ? uri : undefined);
  assert.equal(word.filter.matches(0, values('/xA.B+C/')), true);
  assert.equal(word.filter.matches(0, values('/aXbbc/')), false);
});

test('half typed is not wrong, and says what is missing', () => {
  assert.deepEqual(readFilter('dur >'), { kind: 'unfinished', hint: 'needs a value: 100ms, 2s, 50us' });
  assert.deepEqual(readFilter('status =='), { kind: 'unfinished', hint: 'needs a number' });
  assert.equal(readFilter('state == S1 and').kind, 'unfinished');
  assert.equal(readFilter('uri ~ "cart').kind, 'unfinished');
});

test('an error has a column and a suggestion', () => {
  const reading = readFilter('fistfin == application');
  assert.ok(reading.kind === 'error');
  assert.equal(reading.column, 1);
  assert.match(reading.message, /did you mean firstfin\?/);
  const later = readFilter('state == S1 and dur ~ "x"');
  assert.ok(later.kind === 'error' && later.column === 21);
});

test('whatever is typed is read without an exception', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      assert.ok(['none', 'filter', 'unfinished', 'error'].includes(readFilter(text).kind));
    }),
  );
});
