// What a user is told of a filter that cannot be understood: the column, the place, and what may have been meant.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileFilter } from '../../../src/analysis/filter/filter.js';
import { nearest } from '../../../src/analysis/filter/filter-error.js';
import { UserError } from '../../../src/model/errors.js';

function errorOf(filter: string): UserError {
  try {
    compileFilter(filter);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error;
  }
  return assert.fail(`compiles: ${filter}`);
}

test('an unknown field: its column, the nearest name, and a caret', () => {
  assert.equal(
    errorOf('stauts >= 500').message,
    'unknown field "stauts" at column 1; did you mean status?\n  stauts >= 500\n  ^',
  );
  assert.equal(
    errorOf('status >= 500 and urj ~ "cart"').message,
    'unknown field "urj" at column 19; did you mean uri?\n  status >= 500 and urj ~ "cart"\n                    ^',
  );
  assert.match(errorOf('frobnicate == 1').message, /^unknown field "frobnicate" at column 1\n/);
  assert.match(errorOf('frobnicate == 1').hint!, /^fields: status, uri/);
  assert.match(errorOf('__proto__ == 1').message, /^unknown field/);
});

test('sentences', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /^the filter is empty\n/],
    ['   ', /^the filter is empty\n/],
    ['status = 500', /^unexpected = at column 8; did you mean ==\?\n/],
    ['status & 500', /^unexpected & at column 8; did you mean && or and\?\n/],
    ['status ==', /^the filter ends at column 10, where a value for status was expected\n/],
    ['(status == 5', /^the filter ends at column 13, where the \) of the \( at column 1 was expected\n/],
    ['status == 5)', /^"\)" at column 12, where and, or, or the end of the filter was expected\n/],
    ['and status', /^"and" at column 1, where a field was expected\n/],
    ['"status" == 5', /^"status" at column 1, where a field was expected\n/],
    ['status in 5', /^"5" at column 11, where \( and a list of values was expected\n/],
    ['status in (5', /^the filter ends at column 13, where a comma or the \) of the list at column 11 was expected\n/],
    ['status in (9..5)', /^"9\.\.5" is no range of status \(column 12\)\n/],
    ['status == five', /^status is compared with a number, not with "five" \(column 11\)\n/],
    ['dur > 100x', /^dur is compared with a duration, not with "100x" \(column 7\)\n/],
    ['aborted == maybe', /^aborted is compared with yes or no, not with "maybe" \(column 12\)\n/],
    ['aborted > 1', /^aborted is yes or no and has no order \(column 9\)\n/],
    ['uri > 5', /^uri is a text and has no order \(column 5\)\n/],
    ['state == S9', /^state has no value "S9" \(column 10\); did you mean S0\?\n/],
    ['port ~ 5', /^port is no text, so ~ cannot be used on it \(column 6\)\n/],
    ['uri == "a', /^the quote at column 8 is never closed\n/],
    ['uri ~ "(a"', /^the regular expression at column 7 is not understood: a \( without its \)\n/],
    ['uri ~ "(?=a)"', /^the regular expression at column 7 is not understood: look-around/],
  ];
  for (const [filter, message] of cases) assert.match(errorOf(filter).message, message, filter);
  assert.match(errorOf('state == S9').hint!, /^values: OTH, S0/);
});

test('the caret stands under the place, also in a long filter, and nothing of the filter acts on a terminal', () => {
  const long = `${'status == 200 or '.repeat(50)}stauts == 5`;
  const [, shown, caret] = errorOf(long).message.split('\n');
  assert.ok(shown.length <= 102);
  assert.equal(shown.slice(caret.length - 1, caret.length + 5), 'stauts');
  const hostile = errorOf('status == 5 and \x1b[31m\u202e == 1').message;
  assert.doesNotMatch(hostile.replaceAll('\n', ''), /[\p{C}]/u);
});

test('too long and too deep', () => {
  assert.match(errorOf('a'.repeat(5000)).message, /^the filter has 5000 characters; at most 4096 are allowed\n/);
  assert.match(errorOf('('.repeat(2000)).message, /^nested too deeply at column 101\n/);
  assert.match(errorOf('not '.repeat(1000)).message, /^nested too deeply/);
});

test('nearest: a changed, missing, added or exchanged letter, and nothing that is merely short', () => {
  const names = ['status', 'state', 'uri', 'dur', 'ttfb'];
  assert.equal(nearest('stauts', names), 'status');
  assert.equal(nearest('sttus', names), 'status');
  assert.equal(nearest('Statee', names), 'state');
  assert.equal(nearest('url', names), 'uri');
  assert.equal(nearest('xyz', names), undefined);
  assert.equal(nearest('connectionstring', names), undefined);
});
