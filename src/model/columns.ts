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

/**
 * Keeps of every column of a table the rows that have a new number, in their order; rows past them are 0 again.
 * @param numbers new row by old row, ascending; -1 for rows that go
 * @param width entries of a row
 */
export function retainRows(columns: Iterable<unknown>, numbers: Int32Array, width = 1): void {
  const runs = runsOf(numbers);
  for (const column of columns)
    if (ArrayBuffer.isView(column)) retainColumn(column as Column, runs, numbers.length, width);
}

/** Rows that are kept and follow each other: the first and the one behind the last, a pair for each run. What stays is mostly the newer part. */
function runsOf(numbers: Int32Array): readonly number[] {
  const runs: number[] = [];
  for (let row = 0; row < numbers.length; row++) {
    if (numbers[row] === -1) continue;
    const first = row;
    while (row < numbers.length && numbers[row] !== -1) row++;
    runs.push(first, row);
  }
  return runs;
}

function retainColumn(column: Column, runs: readonly number[], rows: number, width: number): void {
  let next = 0;
  for (let i = 0; i < runs.length; i += 2) {
    column.copyWithin(next, runs[i] * width, runs[i + 1] * width);
    next += (runs[i + 1] - runs[i]) * width;
  }
  column.fill(0, next, rows * width);
}

/** How many rows have a new number. */
export function retainedCount(numbers: Int32Array): number {
  let count = 0;
  for (let row = 0; row < numbers.length; row++) if (numbers[row] !== -1) count++;
  return count;
}
