// What becomes of the state when something happens: a key, a new size, new data, finished work. Pure: what the keys ask
// for beyond the screen is left in `commands` for the controller.

import type { Remapping } from '../analysis/live/fold.js';
import { act } from './actions.js';
import type { Series } from './charts/series.js';
import type { ScreenData } from './data.js';
import type { Key } from './keys/key-parser.js';
import { type ActionName, actionOf } from './keys/key-table.js';
import type { ConnectionContents, RequestContents } from './ladder/contents.js';
import { isTooSmall, topFor } from './layout.js';
import { withCursor } from './moves.js';
import { panesOf } from './panes.js';
import { renumbered } from './renumber.js';
import { readFilter } from './rows/filter-text.js';
import type { Selected } from './rows/select.js';
import { type Busy, cursorOf, type Size, type State, screenOf, type TableName } from './state.js';
import { typed } from './text-field.js';

export type Happening =
  | { readonly kind: 'key'; readonly key: Key }
  | { readonly kind: 'size'; readonly size: Size }
  | { readonly kind: 'data'; readonly data: ScreenData }
  | { readonly kind: 'renumbered'; readonly rows: Remapping; readonly data: ScreenData }
  | { readonly kind: 'selected'; readonly selected: Selected; readonly totals: Readonly<Record<TableName, number>> }
  | { readonly kind: 'sorted'; readonly table: TableName; readonly rows: Uint32Array }
  | { readonly kind: 'busy'; readonly busy: Busy | undefined }
  | {
      readonly kind: 'series';
      readonly key: string;
      readonly series: readonly Series[];
      readonly from: number;
      readonly until: number;
    }
  | { readonly kind: 'connection'; readonly contents: ConnectionContents | undefined }
  | { readonly kind: 'request'; readonly contents: RequestContents | undefined }
  | { readonly kind: 'message'; readonly text: string; readonly bad: boolean }
  | { readonly kind: 'commands-taken' };

export function update(state: State, happening: Happening): State {
  return settled(changed(state, happening));
}

function changed(state: State, happening: Happening): State {
  switch (happening.kind) {
    case 'key':
      return keyPressed({ ...state, message: undefined }, happening.key);
    case 'size':
      return { ...state, size: happening.size };
    case 'data':
      return withData(state, happening.data);
    case 'renumbered':
      return renumbered(withData(state, happening.data), happening.rows);
    case 'selected': {
      const { selected, totals } = happening;
      const one = withRows(state, 'connections', selected.connections, totals.connections);
      return withRows(one, 'requests', selected.requests, totals.requests);
    }
    case 'sorted':
      return withRows(state, happening.table, happening.rows, state.tables[happening.table].total);
    case 'busy':
      return { ...state, busy: happening.busy };
    case 'series':
      return { ...state, series: happening };
    case 'connection':
      return { ...state, connectionContents: happening.contents };
    case 'request':
      return { ...state, requestContents: happening.contents };
    case 'message':
      return { ...state, message: { text: happening.text, bad: happening.bad } };
    case 'commands-taken':
      return { ...state, commands: [] };
  }
}

function keyPressed(state: State, key: Key): State {
  if (key.name === 'ctrl-c') return { ...state, commands: [...state.commands, { kind: 'quit', interrupted: true }] };
  if (key.name === 'ctrl-z') return { ...state, commands: [...state.commands, { kind: 'suspend' }] };
  if (isTooSmall(state)) return key.name === 'q' || key.name === 'Q' ? act(state, 'quit') : state;
  if (state.prompt) return promptKey(state, key);
  if (state.filter.field) return filterKey(state, key);
  const action = actionOf(key.name, screenOf(state));
  if (state.help) return helpKey(state, key, action);
  return action === undefined ? state : act(state, action);
}

function helpKey(state: State, key: Key, action: ActionName | undefined): State {
  if (action === 'help' || action === 'back' || action === 'clear' || key.name === 'enter')
    return { ...state, help: false };
  if (action === 'quit') return act(state, 'quit');
  const moves: readonly (ActionName | undefined)[] = ['up', 'down', 'page-up', 'page-down', 'first', 'last'];
  return action !== undefined && moves.includes(action) ? act(state, action) : state;
}

function promptKey(state: State, key: Key): State {
  const prompt = state.prompt!;
  if (key.name === 'escape') return { ...state, prompt: undefined };
  if (key.name === 'enter') {
    if (prompt.field.text.trim() === '') return { ...state, prompt: undefined };
    const { reading } = state.filter;
    // A bare word stands for a filter; the report is filtered by that.
    const filter = (reading.kind === 'filter' ? reading.meaning : undefined) ?? state.filter.applied;
    return { ...state, prompt: undefined, commands: [...state.commands, { kind: 'write', prompt, filter }] };
  }
  return { ...state, prompt: { ...prompt, field: typed(prompt.field, key) } };
}

function filterKey(state: State, key: Key): State {
  const { filter } = state;
  const field = filter.field!;
  if (key.name === 'escape') {
    return {
      ...state,
      filter: { ...filter, applied: filter.before, field: undefined, reading: readFilter(filter.before) },
    };
  }
  if (key.name === 'enter') {
    // What cannot be applied stays in the bar until it can, or is dropped.
    if (filter.reading.kind === 'error' || filter.reading.kind === 'unfinished') return state;
    return { ...state, filter: { ...filter, before: filter.applied, field: undefined } };
  }
  const next = typed(field, key);
  if (next.text === field.text) return { ...state, filter: { ...filter, field: next } };
  const reading = readFilter(next.text);
  const applies = reading.kind === 'filter' || reading.kind === 'none';
  return { ...state, filter: { ...filter, field: next, reading, applied: applies ? next.text : filter.applied } };
}

function withData(state: State, data: ScreenData): State {
  const before = state.data.shown?.snapshot.findings;
  const after = data.shown?.snapshot.findings;
  const next = { ...state, data };
  if (!after || !before || before === after) return next;
  // The selection stays with the finding, wherever it is now.
  const cursor = cursorOf(state, 'findings');
  const selected = before[cursor.index];
  const place = after.findIndex(({ id, scope }) => id === selected?.id && scope.endpoint === selected.scope.endpoint);
  return place < 0 ? next : withCursor(next, 'findings', place);
}

function withRows(state: State, table: TableName, rows: Uint32Array, total: number): State {
  const own = state.tables[table];
  const cursor = cursorOf(state, table);
  let index = own.selected < 0 ? -1 : rows.indexOf(own.selected);
  if (index < 0) index = Math.min(cursor.index, Math.max(0, rows.length - 1));
  if (state.follow) index = Math.max(0, rows.length - 1);
  const next: State = {
    ...state,
    tables: { ...state.tables, [table]: { ...own, rows, total, selected: rows[index] ?? -1 } },
  };
  return withCursor(next, table, index);
}

/** Every list's cursor inside the list, and among the lines shown. */
function settled(state: State): State {
  let cursors = state.cursors;
  let { tables } = state;
  for (const { list, count, height, selects } of panesOf(state)) {
    const { index, top } = cursors[list] ?? { index: 0, top: 0 };
    const most = selects ? count - 1 : Math.max(0, count - height);
    const kept = Math.max(0, Math.min(index, most));
    const first = selects ? topFor(top, kept, height, count) : kept;
    if (kept !== index || first !== top) cursors = { ...cursors, [list]: { index: kept, top: first } };
    if (list === 'connections' || list === 'requests') {
      const selected = tables[list].rows?.[kept] ?? -1;
      if (selected !== tables[list].selected) tables = { ...tables, [list]: { ...tables[list], selected } };
    }
  }
  return cursors === state.cursors && tables === state.tables ? state : { ...state, cursors, tables };
}
