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

/** Tables are in the order of time, so what is taken from them is often sorted, or nearly. */
export function sortUnlessSorted(times: Float64Array): void {
  // What coexists ends in nearly the order in which it began: moving each one past the few that it overtook is several
  // times cheaper than sorting, unless it overtook many.
  let moves = times.length * 16;
  for (let i = 1; i < times.length; i++) {
    const time = times[i];
    let at = i;
    while (at > 0 && times[at - 1] > time) {
      times[at] = times[at - 1];
      at--;
      moves--;
    }
    times[at] = time;
    if (moves < 0) {
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

/** Nearest-rank percentiles; undefined without values. Changes the order of the values. */
export function percentiles(values: Float64Array): Percentiles | undefined {
  const count = values.length;
  if (count === 0) return undefined;
  const rank = (share: number) => Math.max(0, Math.ceil(share * count) - 1);
  // Each selection leaves what is larger to its right, so the next one has less to look at.
  const p50 = select(values, 0, rank(0.5));
  const p90 = select(values, rank(0.5), rank(0.9));
  const p95 = select(values, rank(0.9), rank(0.95));
  const p99 = select(values, rank(0.95), rank(0.99));
  let max = p99;
  for (let i = rank(0.99); i < count; i++) if (values[i] > max) max = values[i];
  return { p50, p90, p95, p99, max };
}

/** The value of rank `rank` in values[from..), which is put there; smaller ones are left of it (Hoare's selection). */
function select(values: Float64Array, from: number, rank: number): number {
  let low = from;
  let high = values.length - 1;
  while (low < high) {
    const pivot = values[(low + high) >> 1];
    let left = low;
    let right = high;
    while (left <= right) {
      while (values[left] < pivot) left++;
      while (values[right] > pivot) right--;
      if (left > right) break;
      const swapped = values[left];
      values[left++] = values[right];
      values[right--] = swapped;
    }
    if (rank <= right) high = right;
    else if (rank >= left) low = left;
    else break;
  }
  return values[rank];
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
    while (end < ends.length && ends[end] <= bucket * width) end++;
    let most = begin - end;
    while (begin < begins.length && begins[begin] < until) {
      while (end < ends.length && ends[end] <= begins[begin]) end++;
      begin++;
      if (begin - end > most) most = begin - end;
    }
    steps.push([bucket * width, most]);
  }
  return steps;
}
