// How likely observed times are if nothing is known but that they come from one distribution: the density that the
// values themselves suggest. It makes stories about the same answers comparable, whatever the distribution is.
import type { Timeline } from './queue-timeline.js';

/** Differences below this (in nanoseconds) are noise of the machine, not of the story. */
const FINEST = 20e3;
/** A kind of request with fewer answers has no distribution of its own. */
const ENOUGH = 5;

/** The answers that stories are about: connections of a timeline that got a first byte. */
export class Answers {
  /** Indices in the timeline. */
  readonly indices: Uint32Array;
  /** Positions in `indices`: each kind of request with enough answers, then all others together. */
  private readonly groups: readonly Uint32Array[];

  constructor(times: Timeline) {
    this.indices = Uint32Array.from(times.row.keys()).filter((i) => !Number.isNaN(times.firstByte[i]));
    const kinds = new Map<number, number[]>();
    this.indices.forEach((i, position) => {
      const kind = kinds.get(times.kind[i]);
      if (kind) kind.push(position);
      else kinds.set(times.kind[i], [position]);
    });
    const groups = [...kinds.values()];
    const rest = groups.filter((group) => group.length < ENOUGH).flat();
    this.groups = [...groups.filter((group) => group.length >= ENOUGH), rest].map((group) => Uint32Array.from(group));
  }

  /**
   * The log-likelihood of one value for each answer under the density of its kind. Only differences between stories
   * mean something. Values that are NaN are left out.
   */
  logLikelihood(values: Float64Array, finest = FINEST): number {
    let sum = 0;
    for (const group of this.groups) {
      const some = new Float64Array(group.length);
      let count = 0;
      for (const position of group) if (!Number.isNaN(values[position])) some[count++] = values[position];
      sum += logLikelihood(some.subarray(0, count), finest);
    }
    return sum;
  }
}

/** Of values under their own density, estimated from the distances between neighbours (Vasicek). Sorts them. */
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
