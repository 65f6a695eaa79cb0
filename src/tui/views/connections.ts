// View 2: connections, one line each.

import { type ConnectionRow, connectionRow } from '../../analysis/rows.js';
import { formatBytes, formatCount } from '../../reporters/format-count.js';
import { panel } from '../drawing/panel.js';
import { beside, EMPTY, type Line, line, span } from '../drawing/spans.js';
import { layoutOf } from '../layout.js';
import { connectionMarks, MARK_WORDS } from '../rows/marks.js';
import { CONNECTION_SORTS } from '../rows/sort-columns.js';
import { cursorOf, type State } from '../state.js';
import { wordsOf } from '../words.js';
import { type ListColumn, listLines, portOnly, widest } from './columns.js';
import { connectionSentence } from './connection-words.js';
import { connectionPane, rowPaneWidth } from './row-pane.js';
import { sortNote } from './table-notes.js';

const SHORT_SIDES: Readonly<Record<string, string>> = {
  'web-server': 'web',
  application: 'app',
  simultaneous: 'both',
  none: '-',
};

interface ShownRow extends ConnectionRow {
  readonly marks: string;
}

export function connectionsView(state: State): Line[] {
  const { width: all, body } = layoutOf(state);
  const pane = rowPaneWidth(state);
  const width = all - pane;
  const { symbols } = wordsOf(state);
  const { rows } = state.tables.connections;
  const { index, top } = cursorOf(state, 'connections');
  const { shown } = state.data;
  const height = body - 3;
  const visible: ShownRow[] = [];
  if (shown && rows) {
    const { facts } = shown.snapshot;
    for (const row of rows.subarray(top, top + height)) {
      if (row >= facts.listenerOf.length) continue;
      visible.push({
        ...connectionRow(facts, shown.histories, row),
        marks: connectionMarks(facts, shown.derived, row),
      });
    }
  }
  const content = listLines(columns(state, visible), visible, {
    width: width - 2,
    selected: index - top,
    focused: true,
    symbols,
  });
  if (visible.length === 0) content.push(EMPTY, line(`  ${emptyWords(state)}`));
  const list = panel(content, {
    title: 'Connections',
    note: sortNote(state, 'connections', CONNECTION_SORTS),
    width,
    height: body,
    symbols,
  });
  if (pane === 0) return list;
  return beside([
    { lines: list, width },
    { lines: connectionPane(state), width: pane },
  ]);
}

export function emptyWords(state: State): string {
  if (!state.data.shown || !state.tables.connections.rows)
    return state.data.phase === 'live' ? 'Waiting for packets.' : 'Reading.';
  if (state.filter.applied !== '') return 'Nothing matches the filter; Esc clears it.';
  return 'There are none.';
}

function columns(state: State, visible: readonly ShownRow[]): ListColumn<ShownRow>[] {
  const { wide } = layoutOf(state);
  const { clock, duration, safe } = wordsOf(state);
  const end = (endpoint: string) => safe(wide ? endpoint : portOnly(endpoint));
  const withoutPayload = state.data.shown?.snapshot.facts.hasPayload === false;
  let previous = NaN;
  const start = (row: ShownRow) => {
    if (state.time !== 'gap') return clock(row.start);
    const gap = row.start - previous;
    previous = row.start;
    return Number.isNaN(gap) ? '' : `+${duration(gap)}`;
  };
  return [
    {
      title: 'ID',
      width: widest(
        visible.map(({ id }) => String(id)),
        4,
        8,
      ),
      align: 'right',
      text: ({ id }) => String(id),
    },
    { title: 'start', width: state.time === 'clock' ? 12 : 9, align: 'right', text: start },
    {
      title: wide ? 'web server' : 'web',
      width: wide
        ? widest(
            visible.map((row) => row.webServer),
            14,
            21,
          )
        : 6,
      text: (row) => end(row.webServer),
    },
    {
      title: wide ? 'application' : 'app',
      expendable: 1,
      width: wide
        ? widest(
            visible.map((row) => row.application),
            14,
            21,
          )
        : 6,
      text: (row) => end(row.application),
    },
    {
      title: 'state',
      width: 6,
      text: ({ state: word }) => word,
      role: ({ state: word }) => (/^(REJ|S0|RST)/.test(word) ? 'error' : 'plain'),
    },
    { title: 'history', width: 8, flexible: true, expendable: 2, text: ({ history }) => history },
    { title: 'FIN', width: 4, text: ({ firstFin }) => SHORT_SIDES[firstFin] ?? firstFin },
    { title: 'TW', width: 4, expendable: 4, text: ({ timeWait }) => SHORT_SIDES[timeWait] ?? timeWait },
    {
      title: withoutPayload ? 'exch' : 'reqs',
      width: widest(
        visible.map(({ requests }) => formatCount(requests)),
        4,
        9,
      ),
      align: 'right',
      text: (row) => formatCount(withoutPayload ? (row.exchanges ?? 0) : row.requests),
    },
    {
      title: 'dur',
      width: widest(
        visible.map((row) => duration(row.end - row.start)),
        7,
        10,
      ),
      align: 'right',
      text: (row) => duration(row.end - row.start),
    },
    {
      title: 'bytes',
      width: 7,
      align: 'right',
      expendable: 3,
      text: (row) => shortBytes(row.bytesFromWebServer + row.bytesFromApplication),
    },
    {
      title: '',
      width: 4,
      text: ({ marks }) => marks,
      role: ({ marks }) => (/[FQX!A]/.test(marks) ? 'warning' : 'plain'),
    },
  ];
}

export function shortBytes(bytes: number): string {
  return formatBytes(bytes).replace(/ bytes?$/, ' B');
}

/** What is to be said about the selected connection, and what its letters mean. */
export function connectionStatus(state: State): Line[] {
  const { shown } = state.data;
  const row = state.tables.connections.selected;
  if (!shown || row < 0 || row >= shown.snapshot.facts.listenerOf.length) return [];
  const { facts, findings } = shown.snapshot;
  const { captured } = wordsOf(state);
  const marks = connectionMarks(facts, shown.derived, row);
  const proves = (shown.derived.evidence.get(row) ?? []).map((place) => findings[place]?.id ?? '');
  const words = [connectionSentence(state, row), ...(proves.length > 0 ? [`proves ${proves.join(', ')}`] : [])];
  return [line(' ', captured(words.join('; '))), marksLine(marks)];
}

export function marksLine(marks: string): Line {
  return line(span(` ${[...marks].map((mark) => `${mark} ${MARK_WORDS[mark] ?? ''}`).join('   ')}`, 'dim'));
}
