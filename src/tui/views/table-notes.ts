// The upper right corner of a list of rows: which row of how many, and the order they stand in.
import { formatCount } from '../../reporters/format-count.js';
import type { SortColumn } from '../rows/sort-columns.js';
import { cursorOf, type State, type TableName } from '../state.js';
import { wordsOf } from '../words.js';

export function sortNote(state: State, name: TableName, sorts: readonly SortColumn[]): string {
  const { symbols } = wordsOf(state);
  const { rows, sort, reverse } = state.tables[name];
  if (!rows) return '';
  const { index } = cursorOf(state, name);
  const place = rows.length === 0 ? 'none' : `${formatCount(index + 1)} of ${formatCount(rows.length)}`;
  const order = `sort ${sorts[sort]?.name ?? ''} ${reverse ? symbols.descending : symbols.ascending}`;
  return `${place}   ${order}${state.follow ? '   following' : ''}`;
}
