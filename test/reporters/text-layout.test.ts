// Widths, wrapping and tables: nothing is wider than asked for, nothing is lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { beside, cutTo, fit, HARD_SPACE, table, textWidth, wrap } from '../../src/reporters/text-layout.js';

test('wide characters take two cells, combining marks none', () => {
  assert.equal(textWidth('abc'), 3);
  assert.equal(textWidth('日本'), 4);
  assert.equal(textWidth('e\u0301'), 1);
  assert.equal(textWidth('\u{1f600}'), 2);
});

test('fit fills exactly its cells and cuts with an ellipsis', () => {
  assert.equal(fit('abc', 5, '…'), 'abc  ');
  assert.equal(fit('abc', 5, '…', 'right'), '  abc');
  assert.equal(fit('abcdef', 4, '…'), 'abc…');
  assert.equal(fit('日本語', 4, '…'), '日… ');
  assert.equal(cutTo('abc', 0, '…'), '');
});

test('wrap keeps every word, and lines within the width', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.string({ minLength: 1, maxLength: 12 }).filter((word) => !/[\s\u00a0]/.test(word)),
        { minLength: 1 },
      ),
      fc.integer({ min: 12, max: 60 }),
      (words, cells) => {
        const lines = wrap(words.join(' '), cells);
        for (const line of lines) assert.ok(textWidth(line) <= cells, JSON.stringify(line));
        assert.equal(lines.join(' ').replace(/ +/g, ' ').trim(), words.join(' '));
      },
    ),
    { numRuns: 200 },
  );
});

test('wrap breaks a word longer than a line, keeps line breaks and hard spaces', () => {
  assert.deepEqual(wrap('abcdefghijkl', 8), ['abcdefgh', 'ijkl']);
  assert.deepEqual(wrap('one\ntwo', 20), ['one', 'two']);
  assert.deepEqual(wrap(`aaaa bb${HARD_SPACE}cc`, 8), ['aaaa', 'bb cc']);
});

test('beside puts a label that is too long on a line of its own', () => {
  assert.deepEqual(beside('ab', 4, 'text here', 13), ['ab  text here']);
  assert.deepEqual(beside('label too long', 4, 'text', 20), ['label too long', '    text']);
});

test('a table leaves out expendable columns and cuts the flexible one', () => {
  interface Row {
    name: string;
    count: string;
  }
  const rows: Row[] = [{ name: 'a-rather-long-name-here', count: '12' }];
  const columns = [
    { title: 'name', flexible: true, text: (row: Row) => row.name },
    { title: 'count', align: 'right' as const, text: (row: Row) => row.count },
    { title: 'extra', expendable: 1, text: () => 'x' },
  ];
  assert.deepEqual(table(columns, rows, 60, '…'), [
    'name                     count  extra',
    'a-rather-long-name-here     12  x',
  ]);
  assert.deepEqual(table(columns, rows, 24, '…'), ['name               count', 'a-rather-long-na…     12']);
});
