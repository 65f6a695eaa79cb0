// A live source as lines of JSON while it runs: connections and requests when they have ended, findings when they appear,
// change and clear, and at the end the figures. Rows have the fields of the JSON report.

import type { Facts } from '../analysis/facts.js';
import type { EndedRow } from '../analysis/live/ended-rows.js';
import type { FindingChange } from '../analysis/live/finding-watch.js';
import { type ConnectionTables, connectionRowOf, requestRow } from '../analysis/rows.js';
import type { Snapshot } from '../analysis/snapshot.js';
import type { HostView } from '../host/host-view.js';
import type { HistoryTable } from '../tcp/history-table.js';
import { hostObject } from './host-json.js';
import { connectionObject, findingObject, type JsonOptions, ndjsonReport, requestObject, SCHEMA } from './json.js';
import { safeJson } from './safe-json.js';

function line(kind: string, value: object): string {
  return `${safeJson({ kind, ...value })}\n`;
}

/** The first line: where the tap stands. Time in milliseconds since 1970. */
export function beginEvent(pairs: readonly { readonly listen: string; readonly to: string }[], time: number): string {
  return line('tap-opened', { schema: SCHEMA, time: new Date(time).toISOString(), pairs });
}

/** Rows that have ended since the last time. */
export function* rowEvents(
  facts: ConnectionTables & Pick<Facts, 'strings'>,
  protocolOf: (connection: number) => string,
  histories: HistoryTable,
  connections: Iterable<EndedRow>,
  requests: Iterable<EndedRow>,
): Generator<string> {
  for (const { row, id } of requests) {
    const { connection, ...rest } = requestObject(requestRow(facts, row));
    const { webServer, application } = connectionRowOf(facts, histories, connection, protocolOf(connection));
    yield line('request', { ...rest, id, webServer, application });
  }
  for (const { row, id } of connections) {
    const object = connectionObject(connectionRowOf(facts, histories, row, protocolOf(row)));
    yield line('connection', { ...object, id });
  }
}

/** A look at the host. */
export function* hostEvent(view: HostView | undefined): Generator<string> {
  if (view !== undefined) yield line('host', hostObject(view));
}

export function* findingEvents(changes: readonly FindingChange[], showSecrets: boolean): Generator<string> {
  for (const { finding, state, firstSeen, lastSeen } of changes) {
    yield line('finding', { state, firstSeen, lastSeen, ...findingObject(finding, showSecrets) });
  }
}

/** The last lines: those of an ndjson report, without the rows that were told before. */
export function* endEvents(snapshot: Snapshot, options: JsonOptions): Generator<string> {
  yield* ndjsonReport(snapshot, { ...options, connectionRows: [], requestRows: [] });
}
