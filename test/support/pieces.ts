// Cuts bytes into pieces for properties: what is told in pieces must be what is told whole.
import fc from 'fast-check';

/** Positions to cut at, as shares of the length. */
export const cuts: fc.Arbitrary<readonly number[]> = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
  maxLength: 12,
});

/** The pieces between the cuts, in order; none is empty. */
export function pieces(bytes: Uint8Array, shares: readonly number[]): Uint8Array[] {
  const ends = [...new Set(shares.map((share) => Math.round(share * bytes.length))), bytes.length].sort(
    (a, b) => a - b,
  );
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end)).filter((piece) => piece.length > 0);
}

/** Every byte by itself. */
export function single(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));
}
