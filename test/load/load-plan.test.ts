// Which request begins when: closed and open loop, with a clock of the test's own.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoadPlan, type LoadPlanOptions } from '../../src/load/load-plan.js';

/** Runs a plan whose answers take so long; gives when each request began and from when it counts. */
function simulate(
  options: LoadPlanOptions,
  takes: (number: number) => number,
): { began: number[]; due: number[]; plan: LoadPlan; end: number } {
  const plan = new LoadPlan(options, 0);
  const ends: number[] = [];
  const began: number[] = [];
  const due: number[] = [];
  let now = 0;
  for (let step = 0; step < 100_000; step++) {
    for (let from = plan.begin(now); from !== undefined; from = plan.begin(now)) {
      due.push(from);
      ends.push(now + takes(began.length));
      began.push(now);
    }
    ends.sort((one, other) => one - other);
    const next = Math.min(plan.nextAt(now), ends[0] ?? Number.POSITIVE_INFINITY);
    if (next === Number.POSITIVE_INFINITY) break;
    now = next;
    while (ends[0] <= now) {
      ends.shift();
      plan.end();
    }
  }
  assert.equal(plan.active, 0);
  return { began, due, plan, end: now };
}

test('closed loop: so many at once, each followed by the next', () => {
  const { began, due } = simulate({ concurrency: 3, count: 7 }, () => 10);
  assert.deepEqual(began, [0, 0, 0, 10, 10, 10, 20]);
  assert.deepEqual(due, began);
});

test('closed loop for a time: what began before its end ends', () => {
  const { began, plan } = simulate({ concurrency: 1, duration: 100 }, () => 30);
  assert.deepEqual(began, [0, 30, 60, 90]);
  assert.deepEqual([plan.unsent(120), plan.mostLate], [0, 0]);
});

test('open loop: at the rate, whatever the answers take', () => {
  const { began, due, plan } = simulate({ concurrency: 100, rate: 100, count: 5 }, () => 1000);
  assert.deepEqual(began, [0, 10, 20, 30, 40]);
  assert.deepEqual(due, began);
  assert.equal(plan.mostLate, 0);
});

test('open loop: a pause of the application shows in what was due meanwhile', () => {
  // The third answer takes a second; one place.
  const { began, due, plan } = simulate({ concurrency: 1, rate: 100, count: 10 }, (number) =>
    number === 2 ? 1000 : 1,
  );
  assert.deepEqual(due, [0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
  assert.equal(began[3], 1020);
  assert.ok(began.slice(3).every((time, index) => time - due[index + 3] > 900));
  assert.ok(plan.mostLate >= 6);
});

test('open loop: what was due before the end and never began is counted', () => {
  const { began, plan, end } = simulate({ concurrency: 1, rate: 1000, duration: 100 }, () => 50);
  assert.deepEqual(began, [0, 50]);
  assert.equal(plan.unsent(end), 98);
});

test('stop: nothing more begins', () => {
  const plan = new LoadPlan({ concurrency: 2 }, 0);
  assert.equal(plan.begin(0), 0);
  plan.stop();
  assert.equal(plan.begin(1), undefined);
  assert.ok(plan.exhausted(1));
  assert.equal(plan.nextAt(1), Number.POSITIVE_INFINITY);
});
