// Seeded pseudo-random numbers (xorshift128, seeded by splitmix32), so that generated captures and fuzz cases are the
// same on every machine.

export interface Random {
  /** An unsigned 32-bit number. */
  next(): number;
  /** An integer from 0 to limit - 1. */
  below(limit: number): number;
  /** An integer from `least` to `most`, both included. */
  between(least: number, most: number): number;
  /** True with probability 1 / n. */
  oneIn(n: number): boolean;
  pick<T>(list: readonly T[]): T;
}

export function random(seed: number): Random {
  let mixing = seed >>> 0;
  const mix = (): number => {
    mixing = (mixing + 0x9e3779b9) >>> 0;
    let z = mixing;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let a = mix();
  let b = mix();
  let c = mix();
  let d = mix() | 1;
  const next = (): number => {
    const t = a ^ (a << 11);
    a = b;
    b = c;
    c = d;
    d = (d ^ (d >>> 19) ^ t ^ (t >>> 8)) >>> 0;
    return d;
  };
  const below = (limit: number): number => Math.floor((next() / 0x100000000) * limit);
  return {
    next,
    below,
    between: (least, most) => least + below(most - least + 1),
    oneIn: (n) => below(n) === 0,
    pick: (list) => list[below(list.length)],
  };
}
