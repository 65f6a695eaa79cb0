// All that a screen is drawn from, in one immutable value: where the user is, what is selected, filtered and sorted, and
// the data. It changes only in update.ts.

import type { Series } from './charts/series.js';
import type { ScreenData } from './data.js';
import type { ConnectionContents, RequestContents } from './ladder/contents.js';
import { type FilterReading, readFilter } from './rows/filter-text.js';
import type { TextField } from './text-field.js';

export const VIEWS = ['overview', 'connections', 'requests', 'processes', 'queue', 'events'] as const;
export type ViewName = (typeof VIEWS)[number];
/** Views, and what is opened from a row of them. */
export type ScreenName = ViewName | 'timeline' | 'request';
export type TableName = 'connections' | 'requests';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Something opened from a row: rows of the tables. */
export type Detail =
  | { readonly kind: 'timeline'; readonly row: number }
  | { readonly kind: 'request'; readonly row: number };

export type ListName =
  | 'findings'
  | 'why'
  | 'figures'
  | TableName
  | 'processes'
  | 'listeners'
  | 'waiting'
  | 'events'
  | 'ladder'
  | 'record'
  | 'params'
  | 'body'
  | 'host'
  | 'help';

export interface Cursor {
  /** The selected line; in a text, the first one shown. */
  readonly index: number;
  /** The first line shown. */
  readonly top: number;
}

export interface TableState {
  /** Rows in the order shown; undefined until they have been worked out. */
  readonly rows: Uint32Array | undefined;
  /** Rows without a filter. */
  readonly total: number;
  /** Place among the sort columns. */
  readonly sort: number;
  readonly reverse: boolean;
  /** The selected row (not its place); -1 for none. The selection stays with it. */
  readonly selected: number;
}

export interface FilterState {
  /** What rows are filtered by. */
  readonly applied: string;
  /** Being typed. */
  readonly field: TextField | undefined;
  readonly reading: FilterReading;
  /** What was applied before typing began: Escape goes back to it. */
  readonly before: string;
}

/** A name of a file is asked for. */
export interface Prompt {
  readonly what: 'report' | 'packets';
  /** Of which connection. */
  readonly connection: number;
  readonly field: TextField;
}

/** What the keys ask for beyond the screen itself. */
export type Command =
  | { readonly kind: 'quit'; readonly interrupted: boolean }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'redraw' }
  /** `filter`: what rows are filtered by, '' for nothing. */
  | { readonly kind: 'write'; readonly prompt: Prompt; readonly filter: string };

export type TimeMode = 'relative' | 'clock' | 'gap';
export const TIME_MODES: readonly TimeMode[] = ['relative', 'clock', 'gap'];

export type Metric = 'in flight' | 'requests' | 'closes' | 'TIME_WAIT';
export const METRICS: readonly Metric[] = ['in flight', 'requests', 'closes', 'TIME_WAIT'];

/** Work that goes on beside the keys. */
export interface Busy {
  readonly what: 'filtering' | 'sorting' | 'reading';
  /** From 0 to 1. */
  readonly share: number;
}

export interface State {
  readonly size: Size;
  readonly look: { readonly ascii: boolean; readonly colour: boolean };
  readonly data: ScreenData;
  readonly view: ViewName;
  readonly details: readonly Detail[];
  /** The pane that keys go to, by screen. */
  readonly focus: Readonly<Partial<Record<ScreenName, number>>>;
  readonly cursors: Readonly<Partial<Record<ListName, Cursor>>>;
  readonly tables: Readonly<Record<TableName, TableState>>;
  readonly filter: FilterState;
  readonly prompt: Prompt | undefined;
  readonly message: { readonly text: string; readonly bad: boolean } | undefined;
  readonly busy: Busy | undefined;
  readonly help: boolean;
  /** The filter before the jump from a finding, so that the way back leads to where it began. */
  readonly came: string | undefined;
  readonly paused: boolean;
  readonly follow: boolean;
  readonly time: TimeMode;
  readonly hex: boolean;
  readonly segments: boolean;
  readonly detailPane: boolean;
  readonly secrets: boolean;
  readonly metric: Metric;
  /** Charts show the capture's 2^-zoom-th part around what is highest. */
  readonly zoom: number;
  readonly series:
    | { readonly key: string; readonly series: readonly Series[]; readonly from: number; readonly until: number }
    | undefined;
  /** What was read again for the detail on top. */
  readonly connectionContents: ConnectionContents | undefined;
  readonly requestContents: RequestContents | undefined;
  readonly commands: readonly Command[];
}

export function initialState(data: ScreenData, size: Size, look: State['look'], filter = ''): State {
  const table: TableState = { rows: undefined, total: 0, sort: 0, reverse: false, selected: -1 };
  return {
    size,
    look,
    data,
    view: 'overview',
    details: [],
    focus: {},
    cursors: {},
    tables: { connections: table, requests: table },
    filter: { applied: filter, field: undefined, reading: readFilter(filter), before: filter },
    prompt: undefined,
    message: undefined,
    busy: undefined,
    help: false,
    came: undefined,
    paused: false,
    follow: false,
    time: 'relative',
    hex: false,
    segments: true,
    detailPane: true,
    secrets: false,
    metric: 'in flight',
    zoom: 0,
    series: undefined,
    connectionContents: undefined,
    requestContents: undefined,
    commands: [],
  };
}

export function topDetail(state: State): Detail | undefined {
  return state.details.at(-1);
}

export function screenOf(state: State): ScreenName {
  return topDetail(state)?.kind ?? state.view;
}

export function cursorOf(state: State, list: ListName): Cursor {
  return state.cursors[list] ?? { index: 0, top: 0 };
}

/** The selected row of a table; -1 where there is none. */
export function selectedRow(state: State, table: TableName): number {
  return state.tables[table].selected;
}
