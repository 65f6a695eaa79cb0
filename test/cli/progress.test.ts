// The progress line: only on a terminal, only after a moment, and gone at the end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { progressLine, progressText } from '../../src/cli/progress.js';

function terminal(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, written, write: (text: string) => written.push(text) };
}

function clock() {
  return { time: 0, now: () => 0 } as { time: number; now: () => number };
}

test('nothing is written when the reading is quick, to a pipe, or when asked to be quiet', () => {
  for (const [quiet, isTTY, elapsed] of [
    [false, true, 100],
    [false, false, 5000],
    [true, true, 5000],
  ] as const) {
    const output = terminal(isTTY);
    const time = clock();
    const line = progressLine(quiet, output, { now: () => time.time });
    time.time = elapsed;
    line.update({ bytes: 1, size: 2, packets: 3 });
    line.end();
    assert.deepEqual(output.written, []);
  }
});

test('after a moment it shows percent and rate, changes a few times a second, and is taken away', () => {
  const output = terminal(true);
  const time = clock();
  const line = progressLine(false, output, { now: () => time.time });
  for (time.time = 0; time.time <= 1000; time.time += 10)
    line.update({ bytes: time.time, size: 2000, packets: time.time * 1000 });
  line.end();
  assert.equal(output.written[0], '\rreading    20%   400,000 packets   1,000,000 packets/s\x1b[K');
  assert.ok(output.written.length >= 3 && output.written.length <= 9, String(output.written.length));
  assert.equal(output.written.at(-1), '\r\x1b[K');
  line.end();
  assert.equal(output.written.filter((text) => text === '\r\x1b[K').length, 1);
});

test('a stream has no percent', () => {
  assert.equal(progressText({ bytes: 10, size: undefined, packets: 5 }, 100), 'reading   5 packets');
  assert.equal(
    progressText({ bytes: 30, size: 20, packets: 500 }, 1000),
    'reading   100%   500 packets   500 packets/s',
  );
});
