// Moving in lists, and beginning to type a filter: what both the keys and their actions need.
import type { ActionName } from './keys/key-table.js';
import { focusedPane } from './panes.js';
import { readFilter } from './rows/filter-text.js';
import { cursorOf, type ListName, type State } from './state.js';
import { textField } from './text-field.js';

export function withCursor(state: State, list: ListName, index: number): State {
  return { ...state, cursors: { ...state.cursors, [list]: { ...cursorOf(state, list), index } } };
}

/** Moves in the pane that keys go to. */
export function moved(state: State, action: ActionName): State {
  const pane = focusedPane(state);
  if (!pane || pane.count === 0) return state;
  const { list, count, height } = pane;
  const { index } = cursorOf(state, list);
  const page = Math.max(1, height - 1);
  const places: Partial<Record<ActionName, number>> = {
    up: index - 1,
    down: index + 1,
    'page-up': index - page,
    'page-down': index + page,
    first: 0,
    last: count - 1,
  };
  const place = Math.max(0, Math.min(count - 1, places[action] ?? index));
  // Who moves by hand does not follow any more.
  return withCursor({ ...state, follow: action === 'last' ? state.follow : false }, list, place);
}

/** Begins to type a filter. */
export function editFilter(state: State): State {
  const { applied } = state.filter;
  return { ...state, filter: { applied, before: applied, field: textField(applied), reading: readFilter(applied) } };
}
