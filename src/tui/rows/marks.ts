// Letters beside rows: what stands out about a connection or a request, and the sentence behind each letter.
import type { Facts } from '../../analysis/facts.js';
import { REQUEST_ABORTED, REQUEST_ENDED } from '../../model/request-table.js';
import { BY_NONE, BY_WEB_SERVER } from '../../model/side.js';
import type { Derived } from '../derive.js';
import { cursorOf, type ListName, type State } from '../state.js';
import { visibleEvents } from '../views/event-rows.js';

/** The letters, in the order in which they are shown. */
export const MARK_WORDS: Readonly<Record<string, string>> = {
  Q: 'queued: others were ahead',
  F: 'evidence of a finding',
  A: 'given up by the web server',
  X: 'reset',
  R: 'retransmissions',
  '!': 'protocol problem',
  E: 'error status',
  U: 'no END_REQUEST',
};

export function connectionMarks(facts: Facts, derived: Derived, row: number): string {
  const { connections, conversations } = facts;
  let marks = '';
  if (derived.queued.has(row)) marks += 'Q';
  if (derived.evidence.has(row)) marks += 'F';
  const reset = connections.firstReset[row];
  if (reset === BY_WEB_SERVER) marks += 'A';
  else if (reset !== BY_NONE) marks += 'X';
  if (connections.retransmissions0[row] + connections.retransmissions1[row] > 0) marks += 'R';
  if (conversations.problems[row] !== 0) marks += '!';
  return marks;
}

export function requestMarks(facts: Facts, derived: Derived, row: number): string {
  const { requests, conversations } = facts;
  const connection = requests.connection[row];
  let marks = '';
  if (derived.queued.has(connection) && conversations.firstRequest[connection] === row + 1) marks += 'Q';
  if (derived.requestEvidence.has(row)) marks += 'F';
  if (requests.marks[row] & REQUEST_ABORTED) marks += 'A';
  if (requests.problems[row] !== 0) marks += '!';
  if (requests.httpStatus[row] >= 500 || requests.appStatus[row] !== 0) marks += 'E';
  if (!(requests.marks[row] & REQUEST_ENDED)) marks += 'U';
  return marks;
}

/** Whether `n` stops at this line of a list. */
export function standsOut(state: State, list: ListName, place: number): boolean {
  const { shown } = state.data;
  if (!shown) return false;
  const { facts } = shown.snapshot;
  switch (list) {
    case 'connections':
      return connectionStandsOut(facts, shown.derived, state.tables.connections.rows?.[place] ?? 0);
    case 'requests':
      return requestStandsOut(facts, shown.derived, state.tables.requests.rows?.[place] ?? 0);
    case 'events':
      return visibleEvents(state)[place]?.severity === 'error' || visibleEvents(state)[place]?.severity === 'warning';
    default:
      return place !== cursorOf(state, list).index;
  }
}

/** Whether there are marks, without making them: a million rows may have none. */
function connectionStandsOut({ connections, conversations }: Facts, derived: Derived, row: number): boolean {
  return (
    conversations.problems[row] !== 0 ||
    connections.firstReset[row] !== BY_NONE ||
    connections.retransmissions0[row] + connections.retransmissions1[row] > 0 ||
    (derived.queued.size > 0 && derived.queued.has(row)) ||
    derived.evidence.has(row)
  );
}

function requestStandsOut({ requests, conversations }: Facts, derived: Derived, row: number): boolean {
  if (requests.problems[row] !== 0 || requests.appStatus[row] !== 0 || requests.httpStatus[row] >= 500) return true;
  if ((requests.marks[row] & (REQUEST_ENDED | REQUEST_ABORTED)) !== REQUEST_ENDED) return true;
  const connection = requests.connection[row];
  const isFirst = conversations.firstRequest[connection] === row + 1;
  return (isFirst && derived.queued.has(connection)) || derived.requestEvidence.has(row);
}
