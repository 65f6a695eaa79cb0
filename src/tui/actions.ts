// What each action of the key table does to the state.

import { evidenceTarget, type Target, targetOf } from './finding-target.js';
import type { ActionName } from './keys/key-table.js';
import { ladderLines } from './ladder/ladder.js';
import { requestsOf } from './ladder/requests-of.js';
import { editFilter, moved, withCursor } from './moves.js';
import { focusedPane, focusOf, panesOf } from './panes.js';
import { readFilter } from './rows/filter-text.js';
import { standsOut } from './rows/marks.js';
import { CONNECTION_SORTS, REQUEST_SORTS } from './rows/sort-columns.js';
import {
  cursorOf,
  type Detail,
  METRICS,
  type Prompt,
  type State,
  screenOf,
  type TableName,
  TIME_MODES,
  topDetail,
  VIEWS,
  type ViewName,
} from './state.js';
import { textField } from './text-field.js';
import { visibleEvents } from './views/event-rows.js';
import { figureRows } from './views/figure-rows.js';
import { processRows } from './views/process-rows.js';
import { listenerRows, selectedListener, waitingRows } from './views/queue-rows.js';

const MOST_ZOOM = 8;
/** Place of the list of those who wait among the panes of the Accept queue. */
const WAITING_PANE = 1;

export function act(state: State, action: ActionName): State {
  switch (action) {
    case 'up':
    case 'down':
    case 'page-up':
    case 'page-down':
    case 'first':
    case 'last':
      return moved(state, action);
    case 'previous':
      return neighbour(state, -1);
    case 'next':
      return neighbour(state, 1);
    case 'view-1':
    case 'view-2':
    case 'view-3':
    case 'view-4':
    case 'view-5':
    case 'view-6':
      return { ...state, view: VIEWS[Number(action.slice(-1)) - 1], details: [], follow: false };
    case 'open':
      return open(state);
    case 'back':
      return back(state);
    case 'clear':
      return state.details.length === 0 && state.filter.applied !== '' ? filtered(state, '') : back(state);
    case 'quit':
      return { ...state, commands: [...state.commands, { kind: 'quit', interrupted: false }] };
    case 'suspend':
    case 'redraw':
      return { ...state, commands: [...state.commands, { kind: action }] };
    case 'next-pane':
      return otherPane(state, 1);
    case 'previous-pane':
      return otherPane(state, -1);
    case 'filter':
      return editFilter(state);
    case 'sort':
      return sorted(state, (table, columns) => ({ sort: (table.sort + 1) % columns, reverse: false }));
    case 'reverse':
      return sorted(state, (table) => ({ sort: table.sort, reverse: !table.reverse }));
    case 'next-mark':
      return toMark(state, 1);
    case 'previous-mark':
      return toMark(state, -1);
    case 'evidence':
      return jump(state, evidenceTarget);
    case 'requests':
      return toRequests(state);
    case 'connection':
      return toConnection(state);
    case 'pause':
      return { ...state, paused: !state.paused };
    case 'follow':
      return followed(state);
    case 'zoom-in':
      return { ...state, zoom: Math.min(MOST_ZOOM, state.zoom + 1) };
    case 'zoom-out':
      return { ...state, zoom: Math.max(0, state.zoom - 1) };
    case 'metric':
      return { ...state, metric: after(METRICS, state.metric) };
    case 'write':
      return { ...state, prompt: promptFor(state) };
    case 'time':
      return { ...state, time: after(TIME_MODES, state.time) };
    case 'hex':
      return { ...state, hex: !state.hex };
    case 'segments':
      return { ...state, segments: !state.segments };
    case 'detail':
      return { ...state, detailPane: !state.detailPane };
    case 'secrets':
      return { ...state, secrets: !state.secrets };
    case 'help':
      return withCursor({ ...state, help: !state.help }, 'help', 0);
  }
}

function after<T>(values: readonly T[], value: T): T {
  return values[(values.indexOf(value) + 1) % values.length];
}

function back(state: State): State {
  if (state.details.length > 0) return opened(state, state.details.slice(0, -1));
  if (state.view !== 'overview') {
    const { came } = state;
    const there: State = { ...state, view: 'overview', follow: false, came: undefined };
    return came === undefined ? there : filtered(there, came);
  }
  return { ...state, commands: [...state.commands, { kind: 'quit', interrupted: false }] };
}

/** Another detail on top: the cursors of its lists begin anew. */
function opened(state: State, details: readonly Detail[]): State {
  const { ladder, record, params, body, ...cursors } = state.cursors;
  void [ladder, record, params, body];
  return { ...state, details, cursors, focus: { ...state.focus, timeline: 0, request: 0 } };
}

function pushed(state: State, detail: Detail): State {
  const top = topDetail(state);
  if (top?.kind === detail.kind && top.row === detail.row) return state;
  // Back and forth between a request and its connection does not pile up.
  const before = state.details.at(-2);
  if (before?.kind === detail.kind && before.row === detail.row) return opened(state, state.details.slice(0, -1));
  return opened(state, [...state.details, detail]);
}

function open(state: State): State {
  const { shown } = state.data;
  if (!shown) return state;
  switch (screenOf(state)) {
    case 'overview':
      return focusedPane(state)?.list === 'figures' ? openFigure(state) : jump(state, targetOf);
    case 'connections': {
      const { selected } = state.tables.connections;
      return selected < 0 ? state : pushed(state, { kind: 'timeline', row: selected });
    }
    case 'requests': {
      const { selected } = state.tables.requests;
      return selected < 0 ? state : pushed(state, { kind: 'request', row: selected });
    }
    case 'processes': {
      const endpoint = processRows(state)[cursorOf(state, 'processes').index]?.endpoint;
      return endpoint === undefined
        ? state
        : toView(state, { view: 'connections', filter: `application == "${endpoint}"` });
    }
    case 'queue':
      return openQueue(state);
    case 'events':
      return toConnection(state);
    case 'timeline':
      return openRecord(state);
    case 'request':
      return state;
  }
}

function openFigure(state: State): State {
  const target = figureRows(state)[cursorOf(state, 'figures').index]?.target;
  return target ? toView(state, target) : state;
}

function openQueue(state: State): State {
  if (focusedPane(state)?.list === 'waiting') {
    const row = waitingRows(state)[cursorOf(state, 'waiting').index]?.row;
    return row === undefined ? state : pushed(state, { kind: 'timeline', row });
  }
  const listener = listenerRows(state)[cursorOf(state, 'listeners').index];
  return listener ? toView(state, { view: 'connections', filter: `application == "${listener.endpoint}"` }) : state;
}

/** From a record of the timeline to its request. */
function openRecord(state: State): State {
  const detail = topDetail(state);
  const entry = ladderLines(state)[cursorOf(state, 'ladder').index];
  const { shown } = state.data;
  if (!detail || !shown) return state;
  const requests = requestsOf(shown.snapshot.facts, detail.row);
  const row = requests[entry?.record?.ordinal ?? 0];
  return row === undefined ? state : pushed(state, { kind: 'request', row });
}

function jump(state: State, target: typeof targetOf): State {
  const finding = state.data.shown?.snapshot.findings[cursorOf(state, 'findings').index];
  if (!finding) return state;
  const next = toView(state, target(finding));
  if (next.view !== 'queue') return next;
  const place = listenerRows(next).findIndex(({ endpoint }) => endpoint === finding.scope.endpoint);
  const there = place < 0 ? next : withCursor(next, 'listeners', place);
  // What the finding is about are those who wait.
  return waitingRows(there).length > 0 ? { ...there, focus: { ...there.focus, queue: WAITING_PANE } } : there;
}

function toView(state: State, { view, filter }: Target): State {
  const came = state.view === 'overview' ? state.filter.applied : state.came;
  const next = filtered({ ...state, view: view as ViewName, details: [], came, follow: false }, filter);
  if (view !== 'connections' && view !== 'requests') return next;
  // The list is another: it is read from its beginning.
  const table = { ...next.tables[view], selected: -1 };
  return withCursor({ ...next, tables: { ...next.tables, [view]: table } }, view, 0);
}

function filtered(state: State, text: string): State {
  return { ...state, filter: { applied: text, before: text, field: undefined, reading: readFilter(text) } };
}

function toRequests(state: State): State {
  const screen = screenOf(state);
  if (screen === 'processes' || (screen === 'queue' && focusedPane(state)?.list === 'listeners')) {
    const endpoint =
      screen === 'processes'
        ? processRows(state)[cursorOf(state, 'processes').index]?.endpoint
        : selectedListener(state)?.endpoint;
    return endpoint === undefined ? state : toView(state, { view: 'requests', filter: `application == "${endpoint}"` });
  }
  const connection = connectionAt(state);
  return connection < 0 ? state : toView(state, { view: 'requests', filter: `connection == ${connection}` });
}

/** The connection that the screen is about, or the selected row; -1 for none. */
export function connectionAt(state: State): number {
  const facts = state.data.shown?.snapshot.facts;
  if (!facts) return -1;
  const detail = topDetail(state);
  if (detail?.kind === 'timeline') return detail.row;
  if (detail?.kind === 'request') return facts.requests.connection[detail.row];
  switch (state.view) {
    case 'connections':
      return state.tables.connections.selected;
    case 'requests': {
      const { selected } = state.tables.requests;
      return selected < 0 ? -1 : facts.requests.connection[selected];
    }
    case 'queue':
      return waitingRows(state)[cursorOf(state, 'waiting').index]?.row ?? -1;
    case 'events':
      return visibleEvents(state)[cursorOf(state, 'events').index]?.connection ?? -1;
    default:
      return -1;
  }
}

function toConnection(state: State): State {
  const row = connectionAt(state);
  return row < 0 ? state : pushed(state, { kind: 'timeline', row });
}

/** The connection or request before or after in the list that the opened one came from. */
function neighbour(state: State, step: number): State {
  const detail = topDetail(state);
  if (!detail) return state;
  const name: TableName = detail.kind === 'timeline' ? 'connections' : 'requests';
  const { rows } = state.tables[name];
  if (!rows || rows.length === 0) return state;
  const place = rows.indexOf(detail.row);
  const next = place < 0 ? 0 : place + step;
  const row = rows[next];
  if (row === undefined) return state;
  const selected = withCursor(
    { ...state, tables: { ...state.tables, [name]: { ...state.tables[name], selected: row } } },
    name,
    next,
  );
  return opened(selected, [...state.details.slice(0, -1), { ...detail, row }]);
}

function otherPane(state: State, step: number): State {
  const panes = panesOf(state);
  if (panes.length === 0) return state;
  const focus = (focusOf(state, panes) + step + panes.length) % panes.length;
  return { ...state, focus: { ...state.focus, [screenOf(state)]: focus } };
}

function sorted(
  state: State,
  change: (table: State['tables']['requests'], columns: number) => { sort: number; reverse: boolean },
): State {
  const name = state.view as TableName;
  const table = state.tables[name];
  const columns = name === 'connections' ? CONNECTION_SORTS.length : REQUEST_SORTS.length;
  return { ...state, tables: { ...state.tables, [name]: { ...table, ...change(table, columns) } } };
}

function followed(state: State): State {
  const pane = focusedPane(state);
  if (!pane) return state;
  const next = { ...state, follow: !state.follow };
  return next.follow ? withCursor(next, pane.list, Math.max(0, pane.count - 1)) : next;
}

/** The next line that stands out, round and round. */
function toMark(state: State, step: number): State {
  const pane = focusedPane(state);
  if (!pane || pane.count === 0) return state;
  const { index } = cursorOf(state, pane.list);
  for (let tries = 1; tries <= pane.count; tries++) {
    const place = (((index + step * tries) % pane.count) + pane.count) % pane.count;
    if (standsOut(state, pane.list, place)) return withCursor({ ...state, follow: false }, pane.list, place);
  }
  return state;
}

function promptFor(state: State): Prompt {
  const connection = connectionAt(state);
  if (screenOf(state) === 'overview' || connection < 0) {
    return { what: 'report', connection: -1, field: textField('fcgi-inspect-report.txt') };
  }
  return { what: 'packets', connection, field: textField(`connection-${connection}.pcap`) };
}
