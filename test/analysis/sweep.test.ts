// Counting what coexists, and percentiles, held against the obvious way to compute them.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { maxWithin, openOverTime, percentiles } from '../../src/analysis/sweep.js';

const times = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 60 });

test('maxWithin is the most in any window', () => {
  fc.assert(
    fc.property(times, fc.integer({ min: 1, max: 20 }), (values, length) => {
      const expected = Math.max(
        ...values.map((last) => values.filter((time) => time <= last && last - time < length).length),
      );
      assert.equal(maxWithin(Float64Array.from(values), length), expected);
    }),
  );
});

describe('percentiles', () => {
  test('are nearest-rank', () => {
    const hundred = Float64Array.from({ length: 100 }, (_, i) => ((i * 37) % 100) + 1);
    assert.deepEqual(percentiles(hundred), { p50: 50, p90: 90, p95: 95, p99: 99, max: 100 });
    assert.equal(percentiles(new Float64Array(0)), undefined);
  });

  function agreesWithSorting(values: readonly number[]): void {
    const sorted = [...values].sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    const result = percentiles(Float64Array.from(values))!;
    assert.deepEqual(
      [result.p50, result.p90, result.p95, result.p99, result.max].map((value) => value + 0),
      [at(0.5), at(0.9), at(0.95), at(0.99), sorted[sorted.length - 1]].map((value) => value + 0),
    );
  }

  test('agree with sorting', () => {
    const values = fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1, maxLength: 300 });
    fc.assert(fc.property(values, agreesWithSorting));
  });

  test('agree with sorting where a sample is taken', () => {
    const count = fc.integer({ min: 4097, max: 20_000 });
    // Few different values, nearly sorted ones, ones that the sample does not tell of.
    const kinds = fc.constantFrom<(i: number, dice: () => number) => number>(
      (_, dice) => dice(),
      (_, dice) => Math.floor(dice() * 3),
      (_, dice) => (dice() < 0.45 ? 1 : 2),
      (i) => i,
      (i, dice) => -i + dice() * 100,
      (i) => (i % 5 === 0 ? 1 : i),
      () => 7,
    );
    fc.assert(
      fc.property(count, kinds, fc.integer(), (length, kind, seed) => {
        let state = seed | 0;
        const dice = () => {
          state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
          return (state >>> 8) / 2 ** 24;
        };
        agreesWithSorting(Array.from({ length }, (_, i) => kind(i, dice)));
      }),
    );
  });
});

test('openOverTime tells the most of each part', () => {
  const begins = Float64Array.of(0, 1, 5);
  const ends = Float64Array.of(2, 3, 6);
  assert.deepEqual(openOverTime(begins, ends, 8, 4), [
    [0, 2],
    [2, 1],
    [4, 1],
    [6, 0],
  ]);
  assert.deepEqual(openOverTime(new Float64Array(0), new Float64Array(0), 8, 4), []);
});
