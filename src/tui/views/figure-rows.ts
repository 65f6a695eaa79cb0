// The Overview's figures as rows that can be opened: each number with the filter that shows what it counts.
import type { Percentiles } from '../../analysis/sweep.js';
import { formatCount } from '../../reporters/format-count.js';
import { share } from '../../reporters/text-words.js';
import type { Target } from '../finding-target.js';
import { perValue } from '../memo.js';
import type { State } from '../state.js';
import { wordsOf } from '../words.js';

export interface FigureRow {
  /** Heads a group: nothing to open. */
  readonly title?: string;
  readonly label: string;
  readonly value: string;
  /** Of all, from 0 to 1: for a bar. */
  readonly part?: number;
  readonly target?: Target;
}

const PERCENTILES: readonly (keyof Percentiles)[] = ['p50', 'p95', 'p99', 'max'];

export const figureRows = perValue((state: State): readonly FigureRow[] => {
  const { shown } = state.data;
  if (!shown) return [];
  const rows = [...connectionRows(state), ...(shown.snapshot.facts.hasPayload ? requestRows(state) : [])];
  return [...rows, ...loadRows(state)];
});

function connectionRows(state: State): FigureRow[] {
  const { snapshot, derived } = state.data.shown!;
  const { summary } = snapshot;
  const all = summary.connections;
  const row = (label: string, count: number, filter: string): FigureRow => ({
    label,
    value: `${formatCount(count)}  ${share(count, all)}`,
    part: count / Math.max(1, all),
    target: { view: 'connections', filter: ofSummary(state, filter) },
  });
  const { firstFin, timeWait, firstReset } = summary;
  const listed = derived.states.reduce((sum, [, count]) => sum + count, 0);
  const rows = [
    row('all', all, ''),
    ...derived.states.map(([name, count]) => ({
      ...row(name, count, `state == ${name}`),
      // Of a live source old rows are counted in the summary and no longer kept.
      value: `${formatCount(count)}  ${share(count, listed)}`,
      part: count / Math.max(1, listed),
    })),
    row('web server sent FIN first', firstFin['web-server'], 'firstfin == web-server'),
    row('application sent FIN first', firstFin.application, 'firstfin == application'),
    row('nobody sent FIN', firstFin.none, 'firstfin == none'),
    row('both sent FIN at once', firstFin.simultaneous, 'firstfin == simultaneous'),
    row('web server sent RST first', firstReset['web-server'], 'firstreset == web-server'),
    row('application sent RST first', firstReset.application, 'firstreset == application'),
    row("TIME_WAIT on the web server's side", timeWait['web-server'] + timeWait.both, 'timewait in (web-server, both)'),
    row("TIME_WAIT on the application's side", timeWait.application + timeWait.both, 'timewait in (application, both)'),
  ];
  return [heading('Connections'), ...rows.filter(({ part }, place) => place === 0 || part !== 0)];
}

function requestRows(state: State): FigureRow[] {
  const { summary } = state.data.shown!.snapshot;
  const { duration } = wordsOf(state);
  const all = summary.requests;
  const row = (label: string, count: number, filter: string): FigureRow => ({
    label,
    value: `${formatCount(count)}  ${share(count, all)}`,
    part: count / Math.max(1, all),
    target: { view: 'requests', filter: ofSummary(state, filter) },
  });
  const times = (label: string, field: string, values: Percentiles | null): FigureRow[] =>
    values === null
      ? []
      : PERCENTILES.map((name) => ({
          label: `${label}, ${name === 'max' ? 'longest' : `${name.slice(1)} % take at most`}`,
          value: duration(values[name]),
          target: { view: 'requests', filter: ofSummary(state, `${field} >= ${Math.floor(values[name])}ns`) },
        }));
  const statuses = Object.entries(summary.httpStatus)
    .filter(([status]) => Number(status) > 0)
    .sort(([one], [other]) => Number(one) - Number(other));
  const rows = [
    row('all', all, ''),
    row('without END_REQUEST', summary.unfinished, 'not finished'),
    ...statuses.map(([status, count]) => row(`status ${status}`, count, `status == ${status}`)),
    row('KEEP_CONN set', summary.keepConn.set, 'keepconn'),
    row('KEEP_CONN unset', summary.keepConn.unset, 'not keepconn'),
  ];
  return [
    heading('Requests'),
    ...rows.filter(({ part }, place) => place === 0 || part !== 0),
    ...times('total', 'total', summary.latency.total),
    ...times('first byte', 'ttfb', summary.latency.timeToFirstByte),
  ];
}

/** Endpoints by load, and where more of them is told. */
function loadRows(state: State): FigureRow[] {
  const { backends, processes } = state.data.shown!.snapshot;
  const all = backends.reduce((sum, { requests }) => sum + requests, 0);
  const endpoints = [...backends].sort((a, b) => b.requests - a.requests);
  const atOnce = Math.max(0, ...backends.map(({ maxConcurrentRequests }) => maxConcurrentRequests));
  return [
    heading('Load'),
    ...endpoints.map(
      ({ endpoint, requests }): FigureRow => ({
        label: wordsOf(state).safe(endpoint),
        value: `${formatCount(requests)}  ${share(requests, all)}`,
        part: requests / Math.max(1, all),
        target: { view: 'requests', filter: `application == "${endpoint}"` },
      }),
    ),
    {
      label: processes.length > 0 ? `processes: ${formatCount(processes.length)}` : 'requests at once',
      value: `at most ${formatCount(atOnce)}`,
      target: { view: 'processes', filter: '' },
    },
  ];
}

function heading(title: string): FigureRow {
  return { title, label: '', value: '' };
}

/** The summary leaves out listeners that nobody asked for: so do the rows behind its numbers. */
function ofSummary(state: State, filter: string): string {
  const { facts } = state.data.shown!.snapshot;
  const others = facts.listeners.filter(({ inSummary }) => !inSummary);
  if (others.length === 0) return filter;
  const names = others.map(({ address, port }) => `application != "${facts.addresses.endpoint(address, port)}"`);
  return [...(filter === '' ? [] : [filter]), ...names].join(' and ');
}
