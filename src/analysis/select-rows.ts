// Which connections and requests a report lists: those of the listeners, and of them those a filter lets through.
import type { HistoryTable } from '../tcp/history-table.js';
import type { Facts } from './facts.js';

export interface SelectedRows {
  readonly connectionRows: Iterable<number>;
  readonly requestRows: Iterable<number>;
}

export type RowSelector = (facts: Facts, histories: HistoryTable) => SelectedRows;

/** @throws UserError when the expression makes no sense. */
export function selectRows(_expression: string | undefined): RowSelector {
  return (facts) => ({ connectionRows: listed(facts.listenerOf), requestRows: listedRequests(facts) });
}

/** Rows of all connections of listeners, in order. Walks anew each time it is iterated. */
function listed(listenerOf: Int32Array): Iterable<number> {
  return {
    *[Symbol.iterator]() {
      for (let row = 0; row < listenerOf.length; row++) if (listenerOf[row] !== -1) yield row;
    },
  };
}

function listedRequests(facts: Facts): Iterable<number> {
  return {
    *[Symbol.iterator]() {
      const { connection, count } = facts.requests;
      for (let row = 0; row < count; row++) if (facts.listenerOf[connection[row]] !== -1) yield row;
    },
  };
}
