// The comparison for people: findings that are gone and new first, then the figures that changed, then latency with what
// the test says.
import type { ComparedEndpoint, Comparison } from '../compare/compare.js';
import type { Figure } from '../compare/figures.js';
import type { ComparedFinding, FindingFate } from '../compare/findings.js';
import type { LatencyComparison } from '../compare/latency.js';
import type { PercentileFigures, Report } from '../compare/report.js';
import { cellWords, changeWords, figureWords, GROUP_WORDS, LATENCY_WORDS, latencySentence } from './compare-words.js';
import { formatDuration } from './format-duration.js';
import { redactText } from './redact.js';
import { safeText } from './safe-text.js';
import { type Style, styleFor } from './style.js';
import { asciiText, symbolsFor } from './symbols.js';
import { SEVERITY_WORDS } from './text-findings.js';
import { beside, type Column, table, wrap } from './text-layout.js';
import { counted } from './text-words.js';

export interface CompareTextOptions {
  /** Columns. Default 100. */
  readonly width?: number;
  readonly colour?: boolean;
  readonly ascii?: boolean;
  readonly showSecrets?: boolean;
}

interface Context {
  readonly comparison: Comparison;
  readonly width: number;
  readonly ascii: boolean;
  readonly style: Style;
  /** Captured text, or text from a report: safe to print and without secrets. */
  captured(text: string): string;
}

/** The comparison in pieces that end with a line break. */
export function* compareText(comparison: Comparison, options: CompareTextOptions = {}): Generator<string> {
  const { ascii = false, showSecrets = false } = options;
  const safe = ascii ? (text: string) => asciiText(safeText(text)) : (text: string) => safeText(text);
  const context: Context = {
    comparison,
    width: Math.max(40, options.width ?? 100),
    ascii,
    style: styleFor(options.colour ?? false),
    captured: showSecrets ? safe : (text) => safe(redactText(text)),
  };
  const parts = [headLines(context), findingLines(context), figureLines(context), latencyLines(context)];
  let first = true;
  for (const part of parts) {
    if (!first) yield '\n';
    first = false;
    for (const line of part) yield `${line}\n`;
  }
}

function* headLines(context: Context): Generator<string> {
  const { before, after } = context.comparison;
  for (const [label, report] of [
    ['before', before],
    ['after', after],
  ] as const) {
    yield* beside(label, 8, headWords(context, report), context.width);
  }
}

function headWords({ captured, ascii }: Context, report: Report): string {
  const { name, connections, requests, duration, cut, firstTime } = report;
  const words = `${counted(connections, 'connection')}, ${counted(requests, 'request')} in ${formatDuration(duration * 1e9, ascii)}`;
  const begun = firstTime === undefined ? '' : `, begins ${captured(firstTime).replace(/\.\d+Z$/, 'Z')}`;
  return `${captured(name)}: ${words}${begun}${cut ? ' (the input is cut)' : ''}`;
}

const FATE_WORDS: Readonly<Record<FindingFate, string>> = {
  new: 'NEW',
  worse: 'WORSE',
  gone: 'GONE',
  better: 'LESS',
  same: 'STILL',
};
const FATE_CELLS = 7;
const SEVERITY_CELLS = 7;

function* findingLines(context: Context): Generator<string> {
  const { comparison, style, width } = context;
  const { findings } = comparison;
  yield style.strong('Findings');
  if (findings.length === 0) {
    yield '  none, before and after';
    return;
  }
  const idCells = Math.max(...findings.map(({ id }) => context.captured(id).length)) + 2;
  for (const finding of findings) {
    const { fate, before, after, id } = finding;
    const colour = fate === 'new' || fate === 'worse' ? style.error : fate === 'same' ? style.dim : style.note;
    const severity = SEVERITY_WORDS[(after ?? before)!.severity].padEnd(SEVERITY_CELLS);
    const [line, ...rest] = beside(
      `  ${FATE_WORDS[fate].padEnd(FATE_CELLS)}${severity}${context.captured(id)}`,
      2 + FATE_CELLS + SEVERITY_CELLS + idCells,
      findingWords(context, finding),
      width,
    );
    yield line.replace(FATE_WORDS[fate], (word) => colour(word));
    yield* rest;
  }
  const count = (...fates: readonly FindingFate[]) => findings.filter(({ fate }) => fates.includes(fate)).length;
  yield `  ${count('new')} new, ${count('gone')} gone, ${count('same', 'worse', 'better')} there both times`;
}

function findingWords({ captured }: Context, { before, after }: ComparedFinding): string {
  if (before === undefined || after === undefined) return captured((after ?? before)!.title);
  const severity = before.severity === after.severity ? '' : `; ${before.severity} before, ${after.severity} after`;
  return before.count === after.count
    ? `${captured(after.title)}${severity}`
    : `${captured(after.title)} (count ${before.count} before, ${after.count} after${severity})`;
}

/** What is left when the sides are told. */
const NO_SIDE: ReadonlySet<string> = new Set(['timeWait.none', 'firstReset.none']);

function* figureLines(context: Context): Generator<string> {
  const { comparison, style, width, ascii, captured } = context;
  const shown = comparison.figures.filter(({ name }) => !NO_SIDE.has(name));
  const changed = shown.filter((figure) => figure.changed);
  const columns: readonly Column<Figure>[] = [
    { title: '', flexible: true, text: (figure) => `  ${captured(figureWords(figure))}` },
    { title: 'before', align: 'right', text: (figure) => cellWords(figure, 'before', ascii) },
    { title: 'after', align: 'right', text: (figure) => cellWords(figure, 'after', ascii) },
    { title: '', align: 'right', text: ({ before, after, unit }) => changeWords(before, after, unit, ascii) },
  ];
  if (changed.length === 0) yield style.strong('No figure changed');
  else {
    const [head, ...lines] = table(columns, changed, width - 2, symbolsFor(ascii).ellipsis);
    yield `${style.strong('Changed')}  ${style.dim(head.slice('Changed'.length))}`;
    for (const [i, line] of lines.entries()) {
      if (changed[i].group !== changed[i - 1]?.group) yield style.dim(`  ${GROUP_WORDS[changed[i].group]}`);
      yield `  ${line}`;
    }
  }
  const same = shown.filter((figure) => !figure.changed && (figure.after ?? 0) !== 0);
  if (same.length === 0) return;
  const words = same.map((figure) => `${captured(figureWords(figure))} ${cellWords(figure, 'after', ascii)}`);
  for (const line of wrap(`Unchanged: ${words.join('; ')}`, width)) yield style.dim(line);
}

function* latencyLines(context: Context): Generator<string> {
  const { comparison } = context;
  yield* oneLatency(context, 'Latency', comparison.latency);
  const both = comparison.endpoints.filter(({ latency }) => latency.length > 0);
  if (comparison.endpoints.length < 2) return;
  for (const endpoint of both) {
    yield '';
    yield* oneLatency(context, `Latency at ${endpointWords(context, endpoint)}`, endpoint.latency);
  }
}

function endpointWords({ captured }: Context, { before, after }: ComparedEndpoint): string {
  const [one, other] = [before?.endpoint, after?.endpoint].map((endpoint) => captured(endpoint ?? ''));
  return one === other ? one : `${one}, then ${other}`;
}

interface PercentileRow {
  readonly label: string;
  readonly before: number | undefined;
  readonly after: number | undefined;
}

function* oneLatency(
  { style, width, ascii }: Context,
  title: string,
  latencies: readonly LatencyComparison[],
): Generator<string> {
  yield style.strong(title);
  for (const value of latencies) {
    const label = LATENCY_WORDS[value.latency];
    if (value.before || value.after) {
      const rows = (['p50', 'p90', 'p95', 'p99', 'max'] as const).map((key) => percentileRow(value, key));
      const columns: readonly Column<PercentileRow>[] = [
        { title: label.padEnd(10), text: (row) => row.label },
        { title: 'before', align: 'right', text: ({ before }) => seconds(before, ascii) },
        { title: 'after', align: 'right', text: ({ after }) => seconds(after, ascii) },
        { title: '', align: 'right', text: ({ before, after }) => changeWords(before, after, 'seconds', ascii) },
      ];
      for (const line of table(columns, rows, width - 2, symbolsFor(ascii).ellipsis)) yield `  ${line}`;
    } else yield `  ${label}`;
    for (const line of wrap(latencySentence(value, ascii), width - 4)) yield `    ${line}`;
  }
}

function percentileRow({ before, after }: LatencyComparison, key: keyof PercentileFigures): PercentileRow {
  return { label: `  ${key}`, before: before?.[key], after: after?.[key] };
}

function seconds(value: number | undefined, ascii: boolean): string {
  return value === undefined ? '-' : formatDuration(value * 1e9, ascii);
}
