// A chart of one listener over time, and which numbers it wants worked out.
import type { Listener } from '../../analysis/facts.js';
import { type ChartOptions, chartCells, chartLines, zoomed } from '../charts/chart-lines.js';
import type { Span } from '../charts/series.js';
import { panel } from '../drawing/panel.js';
import { EMPTY, type Line, line } from '../drawing/spans.js';
import { layoutOf } from '../layout.js';
import { cursorOf, type Metric, type State } from '../state.js';
import { wordsOf } from '../words.js';
import { processRows } from './process-rows.js';
import { selectedListener } from './queue-rows.js';

export interface WantedChart {
  /** Changes when other numbers are needed. */
  readonly key: string;
  readonly listener: Listener;
  readonly metric: Metric | 'depth';
  readonly span: Span;
  readonly cells: number;
}

/** The chart that the screen shows now; undefined where it shows none. */
export function wantedChart(state: State): WantedChart | undefined {
  const { shown } = state.data;
  if (!shown || state.details.length > 0 || layoutOf(state).low) return undefined;
  const { facts } = shown.snapshot;
  const isQueue = state.view === 'queue';
  if (!isQueue && state.view !== 'processes') return undefined;
  const listener = isQueue
    ? selectedListener(state)
    : facts.listeners.find(
        ({ endpoint }) => endpoint === processRows(state)[cursorOf(state, 'processes').index]?.endpoint,
      );
  if (!listener) return undefined;
  const metric = isQueue ? 'depth' : state.metric;
  const cells = chartCells(layoutOf(state).width - 4);
  const span = zoomed(facts.duration, state.zoom, peakOf(state, listener));
  const key = `${shown.revision} ${listener.index} ${metric} ${span.from} ${span.until} ${cells}`;
  return { key, listener, metric, span, cells };
}

/** When most happened at the listener: the middle of a zoomed chart. */
function peakOf(state: State, listener: Listener): number {
  const snapshot = state.data.shown!.snapshot;
  const steps =
    state.view === 'queue'
      ? (snapshot.facts.queues[listener.index]?.depth ?? [])
      : (snapshot.backends[listener.index]?.inFlight ?? []);
  let peak: readonly [number, number] = [0, 0];
  for (const step of steps) if (step[1] > peak[1]) peak = step;
  return peak[0];
}

const TITLES: Readonly<Record<Metric | 'depth', string>> = {
  'in flight': 'Requests in flight',
  requests: 'Requests begun',
  closes: 'Connections closed, by who closed first',
  TIME_WAIT: 'Sockets in TIME_WAIT (60 s each)',
  depth: 'Waiting in the accept queue',
};

export function chartPanel(state: State, endpoint: string | undefined, height: number): Line[] {
  const { width } = layoutOf(state);
  const { symbols, moment, duration, safe } = wordsOf(state);
  const wanted = wantedChart(state);
  const zoom = state.zoom > 0 ? `zoom ${2 ** state.zoom}x   ` : '';
  const note = wanted ? `${zoom}${duration((wanted.span.until - wanted.span.from) / wanted.cells)} a cell` : '';
  const metric: Metric | 'depth' = state.view === 'queue' ? 'depth' : state.metric;
  const title = endpoint === undefined ? TITLES[metric] : `${TITLES[metric]}, ${safe(endpoint)}`;
  const options = (span: Span): ChartOptions => ({ width: width - 4, height: height - 2, symbols, span, moment });
  // Numbers of the same chart that are a moment old are better than none.
  const known = state.series?.series.every(({ values }) => values.length === wanted?.cells) ? state.series : undefined;
  const content: Line[] =
    wanted && known
      ? chartLines(known.series, options({ from: known.from, until: known.until })).map((each) => line(' ', ...each))
      : [EMPTY, line(wanted ? '  Working it out.' : '  Nothing to show.')];
  return panel(content, { title, note, width, height, symbols, focused: false });
}
