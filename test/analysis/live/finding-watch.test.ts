// Findings over time, as a tap tells them: what grows goes on, what stands still is over, what the host shows is there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../../src/analysis/finding.js';
import { FindingWatch } from '../../../src/analysis/live/finding-watch.js';

function finding(more: Partial<Finding> = {}): Finding {
  return {
    id: 'premature-close',
    severity: 'warning',
    title: '1 connection was closed',
    detail: '',
    count: 1,
    scope: { endpoint: '127.0.0.1:9000' },
    evidence: [],
    advice: [],
    ...more,
  };
}

const states = (watch: FindingWatch, findings: readonly Finding[], time: number) =>
  watch.update(findings, time).map(({ state }) => state);

test('a finding appears, changes while it grows, and is over half a minute later', () => {
  const watch = new FindingWatch();
  assert.deepEqual(states(watch, [finding()], 1), ['appeared']);
  assert.deepEqual(states(watch, [finding()], 2), []);
  assert.deepEqual(states(watch, [finding({ count: 2, severity: 'error' })], 10), ['changed']);
  assert.deepEqual(states(watch, [finding({ count: 2, severity: 'error' })], 39), []);
  assert.deepEqual(states(watch, [finding({ count: 2, severity: 'error' })], 40), ['cleared']);
  // Old news that is told again is none.
  assert.deepEqual(states(watch, [finding({ count: 2, severity: 'error' })], 41), []);
  assert.deepEqual(states(watch, [finding({ count: 3 })], 50), ['appeared']);
  const [seen] = watch.seen;
  assert.deepEqual(
    [seen.active, seen.firstSeen, seen.lastSeen, seen.returns, seen.worst],
    [true, 1e9, 50e9, 1, 'error'],
  );
});

test('what the host shows is there as long as it shows it', () => {
  const watch = new FindingWatch();
  const shown = finding({ now: true });
  assert.deepEqual(states(watch, [shown], 0), ['appeared']);
  for (let time = 1; time < 100; time++) assert.deepEqual(states(watch, [shown], time), []);
  assert.equal(watch.seen[0].lastSeen, 99e9);
  // The traffic still tells of it.
  assert.deepEqual(states(watch, [finding()], 100), []);
  assert.deepEqual(states(watch, [finding()], 130), ['cleared']);
});

test('what is not found any more is over at once, and comes back', () => {
  const watch = new FindingWatch();
  states(watch, [finding({ now: true })], 0);
  assert.deepEqual(states(watch, [], 1), ['cleared']);
  assert.deepEqual(states(watch, [finding({ now: true })], 2), ['appeared']);
  assert.equal(watch.list[0].returns, 1);
});

test('the same at another application is another finding', () => {
  const watch = new FindingWatch();
  assert.equal(states(watch, [finding(), finding({ scope: { endpoint: 'unix:/run/a.sock' } })], 0).length, 2);
});
