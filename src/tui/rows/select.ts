// Which connections and requests a filter lets through, found in steps so that the screen goes on answering.
import type { Facts } from '../../analysis/facts.js';
import type { FieldValue, Filter, FilterRows } from '../../analysis/filter/filter.js';
import { filterRows } from '../../analysis/filter-values.js';
import type { HistoryTable } from '../../tcp/history-table.js';
import type { FilterWanted } from './filter-text.js';

/** Rows in the order of the tables. */
export interface Selected {
  readonly connections: Uint32Array;
  readonly requests: Uint32Array;
}

/** Rows looked at between two steps. */
const STEP = 500;
/** The same without a filter: nothing but a look at the listener. */
const QUICK_STEP = 50_000;

/** All rows of the listeners, or those the filter lets through. Yields how much of the work is done, from 0 to 1. */
export function* selectSteps(
  facts: Facts,
  histories: HistoryTable,
  wanted: Pick<FilterWanted, 'filter' | 'word'> | undefined,
): Generator<number, Selected, void> {
  const filter = wanted?.filter;
  const { listenerOf } = facts;
  const [only] = facts.listeners;
  // Nothing to choose: the listener's own lists are what is wanted.
  if (!filter && facts.listeners.length === 1) return { connections: only.connections, requests: only.requests };
  const connectionCount = listenerOf.length;
  const requestCount = requestsIn(facts);
  const values = remembering(facts, filterRows(facts, histories));
  const requestMatches =
    wanted?.word === undefined
      ? (row: number) => filter!.matches(row, values.request)
      : wordMatcher(facts, wanted.word);
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
      if (filter && !requestMatches(row)) continue;
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
      if (!filter || connectionGoesThrough(filter, facts, values, byRequest, row)) connections.add(row);
    }
    yield (requestCount + until) / total;
  }
  return { connections: connections.rows(), requests: requests.rows() };
}

/** The same rule as matchesConnection, with what is known of its requests already. */
function connectionGoesThrough(
  filter: Filter,
  facts: Facts,
  values: FilterRows,
  byRequest: Uint8Array | undefined,
  row: number,
): boolean {
  if (!byRequest) return filter.matches(row, values.connection);
  if (byRequest[row]) return true;
  return facts.conversations.firstRequest[row] === 0 && filter.matches(row, values.connection);
}

/**
 * Tells whether a request has the word in its URI, script, method or addresses, without regard to the case of ASCII
 * letters: what the filter of a bare word says, with one answer for each text however many rows have it.
 */
function wordMatcher(facts: Facts, word: string): (row: number) => boolean {
  const { requests, strings, connections, addresses } = facts;
  const lower = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const looked = lower(word);
  const remembered = (count: number, has: (index: number) => boolean) => {
    const answers = new Int8Array(count);
    return (index: number) => {
      if (answers[index] === 0) answers[index] = has(index) ? 1 : -1;
      return answers[index] === 1;
    };
  };
  const text = remembered(strings.size, (id) => lower(strings.text(id)).includes(looked));
  const ends = remembered(facts.listenerOf.length, (row) => {
    const webServer = addresses.endpoint(connections.address0[row], connections.port0[row]);
    const application = addresses.endpoint(connections.address1[row], connections.port1[row]);
    return webServer.includes(looked) || application.includes(looked);
  });
  const { uri, script, method, connection } = requests;
  return (row) => text(uri[row]) || text(script[row]) || text(method[row]) || ends(connection[row]);
}

/** Texts kept, of each field. */
const MOST_TEXTS = 100_000;

/**
 * The same values, with texts made once: URIs and scripts repeat, and so do the ends of a connection from one of its
 * requests to the next.
 */
function remembering(facts: Facts, values: FilterRows): FilterRows {
  const { requests } = facts;
  const columns: Readonly<Record<string, Uint32Array>> = {
    uri: requests.uri,
    script: requests.script,
    method: requests.method,
    webserver: requests.connection,
    application: requests.connection,
    history: requests.connection,
  };
  const texts = new Map<string, Map<number, FieldValue>>();
  return {
    ...values,
    request(field, row) {
      const column = columns[field.name];
      if (column === undefined) return values.request(field, row);
      const key = column[row];
      let known = texts.get(field.name);
      if (!known) texts.set(field.name, (known = new Map()));
      let value = known.get(key);
      if (value === undefined) {
        value = values.request(field, row);
        if (known.size >= MOST_TEXTS) known.clear();
        if (value !== undefined) known.set(key, value);
      }
      return value;
    },
  };
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
