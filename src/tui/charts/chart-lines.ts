// A chart in characters: bars of eighths over a time axis, with the values at the left.
import { formatCount } from '../../reporters/format-count.js';
import { fit } from '../../reporters/text-layout.js';
import { EMPTY, type Line, line, span } from '../drawing/spans.js';
import type { ScreenSymbols } from '../drawing/symbols.js';
import type { Series, Span } from './series.js';

export interface ChartOptions {
  readonly width: number;
  readonly height: number;
  readonly symbols: ScreenSymbols;
  /** The time of the axis, in nanoseconds. */
  readonly span: Span;
  readonly moment: (nanoseconds: number) => string;
}

/** Cells of a chart of this width. */
export function chartCells(width: number): number {
  return Math.max(8, width - LABEL - 2);
}

const LABEL = 6;

/** One series as bars of several lines; several ones under each other, a sparkline each. */
export function chartLines(series: readonly Series[], options: ChartOptions): Line[] {
  const { height } = options;
  if (series.length === 0 || height < 1) return [];
  const bars =
    series.length === 1 ? tallBars(series[0], options) : series.flatMap((each) => rowOf(each, series, options));
  return [...bars.slice(0, Math.max(1, height - 2)), ...axis(options)].slice(0, Math.max(height, 1));
}

function tallBars({ values }: Series, { height, symbols }: ChartOptions): Line[] {
  const rows = Math.max(1, height - 2);
  const levels = [...symbols.levels];
  const steps = levels.length - 1;
  const most = Math.max(1, ...values);
  const lines: Line[] = [];
  for (let row = rows - 1; row >= 0; row--) {
    const cells = values.map((value) => {
      const eighths = Math.round((value / most) * rows * steps) - row * steps;
      // A value above 0 is never shown as nothing.
      const shown = row === 0 && value > 0 ? Math.max(1, eighths) : eighths;
      return levels[Math.max(0, Math.min(steps, shown))];
    });
    const label = row === rows - 1 ? formatCount(most) : row === 0 ? '0' : '';
    lines.push(line(`${fit(label, LABEL, '', 'right')} `, span(symbols.axis[0], 'dim'), cells.join('')));
  }
  return lines;
}

/** A sparkline of one of several series, all to one scale, with its name above. */
function rowOf({ name, values }: Series, all: readonly Series[], { symbols }: ChartOptions): Line[] {
  const levels = [...symbols.levels];
  const most = Math.max(1, ...all.flatMap((each) => each.values));
  const highest = Math.max(0, ...values);
  const cells = values.map(
    (value) => levels[value > 0 ? Math.max(1, Math.round((value / most) * (levels.length - 1))) : 0],
  );
  return [
    line(`${' '.repeat(LABEL)}  `, span(name, 'dim')),
    line(`${fit(formatCount(highest), LABEL, '', 'right')} `, span(symbols.axis[0], 'dim'), cells.join('')),
  ];
}

function axis({ width, symbols, span: { from, until }, moment }: ChartOptions): Line[] {
  const cells = chartCells(width);
  const texts = [moment(from), moment(from + (until - from) / 2), moment(until)];
  const middle = Math.max(0, Math.floor(cells / 2 - texts[1].length / 2) - texts[0].length);
  const rest = cells - texts[0].length - middle - texts[1].length - texts[2].length;
  const labels = rest > 0 ? texts[0] + ' '.repeat(middle) + texts[1] + ' '.repeat(rest) + texts[2] : texts[0];
  return [
    line(span(`${' '.repeat(LABEL + 1)}${symbols.axis[1]}${symbols.horizontal.repeat(cells)}`, 'dim')),
    line(span(`${' '.repeat(LABEL + 2)}${labels}`, 'dim')),
    EMPTY,
  ].slice(0, 2);
}

/** The part of the whole that a zoomed chart shows: 2^-zoom of it around `centre`. */
export function zoomed(duration: number, zoom: number, centre: number): Span {
  const length = duration / 2 ** zoom;
  const from = Math.min(Math.max(0, centre - length / 2), Math.max(0, duration - length));
  return { from, until: from + length };
}
