// How likely observed times are if nothing is known but that they come from one distribution: the density that the
// values themselves suggest. It makes stories about the same answers comparable, whatever the distribution is.

/** Differences below this (in nanoseconds) are noise of the machine, not of the story. */
const FINEST = 20e3;

/**
 * The log-likelihood of values under their own density, estimated from the distances between neighbours (Vasicek). Only
 * differences between stories about the same answers mean something. Sorts `values`.
 */
export function logLikelihood(values: Float64Array, finest = FINEST): number {
  const count = values.length;
  const reach = Math.max(1, Math.round(Math.sqrt(count) / 1.5));
  values.sort();
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const low = Math.max(0, i - reach);
    const high = Math.min(count - 1, i + reach);
    sum -= Math.log((Math.max(values[high] - values[low], finest) * count) / Math.max(1, high - low));
  }
  return sum;
}

/** NaN without values. */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
