// A panel: a frame with a title in its upper line, and lines inside.
import { textWidth } from '../../reporters/text-layout.js';
import { fitLine, type Line, lineWidth, type Role, span } from './spans.js';
import type { ScreenSymbols } from './symbols.js';

export interface PanelOptions {
  readonly title: string;
  /** At the right of the upper line. */
  readonly note?: string;
  readonly width: number;
  /** With the frame. */
  readonly height: number;
  /** Keys go to this panel. */
  readonly focused?: boolean;
  readonly symbols: ScreenSymbols;
}

/** Cells and lines inside a panel. */
export function insideOf(width: number, height: number): { readonly width: number; readonly height: number } {
  return { width: Math.max(0, width - 4), height: Math.max(0, height - 2) };
}

/** The lines stand one cell off the frame, but for the first cell of a row, which is the marker's. */
export function panel(content: readonly Line[], options: PanelOptions): Line[] {
  const { width, height, symbols } = options;
  const [topLeft, topRight, bottomLeft, bottomRight] = symbols.corners;
  const frame: Role = 'dim';
  const lines: Line[] = [topLine(options, topLeft, topRight)];
  for (let row = 0; row < height - 2; row++) {
    lines.push([
      span(symbols.vertical, frame),
      ...fitLine(content[row] ?? [], width - 2, symbols.ellipsis),
      span(symbols.vertical, frame),
    ]);
  }
  if (height > 1) lines.push([span(bottomLeft + symbols.horizontal.repeat(width - 2) + bottomRight, frame)]);
  return lines;
}

function topLine(options: PanelOptions, left: string, right: string): Line {
  const { title, note, width, focused, symbols } = options;
  const { horizontal } = symbols;
  const head = [
    span(`${left}${horizontal} `, 'dim'),
    span(title, focused === false ? 'plain' : 'strong'),
    span(' ', 'dim'),
  ];
  const noteWidth = note ? textWidth(note) + 2 : 0;
  const tail =
    note && lineWidth(head) + noteWidth + 3 <= width
      ? [span(' '), span(note), span(` ${horizontal}${right}`, 'dim')]
      : [span(`${horizontal}${right}`, 'dim')];
  const gap = width - lineWidth(head) - lineWidth(tail);
  if (gap >= 0) return [...head, span(horizontal.repeat(gap), 'dim'), ...tail];
  return [...fitLine(head, Math.max(0, width - 2), symbols.ellipsis), span(`${horizontal}${right}`, 'dim')];
}
