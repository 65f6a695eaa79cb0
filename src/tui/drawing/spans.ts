// A screen as lines of spans: text with the role it plays. No colours, no terminal: what a role looks like is decided
// when a line is painted.
import { cutTo, textWidth } from '../../reporters/text-layout.js';

/** What a piece of text stands for. A word or a symbol says the same; colour only repeats it. */
export type Role =
  | 'plain'
  | 'strong'
  | 'dim'
  | 'error'
  | 'warning'
  | 'note'
  | 'application'
  | 'live'
  | 'paused'
  | 'selected';

export interface Span {
  readonly text: string;
  readonly role: Role;
}

export type Line = readonly Span[];

export const EMPTY: Line = [];

export function span(text: string, role: Role = 'plain'): Span {
  return { text, role };
}

/** `line('plain text', span('strong text', 'strong'))`. */
export function line(...pieces: readonly (string | Span)[]): Line {
  return pieces.map((piece) => (typeof piece === 'string' ? span(piece) : piece));
}

export function lineText(spans: Line): string {
  return spans.map(({ text }) => text).join('');
}

/** Cells the line takes. */
export function lineWidth(spans: Line): number {
  return spans.reduce((sum, { text }) => sum + textWidth(text), 0);
}

/** The line in exactly `cells` cells: padded with blanks, or cut with the ellipsis. */
export function fitLine(spans: Line, cells: number, ellipsis: string): Line {
  const width = lineWidth(spans);
  if (width === cells) return spans;
  if (width < cells) return [...spans, span(' '.repeat(cells - width))];
  const fitted: Span[] = [];
  let room = cells;
  for (const each of spans) {
    const own = textWidth(each.text);
    const last = own >= room;
    // The cut shows even where the text ends exactly at the border and more would follow.
    const text = last ? cutTo(own > room ? each.text : `${each.text}  `, room, ellipsis) : each.text;
    fitted.push({ ...each, text });
    room -= textWidth(text);
    if (last) break;
  }
  return room > 0 ? [...fitted, span(' '.repeat(room))] : fitted;
}

/** Left text, blanks, right text, in exactly `cells` cells; the left one is cut where they do not fit. */
export function spread(left: Line, right: Line, cells: number, ellipsis: string): Line {
  const rightWidth = lineWidth(right);
  if (rightWidth >= cells) return fitLine(right, cells, ellipsis);
  return [...fitLine(left, cells - rightWidth, ellipsis), ...right];
}

/** The whole line in one role: a selected row. */
export function inRole(spans: Line, role: Role): Line {
  return [span(lineText(spans), role)];
}

/** Lines side by side; the shorter column is filled up with blanks. */
export function beside(columns: readonly { readonly lines: readonly Line[]; readonly width: number }[]): Line[] {
  const height = Math.max(0, ...columns.map(({ lines }) => lines.length));
  return Array.from({ length: height }, (_, row) =>
    columns.flatMap(({ lines, width }) => fitLine(lines[row] ?? EMPTY, width, '')),
  );
}

/** `over` drawn over `lines` with its upper left corner at (column, row). */
export function overlay(lines: readonly Line[], over: readonly Line[], column: number, row: number): Line[] {
  return lines.map((under, at) => {
    const above = over[at - row];
    if (above === undefined) return under;
    const width = lineWidth(under);
    return [
      ...fitLine(cellsOf(under, 0, column), column, ''),
      ...above,
      ...cellsOf(under, column + lineWidth(above), width),
    ];
  });
}

/** The cells from..until of a line; a wide character cut in two becomes a blank. */
function cellsOf(spans: Line, from: number, until: number): Line {
  const kept: Span[] = [];
  let at = 0;
  for (const { text, role } of spans) {
    let part = '';
    for (const character of text) {
      const width = textWidth(character);
      if (at >= from && at + width <= until) part += character;
      else if (width > 0 && at < until && at + width > from)
        part += ' '.repeat(Math.min(at + width, until) - Math.max(at, from));
      at += width;
    }
    if (part !== '') kept.push({ text: part, role });
  }
  return kept;
}
