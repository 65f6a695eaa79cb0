// Sorting a million rows by a number each without stopping the screen: a radix sort over the bits of the keys, in steps.
// Key and row move together, so that memory is read in order. Whole numbers of a small range (durations in nanoseconds)
// need half the passes of other numbers.

const DIGIT_BITS = 11;
/** Rows handled between two steps: well below a millisecond of work. */
const STEP = 1 << 14;
const WORD = 2 ** 32;

/** Memory that sorts use one after the other; given back with `release`. */
export class SortScratch {
  private numbers = new Float64Array(0);
  private wide = new Uint32Array(0);
  private places: [Uint32Array, Uint32Array] = [new Uint32Array(0), new Uint32Array(0)];

  keys(length: number): Float64Array {
    if (this.numbers.length < length) this.numbers = new Float64Array(length);
    return this.numbers.subarray(0, length);
  }

  orders(length: number): [Uint32Array, Uint32Array] {
    if (this.places[0].length < length) this.places = [new Uint32Array(length), new Uint32Array(length)];
    return [this.places[0].subarray(0, length), this.places[1].subarray(0, length)];
  }

  words(length: number): Uint32Array {
    if (this.wide.length < length) this.wide = new Uint32Array(length);
    return this.wide.subarray(0, length);
  }

  release(): void {
    this.numbers = new Float64Array(0);
    this.wide = new Uint32Array(0);
    this.places = [new Uint32Array(0), new Uint32Array(0)];
  }
}

/** A digit of a key: `word` 0 holds its lower 32 bits, 1 the upper ones. */
interface Digit {
  readonly word: number;
  readonly shift: number;
  readonly counts: Uint32Array;
}

/**
 * The rows in ascending order of their keys (descending with `reverse`); rows with equal keys keep their order, rows
 * with NaN come last either way. `keys[i]` belongs to `rows[i]`; keys are written over. Yields how much of the work is
 * done, from 0 to 1.
 */
export function* sortRows(
  rows: Uint32Array,
  keys: Float64Array,
  reverse: boolean,
  scratch = new SortScratch(),
): Generator<number, Uint32Array, void> {
  const count = rows.length;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  let whole = true;
  for (let from = 0; from < count; from += STEP) {
    const until = Math.min(count, from + STEP);
    for (let i = from; i < until; i++) {
      const key = keys[i];
      if (key < least) least = key;
      if (key > most) most = key;
      if (Math.floor(key) !== key && !Number.isNaN(key)) whole = false;
    }
    yield (until / count) * 0.1;
  }
  const range = most - least;
  const counted = whole && range < 2 ** 53;
  const narrow = counted && range < WORD;
  const stride = narrow ? 1 : 2;
  const digits = digitsOf(counted ? Math.max(0, range) : Number.POSITIVE_INFINITY);
  // The words take the place of the numbers they are made of; a narrow key leaves room for the second half.
  const all = new Uint32Array(keys.buffer, keys.byteOffset, count * 2);
  let words = narrow ? all.subarray(0, count) : all;
  let otherWords = narrow ? all.subarray(count) : scratch.words(count * 2);
  let [order, otherOrder] = scratch.orders(count);
  let known = 0;
  let absent = count;
  const pair = new Uint32Array(2);
  for (let from = 0; from < count; from += STEP) {
    const until = Math.min(count, from + STEP);
    for (let i = from; i < until; i++) {
      const key = keys[i];
      if (Number.isNaN(key)) {
        order[--absent] = rows[i];
        continue;
      }
      if (counted) {
        const offset = reverse ? most - key : key - least;
        pair[0] = offset;
        pair[1] = offset / WORD;
      } else sortableBits(key, reverse, pair);
      words[known * stride] = pair[0];
      if (stride === 2) words[known * 2 + 1] = pair[1];
      for (let d = 0; d < digits.length; d++) {
        const digit = digits[d];
        digit.counts[(pair[digit.word] >>> digit.shift) & MASK]++;
      }
      order[known++] = rows[i];
    }
    yield 0.1 + (until / count) * 0.2;
  }
  // They were put down from the end backwards.
  order.subarray(absent).reverse();
  otherOrder.set(order.subarray(absent), absent);
  for (const [pass, { word, shift, counts }] of digits.entries()) {
    // All have the same digit here.
    if (known === 0 || counts[(words[word] >>> shift) & MASK] === known) continue;
    let sum = 0;
    for (let digit = 0; digit < counts.length; digit++) {
      const own = counts[digit];
      counts[digit] = sum;
      sum += own;
    }
    for (let from = 0; from < known; from += STEP) {
      const until = Math.min(known, from + STEP);
      for (let i = from; i < until; i++) {
        const place = counts[(words[i * stride + word] >>> shift) & MASK]++;
        otherOrder[place] = order[i];
        otherWords[place * stride] = words[i * stride];
        if (stride === 2) otherWords[place * 2 + 1] = words[i * 2 + 1];
      }
      yield 0.3 + (0.7 * (pass + until / known)) / digits.length;
    }
    [order, otherOrder] = [otherOrder, order];
    [words, otherWords] = [otherWords, words];
  }
  // Fresh memory costs most when it is touched for the first time.
  const sorted = new Uint32Array(count);
  for (let from = 0; from < count; from += STEP) {
    sorted.set(order.subarray(from, Math.min(count, from + STEP)), from);
    yield 1;
  }
  return sorted;
}

const MASK = (1 << DIGIT_BITS) - 1;

/** The digits of keys from 0 to `range`; of any 64 bits where it is infinite. No digit is of both words. */
function digitsOf(range: number): Digit[] {
  const digits: Digit[] = [];
  const upper = range === Number.POSITIVE_INFINITY ? 32 : 32 - Math.clz32(range / WORD);
  const lower = range >= WORD ? 32 : 32 - Math.clz32(range);
  for (const [word, bits] of [lower, upper].entries()) {
    for (let shift = 0; shift < bits; shift += DIGIT_BITS) {
      digits.push({ word, shift, counts: new Uint32Array(1 << DIGIT_BITS) });
    }
  }
  return digits;
}

const number = new Float64Array(1);
const numberWords = new Uint32Array(number.buffer);

/** The bits of a double, ordered like the numbers when taken as an unsigned integer. */
function sortableBits(key: number, reverse: boolean, pair: Uint32Array): void {
  // Zero and minus zero are the same number.
  number[0] = key === 0 ? 0 : key;
  let [low, high] = numberWords;
  if (high & 0x80000000) {
    low = ~low;
    high = ~high;
  } else {
    high ^= 0x80000000;
  }
  pair[0] = reverse ? ~low : low;
  pair[1] = reverse ? ~high : high;
}
