// How many run at once, taken one after the other: the same as from sorted times.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Running, runningOver } from '../../src/analysis/running.js';
import { openOverTime } from '../../src/analysis/sweep.js';

const DURATION = 1000;

function runningOf(intervals: readonly (readonly [number, number])[], parts: number, duration = DURATION): Running {
  const running = new Running(duration, parts);
  for (const [begin, end] of intervals) running.add(begin, end);
  return running;
}

/** In the order of their begins; none is empty. */
const intervals = fc
  .array(fc.tuple(fc.integer({ min: 0, max: DURATION - 1 }), fc.integer({ min: 1, max: DURATION })), { maxLength: 200 })
  .map((pairs) =>
    pairs.map(([begin, length]) => [begin, Math.min(DURATION, begin + length)] as const).sort((a, b) => a[0] - b[0]),
  );

describe('Running', () => {
  test('the most at once, whole and in parts', () => {
    fc.assert(
      fc.property(intervals, fc.integer({ min: 1, max: 20 }), (all, parts) => {
        const begins = Float64Array.from(all, ([begin]) => begin);
        const ends = Float64Array.from(all, ([, end]) => end).sort();
        const running = runningOf(all, parts);
        const openAt = (time: number) => all.filter(([begin, end]) => begin <= time && time < end).length;
        assert.equal(running.most, Math.max(0, ...all.map(([begin]) => openAt(begin))));
        assert.deepEqual(running.steps(), openOverTime(begins, ends, DURATION, parts));
        assert.equal(running.inOrder, true);
      }),
    );
  });

  test('the time with at least one', () => {
    fc.assert(
      fc.property(intervals, (all) => {
        let busy = 0;
        for (let time = 0; time < DURATION; time++) if (all.some(([begin, end]) => begin <= time && time < end)) busy++;
        assert.equal(runningOf(all, 1).busyTime, busy);
      }),
      { numRuns: 30 },
    );
  });

  test('more at once than there was room for', () => {
    const all = Array.from({ length: 1000 }, (_, index) => [index / 10, 500 - index / 10] as const);
    assert.equal(runningOf(all, 4).most, 1000);
  });

  test('what ends when it begins does not run', () => {
    assert.equal(runningOf([[5, 5]], 4).most, 0);
    assert.equal(
      runningOf(
        [
          [5, 9],
          [5, 5],
          [6, 2],
        ],
        4,
      ).most,
      1,
    );
  });

  test('an input without length has no parts', () => {
    const running = runningOf([[0, 0]], 4, 0);
    assert.deepEqual([running.most, running.steps()], [0, []]);
    assert.deepEqual(runningOf([], 4).steps(), []);
  });

  test('another order is told', () => {
    assert.equal(
      runningOf(
        [
          [5, 9],
          [4, 8],
        ],
        4,
      ).inOrder,
      false,
    );
  });
});

/** Of the intervals begins[i] .. ends[i]. */
function mostOpen(begins: Float64Array, ends: Float64Array): number {
  return runningOver(Uint32Array.from(begins.keys()), begins, (i) => ends[i], 100, 1).most;
}

describe('the most at once, of intervals in any order', () => {
  test('ends count before begins at equal times', () => {
    assert.equal(mostOpen(Float64Array.of(0, 10), Float64Array.of(10, 20)), 1);
    assert.equal(mostOpen(Float64Array.of(0, 9), Float64Array.of(10, 20)), 2);
    assert.equal(mostOpen(new Float64Array(0), new Float64Array(0)), 0);
  });

  test('is the highest count at any begin', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 50 })), { minLength: 1, maxLength: 40 }),
        (spans) => {
          const begins = spans.map(([begin]) => begin);
          const ends = spans.map(([begin, length]) => begin + length);
          const expected = Math.max(
            ...begins.map((at) => spans.filter(([b, length]) => b <= at && at < b + length).length),
          );
          assert.equal(mostOpen(Float64Array.from(begins), Float64Array.from(ends)), expected);
        },
      ),
    );
  });
});
