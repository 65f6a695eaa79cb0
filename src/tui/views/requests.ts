// View 3: requests, one line each.

import { inputEnd } from '../../analysis/request-times.js';
import { type RequestRow, requestRow } from '../../analysis/rows.js';
import type { Shown } from '../data.js';
import { panel } from '../drawing/panel.js';
import { beside, EMPTY, type Line, line } from '../drawing/spans.js';
import { layoutOf } from '../layout.js';
import { requestMarks } from '../rows/marks.js';
import { requestsIn } from '../rows/select.js';
import { REQUEST_SORTS } from '../rows/sort-columns.js';
import { cursorOf, type State } from '../state.js';
import { wordsOf } from '../words.js';
import { type ListColumn, listLines, widest } from './columns.js';
import { emptyWords, marksLine, shortBytes } from './connections.js';
import { timeSplit } from './request-time.js';
import { requestPane, rowPaneWidth } from './row-pane.js';
import { sortNote } from './table-notes.js';

interface ShownRow extends RequestRow {
  readonly marks: string;
  readonly wait: number;
}

export function requestsView(state: State): Line[] {
  const { width: all, body } = layoutOf(state);
  const pane = rowPaneWidth(state);
  const width = all - pane;
  const { symbols } = wordsOf(state);
  const { rows } = state.tables.requests;
  const { index, top } = cursorOf(state, 'requests');
  const { shown } = state.data;
  const visible: ShownRow[] = [];
  if (shown && rows) {
    for (const row of rows.subarray(top, top + body - 3)) visible.push(shownRow(shown, row));
  }
  const content = listLines(columns(state, visible), visible, {
    width: width - 2,
    selected: index - top,
    focused: true,
    symbols,
  });
  if (shown && !shown.snapshot.facts.hasPayload)
    content.push(EMPTY, line('  Text printed by tcpdump has no requests; a capture file has them (tcpdump -w FILE).'));
  else if (visible.length === 0) content.push(EMPTY, line(`  ${emptyWords(state)}`));
  const list = panel(content, {
    title: 'Requests',
    note: sortNote(state, 'requests', REQUEST_SORTS),
    width,
    height: body,
    symbols,
  });
  if (pane === 0) return list;
  return beside([
    { lines: list, width },
    { lines: requestPane(state), width: pane },
  ]);
}

function shownRow(shown: Shown, row: number): ShownRow {
  const { facts } = shown.snapshot;
  const request = requestRow(facts, row);
  return {
    ...request,
    marks: requestMarks(facts, shown.derived, row),
    wait: Math.max(0, request.firstByte - inputEnd(facts.requests, row)),
  };
}

function columns(state: State, visible: readonly ShownRow[]): ListColumn<ShownRow>[] {
  const { wide } = layoutOf(state);
  const { clock, duration, captured } = wordsOf(state);
  let previous = NaN;
  const begin = (row: ShownRow) => {
    if (state.time !== 'gap') return clock(row.begin);
    const gap = row.begin - previous;
    previous = row.begin;
    return Number.isNaN(gap) ? '' : `+${duration(gap)}`;
  };
  return [
    {
      title: 'ID',
      width: widest(
        visible.map(({ id }) => String(id)),
        5,
        8,
      ),
      align: 'right',
      text: ({ id }) => String(id),
    },
    { title: 'begin', width: state.time === 'clock' ? 12 : 9, align: 'right', text: begin },
    {
      title: 'conn',
      width: widest(
        visible.map(({ connection }) => String(connection)),
        4,
        8,
      ),
      align: 'right',
      expendable: 3,
      text: ({ connection }) => String(connection),
    },
    { title: 'method', width: 6, expendable: 1, text: ({ method }) => captured(method ?? '-') },
    { title: 'uri', width: 14, flexible: true, text: ({ uri, script }) => captured(uri ?? script ?? '-') },
    {
      title: 'status',
      width: 6,
      align: 'right',
      text: ({ httpStatus }) => (httpStatus === null ? '-' : String(httpStatus)),
      role: ({ httpStatus }) => (httpStatus !== null && httpStatus >= 500 ? 'error' : 'plain'),
    },
    {
      title: wide ? 'first byte' : 'byte1',
      width: wide ? 10 : 8,
      align: 'right',
      expendable: 2,
      text: ({ wait }) => duration(wait),
    },
    { title: 'total', width: 8, align: 'right', text: (row) => duration(row.end - row.begin) },
    { title: 'stdout', width: 8, align: 'right', expendable: 4, text: ({ stdoutBytes }) => shortBytes(stdoutBytes) },
    { title: '', width: 4, text: ({ marks }) => marks, role: ({ marks }) => (marks === '' ? 'plain' : 'warning') },
  ];
}

/** Where the time of the selected request went. */
export function requestStatus(state: State): Line[] {
  const { shown } = state.data;
  const row = state.tables.requests.selected;
  if (!shown || row < 0 || row >= requestsIn(shown.snapshot.facts)) return [];
  const { facts, findings } = shown.snapshot;
  const { captured, duration } = wordsOf(state);
  const request = requestRow(facts, row);
  const parts = timeSplit(state, row).map(({ name, time }) => `${name} ${duration(time)}`);
  const proves = (shown.derived.requestEvidence.get(row) ?? []).map((place) => findings[place]?.id ?? '');
  const words = [
    `request ${row} on conn ${request.connection}: ${parts.join(', ')}`,
    ...(Number.isNaN(request.end) ? ['no END_REQUEST'] : []),
    ...(proves.length > 0 ? [`proves ${proves.join(', ')}`] : []),
  ];
  return [line(' ', captured(words.join('; '))), marksLine(requestMarks(facts, shown.derived, row))];
}
