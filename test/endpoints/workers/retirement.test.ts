// When workers retire: what is drawn by chance stays within what was asked for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { drawLimits, seededRandom } from '../../../src/endpoints/workers/retirement.js';

test('without jitter all workers retire at the same count and age', () => {
  const random = seededRandom(1);
  const drawn = Array.from({ length: 5 }, () => drawLimits({ maxRequests: 100, lifetime: 5000, jitter: 0 }, random));
  assert.deepEqual(new Set(drawn.map((limits) => JSON.stringify(limits))).size, 1);
  assert.deepEqual(drawn[0], { requests: 100, age: 5000 });
});

test('with jitter they do not', () => {
  const random = seededRandom(1);
  const drawn = Array.from({ length: 20 }, () =>
    drawLimits({ maxRequests: 1000, lifetime: 60_000, jitter: 0.2 }, random),
  );
  assert.ok(new Set(drawn.map(({ requests }) => requests)).size > 15);
  assert.ok(new Set(drawn.map(({ age }) => age)).size > 15);
});

test('0 is never, and stays it', () => {
  assert.deepEqual(
    drawLimits({ maxRequests: 0, lifetime: 0, jitter: 1 }, () => 0.5),
    { requests: 0, age: 0 },
  );
});

test('limits lie between what was asked for and that less its jitter, and are never 0', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e9 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(),
      (most, jitter, seed) => {
        const { requests, age } = drawLimits({ maxRequests: most, lifetime: most, jitter }, seededRandom(seed));
        for (const drawn of [requests, age]) {
          assert.ok(drawn <= most && drawn >= 1);
          assert.ok(drawn >= Math.floor(most * (1 - jitter)));
        }
      },
    ),
    { seed: 6 },
  );
});

test('a seed gives the same numbers again, spread over 0 to 1', () => {
  const one = seededRandom(42);
  const other = seededRandom(42);
  const numbers = Array.from({ length: 1000 }, () => one());
  assert.deepEqual(
    numbers,
    Array.from({ length: 1000 }, () => other()),
  );
  for (let tenth = 0; tenth < 10; tenth++)
    assert.ok(numbers.filter((number) => Math.floor(number * 10) === tenth).length > 60);
});
