// Durations, counts, sizes and moments as people read them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../src/model/errors.js';
import { formatBytes, formatCount } from '../../src/reporters/format-count.js';
import { formatDuration } from '../../src/reporters/format-duration.js';
import { formatTime, isoTime, parseTimeFormat, TIME_FORMATS } from '../../src/reporters/format-time.js';

test('durations', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0 ns'],
    [850, '850 ns'],
    [999.6, '1 µs'],
    [4200, '4.2 µs'],
    [412_000, '412 µs'],
    [999_499, '999 µs'],
    [999_500, '1 ms'],
    [9_800_000, '9.8 ms'],
    [98_340_000, '98.3 ms'],
    [1.25e9, '1.25 s'],
    [59.94e9, '59.9 s'],
    [59.96e9, '1 min'],
    [123e9, '2 min 3 s'],
    [3599.6e9, '1 h'],
    [3720e9, '1 h 2 min'],
    [90_000e9, '1 d 1 h'],
    [86_400e9, '1 d'],
    [-1.25e9, '-1.25 s'],
  ];
  for (const [nanoseconds, text] of cases) assert.equal(formatDuration(nanoseconds), text, String(nanoseconds));
  assert.equal(formatDuration(412_000, true), '412 us');
  assert.equal(formatDuration(Number.NaN), '-');
});

test('a longer duration never reads shorter', () => {
  const units = new Map([
    ['ns', 1],
    ['µs', 1e3],
    ['ms', 1e6],
    ['s', 1e9],
    ['min', 60e9],
    ['h', 3600e9],
    ['d', 86_400e9],
  ]);
  const value = (text: string) => {
    const words = text.split(' ');
    let sum = 0;
    for (let at = 0; at < words.length; at += 2)
      sum += Number(words[at].replaceAll(',', '')) * units.get(words[at + 1])!;
    return sum;
  };
  const duration = fc
    .double({ min: 0, max: 1e18, noNaN: true })
    .map((nanoseconds) => Math.floor(10 ** (nanoseconds / 5e16)));
  fc.assert(
    fc.property(duration, duration, (a, b) => {
      const [low, high] = a <= b ? [a, b] : [b, a];
      assert.ok(value(formatDuration(low)) <= value(formatDuration(high)), `${low} ${high}`);
      assert.ok(Math.abs(value(formatDuration(a)) - a) <= a * 0.021, formatDuration(a));
    }),
  );
});

test('counts and sizes', () => {
  assert.deepEqual([0, 999, 1000, 1_234_567, -1000, Number.NaN].map(formatCount), [
    '0',
    '999',
    '1,000',
    '1,234,567',
    '-1,000',
    '-',
  ]);
  assert.deepEqual([0, 1, 912, 1000, 1249, 999_499, 999_500, 328e6, 1.5e9, 2e18, Number.NaN].map(formatBytes), [
    '0 bytes',
    '1 byte',
    '912 bytes',
    '1 kB',
    '1.25 kB',
    '999 kB',
    '1 MB',
    '328 MB',
    '1.5 GB',
    '2,000 PB',
    '-',
  ]);
});

const ORIGIN = { seconds: Date.UTC(2026, 10, 21, 1, 25, 27) / 1000, nanoseconds: 353_126_000 };

test('moments in the formats of tshark -t', () => {
  const options = { origin: ORIGIN, zone: () => 7200, previous: 1_000_000 };
  assert.equal(formatTime(71_000), '0.000071');
  assert.equal(formatTime(-71_000), '-0.000071');
  assert.equal(formatTime(12_765_104_862_123), '12765.104862');
  assert.equal(formatTime(1_500_000, 'd', options), '0.000500');
  assert.equal(formatTime(1_500_000, 'd'), '0.000000');
  assert.equal(formatTime(0, 'a', options), '03:25:27.353126');
  assert.equal(formatTime(0, 'ad', options), '2026-11-21 03:25:27.353126');
  assert.equal(formatTime(0, 'u', options), '01:25:27.353126');
  assert.equal(formatTime(0, 'ud', options), '2026-11-21 01:25:27.353126');
  assert.equal(formatTime(0, 'e', options), `${ORIGIN.seconds}.353126`);
  assert.equal(formatTime(646_874_001, 'e', { origin: ORIGIN, digits: 9 }), `${ORIGIN.seconds + 1}.000000001`);
  assert.equal(formatTime(-353_126_001, 'u', { origin: ORIGIN, digits: 9 }), '01:25:26.999999999');
  assert.equal(formatTime(-353_126_001, 'e', { origin: ORIGIN, digits: 9 }), `${ORIGIN.seconds - 1}.999999999`);
  assert.equal(formatTime(Number.NaN, 'ad', options), '-');
});

test('the zone is asked for the moment itself', () => {
  const zone = (seconds: number) => (seconds < ORIGIN.seconds + 1 ? 7200 : 3600);
  assert.equal(formatTime(0, 'a', { origin: ORIGIN, zone }), '03:25:27.353126');
  assert.equal(formatTime(1e9, 'a', { origin: ORIGIN, zone }), '02:25:28.353126');
});

test('without a date there is a time of day, without an origin a relative time', () => {
  const undated = { origin: { seconds: 36_604, nanoseconds: 934_015_000, dated: false }, zone: () => 7200 };
  for (const format of ['a', 'ad', 'u', 'ud'] as const) assert.equal(formatTime(0, format, undated), '10:10:04.934015');
  assert.equal(formatTime(5e9, 'e', undated), '5.000000');
  for (const format of TIME_FORMATS) if (format !== 'd') assert.equal(formatTime(5e9, format), '5.000000');
});

test('ISO 8601 with nanoseconds', () => {
  assert.equal(isoTime(0, ORIGIN), '2026-11-21T01:25:27.353126000Z');
  assert.equal(isoTime(86_400e9 + 1, ORIGIN), '2026-11-22T01:25:27.353126001Z');
  assert.equal(isoTime(0, { seconds: 1e15, nanoseconds: 0 }), '9999-12-31T23:59:59.000000000Z');
});

test('names of formats', () => {
  for (const format of TIME_FORMATS) assert.equal(parseTimeFormat(format), format);
  assert.throws(
    () => parseTimeFormat('x'),
    (error) => error instanceof UserError && error.message === '-t x: not a time format',
  );
});
