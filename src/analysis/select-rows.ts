// Which connections and requests a report lists: those of the listeners, and of them those a filter lets through.
import type { HistoryTable } from '../tcp/history-table.js';
import type { Facts } from './facts.js';
import { compileFilter, type Filter, matchesConnection } from './filter/filter.js';
import { filterRows } from './filter-values.js';

/** Rows in order; each may be iterated more than once. */
export interface SelectedRows {
  readonly connectionRows: Iterable<number>;
  readonly requestRows: Iterable<number>;
}

export type RowSelector = (facts: Facts, histories: HistoryTable) => SelectedRows;

/** @throws UserError when the expression makes no sense. */
export function selectRows(expression: string | undefined): RowSelector {
  const filter = expression === undefined ? undefined : compileFilter(expression);
  return (facts, histories) => ({
    connectionRows: connectionRows(facts, histories, filter),
    requestRows: requestRows(facts, histories, filter),
  });
}

function connectionRows(facts: Facts, histories: HistoryTable, filter: Filter | undefined): Iterable<number> {
  const { listenerOf } = facts;
  const rows = filterRows(facts, histories);
  return {
    *[Symbol.iterator]() {
      for (let row = 0; row < listenerOf.length; row++) {
        if (listenerOf[row] !== -1 && (!filter || matchesConnection(filter, row, rows))) yield row;
      }
    },
  };
}

function requestRows(facts: Facts, histories: HistoryTable, filter: Filter | undefined): Iterable<number> {
  const { connection, count } = facts.requests;
  const rows = filterRows(facts, histories);
  return {
    *[Symbol.iterator]() {
      for (let row = 0; row < count; row++) {
        if (facts.listenerOf[connection[row]] !== -1 && (!filter || filter.matches(row, rows.request))) yield row;
      }
    },
  };
}
