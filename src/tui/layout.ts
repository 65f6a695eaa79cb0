// How a screen is divided: the bands above and below, and what the body has room for.
import type { State } from './state.js';

export const LEAST_COLUMNS = 60;
export const LEAST_ROWS = 16;

export interface Layout {
  readonly width: number;
  /** Lines of the title and of the tabs (or of what is opened). */
  readonly head: 1 | 2;
  /** Lines between body and filter bar, for what is selected. */
  readonly status: number;
  readonly body: number;
  /** 100 columns or more: addresses in full, detail beside lists of records. */
  readonly wide: boolean;
  /** 140 columns or more. */
  readonly veryWide: boolean;
  /** Below 80 columns: one panel at a time. */
  readonly narrow: boolean;
  /** 28 rows or more. */
  readonly tall: boolean;
  /** Below 22 rows: charts go first. */
  readonly low: boolean;
}

export function isTooSmall({ size: { columns, rows } }: State): boolean {
  return columns < LEAST_COLUMNS || rows < LEAST_ROWS;
}

export function layoutOf(state: State): Layout {
  const { columns, rows } = state.size;
  const tall = rows >= 28;
  const head = state.details.length > 0 && !tall ? 1 : 2;
  const status = tall ? 2 : 1;
  return {
    width: columns,
    head,
    status,
    body: rows - head - status - 2,
    wide: columns >= 100,
    veryWide: columns >= 140,
    narrow: columns < 80,
    tall,
    low: rows < 22,
  };
}

/** The first line shown of a list of `count` lines, so that line `index` is among `height` lines. */
export function topFor(top: number, index: number, height: number, count: number): number {
  const room = Math.max(1, height);
  const lowest = Math.max(0, count - room);
  let first = Math.min(top, lowest);
  if (index < first) first = index;
  if (index >= first + room) first = index - room + 1;
  return Math.max(0, first);
}
