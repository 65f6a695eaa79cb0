// Counting what coexists: intervals in, the highest number open at once out. Arrays are sorted in place.

/** The most intervals open at one time; at equal times ends count before begins. */
export function maxOpen(begins: Float64Array, ends: Float64Array): number {
  sortUnlessSorted(begins);
  sortUnlessSorted(ends);
  let open = 0;
  let most = 0;
  let end = 0;
  for (let begin = 0; begin < begins.length; begin++) {
    while (end < ends.length && ends[end] <= begins[begin]) {
      open--;
      end++;
    }
    open++;
    if (open > most) most = open;
  }
  return most;
}

/** The most of `times` within any window of `length` (a time and what lies less than `length` before it). */
export function maxWithin(times: Float64Array, length: number): number {
  sortUnlessSorted(times);
  let first = 0;
  let most = 0;
  for (let last = 0; last < times.length; last++) {
    while (times[last] - times[first] >= length) first++;
    if (last - first + 1 > most) most = last - first + 1;
  }
  return most;
}

/** Tables are in the order of time, so what is taken from them often needs no sorting. */
function sortUnlessSorted(times: Float64Array): void {
  for (let i = 1; i < times.length; i++) {
    if (times[i - 1] > times[i]) {
      times.sort();
      return;
    }
  }
}

export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Nearest-rank percentiles; undefined without values. Sorts in place. */
export function percentiles(values: Float64Array): Percentiles | undefined {
  const count = values.length;
  if (count === 0) return undefined;
  values.sort();
  const at = (share: number) => values[Math.max(0, Math.ceil(share * count) - 1)];
  return { p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), max: values[count - 1] };
}

/**
 * The most intervals open at once in each of `buckets` equal parts of 0 .. duration, as [start of the part, count].
 * Arrays must be sorted (see maxOpen).
 */
export function openOverTime(
  begins: Float64Array,
  ends: Float64Array,
  duration: number,
  buckets: number,
): readonly (readonly [number, number])[] {
  if (begins.length === 0 || !(duration > 0)) return [];
  const width = duration / buckets;
  const steps: [number, number][] = [];
  let begin = 0;
  let end = 0;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const until = bucket === buckets - 1 ? Infinity : (bucket + 1) * width;
    let most = begin - end;
    while (begin < begins.length && begins[begin] < until) {
      while (end < ends.length && ends[end] <= begins[begin]) end++;
      begin++;
      if (begin - end > most) most = begin - end;
    }
    while (end < ends.length && ends[end] < until) end++;
    steps.push([bucket * width, most]);
  }
  return steps;
}
