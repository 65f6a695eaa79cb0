// Timestamps of pcapng against arithmetic with big integers.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { setFrameTime, timeResolution } from '../../src/capture/pcapng-time.js';
import { Frame } from '../../src/model/frame.js';

const BILLION = 1_000_000_000n;

function unitsPerSecond(resolution: number): bigint {
  const exponent = BigInt(resolution & 0x7f);
  return resolution & 0x80 ? 2n ** exponent : 10n ** exponent;
}

/** Seconds and nanoseconds as the product computes them. */
function computed(value: bigint, resolution: number): [number, number] {
  const frame = new Frame();
  setFrameTime(frame, Number(value >> 32n), Number(value & 0xffffffffn), timeResolution(resolution), 0);
  return [frame.seconds, frame.nanoseconds];
}

function check(value: bigint, resolution: number): void {
  const units = unitsPerSecond(resolution);
  const seconds = value / units;
  // More seconds than a number holds exactly: not a date.
  if (seconds > BigInt(Number.MAX_SAFE_INTEGER)) return;
  const nanoseconds = ((value % units) * BILLION) / units;
  const [gotSeconds, gotNanoseconds] = computed(value, resolution);
  const about = `${value} with if_tsresol ${resolution}`;
  assert.equal(gotSeconds, Number(seconds), about);
  // Binary fractions finer than 2^-37 seconds are cut there.
  if ((resolution & 0x80) !== 0 && (resolution & 0x7f) > 37) {
    const difference = Number(nanoseconds) - gotNanoseconds;
    assert.ok(difference === 0 || difference === 1, about);
  } else assert.equal(gotNanoseconds, Number(nanoseconds), about);
}

test('any value in any resolution', () => {
  const value = fc.oneof(fc.bigInt(0n, 2n ** 64n - 1n), fc.bigInt(0n, 2n ** 52n));
  fc.assert(fc.property(value, fc.nat(255), check), { numRuns: 5000 });
});

test('just before, at and after a whole second, in every resolution', () => {
  for (let resolution = 0; resolution < 256; resolution++) {
    const units = unitsPerSecond(resolution);
    for (const seconds of [0n, 1n, 1_700_000_000n, 4_294_967_296n, 18_446_744_073n]) {
      for (const more of [-1n, 0n, 1n]) {
        const value = seconds * units + more;
        if (value >= 0n && value < 2n ** 64n) check(value, resolution);
      }
    }
  }
});

test('values whose halves are all ones', () => {
  for (let resolution = 0; resolution < 256; resolution++) {
    for (const value of [0xffffffffn, 2n ** 64n - 1n, 0xffffffff00000000n, 1n << 63n]) check(value, resolution);
  }
});

test('the offset counts in whole seconds, also below zero', () => {
  const frame = new Frame();
  setFrameTime(frame, 0, 1_500_000, timeResolution(6), -10);
  assert.deepEqual([frame.seconds, frame.nanoseconds], [-9, 500_000_000]);
});
