// What faults do to the bytes of a direction: times and pieces, with a clock of the test's own.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FaultSchedule } from '../../src/faults/fault-schedule.js';
import { parseFault } from '../../src/faults/parse-fault.js';
import { type Shaped, StreamShaper } from '../../src/faults/stream-shaper.js';

function shaper(...faults: readonly string[]): StreamShaper {
  const made = new StreamShaper();
  for (const text of faults) made.apply(new FaultSchedule(parseFault(text, 'server'), 0), 0);
  return made;
}

/** Everything that comes out until `until`, with its time. */
function run(made: StreamShaper, from: number, until: number): [number, Shaped][] {
  const out: [number, Shaped][] = [];
  for (let now = Math.max(from, made.nextAt); now <= until; now = made.nextAt) {
    for (const shaped of made.take(now)) out.push([now, shaped]);
  }
  return out;
}

const text = (out: readonly [number, Shaped][]) =>
  out.map(([, shaped]) => (typeof shaped === 'string' ? `<${shaped}>` : Buffer.from(shaped).toString())).join('');

test('without faults everything passes at once', () => {
  const made = shaper();
  assert.ok(made.idle);
  made.push(Buffer.from('abc'), 5);
  made.end(6);
  assert.deepEqual(
    run(made, 0, 100).map(([time]) => time),
    [5, 6],
  );
  assert.ok(made.ended);
});

test('latency delays, jitter too, and the order stays', () => {
  const made = shaper('latency=100ms,jitter=80ms');
  for (let i = 0; i < 50; i++) made.push(Buffer.from(`${i},`), i);
  made.end(50);
  const out = run(made, 0, 1000);
  assert.equal(text(out), `${Array.from({ length: 50 }, (_, i) => `${i},`).join('')}<fin>`);
  assert.ok(out[0][0] >= 20 && out.at(-1)![0] <= 230);
  assert.ok(out.every(([time], i) => i === 0 || time >= out[i - 1][0]));
});

test('bandwidth: so many bytes a second over any longer time', () => {
  const made = shaper('bandwidth=1000');
  made.push(Buffer.alloc(3000), 0);
  const out = run(made, 0, 10_000);
  const sum = (until: number) =>
    out.filter(([time]) => time <= until).reduce((all, [, bytes]) => all + bytes.length, 0);
  assert.equal(sum(10_000), 3000);
  for (const time of [500, 1000, 2000, 2900]) assert.ok(Math.abs(sum(time) - time) <= 60, `${time} ms: ${sum(time)}`);
});

test('slices have their size and their delay', () => {
  const out = run(withBytes(shaper('slicer,average_size=4,delay=10ms'), '0123456789'), 0, 1000);
  assert.deepEqual(
    out.map(([time, bytes]) => [time, Buffer.from(bytes as Uint8Array).toString()]),
    [
      [0, '0123'],
      [10, '4567'],
      [20, '89'],
    ],
  );
});

test('limit_data ends in the middle of anything, with FIN or RST', () => {
  assert.equal(text(run(withBytes(shaper('limit_data=4'), '0123456789'), 0, 10)), '0123<fin>');
  assert.equal(text(run(withBytes(shaper('limit_data=4,how=rst'), '0123456789'), 0, 10)), '0123<rst>');
  const late = withBytes(shaper('limit_data=6,how=rst', 'slicer,average_size=2,delay=50'), '0123456789');
  assert.equal(text(run(late, 0, 1000)), '012345<rst>', 'what passes passes before the end');
});

test('timeout swallows, and closes when its time is over or never', () => {
  const closing = withBytes(shaper('timeout=50'), 'abc');
  closing.end(10);
  assert.deepEqual(run(closing, 0, 1000), [[50, 'fin']]);
  const never = withBytes(shaper('timeout'), 'abc');
  never.end(10);
  assert.deepEqual(run(never, 0, 1000), []);
});

test('reset_peer resets in time, whatever waits; slow_close delays only the FIN', () => {
  assert.deepEqual(run(withBytes(shaper('reset_peer=20', 'latency=100'), 'abc'), 0, 1000), [[20, 'rst']]);
  const slow = withBytes(shaper('slow_close=300'), 'abc');
  slow.end(5);
  assert.deepEqual(
    run(slow, 0, 1000).map(([time, shaped]) => [time, shaped.length]),
    [
      [0, 3],
      [305, 3],
    ],
  );
});

test('clear lets what comes later pass, what waits keeps its rule', () => {
  const made = withBytes(shaper('latency=100'), 'a');
  made.clear();
  made.push(Buffer.from('b'), 10);
  assert.deepEqual(
    run(made, 0, 1000).map(([time]) => time),
    [100, 100],
  );
  assert.ok(made.idle);
});

test('no byte is lost or doubled by any mix of delays, rates and slices', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 10 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 100, max: 100_000 }),
      (pieces, size, rate) => {
        const made = shaper(
          `latency=20,jitter=20`,
          `slicer,average_size=${size},size_variation=${size - 1}`,
          `bandwidth=${rate}`,
        );
        pieces.forEach((piece, i) => {
          made.push(piece, i * 7);
        });
        made.end(100);
        const out = run(made, 0, 1e9).map(([, shaped]) => shaped);
        assert.equal(out.pop(), 'fin');
        assert.deepEqual(Buffer.concat(out as Uint8Array[]), Buffer.concat(pieces));
        assert.equal(made.length, 0);
      },
    ),
    { seed: 11, numRuns: 50 },
  );
});

function withBytes(made: StreamShaper, bytes: string): StreamShaper {
  made.push(Buffer.from(bytes), 0);
  return made;
}
