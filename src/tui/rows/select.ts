// Which connections and requests a filter lets through, found in steps so that the screen goes on answering.
import type { Facts } from '../../analysis/facts.js';
import type { Filter } from '../../analysis/filter/filter.js';
import { connectionColumns, requestColumns } from '../../analysis/filter-columns.js';
import type { HistoryTable } from '../../tcp/history-table.js';

/** Rows in the order of the tables. */
export interface Selected {
  readonly connections: Uint32Array;
  readonly requests: Uint32Array;
}

/** Rows looked at between two steps. */
const STEP = 2_000;
/** The same without a filter: nothing but a look at the listener. */
const QUICK_STEP = 50_000;

/** All rows of the listeners, or those the filter lets through. Yields how much of the work is done, from 0 to 1. */
export function* selectSteps(
  facts: Facts,
  histories: HistoryTable,
  filter: Filter | undefined,
): Generator<number, Selected, void> {
  const { listenerOf } = facts;
  const [only] = facts.listeners;
  // Nothing to choose: the listener's own lists are what is wanted.
  if (!filter && facts.listeners.length === 1) return { connections: only.connections, requests: only.requests };
  const connectionCount = listenerOf.length;
  const requestCount = requestsIn(facts);
  const requestMatches = filter?.bind(requestColumns(facts, histories));
  const connectionMatches = filter?.bind(connectionColumns(facts, histories));
  const step = filter ? STEP : QUICK_STEP;
  const total = Math.max(1, connectionCount + requestCount);
  const { connection } = facts.requests;
  // A connection goes through with one of its requests, so requests come first.
  const byRequest = filter?.concerns.requests ? new Uint8Array(connectionCount) : undefined;
  const requests = new RowCollector(filter ? 0 : requestCount);
  for (let from = 0; from < requestCount; from += step) {
    const until = Math.min(requestCount, from + step);
    for (let row = from; row < until; row++) {
      // Requests that came after the facts were taken belong to no listener.
      if (!(listenerOf[connection[row]] >= 0)) continue;
      if (requestMatches && !requestMatches(row)) continue;
      requests.add(row);
      if (byRequest) byRequest[connection[row]] = 1;
    }
    yield until / total;
  }
  const connections = new RowCollector(filter ? 0 : connectionCount);
  for (let from = 0; from < connectionCount; from += step) {
    const until = Math.min(connectionCount, from + step);
    for (let row = from; row < until; row++) {
      if (listenerOf[row] === -1) continue;
      if (!connectionMatches || connectionGoesThrough(connectionMatches, facts, byRequest, row)) connections.add(row);
    }
    yield (requestCount + until) / total;
  }
  return { connections: connections.rows(), requests: requests.rows() };
}

/** The same rule as matchesConnection, with what is known of its requests already. */
function connectionGoesThrough(
  matches: (row: number) => boolean,
  facts: Facts,
  byRequest: Uint8Array | undefined,
  row: number,
): boolean {
  if (!byRequest) return matches(row);
  return byRequest[row] === 1 || (facts.conversations.firstRequest[row] === 0 && matches(row));
}

/** Requests that the facts know of: the tables may have grown since. */
export function requestsIn(facts: Facts): number {
  let count = 0;
  for (const { requests } of facts.listeners) count = Math.max(count, (requests.at(-1) ?? -1) + 1);
  return count;
}

/** Collects rows without knowing how many there will be. */
class RowCollector {
  private kept: Uint32Array;
  private count = 0;

  constructor(expected: number) {
    this.kept = new Uint32Array(Math.max(1024, expected));
  }

  add(row: number): void {
    if (this.count === this.kept.length) {
      const grown = new Uint32Array(this.count * 2);
      grown.set(this.kept);
      this.kept = grown;
    }
    this.kept[this.count++] = row;
  }

  rows(): Uint32Array {
    return this.count * 2 < this.kept.length ? this.kept.slice(0, this.count) : this.kept.subarray(0, this.count);
  }
}
