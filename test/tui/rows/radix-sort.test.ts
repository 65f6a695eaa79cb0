// Sorting by numbers in steps gives what a stable sort gives.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sortRows } from '../../../src/tui/rows/radix-sort.js';

function sorted(keys: readonly number[], reverse: boolean): { order: number[]; steps: number[] } {
  const rows = Uint32Array.from(keys, (_, i) => i * 3 + 1);
  const work = sortRows(rows, Float64Array.from(keys), reverse);
  const steps: number[] = [];
  for (;;) {
    const step = work.next();
    if (step.done) return { order: [...step.value], steps };
    steps.push(step.value);
  }
}

/** The same with the language's own stable sort; absent keys last. */
function expected(keys: readonly number[], reverse: boolean): number[] {
  const places = keys.map((_, i) => i);
  const known = places
    .filter((i) => !Number.isNaN(keys[i]))
    .sort((a, b) => (reverse ? keys[b] - keys[a] : keys[a] - keys[b]));
  return [...known, ...places.filter((i) => Number.isNaN(keys[i]))].map((i) => i * 3 + 1);
}

test('any keys, both ways', () => {
  const key = fc.oneof(
    fc.double({ noDefaultInfinity: true }),
    fc.integer({ min: -5, max: 5 }),
    fc.constantFrom(NaN, 0, 1e-300, -1e300, 4294967296, 2 ** 53),
  );
  fc.assert(
    fc.property(fc.array(key, { maxLength: 200 }), fc.boolean(), (keys, reverse) => {
      const plain = keys.map((each) => (Object.is(each, -0) ? 0 : each));
      assert.deepEqual(sorted(keys, reverse).order, expected(plain, reverse));
    }),
  );
});

test('many rows are sorted in steps that count up', () => {
  const keys = Array.from({ length: 200_000 }, (_, i) => (i * 7919) % 100_003);
  const { order, steps } = sorted(keys, false);
  assert.ok(steps.length > 20);
  assert.ok(steps.every((step, i) => step >= 0 && step <= 1 && (i === 0 || step >= steps[i - 1])));
  for (let i = 1; i < order.length; i++) assert.ok(keys[(order[i - 1] - 1) / 3] <= keys[(order[i] - 1) / 3]);
});
