// What every part of the text report is given: the snapshot, how wide and with which characters to write, and how times
// and captured text are shown.
import type { Snapshot } from '../analysis/snapshot.js';
import type { HistoryTable } from '../tcp/history-table.js';
import { formatDuration } from './format-duration.js';
import { formatTime, type TimeFormat } from './format-time.js';
import { redactText } from './redact.js';
import { safeText } from './safe-text.js';
import { type Style, styleFor } from './style.js';
import { asciiText, type Symbols, symbolsFor } from './symbols.js';

/** Rows that a filter let through. The iterables are walked more than once. */
export interface TextFilter {
  /** The filter as the user wrote it. */
  readonly expression: string;
  readonly connectionRows: Iterable<number>;
  readonly requestRows: Iterable<number>;
}

export interface TextOptions {
  readonly histories: HistoryTable;
  /** Columns. Default 100. */
  readonly width?: number;
  readonly colour?: boolean;
  readonly ascii?: boolean;
  /** Rows of each table at most. Default 20. */
  readonly limit?: number;
  /** How times are shown (-t). Default relative to the first packet. */
  readonly timeFormat?: TimeFormat;
  /** Seconds that local time is ahead of UTC at a moment (seconds since 1970), for `a` and `ad`. Default UTC. */
  readonly zone?: (epochSeconds: number) => number;
  readonly filter?: TextFilter | undefined;
  /** Values of cookies and authorization in captured text are shown. Default false. */
  readonly showSecrets?: boolean;
  /** The input's names as arguments of a next command; default the names of the input's files. */
  readonly command?: readonly string[];
}

export interface TextContext {
  readonly snapshot: Snapshot;
  readonly options: TextOptions;
  readonly width: number;
  readonly limit: number;
  readonly style: Style;
  readonly symbols: Symbols;
  /** A moment of the capture, given in nanoseconds since the first packet, for columns. */
  clock(nanoseconds: number): string;
  /** The same for sentences: with its unit, where it is a number of seconds. */
  moment(nanoseconds: number): string;
  duration(nanoseconds: number): string;
  /** Text that nobody captured (file names, our own sentences), safe to print. */
  safe(text: string): string;
  /** Captured text, or a sentence with some in it: safe to print and without secrets. */
  captured(text: string): string;
}

/** Least width that the report is laid out for. */
const LEAST_WIDTH = 40;

export function textContext(snapshot: Snapshot, options: TextOptions): TextContext {
  const ascii = options.ascii ?? false;
  const format = options.timeFormat ?? 'r';
  const origin = snapshot.input.firstTime;
  const relative = origin === undefined || format === 'r' || format === 'd';
  let previous: number | undefined;
  const clock = (nanoseconds: number) => {
    const text = formatTime(nanoseconds, format, { origin, zone: options.zone, previous });
    if (Number.isFinite(nanoseconds)) previous = nanoseconds;
    return text;
  };
  const safe = ascii ? (text: string) => asciiText(safeText(text)) : (text: string) => safeText(text);
  return {
    snapshot,
    options,
    width: Math.max(LEAST_WIDTH, options.width ?? 100),
    limit: options.limit ?? 20,
    style: styleFor(options.colour ?? false),
    symbols: symbolsFor(ascii),
    clock,
    moment: relative ? (nanoseconds) => `${clock(nanoseconds)} s` : clock,
    duration: (nanoseconds) => formatDuration(nanoseconds, ascii),
    safe,
    captured: options.showSecrets ? safe : (text) => safe(redactText(text)),
  };
}
