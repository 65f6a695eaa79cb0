// The fields of the filter language as columns, for filters over all rows: which of them have keys, so that a condition on
// a URI is worked out once for each different URI, and one on a connection once for each connection.
import type { HistoryTable } from '../tcp/history-table.js';
import type { Facts } from './facts.js';
import type { Column, Columns, Field, FieldName } from './filter/filter.js';
import { filterRows } from './filter-values.js';
import { inputEnd } from './request-times.js';

/** Of the requests' rows. */
export function requestColumns(facts: Facts, histories: HistoryTable): Columns {
  const { request } = filterRows(facts, histories);
  const { requests, strings } = facts;
  const ofConnection = { keys: requests.connection, keyCount: facts.listenerOf.length };
  const ofText = { keyCount: strings.size };
  const keyed: Partial<Record<FieldName, Pick<Column, 'keys' | 'keyCount'>>> = {
    connection: ofConnection,
    uri: { keys: requests.uri, ...ofText },
    script: { keys: requests.script, ...ofText },
    method: { keys: requests.method, ...ofText },
    status: { keys: requests.httpStatus, keyCount: 1 << 16 },
    role: { keys: requests.role, keyCount: 1 << 16 },
    protocol: { keys: requests.protocol, keyCount: 1 << 8 },
    keepconn: { keys: requests.marks, keyCount: 1 << 16 },
    aborted: { keys: requests.marks, keyCount: 1 << 16 },
    finished: { keys: requests.marks, keyCount: 1 << 16 },
  };
  // NaN is "absent" to a filter as undefined is.
  const direct: Partial<Record<FieldName, Column['value']>> = {
    total: (row) => requests.end[row] - requests.begin[row],
    ttfb: (row) => Math.max(0, requests.firstByte[row] - inputEnd(requests, row)),
    begin: (row) => requests.begin[row],
    stdin: (row) => requests.stdinBytes[row],
    stdout: (row) => requests.stdoutBytes[row],
    stderr: (row) => requests.stderrBytes[row],
  };
  return (field) => {
    const name = field.name as FieldName;
    const value = direct[name] ?? ((row: number) => request(field, row));
    return { value, ...(field.of === 'connection' ? ofConnection : keyed[name]) };
  };
}

/** Of the connections' rows. */
export function connectionColumns(facts: Facts, histories: HistoryTable): Columns {
  const { connection } = filterRows(facts, histories);
  const { connections } = facts;
  const keyed: Partial<Record<FieldName, Pick<Column, 'keys' | 'keyCount'>>> = {
    state: { keys: connections.state, keyCount: 1 << 8 },
    history: { keys: connections.history, keyCount: histories.size },
    firstfin: { keys: connections.firstFin, keyCount: 1 << 8 },
    firstreset: { keys: connections.firstReset, keyCount: 1 << 8 },
    timewait: { keys: connections.timeWait, keyCount: 1 << 8 },
    port: { keys: connections.port1, keyCount: 1 << 16 },
  };
  return (field: Field) => ({ value: (row) => connection(field, row), ...keyed[field.name as FieldName] });
}
