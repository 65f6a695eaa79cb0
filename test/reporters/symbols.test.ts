// Sparklines: the highest value is full, a value above nothing is never invisible.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asciiText, resample, sparkline, symbolsFor } from '../../src/reporters/symbols.js';

test('a sparkline runs from nothing to full', () => {
  assert.equal(sparkline([0, 1, 4, 8], symbolsFor(false)), ' ▁▄█');
  assert.equal(sparkline([0, 1, 4, 8], symbolsFor(true)), ' .=#');
  assert.equal(sparkline([0, 1, 1000], symbolsFor(false)), ' ▁█');
  assert.equal(sparkline([0, 0], symbolsFor(false)), '  ');
  assert.equal(sparkline([], symbolsFor(false)), '');
});

test('resampling keeps the highest value of each slice and carries it on', () => {
  const steps = [
    [10, 1],
    [12, 3],
    [13, 2],
    [35, 0],
  ] as const;
  assert.deepEqual(resample(steps, 0, 40, 4), [0, 3, 2, 2]);
  // A value that ends exactly where a slice begins is not in it.
  assert.deepEqual(
    resample(
      [
        [0, 5],
        [10, 1],
        [20, 0],
      ],
      0,
      40,
      4,
    ),
    [5, 1, 0, 0],
  );
  assert.deepEqual(resample([], 0, 40, 2), [0, 0]);
  assert.deepEqual(resample(steps, 5, 5, 2), [0, 0]);
});

test('ASCII text has a plain form or an escape for everything', () => {
  assert.equal(asciiText('12 µs – é…'), '12 us - \\u{e9}...');
});
