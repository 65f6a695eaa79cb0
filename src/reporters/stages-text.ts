// Runs of one scenario side by side: a column for each, a line for each figure and each finding.
import type { Snapshot } from '../analysis/snapshot.js';
import { formatCount } from './format-count.js';
import { formatDuration } from './format-duration.js';
import { safeText } from './safe-text.js';
import { styleFor } from './style.js';
import { SEVERITY_WORDS } from './text-findings.js';
import { type Column, table } from './text-layout.js';

/** A run, as far as it is compared. */
export interface ComparedRun {
  readonly name: string;
  readonly snapshot: Snapshot;
  /** What became of the requests, and how often. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly figures: Readonly<Record<string, number>>;
  readonly seconds: number;
}

export interface StagesTextOptions {
  readonly width?: number;
  readonly colour?: boolean;
  readonly ascii?: boolean;
}

interface Line {
  readonly title: string;
  readonly cells: readonly string[];
}

/** The table, line by line. */
export function* stagesText(runs: readonly ComparedRun[], options: StagesTextOptions = {}): Generator<string> {
  const { width = 100, colour = false, ascii = false } = options;
  const style = styleFor(colour);
  const columns: Column<Line>[] = [
    { title: '', flexible: true, text: ({ title }) => title },
    ...runs.map(
      ({ name }, index): Column<Line> => ({ title: name, align: 'right', text: ({ cells }) => cells[index] }),
    ),
  ];
  const [head, ...lines] = table(columns, stageLines(runs, ascii), width, ascii ? '...' : '…');
  yield `${style.strong(head)}\n`;
  for (const line of lines) yield `${line}\n`;
}

/** Exported for the JSON report and tests: the same figures as numbers. */
export function stageFigures({ snapshot, outcomes, figures, seconds }: ComparedRun): Record<string, number> {
  const { summary, backends } = snapshot;
  const most = (pick: (backend: Snapshot['backends'][number]) => number) => Math.max(0, ...backends.map(pick));
  const { timeToFirstByte } = summary.latency;
  return {
    seconds,
    requests: summary.requests,
    connections: summary.connections,
    'requests at a time': summary.maxConcurrentRequests,
    'first FIN by the application': summary.firstFin.application,
    'first FIN by the web server': summary.firstFin['web-server'],
    'TIME_WAIT left to the application': summary.timeWait.application,
    'TIME_WAIT left to the web server': summary.timeWait['web-server'],
    'most in the queue': most(({ acceptQueue }) => acceptQueue.maxDepth),
    'longest wait in it (ns)': most(({ acceptQueue }) => acceptQueue.longestWait),
    'first byte, median (ns)': timeToFirstByte?.p50 ?? Number.NaN,
    'first byte, longest (ns)': timeToFirstByte?.max ?? Number.NaN,
    ...figures,
    ...Object.fromEntries([...outcomes].map(([outcome, count]) => [`ended with ${outcome}`, count])),
  };
}

function stageLines(runs: readonly ComparedRun[], ascii: boolean): Line[] {
  const figures = runs.map(stageFigures);
  const names = [...new Set(figures.flatMap((each) => Object.keys(each)))];
  const lines = names.map((name): Line => {
    const isTime = name.endsWith(' (ns)');
    const cells = figures.map((each) => {
      const value = each[name];
      if (value === undefined) return '-';
      if (name === 'seconds') return value.toFixed(2);
      return isTime ? formatDuration(value, ascii) : formatCount(value);
    });
    return { title: safeText(name.replace(/ \(ns\)$/, '')), cells };
  });
  const ids = [...new Set(runs.flatMap(({ snapshot }) => snapshot.findings.map(({ id }) => id)))];
  const found = ids.map((id): Line => {
    const cells = runs.map(({ snapshot }) => {
      const finding = snapshot.findings.find((each) => each.id === id);
      return finding === undefined ? '-' : SEVERITY_WORDS[finding.severity];
    });
    return { title: id, cells };
  });
  // What is nothing everywhere is no difference and no news.
  const telling = lines.filter(({ cells }) => !cells.every((cell) => cell === '0' || cell === '-'));
  return [...telling, ...found];
}
