// Sorting a million rows by a number each without stopping the screen: a radix sort over the bits of the keys, in steps.

const DIGITS = 1 << 16;
/** Rows handled between two steps. */
const STEP = 1 << 15;

/** Memory that sorts use one after the other: a million rows take 16 MB of it, which need not be asked for each time. */
export class SortScratch {
  private numbers = new Float64Array(0);
  private places: [Uint32Array, Uint32Array] = [new Uint32Array(0), new Uint32Array(0)];

  keys(length: number): Float64Array {
    if (this.numbers.length < length) this.numbers = new Float64Array(length);
    return this.numbers.subarray(0, length);
  }

  orders(length: number): [Uint32Array, Uint32Array] {
    if (this.places[0].length < length) this.places = [new Uint32Array(length), new Uint32Array(length)];
    return [this.places[0].subarray(0, length), this.places[1].subarray(0, length)];
  }
}

/**
 * The rows in ascending order of their keys (descending with `reverse`); rows with equal keys keep their order, rows
 * with NaN come last either way. `keys[i]` belongs to `rows[i]`. Yields how much of the work is done, from 0 to 1.
 */
export function* sortRows(
  rows: Uint32Array,
  keys: Float64Array,
  reverse: boolean,
  scratch = new SortScratch(),
): Generator<number, Uint32Array, void> {
  const bits = new Uint32Array(keys.buffer, keys.byteOffset, keys.length * 2);
  let [order, other] = scratch.orders(rows.length);
  let known = 0;
  let absent = rows.length;
  for (let i = 0; i < rows.length; i++) {
    if (Number.isNaN(keys[i])) {
      order[--absent] = i;
    } else {
      order[known++] = i;
      toSortable(bits, i, reverse);
    }
    if (i % STEP === 0) yield 0;
  }
  // They were put down from the end backwards.
  order.subarray(absent).reverse();
  other.set(order.subarray(absent), absent);
  const counts = new Uint32Array(DIGITS);
  for (let pass = 0; pass < 4; pass++) {
    const word = pass >> 1;
    const shift = (pass & 1) * 16;
    counts.fill(0);
    for (let i = 0; i < known; i++) {
      counts[(bits[order[i] * 2 + word] >>> shift) & 0xffff]++;
      if (i % STEP === 0) yield pass / 4;
    }
    // All have the same digit here.
    if (known === 0 || counts[(bits[order[0] * 2 + word] >>> shift) & 0xffff] === known) continue;
    let sum = 0;
    for (let digit = 0; digit < DIGITS; digit++) {
      const count = counts[digit];
      counts[digit] = sum;
      sum += count;
    }
    for (let from = 0; from < known; from += STEP) {
      const until = Math.min(known, from + STEP);
      for (let i = from; i < until; i++) {
        const index = order[i];
        other[counts[(bits[index * 2 + word] >>> shift) & 0xffff]++] = index;
      }
      yield (pass + until / known) / 4;
    }
    [order, other] = [other, order];
  }
  const sorted = new Uint32Array(rows.length);
  for (let i = 0; i < order.length; i++) sorted[i] = rows[order[i]];
  return sorted;
}

/** Turns the bits of a double into ones that are ordered like the numbers when taken as an unsigned integer. */
function toSortable(bits: Uint32Array, index: number, reverse: boolean): void {
  let low = bits[index * 2];
  let high = bits[index * 2 + 1];
  // Zero and minus zero are the same number.
  if (low === 0 && high === 0x80000000) high = 0;
  if (high & 0x80000000) {
    low = ~low;
    high = ~high;
  } else {
    high ^= 0x80000000;
  }
  bits[index * 2] = reverse ? ~low : low;
  bits[index * 2 + 1] = reverse ? ~high : high;
}
