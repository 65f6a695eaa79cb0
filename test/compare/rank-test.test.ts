// The significance test against what is known of it: the textbook's figures, chance, dependence, tails.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rankTest, tailTest } from '../../src/compare/rank-test.js';
import { type Random, random } from '../support/random.js';

const sample = (...values: readonly number[]) => Float64Array.from(values);

/** Log-normal, as times of requests roughly are. */
function skewed({ next }: Random): number {
  const uniform = () => (next() + 1) / 0x100000001;
  return Math.exp(Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()));
}

test("U, its tie-corrected normal approximation and Cliff's delta agree with the definitions", () => {
  // Wilcoxon's textbook sizes; orders without serial dependence: correlation times are 1.
  const first = sample(19, 29, 16, 24, 22, 19, 31, 17);
  const second = sample(20, 11, 17, 12, 19, 10, 21, 9);
  const { p, effect, independent } = rankTest(first, second);
  let above = 0;
  let below = 0;
  for (const a of first) {
    for (const b of second) {
      if (b > a) above++;
      if (b < a) below++;
    }
  }
  assert.equal(effect, (above - below) / 64);
  assert.deepEqual(independent, [8, 8]);
  // U = 64 - 51.5 = 12.5 by hand with ties (17 twice, 19 three times): z = 2.0555, without correction for continuity.
  const u = above + (64 - above - below) / 2;
  const ties = (2 ** 3 - 2 + 3 ** 3 - 3) / (16 * 15);
  const z = Math.abs(u - 32) / Math.sqrt(((8 * 8) / 12) * (17 - ties));
  assert.ok(Math.abs(p - 2 * upperTail(z)) < 1e-4, `${p} against ${2 * upperTail(z)}`);
});

/** The normal distribution's upper tail by Simpson's rule. */
function upperTail(z: number): number {
  const steps = 20_000;
  const width = (10 - z) / steps;
  const density = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  let sum = density(z) + density(10);
  for (let i = 1; i < steps; i++) sum += density(z + i * width) * (i % 2 === 1 ? 4 : 2);
  return (sum * width) / 3;
}

test('exchanging the samples turns the effect round and leaves p', () => {
  const values = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(values, values, (a, b) => {
      const there = rankTest(sample(...a), sample(...b));
      const back = rankTest(sample(...b), sample(...a));
      assert.ok(Math.abs(there.effect + back.effect) < 1e-9);
      assert.ok(Math.abs(there.p - back.p) < 1e-9);
      assert.ok(there.p >= 0 && there.p <= 1.0000002 && Math.abs(there.effect) <= 1 + 1e-9);
    }),
  );
});

test('equal values everywhere differ by nothing', () => {
  const same = new Float64Array(100).fill(3);
  assert.deepEqual(rankTest(same, same), { p: 1, effect: 0, independent: [100, 100] });
  assert.equal(tailTest(same, same).p, 1);
});

test('chance alone is called significant about as rarely as it says', () => {
  const source = random(7);
  let wrong = 0;
  let wrongTail = 0;
  for (let run = 0; run < 600; run++) {
    const draw = () => Float64Array.from({ length: 60 }, () => skewed(source));
    const [first, second] = [draw(), draw()];
    if (rankTest(first, second).p < 0.01) wrong++;
    if (tailTest(first, second).p < 0.01) wrongTail++;
  }
  assert.ok(wrong <= 15, `${wrong} of 600`);
  assert.ok(wrongTail <= 20, `${wrongTail} of 600`);
});

test('requests that hang together count for fewer, so that a busy minute is no difference', () => {
  const source = random(11);
  const series = () => {
    let level = 0;
    return Float64Array.from({ length: 300 }, () => {
      level = 0.9 * level + Math.log(skewed(source));
      return Math.exp(level);
    });
  };
  let wrong = 0;
  let independent = 0;
  for (let run = 0; run < 300; run++) {
    const result = rankTest(series(), series());
    if (result.p < 0.01) wrong++;
    independent += result.independent[0] / 300;
  }
  // Taken for independent, nearly half of such pairs would differ "significantly".
  assert.ok(wrong <= 15, `${wrong} of 300`);
  assert.ok(independent < 60, String(independent));
});

test('a shift is found, and a slow twentieth that the ranks of all hardly show', () => {
  const source = random(3);
  const first = Float64Array.from({ length: 400 }, () => skewed(source));
  const shifted = Float64Array.from({ length: 400 }, () => skewed(source) * 2);
  const { p, effect } = rankTest(first, shifted);
  assert.ok(p < 0.0001 && effect > 0.3);
  const tailed = Float64Array.from({ length: 400 }, (_, i) => skewed(source) * (i % 12 === 5 ? 60 : 1));
  assert.ok(Math.abs(rankTest(first, tailed).effect) < 0.2);
  const { p: tail, counts, threshold } = tailTest(first, tailed);
  assert.ok(tail < 0.0001 && counts[1] > counts[0] && threshold > 1);
});
