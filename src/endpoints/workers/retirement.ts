// When a worker has served its time. Pure: what is drawn by chance is passed in.

export interface RetirementOptions {
  /** 0: never. */
  readonly maxRequests: number;
  /** Milliseconds; 0: never. */
  readonly lifetime: number;
  /** 0..1: the part that may be taken off. Workers that began together would end together without it. */
  readonly jitter: number;
}

/** One worker's limits; 0: none. */
export interface RetirementLimits {
  readonly requests: number;
  /** Milliseconds. */
  readonly age: number;
}

/** @param random gives a number from 0 up to, not including, 1. Called twice. */
export function drawLimits(options: RetirementOptions, random: () => number): RetirementLimits {
  const { maxRequests, lifetime, jitter } = options;
  return {
    requests: maxRequests === 0 ? 0 : Math.max(1, Math.round(maxRequests * (1 - jitter * random()))),
    age: lifetime === 0 ? 0 : Math.max(1, Math.round(lifetime * (1 - jitter * random()))),
  };
}

/** Numbers from 0 up to, not including, 1: the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 0x100000000;
  };
}
