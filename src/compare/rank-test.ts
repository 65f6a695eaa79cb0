// The significance test of two samples of request times. Times of requests are skewed, have ties and long tails, so only
// their ranks are used: Mann and Whitney's U in its normal approximation, with ties, and a second time for the slowest
// twentieth alone, which U hardly sees. Requests that queue behind each other are not independent of each other; the
// variance is widened by what the samples themselves show of it (the integrated autocorrelation time of the ranks, cut
// by Geyer's initial positive sequence), as otherwise every busy minute would differ significantly from the next.

export interface RankTest {
  /** Probability of a difference this large, or larger, where there is none (two-sided). */
  readonly p: number;
  /**
   * Cliff's delta, -1 to 1: how much more likely a value of the second sample is above one of the first than below.
   */
  readonly effect: number;
  /** How many independent values each sample is worth. */
  readonly independent: readonly [number, number];
}

export interface TailTest {
  /** Values above this one are the tail: about a twentieth of both samples together. */
  readonly threshold: number;
  /** How many of each sample are. */
  readonly counts: readonly [number, number];
  readonly p: number;
}

/** Longest distance at which two requests are still looked at for depending on each other. */
const MAX_LAG = 1000;
const TAIL = 0.05;

/** Whether values of the second sample tend to be larger or smaller. Samples are in the order of time, none is empty. */
export function rankTest(first: Float64Array, second: Float64Array): RankTest {
  const sorted = pooled(first, second);
  const one = first.map((value) => midrank(sorted, value));
  const other = second.map((value) => midrank(sorted, value));
  const difference = compareScores(one, other);
  return {
    p: difference.p,
    // The mean rank of the second sample against that of the first, in half the number of values.
    effect: sorted.length === 0 ? 0 : (2 * (mean(other) - mean(one))) / sorted.length,
    independent: difference.independent,
  };
}

/** Whether the slowest values belong to one of the samples more than their numbers explain. */
export function tailTest(first: Float64Array, second: Float64Array): TailTest {
  const sorted = pooled(first, second);
  const threshold = sorted[Math.max(0, Math.ceil((1 - TAIL) * sorted.length) - 1)];
  const one = first.map((value) => Number(value > threshold));
  const other = second.map((value) => Number(value > threshold));
  return { threshold, counts: [sum(one), sum(other)], p: compareScores(one, other).p };
}

/** Two samples' mean scores: the permutation variance of all scores, widened by what each sample's order shows. */
function compareScores(one: Float64Array, other: Float64Array): Pick<RankTest, 'p' | 'independent'> {
  const independent = [one.length / correlationTime(one), other.length / correlationTime(other)] as const;
  const count = one.length + other.length;
  const total = sum(one) + sum(other);
  const middle = total / count;
  let squares = 0;
  for (const score of one) squares += (score - middle) ** 2;
  for (const score of other) squares += (score - middle) ** 2;
  const variance = squares / (count - 1);
  const error = Math.sqrt(variance * (1 / independent[0] + 1 / independent[1]));
  const distance = Math.abs(mean(one) - mean(other));
  // Without any spread nothing differs.
  return { p: error > 0 ? complementaryError(distance / error / Math.SQRT2) : 1, independent };
}

/** Over how many values in a row what one of them says reaches: 1 where each stands for itself. */
function correlationTime(scores: Float64Array): number {
  const { length } = scores;
  const middle = mean(scores);
  const covariance = (lag: number) => {
    let covered = 0;
    for (let i = lag; i < length; i++) covered += (scores[i] - middle) * (scores[i - lag] - middle);
    return covered;
  };
  const variance = covariance(0);
  if (variance === 0) return 1;
  let time = -1;
  let least = Number.POSITIVE_INFINITY;
  // Pairs of neighbouring lags are positive and fall as long as they are more than noise.
  for (let lag = 0; lag + 1 < Math.min(length, MAX_LAG); lag += 2) {
    const pair = (covariance(lag) + covariance(lag + 1)) / variance;
    if (pair <= 0) break;
    least = Math.min(least, pair);
    time += 2 * least;
  }
  return Math.min(length, Math.max(1, time));
}

function pooled(first: Float64Array, second: Float64Array): Float64Array {
  const all = new Float64Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all.sort();
}

/** The rank of a value from 1; equal values share the middle of theirs. */
function midrank(sorted: Float64Array, value: number): number {
  return (bound(sorted, value, false) + bound(sorted, value, true) + 1) / 2;
}

/** How many of the sorted values are below the value; `through`: or equal to it. */
function bound(sorted: Float64Array, value: number, through: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < value || (through && sorted[middle] === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sum(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}

function mean(values: Float64Array): number {
  return values.length === 0 ? 0 : sum(values) / values.length;
}

/** erfc for arguments from 0, after Abramowitz and Stegun's rational Chebyshev fit in Numerical Recipes: 1.2e-7 relative. */
function complementaryError(x: number): number {
  const t = 1 / (1 + x / 2);
  const coefficients = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ];
  return t * Math.exp(-x * x + coefficients.reduceRight((value, coefficient) => value * t + coefficient, 0));
}
