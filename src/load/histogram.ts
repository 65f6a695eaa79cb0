// Durations counted in buckets that grow with them: any percentile to within 0.8 %, whatever the range, in a few kilobytes,
// and histograms of several seconds or processes can be added.

/** Buckets to each power of two. */
const STEPS_BITS = 7;
const STEPS = 1 << STEPS_BITS;
/** Values up to 2^40 units: of nanoseconds 18 minutes, longer ones count as that. */
const LARGEST_BITS = 40;
const BUCKETS = (LARGEST_BITS - STEPS_BITS + 1) * STEPS;
const LARGEST = 2 ** LARGEST_BITS - 1;

export interface Bucket {
  /** Values from `from` (included) to `to` (excluded). */
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

export class Histogram {
  count = 0;
  sum = 0;
  least = Number.POSITIVE_INFINITY;
  most = 0;
  private readonly counts = new Float64Array(BUCKETS);

  /** Counts a value, a whole number from 0; fractions are cut off, negative values count as 0. */
  record(value: number, times = 1): void {
    const whole = value > 0 ? Math.min(Math.floor(value), LARGEST) : 0;
    this.counts[bucketOf(whole)] += times;
    this.count += times;
    this.sum += whole * times;
    if (whole < this.least) this.least = whole;
    if (whole > this.most) this.most = whole;
  }

  /** Adds what another one counted. */
  add(other: Histogram): void {
    for (let i = 0; i < BUCKETS; i++) this.counts[i] += other.counts[i];
    this.count += other.count;
    this.sum += other.sum;
    this.least = Math.min(this.least, other.least);
    this.most = Math.max(this.most, other.most);
  }

  get mean(): number {
    return this.count === 0 ? Number.NaN : this.sum / this.count;
  }

  /** The value that this share (0..1) of all does not exceed; NaN where there is none. */
  percentile(share: number): number {
    if (this.count === 0) return Number.NaN;
    const wanted = Math.max(1, Math.ceil(share * this.count));
    let seen = 0;
    for (let i = 0; i < BUCKETS; i++) {
      seen += this.counts[i];
      // The largest value of a bucket, but none that never came.
      if (seen >= wanted) return Math.max(this.least, Math.min(this.most, edge(i + 1) - 1));
    }
    return this.most;
  }

  /** The buckets that counted something, in order. */
  *buckets(): IterableIterator<Bucket> {
    for (let i = 0; i < BUCKETS; i++) {
      if (this.counts[i] > 0) yield { from: edge(i), to: edge(i + 1), count: this.counts[i] };
    }
  }

  /** The same in at most `rows` equal steps of the logarithm between the shortest and the longest. */
  coarse(rows: number): Bucket[] {
    if (this.count === 0) return [];
    const from = Math.max(1, this.least);
    const ratio = Math.max(1.02, (this.most + 1) / from) ** (1 / rows);
    const coarse = Array.from({ length: rows }, (_, row) => ({
      from: row === 0 ? this.least : from * ratio ** row,
      to: from * ratio ** (row + 1),
      count: 0,
    }));
    for (const { from: start, to, count } of this.buckets()) {
      const middle = (start + to - 1) / 2;
      const row = middle <= from ? 0 : Math.floor(Math.log(middle / from) / Math.log(ratio));
      coarse[Math.min(rows - 1, row)].count += count;
    }
    while (coarse.length > 1 && coarse[coarse.length - 1].count === 0) coarse.pop();
    return coarse;
  }
}

/** Values below 2 * STEPS have a bucket each; above, STEPS buckets to each power of two. */
function bucketOf(value: number): number {
  if (value < STEPS) return value;
  const power = Math.floor(Math.log2(value));
  // log2 of a number just below a power of two may be rounded up to it.
  const exact = 2 ** power > value ? power - 1 : power;
  return (exact - STEPS_BITS) * STEPS + Math.floor(value / 2 ** (exact - STEPS_BITS));
}

/** The least value of a bucket. */
function edge(bucket: number): number {
  if (bucket < STEPS) return bucket;
  const power = Math.floor(bucket / STEPS) - 1;
  return (STEPS + (bucket % STEPS)) * 2 ** power;
}
