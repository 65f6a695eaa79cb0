// What a filter let through: how many connections and requests, and the first of them as tables.
import { type ConnectionRow, connectionRow, type RequestRow, requestRow } from '../analysis/rows.js';
import { formatBytes, formatCount } from './format-count.js';
import type { TextContext, TextFilter } from './text-context.js';
import { type Column, table, wrap } from './text-layout.js';
import { counted } from './text-words.js';

export function* rowLines(context: TextContext, filter: TextFilter): Generator<string> {
  const { snapshot, style, width, limit, options, safe } = context;
  const { facts, summary } = snapshot;
  const connections = firstRows(filter.connectionRows, limit);
  const requests = firstRows(filter.requestRows, limit);
  const counts = facts.hasPayload
    ? `${counted(requests.count, 'request')} and ${counted(connections.count, 'connection')}`
    : counted(connections.count, 'connection');
  for (const line of wrap(`Filter ${safe(filter.expression)}: ${counts}`, width)) yield style.strong(line);
  if (summary.connections > 0) yield style.dim('  findings and figures above are about everything that was read');
  if (requests.rows.length > 0) {
    const rows = requests.rows.map((row) => requestRow(facts, row));
    yield '';
    yield* titled(context, requestColumns(context), rows, requests.count, 'request');
  }
  if (connections.rows.length > 0) {
    const rows = connections.rows.map((row) => connectionRow(facts, options.histories, row));
    yield '';
    yield* titled(context, connectionColumns(context), rows, connections.count, 'connection');
  }
}

function firstRows(all: Iterable<number>, limit: number): { rows: number[]; count: number } {
  const rows: number[] = [];
  let count = 0;
  for (const row of all) {
    if (count++ < limit) rows.push(row);
  }
  return { rows, count };
}

function* titled<Row>(
  { style, symbols, width }: TextContext,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  count: number,
  noun: string,
): Generator<string> {
  const [head, ...lines] = table(columns, rows, width - 2, symbols.ellipsis);
  yield `  ${style.dim(head)}`;
  for (const line of lines) yield `  ${line}`;
  if (count > rows.length)
    yield style.dim(`  the first ${formatCount(rows.length)} of ${counted(count, noun)}; --limit N shows more`);
}

function requestColumns({ clock, captured, duration }: TextContext): Column<RequestRow>[] {
  const first = (row: RequestRow) => row.firstByte - row.begin;
  const total = (row: RequestRow) => row.end - row.begin;
  return [
    { title: 'request', align: 'right', text: ({ id }) => String(id) },
    { title: 'begin', align: 'right', text: ({ begin }) => clock(begin) },
    { title: 'connection', align: 'right', expendable: 1, text: ({ connection }) => String(connection) },
    { title: 'method', text: ({ method }) => captured(method ?? '-') },
    { title: 'URI', flexible: true, text: ({ uri, script }) => captured(uri ?? script ?? '-') },
    { title: 'status', align: 'right', text: ({ httpStatus }) => String(httpStatus ?? '-') },
    { title: 'first byte', align: 'right', expendable: 2, text: (row) => duration(first(row)) },
    { title: 'total', align: 'right', text: (row) => duration(total(row)) },
    { title: 'in', align: 'right', expendable: 4, text: ({ stdinBytes }) => formatBytes(stdinBytes) },
    { title: 'out', align: 'right', expendable: 3, text: ({ stdoutBytes }) => formatBytes(stdoutBytes) },
  ];
}

function connectionColumns({ clock, safe, snapshot, duration }: TextContext): Column<ConnectionRow>[] {
  const { hasPayload } = snapshot.facts;
  return [
    { title: 'connection', align: 'right', text: ({ id }) => String(id) },
    { title: 'start', align: 'right', text: ({ start }) => clock(start) },
    { title: 'web server', text: ({ webServer }) => safe(webServer) },
    { title: 'application', text: ({ application }) => safe(application) },
    { title: 'state', text: ({ state }) => state },
    { title: 'FIN first', text: ({ firstFin }) => firstFin },
    { title: 'TIME_WAIT', expendable: 3, text: ({ timeWait }) => timeWait },
    hasPayload
      ? { title: 'requests', align: 'right', text: ({ requests }) => formatCount(requests) }
      : { title: 'exchanges', align: 'right', text: ({ exchanges }) => formatCount(exchanges ?? 0) },
    { title: 'lasted', align: 'right', text: ({ start, end }) => duration(end - start) },
    { title: 'history', flexible: true, expendable: 4, text: ({ history }) => history },
  ];
}
