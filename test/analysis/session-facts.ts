// Everything a session knows of one connection as a flat list, so that two ways of hearing it can be compared quickly.
import type { ConversationTable } from '../../src/analysis/conversation-table.js';
import type { Session } from '../../src/analysis/session.js';
import type { RequestTable } from '../../src/model/request-table.js';

export type Fact = number | string;

/** The session's totals at some moment. */
export interface Totals {
  readonly recordCounts: Float64Array;
  readonly recordBytes: Float64Array;
  readonly paddingBytes: number;
  readonly anomalies: number;
  readonly anomalyCount: number;
  readonly stderr: number;
  readonly listeners: number;
}

export function totals(session: Session): Totals {
  const { log } = session;
  return {
    recordCounts: log.recordCounts.slice(),
    recordBytes: log.recordBytes.slice(),
    paddingBytes: log.paddingBytes,
    anomalies: log.anomalies.places.length,
    anomalyCount: log.anomalies.counts.reduce((sum, count) => sum + count, 0),
    stderr: stderrCount(session),
    listeners: session.listeners.size,
  };
}

function stderrCount(session: Session): number {
  const { groups, ungrouped } = session.log.stderr;
  return groups.reduce((sum, group) => sum + group.count, ungrouped);
}

type NumberColumn = Float64Array | Uint32Array | Uint16Array | Uint8Array;

/** Columns that name rows of other tables, or slots: they depend on what came before. */
const REQUEST_LINKS = new Set(['connection', 'next']);
/** Columns of string numbers: which string has which number depends on what came before; what it says does not. */
const REQUEST_TEXTS = new Set(['method', 'uri', 'script']);
const CONVERSATION_LINKS = new Set(['slot', 'firstRequest', 'lastRequest']);

function columnNames(table: RequestTable | ConversationTable, links: ReadonlySet<string>): string[] {
  return Object.keys(table).filter((name) => ArrayBuffer.isView(Reflect.get(table, name)) && !links.has(name));
}

let requestColumns: readonly string[] = [];
let conversationColumns: readonly string[] = [];

/** What was heard of connection `row` since `before`, when nothing else was heard. */
export function factsOf(session: Session, row: number, before: Totals): Fact[] {
  const { log, conversations, foreign } = session;
  const { requests } = log;
  if (requestColumns.length === 0) {
    requestColumns = columnNames(requests, REQUEST_LINKS);
    conversationColumns = columnNames(conversations, CONVERSATION_LINKS);
  }
  const facts: Fact[] = [];
  for (const name of conversationColumns) facts.push(column(conversations, name)[row]);
  const first = conversations.firstRequest[row];
  for (let next = first; next !== 0; next = requests.next[next - 1]) {
    for (const name of requestColumns) {
      const value = column(requests, name)[next - 1];
      facts.push(REQUEST_TEXTS.has(name) ? log.strings.text(value) : value);
    }
  }
  for (const places = log.anomalies.places, at = { index: before.anomalies }; at.index < places.length; at.index++) {
    const { code, request, side, offset, time, packet, detail } = places[at.index];
    facts.push(code, request < 0 ? -1 : request + 1 - first, side, offset, time, packet, detail);
  }
  const after = totals(session);
  facts.push(after.anomalyCount - before.anomalyCount, after.paddingBytes - before.paddingBytes);
  facts.push(after.stderr - before.stderr, after.listeners - before.listeners);
  for (let type = 0; type < 256; type++) {
    if (after.recordCounts[type] === before.recordCounts[type]) continue;
    facts.push(
      type,
      after.recordCounts[type] - before.recordCounts[type],
      after.recordBytes[type] - before.recordBytes[type],
    );
  }
  for (const side of [0, 1]) facts.push(Buffer.from(foreign.get(row * 2 + side) ?? []).toString('latin1'));
  return facts;
}

function column(table: RequestTable | ConversationTable, name: string): NumberColumn {
  return Reflect.get(table, name) as NumberColumn;
}

/** Where two lists differ, in words; undefined when they are the same. NaN equals NaN. */
export function difference(actual: readonly Fact[], expected: readonly Fact[]): string | undefined {
  const length = Math.max(actual.length, expected.length);
  for (let i = 0; i < length; i++) {
    if (!Object.is(actual[i], expected[i])) return `${nameOf(i)}: ${actual[i]} instead of ${expected[i]}`;
  }
  return undefined;
}

/** Which fact the index is, as far as it is a column. */
function nameOf(index: number): string {
  if (index < conversationColumns.length) return `conversation.${conversationColumns[index]}`;
  const rest = index - conversationColumns.length;
  const request = Math.floor(rest / requestColumns.length);
  return `fact ${index} (request ${request}: ${requestColumns[rest % requestColumns.length]}, or after the requests)`;
}
