// Rows of a source without an end: when the oldest go, those that stay have new numbers, and what is selected or opened
// stays what it was.
import type { Remapping } from '../analysis/live/fold.js';
import type { Detail, State, TableName, TableState } from './state.js';

export function renumbered(state: State, numbers: Remapping): State {
  const details: Detail[] = [];
  for (const detail of state.details) {
    const row = numbers[detail.kind === 'timeline' ? 'connections' : 'requests'][detail.row] ?? -1;
    // What was opened from a row that is gone goes with it.
    if (row < 0) break;
    details.push({ ...detail, row });
  }
  const isGone = details.length < state.details.length;
  return {
    ...state,
    details,
    tables: { connections: table(state, 'connections', numbers), requests: table(state, 'requests', numbers) },
    prompt: undefined,
    connectionContents: undefined,
    requestContents: undefined,
    message: isGone
      ? { text: 'What was opened is too old: it is counted, but no longer kept.', bad: false }
      : state.message,
  };
}

function table(state: State, name: TableName, numbers: Remapping): TableState {
  const own = state.tables[name];
  const rows = own.rows?.map((row) => (numbers[name][row] ?? -1) + 1).filter((row) => row > 0);
  return {
    ...own,
    rows: rows?.map((row) => row - 1),
    selected: own.selected < 0 ? -1 : (numbers[name][own.selected] ?? -1),
  };
}
