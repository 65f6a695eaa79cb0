// Counting what coexists: intervals in, the highest number open at once out. Arrays are sorted in place.

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

/** Values that are looked at first, where there are more than these. */
const SAMPLE = 4096;

/** Nearest-rank percentiles; undefined without values. Changes the order of the values. */
export function percentiles(values: Float64Array): Percentiles | undefined {
  const count = values.length;
  if (count === 0) return undefined;
  const rank = (share: number) => Math.max(0, Math.ceil(share * count) - 1);
  const ranks = { p50: rank(0.5), p90: rank(0.9), p95: rank(0.95), p99: rank(0.99), max: count - 1 };
  let ranked = count > SAMPLE ? new Ranked(values) : undefined;
  if (!ranked?.knows(ranks.p50) || !ranked.knows(ranks.p90)) ranked = new Ranked(values, true);
  return {
    p50: ranked.at(ranks.p50),
    p90: ranked.at(ranks.p90),
    p95: ranked.at(ranks.p95),
    p99: ranked.at(ranks.p99),
    max: ranked.at(ranks.max),
  };
}

/**
 * Values by their ranks, of which only those around the median and the largest tenth are put in order: where these begin
 * and end is taken from a sample, with room for its error (Floyd and Rivest's selection). `all`: all are.
 */
class Ranked {
  /** How many are smaller than those around the median, which are at the front. */
  private below = 0;
  private around = 0;
  /** From here on are the largest. */
  private top = 0;

  constructor(
    private readonly values: Float64Array,
    all = false,
  ) {
    if (all) values.sort();
    else this.sortPartly();
  }

  knows(rank: number): boolean {
    return rank >= this.top || (rank >= this.below && rank < this.below + this.around);
  }

  at(rank: number): number {
    return this.values[rank >= this.top ? rank : rank - this.below];
  }

  private sortPartly(): void {
    const { values } = this;
    const count = values.length;
    const sample = new Float64Array(SAMPLE);
    for (let i = 0; i < SAMPLE; i++) sample[i] = values[Math.floor((i * count) / SAMPLE)];
    sample.sort();
    // Three times the standard deviation of a rank in a sample, which is greatest for the median.
    const room = 1.5 * Math.sqrt(SAMPLE);
    const from = sample[SAMPLE / 2 - room];
    const until = sample[SAMPLE / 2 + room];
    const largest = sample[Math.floor(SAMPLE * 0.9 - room)];
    let below = 0;
    let around = 0;
    let top = count;
    for (let i = 0; i < top; ) {
      const value = values[i];
      if (value >= largest) {
        values[i] = values[--top];
        values[top] = value;
        continue;
      }
      if (value < from) below++;
      else if (value <= until) {
        values[i] = values[around];
        values[around++] = value;
      }
      i++;
    }
    values.subarray(0, around).sort();
    values.subarray(top).sort();
    this.below = below;
    this.around = around;
    this.top = top;
  }
}

/**
 * The most intervals open at once in each of `buckets` equal parts of 0 .. duration, as [start of the part, count].
 * Arrays must be sorted; at equal times ends count before begins.
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
