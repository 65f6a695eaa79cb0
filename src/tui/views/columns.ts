// Lists of rows in columns: widths are fixed but for one column that takes the rest, columns go in a fixed order where
// the screen is narrow, and every row is one line.
import { fit, textWidth } from '../../reporters/text-layout.js';
import { type Line, line, type Role, span } from '../drawing/spans.js';
import type { ScreenSymbols } from '../drawing/symbols.js';

export interface ListColumn<Row> {
  readonly title: string;
  readonly width: number;
  readonly align?: 'left' | 'right';
  /** Takes the width that is left over. */
  readonly flexible?: boolean;
  /** Left out first where there is no room: the highest number first; without one never. */
  readonly expendable?: number;
  text(row: Row): string;
  role?(row: Row): Role;
}

/** The columns that fit into `width` cells (with the marker's), with the widths they get. */
export function fitted<Row>(
  columns: readonly ListColumn<Row>[],
  width: number,
): { column: ListColumn<Row>; width: number }[] {
  let shown = [...columns];
  const needed = () => shown.reduce((sum, column) => sum + column.width + 1, 2);
  while (needed() > width) {
    const most = Math.max(...shown.map((column) => column.expendable ?? 0));
    if (most === 0) break;
    shown = shown.filter((column) => (column.expendable ?? 0) !== most);
  }
  const spare = Math.max(0, width - needed());
  return shown.map((column) => ({ column, width: column.flexible ? column.width + spare : column.width }));
}

/** The head line and a line for each row; `selected` is a place among `rows`. */
export function listLines<Row>(
  columns: readonly ListColumn<Row>[],
  rows: readonly Row[],
  options: {
    readonly width: number;
    readonly selected: number;
    readonly focused: boolean;
    readonly symbols: ScreenSymbols;
  },
): Line[] {
  const { width, selected, focused, symbols } = options;
  const shown = fitted(columns, width);
  const head = line(
    span('  '),
    span(
      shown.map(({ column, width: cells }) => fit(column.title, cells, symbols.ellipsis, column.align)).join(' '),
      'dim',
    ),
  );
  return [
    head,
    ...rows.map((row, place): Line => {
      const cells = shown.map(({ column, width: own }) => ({
        text: fit(column.text(row), own, symbols.ellipsis, column.align),
        role: column.role?.(row) ?? 'plain',
      }));
      if (place === selected) {
        const text = cells.map((cell) => cell.text).join(' ');
        return [span(symbols.marker, 'strong'), span(' '), span(text, focused ? 'selected' : 'plain')];
      }
      return [
        span('  '),
        ...cells.flatMap((cell, i) =>
          i === 0 ? [span(cell.text, cell.role)] : [span(' '), span(cell.text, cell.role)],
        ),
      ];
    }),
  ];
}

/** `web 10.0.0.5:41822` as `:41822`: only the port. */
export function portOnly(endpoint: string): string {
  return endpoint.slice(endpoint.lastIndexOf(':'));
}

/** The width of the widest text, between bounds. */
export function widest(texts: Iterable<string>, least: number, most: number): number {
  let width = least;
  for (const text of texts) width = Math.max(width, textWidth(text));
  return Math.min(width, most);
}
