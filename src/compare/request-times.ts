// The times of single requests, which a significance test needs: from the tables of a capture just read, or from the rows
// of a JSON report, where those are complete.
import type { Facts, Listener } from '../analysis/facts.js';
import { inputEnd } from '../analysis/request-times.js';
import type { TimesOfReport } from './read-report.js';
import type { RequestTimes } from './report.js';

/** Of a capture: rows of requests are in the order in which they began. */
export function timesOfFacts(facts: Facts): TimesOfReport {
  const byBackend = facts.listeners.map((listener) => timesOfListeners(facts, [listener]));
  const counted = facts.listeners.filter((listener) => listener.inSummary);
  return {
    all: counted.length === 1 ? byBackend[counted[0].index] : timesOfListeners(facts, counted),
    byBackend,
  };
}

function timesOfListeners({ requests }: Facts, listeners: readonly Listener[]): RequestTimes {
  const times = new Collected(listeners.reduce((sum, listener) => sum + listener.requests.length, 0));
  for (const listener of listeners) {
    for (let at = 0; at < listener.requests.length; at++) {
      const row = listener.requests[at];
      const end = inputEnd(requests, row);
      times.add(
        requests.begin[row],
        Math.max(0, requests.firstByte[row] - end) / 1e9,
        (requests.end[row] - requests.begin[row]) / 1e9,
      );
    }
  }
  return times.inOrder(listeners.length > 1);
}

/**
 * Of a JSON report's rows; undefined where some of its requests have no row there (--limit, --filter, a tap that ran for
 * long): percentiles are then all that is known.
 */
export function timesOfDocument(document: unknown): TimesOfReport | undefined {
  const { summary, backends, connections, requests } = (document ?? {}) as Readonly<Record<string, unknown>>;
  if (!Array.isArray(requests) || !Array.isArray(connections) || !Array.isArray(backends)) return undefined;
  const endpoints = backends.map((backend) => property(backend, 'endpoint'));
  const places = new Map<unknown, number>();
  for (const connection of connections)
    places.set(property(connection, 'id'), endpoints.indexOf(property(connection, 'application')));
  const all = new Collected(requests.length);
  const each = backends.map(() => new Collected(0));
  const summed = Number(property(summary, 'requests'));
  // SCGI counts in the summary only where it was named: then the sum is that of all rows.
  const withScgi = summed === requests.length;
  for (const request of requests) {
    const begin = seconds(property(request, 'begin'));
    const input = Math.max(seconds(property(request, 'paramsEnd')), seconds(property(request, 'stdinEnd')));
    const first = Math.max(0, seconds(property(request, 'firstByte')) - input);
    const total = seconds(property(request, 'end')) - begin;
    if (withScgi || property(request, 'protocol') !== 'scgi') all.add(begin, first, total);
    each[places.get(property(request, 'connection')) ?? -1]?.add(begin, first, total);
  }
  return {
    all: all.rows === summed ? all.inOrder(true) : undefined,
    byBackend: each.map((times, index) =>
      times.rows === Number(property(backends[index], 'requests')) ? times.inOrder(true) : undefined,
    ),
  };
}

/** Times of requests as they are found; NaN for what did not happen. */
class Collected {
  rows = 0;
  private begins: number[] | Float64Array;
  private firsts: number[] | Float64Array;
  private totals: number[] | Float64Array;

  constructor(capacity: number) {
    this.begins = capacity > 0 ? new Float64Array(capacity) : [];
    this.firsts = capacity > 0 ? new Float64Array(capacity) : [];
    this.totals = capacity > 0 ? new Float64Array(capacity) : [];
  }

  add(begin: number, first: number, total: number): void {
    this.begins[this.rows] = begin;
    this.firsts[this.rows] = first;
    this.totals[this.rows] = total;
    this.rows++;
  }

  inOrder(sort: boolean): RequestTimes {
    const order = sort ? Uint32Array.from({ length: this.rows }, (_, i) => i) : undefined;
    order?.sort((a, b) => this.begins[a] - this.begins[b]);
    return { timeToFirstByte: this.known(this.firsts, order), total: this.known(this.totals, order) };
  }

  private known(values: ArrayLike<number>, order: Uint32Array | undefined): Float64Array {
    const known = new Float64Array(this.rows);
    let count = 0;
    for (let i = 0; i < this.rows; i++) {
      const value = values[order === undefined ? i : order[i]];
      if (!Number.isNaN(value)) known[count++] = value;
    }
    return known.subarray(0, count);
  }
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

function seconds(value: unknown): number {
  return typeof value === 'number' ? value : Number.NaN;
}
