// A connection as a ladder between web server and application: records and TCP segments, gaps, and who is left with
// TIME_WAIT.
import { connectionRow } from '../../analysis/rows.js';
import { formatCount } from '../../reporters/format-count.js';
import { counted } from '../../reporters/text-words.js';
import { panel } from '../drawing/panel.js';
import { beside, EMPTY, type Line, line, span, spread } from '../drawing/spans.js';
import { ladderLines } from '../ladder/ladder.js';
import { type LadderTexts, ladderHead, ladderText } from '../ladder/ladder-text.js';
import { layoutOf } from '../layout.js';
import { focusedPane } from '../panes.js';
import { connectionMarks } from '../rows/marks.js';
import { cursorOf, type State, topDetail } from '../state.js';
import { wordsOf } from '../words.js';
import { portOnly } from './columns.js';
import { connectionSentence } from './connection-words.js';
import { marksLine } from './connections.js';
import { recordLines, selectedEntry, timelineSizes } from './record-lines.js';

export function timelineView(state: State): Line[] {
  const { body } = layoutOf(state);
  const { symbols, safe } = wordsOf(state);
  const sizes = timelineSizes(state);
  const entries = ladderLines(state);
  const { index, top } = cursorOf(state, 'ladder');
  const focus = focusedPane(state)?.list;
  const texts = ladderTexts(state);
  const content = [
    ladderHead(sizes.ladder - 2, state.time === 'clock' ? 'time' : 'ms'),
    ...entries
      .slice(top, top + sizes.list)
      .map((entry, i) => ladderText(entry, sizes.ladder - 2, top + i === index, focus === 'ladder', texts)),
  ];
  const whole = state.connectionContents?.connection === topDetail(state)?.row;
  const reading = whole
    ? ''
    : state.busy?.what === 'reading'
      ? `   reading ${Math.round(state.busy.share * 100)}%`
      : '   outline';
  const ladder = panel(content, {
    title: 'Timeline',
    note: `${formatCount(entries.length === 0 ? 0 : index + 1)}/${formatCount(entries.length)}${reading}`,
    width: sizes.ladder,
    height: body,
    symbols,
    focused: focus === 'ladder',
  });
  if (sizes.pane === 0) return ladder;
  const lines = recordLines(state);
  const from = cursorOf(state, 'record').index;
  const entry = selectedEntry(state);
  const pane = panel(
    lines.slice(from, from + sizes.paneHeight).map((each) => [span(' '), ...each]),
    {
      title: safe(entry?.record?.name ?? entry?.kind ?? 'Record'),
      note:
        lines.length > sizes.paneHeight
          ? `${from + 1}-${Math.min(lines.length, from + sizes.paneHeight)} of ${lines.length}`
          : '',
      width: sizes.pane,
      height: body,
      symbols,
      focused: focus === 'record',
    },
  );
  return beside([
    { lines: ladder, width: sizes.ladder },
    { lines: pane, width: sizes.pane },
  ]);
}

function ladderTexts(state: State): LadderTexts {
  const entries = ladderLines(state);
  const { symbols, duration, captured, clock } = wordsOf(state);
  const start = entries[0]?.time ?? 0;
  const before = new Map(entries.map((entry, i) => [entry, i === 0 ? NaN : lastTime(entries, i)]));
  return {
    symbols,
    label: ({ label }) => captured(label),
    time: ({ time }) =>
      time === Infinity ? '' : state.time === 'clock' ? clock(time) : ((time - start) / 1e6).toFixed(3),
    gap: (entry) => {
      const gap = entry.time - (before.get(entry) ?? NaN);
      return entry.time === Infinity || !(gap >= 1000) ? '' : `+${duration(gap)}`;
    },
  };
}

function lastTime(entries: readonly { readonly time: number }[], before: number): number {
  return entries[before - 1].time;
}

/** The line above: which connection, between whom, how it ended. */
export function timelineHead(state: State): Line {
  const { shown } = state.data;
  const detail = topDetail(state);
  const { width, wide, narrow } = layoutOf(state);
  const { symbols, safe, duration } = wordsOf(state);
  if (!shown || !detail || detail.row >= shown.snapshot.facts.listenerOf.length) return EMPTY;
  const row = connectionRow(shown.snapshot.facts, shown.histories, detail.row);
  const end = (endpoint: string) => safe(wide ? endpoint : portOnly(endpoint));
  const closes =
    row.firstFin === 'none'
      ? row.firstReset === 'none'
        ? 'open'
        : 'reset'
      : `${row.firstFin.replace('-', ' ')} FINs first`;
  return spread(
    line(
      ' ',
      span(`conn ${row.id}`, 'strong'),
      `  ${end(row.webServer)} ${symbols.toApplication} ${end(row.application)}   ${row.state} ${row.history}`,
    ),
    line(
      narrow
        ? `${duration(row.end - row.start)} `
        : `${closes}   ${duration(row.end - row.start)}   ${counted(row.requests, 'req')} `,
    ),
    width,
    symbols.ellipsis,
  );
}

export function timelineStatus(state: State): Line[] {
  const detail = topDetail(state);
  const { shown } = state.data;
  const { captured, safe } = wordsOf(state);
  if (!detail || !shown) return [];
  const entry = selectedEntry(state);
  const packet = entry && entry.packet > 0 ? `   packet ${formatCount(entry.packet)}` : '';
  const fold =
    timelineSizes(state).pane === 0 && entry
      ? line(` ${captured(entry.label)}${packet}`)
      : line(` ${safe(connectionSentence(state, detail.row))}`);
  const modes = `time ${state.time === 'clock' ? 'of day, UTC' : 'since the first line'}   tcp segments ${state.segments ? 'shown' : 'hidden'}`;
  const marks = connectionMarks(shown.snapshot.facts, shown.derived, detail.row);
  return [fold, marks === '' ? line(span(` ${modes}`, 'dim')) : [...marksLine(marks), span(`   ${modes}`, 'dim')]];
}
