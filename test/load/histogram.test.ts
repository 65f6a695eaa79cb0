// The histogram against sorting all values.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Histogram } from '../../src/load/histogram.js';

const values = fc.array(fc.oneof(fc.nat(300), fc.nat(1_000_000), fc.double({ min: 0, max: 1e12, noNaN: true })), {
  minLength: 1,
  maxLength: 300,
});

function histogramOf(list: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of list) histogram.record(value);
  return histogram;
}

test('any percentile is within 0.8 % above the true one, and never beyond the largest value', () => {
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (list, share) => {
      const histogram = histogramOf(list);
      const sorted = list.map(Math.floor).sort((one, other) => one - other);
      const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1];
      const found = histogram.percentile(share);
      assert.ok(found >= exact && found <= exact * 1.008 + 1, `${share}: ${exact} became ${found}`);
      assert.ok(found <= histogram.most);
    }),
    { seed: 3 },
  );
});

test('counts, sums and both ends; buckets hold every value once', () => {
  fc.assert(
    fc.property(values, (list) => {
      const histogram = histogramOf(list);
      const whole = list.map(Math.floor);
      assert.equal(histogram.count, list.length);
      assert.equal(histogram.least, Math.min(...whole));
      assert.equal(histogram.most, Math.max(...whole));
      const buckets = [...histogram.buckets()];
      assert.equal(
        buckets.reduce((sum, { count }) => sum + count, 0),
        list.length,
      );
      for (const value of whole) {
        const holding = buckets.filter(({ from, to }) => from <= value && value < to);
        assert.equal(holding.length, 1);
      }
      for (const rows of [1, 5, 12]) {
        const coarse = histogram.coarse(rows);
        assert.ok(coarse.length <= rows);
        assert.equal(
          coarse.reduce((sum, { count }) => sum + count, 0),
          list.length,
        );
      }
    }),
    { seed: 4 },
  );
});

test('histograms add up', () => {
  fc.assert(
    fc.property(values, values, (one, other) => {
      const sum = histogramOf(one);
      sum.add(histogramOf(other));
      const all = histogramOf([...one, ...other]);
      assert.deepEqual([...sum.buckets()], [...all.buckets()]);
      assert.deepEqual([sum.count, sum.least, sum.most], [all.count, all.least, all.most]);
    }),
    { seed: 5, numRuns: 50 },
  );
});

test('nothing, negative, and too long', () => {
  const histogram = new Histogram();
  assert.ok(Number.isNaN(histogram.percentile(0.5)) && Number.isNaN(histogram.mean));
  assert.deepEqual(histogram.coarse(4), []);
  histogram.record(-5);
  assert.equal(histogram.percentile(1), 0);
  histogram.record(Number.POSITIVE_INFINITY);
  assert.equal(histogram.most, 2 ** 40 - 1);
  histogram.record(7, 10);
  assert.equal(histogram.percentile(0.5), 7);
});
