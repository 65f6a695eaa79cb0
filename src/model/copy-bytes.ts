// Copies of lent byte ranges. `slice` would not do: a Buffer's `slice` is a view of the same memory.

/** bytes[start..end) in memory of its own. */
export function copyBytes(bytes: Uint8Array, start = 0, end: number = bytes.length): Uint8Array {
  return Uint8Array.prototype.slice.call(bytes, start, end);
}
