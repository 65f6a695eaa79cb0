// The places of texts in the alphabet, found in steps: a merge sort that can be interrupted.

/** Texts sorted at once, and texts merged between two steps. */
const RUN = 512;
const STEP = 4_096;

/** The places of the texts in ascending order of their UTF-16 code units. */
export function* textOrder(texts: readonly string[]): Generator<void, Uint32Array, void> {
  let order = new Uint32Array(texts.length);
  let other = new Uint32Array(texts.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  const compare = (a: number, b: number) => (texts[a] < texts[b] ? -1 : texts[a] > texts[b] ? 1 : a - b);
  for (let from = 0; from < order.length; from += RUN) {
    order.subarray(from, from + RUN).sort(compare);
    yield;
  }
  let merged = 0;
  for (let width = RUN; width < order.length; width *= 2) {
    for (let from = 0; from < order.length; from += 2 * width) {
      const middle = Math.min(order.length, from + width);
      const end = Math.min(order.length, middle + width);
      let left = from;
      let right = middle;
      for (let at = from; at < end; at++) {
        const takesLeft = left < middle && (right >= end || compare(order[left], order[right]) <= 0);
        other[at] = takesLeft ? order[left++] : order[right++];
        if (++merged % STEP === 0) yield;
      }
    }
    [order, other] = [other, order];
  }
  return order;
}
