// Growable columns of numbers. A table with a million rows is a few typed arrays instead of a million objects; memory
// that is reserved but not yet written costs nothing, since the operating system gives pages when they are touched.

type Column = Float64Array | Uint32Array | Int32Array | Uint16Array | Uint8Array;

/** A column of the same kind and content with room for `capacity` rows; new rows are 0. */
export function grown<T extends Column>(column: T, capacity: number): T {
  const next = new (column.constructor as new (length: number) => T)(capacity);
  next.set(column as never);
  return next;
}

/** The capacity to grow to when `needed` rows do not fit: half as much again, at least 1,024. */
export function nextCapacity(current: number, needed: number): number {
  return Math.max(1024, needed, Math.ceil(current * 1.5));
}
