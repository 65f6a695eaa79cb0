// What both tables show: rows that the filter lets through, in the order asked for, worked out in steps.
import type { Shown } from '../data.js';
import type { State, TableName } from '../state.js';
import { readFilter } from './filter-text.js';
import { type SortScratch, sortRows } from './radix-sort.js';
import { type Selected, selectSteps } from './select.js';
import { CONNECTION_SORTS, keySteps, REQUEST_SORTS } from './sort-columns.js';

/** Names each table's order; `baseKey` names its rows. */
export function orderKeys(state: State, baseKey: string): Record<TableName, string> {
  const key = (table: TableName) => `${baseKey} ${state.tables[table].sort} ${state.tables[table].reverse}`;
  return { connections: key('connections'), requests: key('requests') };
}

/** Rows without a filter. */
export function rowTotals({ snapshot: { facts } }: Shown): Record<TableName, number> {
  let connections = 0;
  let requests = 0;
  for (const listener of facts.listeners) {
    connections += listener.connections.length;
    requests += listener.requests.length;
  }
  return { connections, requests };
}

/** Filters, unless that is done already, then brings into their order those tables that are not. */
export function* tableSteps(
  state: State,
  shown: Shown,
  kept: { readonly base: Selected | undefined } & Readonly<Record<TableName, Uint32Array | undefined>>,
  scratch: SortScratch,
): Generator<number, { base: Selected; ordered: Selected }, void> {
  const { facts } = shown.snapshot;
  const reading = readFilter(state.filter.applied);
  const filter = reading.kind === 'filter' ? reading.filter : undefined;
  const base = kept.base ?? (yield* selectSteps(facts, shown.histories, filter));
  const order = function* (table: TableName, rows: Uint32Array): Generator<number, Uint32Array, void> {
    const { sort, reverse } = state.tables[table];
    // Tables are in the order of time already.
    if (sort === 0) return reverse ? rows.slice().reverse() : rows;
    const column = (table === 'connections' ? CONNECTION_SORTS : REQUEST_SORTS)[sort];
    return yield* sortRows(rows, yield* keySteps(column, facts, rows, scratch), reverse, scratch);
  };
  const connections = kept.connections ?? (yield* order('connections', base.connections));
  const requests = kept.requests ?? (yield* order('requests', base.requests));
  return { base, ordered: { connections, requests } };
}
