// Timestamps of pcapng: 64 bits in units of 10^-n or 2^-n seconds, made into seconds and nanoseconds with numbers
// alone. A 64-bit value is divided as one does by hand, in digits small enough for a number to hold every step exactly.
import type { Frame } from '../model/frame.js';

const TWO_32 = 0x1_0000_0000;

export interface TimeResolution {
  /** Units in a second after `coarser` is applied. At most 2^37: remainder * 2^16 + digit must stay below 2^53. */
  readonly unitsPerSecond: number;
  /** Divide the value by these, one after the other, first: for units finer than 10^-9 (or 2^-37) seconds. */
  readonly coarser: readonly number[];
}

export const MICROSECONDS: TimeResolution = { unitsPerSecond: 1_000_000, coarser: [] };

/** From the value of if_tsresol: the high bit chooses 2^-n over 10^-n. Units below a nanosecond are rounded down. */
export function timeResolution(value: number): TimeResolution {
  const exponent = value & 0x7f;
  const binary = (value & 0x80) !== 0;
  const largest = binary ? 37 : 9;
  const kept = Math.min(exponent, largest);
  const coarser: number[] = [];
  const step = binary ? 32 : 9;
  for (let rest = exponent - kept; rest > 0; rest -= step) coarser.push((binary ? 2 : 10) ** Math.min(rest, step));
  return { unitsPerSecond: (binary ? 2 : 10) ** kept, coarser };
}

/** Sets the frame's time from the two halves of a timestamp. `offset` is if_tsoffset, in seconds. */
export function setFrameTime(
  frame: Frame,
  high: number,
  low: number,
  resolution: TimeResolution,
  offset: number,
): void {
  let h = high;
  let l = low;
  const coarser = resolution.coarser;
  for (let i = 0; i < coarser.length; i++) {
    const divisor = coarser[i];
    const quotient = Math.floor(h / divisor);
    const middle = (h - quotient * divisor) * 65536 + (l >>> 16);
    const middleQuotient = Math.floor(middle / divisor);
    const last = (middle - middleQuotient * divisor) * 65536 + (l & 0xffff);
    h = quotient;
    l = middleQuotient * 65536 + Math.floor(last / divisor);
  }
  const units = resolution.unitsPerSecond;
  if (units >= 4096 && units <= 1_000_000_000) {
    // The quotient of the rounded value is off by at most one second, which the exact remainder, taken modulo 2^32,
    // shows: it lies between -10^9 and 2 * 10^9.
    let seconds = Math.floor((h * TWO_32 + l) / units);
    let rest = (l - Math.imul(seconds, units)) >>> 0;
    if (rest >= 3_000_000_000) {
      seconds--;
      rest = rest - TWO_32 + units;
    } else if (rest >= units) {
      seconds++;
      rest -= units;
    }
    frame.seconds = seconds + offset;
    frame.nanoseconds = units === 1_000_000 ? rest * 1000 : units === 1_000_000_000 ? rest : nanoseconds(rest, units);
    return;
  }
  const topSeconds = Math.floor(h / units);
  const middle = (h - topSeconds * units) * 65536 + (l >>> 16);
  const middleSeconds = Math.floor(middle / units);
  const last = (middle - middleSeconds * units) * 65536 + (l & 0xffff);
  const lastSeconds = Math.floor(last / units);
  frame.seconds = topSeconds * TWO_32 + middleSeconds * 65536 + lastSeconds + offset;
  frame.nanoseconds = nanoseconds(last - lastSeconds * units, units);
}

/** floor(rest * 10^9 / units), three digits at a time, since the product may not fit a number. */
function nanoseconds(rest: number, units: number): number {
  const first = rest * 1000;
  const milliseconds = Math.floor(first / units);
  const second = (first - milliseconds * units) * 1000;
  const microseconds = Math.floor(second / units);
  const third = (second - microseconds * units) * 1000;
  return milliseconds * 1_000_000 + microseconds * 1000 + Math.floor(third / units);
}
