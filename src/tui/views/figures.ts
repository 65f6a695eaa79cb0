// The Overview's figures: how connections end, who is left with TIME_WAIT, how long requests take, how load is spread.
import type { Percentiles } from '../../analysis/sweep.js';
import { formatCount } from '../../reporters/format-count.js';
import { sparkline } from '../../reporters/symbols.js';
import { fit, textWidth } from '../../reporters/text-layout.js';
import { rate, share } from '../../reporters/text-words.js';
import { type Line, line, span } from '../drawing/spans.js';
import { barOf } from '../drawing/symbols.js';
import { layoutOf } from '../layout.js';
import type { State } from '../state.js';
import { wordsOf } from '../words.js';
import { figureRows } from './figure-rows.js';

const STATES_SHOWN = 3;

export function connectionFigures(state: State, width: number): Line[] {
  const { shown } = state.data;
  if (!shown) return [];
  const { symbols } = wordsOf(state);
  const { summary } = shown.snapshot;
  // Of a live source old rows are counted in the summary and no longer kept.
  const all = shown.derived.states.reduce((sum, [, count]) => sum + count, 0);
  const states = shown.derived.states.slice(0, STATES_SHOWN).map(([name, count]) => {
    const bar = barOf(count / Math.max(1, all), Math.max(0, width - 24), symbols);
    const number = fit(formatCount(count), 8, '', 'right');
    return line(
      `${name.padEnd(6)}${number}  ${fit(bar, Math.max(0, width - 24), '')} ${fit(share(count, all), 6, '', 'right')}`,
    );
  });
  const { firstFin, timeWait } = summary;
  return [
    ...states,
    row(
      'FIN first',
      `web ${formatCount(firstFin['web-server'])}  app ${formatCount(firstFin.application)}${firstFin.none > 0 ? `  none ${formatCount(firstFin.none)}` : ''}`,
    ),
    row(
      'TIME_WAIT',
      `web ${formatCount(timeWait['web-server'] + timeWait.both)}  app ${formatCount(timeWait.application + timeWait.both)}`,
    ),
    row('', summary.timeWaitRate > 0 ? `${rate(summary.timeWaitRate)}${peakWord(state)}` : 'none left on either side'),
    row('open', `${formatCount(summary.maxOpenConnections)} at once`),
  ];
}

function peakWord(state: State): string {
  const peak = state.data.shown?.snapshot.summary.timeWaitPeak;
  return peak ? `, ${formatCount(peak.count)} at once` : '';
}

export function requestFigures(state: State, width: number): Line[] {
  const { shown } = state.data;
  if (!shown) return [];
  const { summary, facts } = shown.snapshot;
  if (!facts.hasPayload) return [line('not in text printed by tcpdump')];
  const { symbols, duration } = wordsOf(state);
  const spark = sparkline(squeezed(shown.derived.requestsBegun, Math.max(8, width - 6)), symbols);
  const errors = Object.entries(summary.httpStatus).reduce(
    (sum, [status, count]) => (Number(status) >= 500 ? sum + count : sum),
    0,
  );
  const { total, timeToFirstByte } = summary.latency;
  const cells = Math.max(8, Math.floor((width - 5) / 2));
  const times = (name: keyof Percentiles): Line =>
    line(
      span(name.padEnd(5), 'dim'),
      fit(total ? duration(total[name]) : '-', cells, '', 'right'),
      fit(timeToFirstByte ? duration(timeToFirstByte[name]) : '-', cells, '', 'right'),
    );
  return [
    line(span(`${' '.repeat(5)}${fit('total', cells, '', 'right')}${fit('first byte', cells, '', 'right')}`, 'dim')),
    times('p50'),
    times('p95'),
    times('max'),
    line(`ended ${formatCount(summary.requests - summary.unfinished)}  open ${formatCount(summary.unfinished)}`),
    line(`5xx ${formatCount(errors)}  at once ${formatCount(summary.maxConcurrentRequests)}`),
    line(`begun ${spark}`),
    line(span(facts.duration > 0 ? `${rate(summary.requests / (facts.duration / 1e9))} on average` : '', 'dim')),
  ];
}

function percentileWords(state: State, values: Percentiles | null, names: readonly (keyof Percentiles)[]): string {
  const { duration } = wordsOf(state);
  return values ? names.map((name) => `${name} ${duration(values[name])}`).join('  ') : '-';
}

/** The panel of an 80 column screen. */
export function trafficFigures(state: State, width: number): Line[] {
  const { shown } = state.data;
  if (!shown) return [];
  const { symbols } = wordsOf(state);
  const { summary } = shown.snapshot;
  const { firstFin, timeWait } = summary;
  return [
    line(
      shown.derived.states
        .slice(0, 4)
        .map(([name, count]) => `${name} ${formatCount(count)}`)
        .join('  '),
    ),
    line(
      `FIN web ${formatCount(firstFin['web-server'])} app ${formatCount(firstFin.application)}  TW web ${formatCount(timeWait['web-server'])} app ${formatCount(timeWait.application)}`,
    ),
    line(percentileWords(state, summary.latency.total, ['p50', 'p95', 'max'])),
    line(`begun ${sparkline(squeezed(shown.derived.requestsBegun, Math.max(8, width - 6)), symbols)}`),
  ];
}

/** Who carries how much: processes where a log names them, else endpoints. */
export function endpointFigures(state: State, width: number, height: number): Line[] {
  const { shown } = state.data;
  if (!shown) return [];
  const { symbols, safe } = wordsOf(state);
  const { backends, processes } = shown.snapshot;
  const loads =
    processes.length > 0
      ? processes.map(({ pid, socket, requests }) => ({ name: pid === 0 ? socket : `pid ${pid}`, requests }))
      : backends.map(({ endpoint, requests }) => ({ name: endpoint, requests }));
  const all = loads.reduce((sum, { requests }) => sum + requests, 0);
  const name = Math.min(21, Math.max(...loads.map((load) => load.name.length), 6));
  const bar = Math.max(4, width - name - 7);
  const listed = [...loads].sort((a, b) => b.requests - a.requests).slice(0, Math.max(1, height - 3));
  const lines = listed.map((load) => {
    const part = all > 0 ? load.requests / all : 0;
    return line(
      `${fit(safe(load.name), name, symbols.ellipsis)} ${fit(barOf(part, bar, symbols), bar, '')} ${fit(`${Math.round(part * 100)}%`, 4, '', 'right')}`,
    );
  });
  const busiest = [...backends].sort((a, b) => b.maxConcurrentRequests - a.maxConcurrentRequests)[0];
  if (!busiest) return lines;
  return [
    ...lines,
    line(
      `in flight ${sparkline(
        squeezed(
          busiest.inFlight.map(([, count]) => count),
          Math.max(8, width - 10),
        ),
        symbols,
      )}`,
    ),
    line(
      span(
        `at most ${formatCount(busiest.maxConcurrentRequests)} at once${loads.length > 1 ? ` at ${safe(busiest.endpoint)}` : ''}`,
        'dim',
      ),
    ),
  ];
}

/** All figures in one column, each a line that can be opened. */
export function figureLines(state: State, from: number, height: number, selected: number): Line[] {
  const { symbols } = wordsOf(state);
  const width = layoutOf(state).width - 4;
  const rows = figureRows(state);
  const cells = Math.min(36, Math.max(...rows.map(({ label }) => textWidth(label)), 10));
  const bar = Math.max(0, Math.min(30, width - cells - 24));
  return rows.slice(from, from + height).map(({ title, label, value, part }, place): Line => {
    const isSelected = from + place === selected;
    const marker = isSelected ? span(symbols.marker, 'strong') : ' ';
    if (title !== undefined) return line(marker, span(title, 'strong'));
    const shape = part === undefined || bar < 8 ? '' : barOf(part, bar, symbols);
    const text = `${fit(label, cells, symbols.ellipsis)} ${fit(value, 18, symbols.ellipsis, 'right')}  ${fit(shape, bar, '')}`;
    return line(marker, '  ', span(text.trimEnd(), isSelected ? 'selected' : 'plain'));
  });
}

function row(label: string, text: string): Line {
  return line(span(label.padEnd(10), 'dim'), text);
}

/** As many values as there are cells, each the highest of those it stands for. */
export function squeezed(values: readonly number[], cells: number): number[] {
  if (values.length <= cells) return [...values];
  return Array.from({ length: cells }, (_, cell) => {
    const from = Math.floor((cell * values.length) / cells);
    const until = Math.max(from + 1, Math.floor(((cell + 1) * values.length) / cells));
    return Math.max(...values.slice(from, until));
  });
}
