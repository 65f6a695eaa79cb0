// Which connections a filter let through, to be asked row by row: the filter itself is run once, for the tables.
import { perValue } from '../memo.js';
import type { State } from '../state.js';

const marksOf = perValue((rows: Uint32Array): Uint8Array => {
  let most = -1;
  for (const row of rows) if (row > most) most = row;
  const marks = new Uint8Array(most + 1);
  for (const row of rows) marks[row] = 1;
  return marks;
});

/** Tells whether the filter lets a connection through; undefined where there is no filter. */
export function connectionFilter(state: State): ((row: number) => boolean) | undefined {
  const { rows } = state.tables.connections;
  if (state.filter.applied.trim() === '' || !rows) return undefined;
  const marks = marksOf(rows);
  return (row) => marks[row] === 1;
}
