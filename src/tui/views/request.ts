// A request whole: PARAMS, figures, where its time went, and its streams.
import { requestRow } from '../../analysis/rows.js';
import { protocolStatusName } from '../../fastcgi/constants.js';
import { formatCount } from '../../reporters/format-count.js';
import { cutTo, fit } from '../../reporters/text-layout.js';
import { panel } from '../drawing/panel.js';
import { beside, EMPTY, type Line, line, span, spread } from '../drawing/spans.js';
import { barOf } from '../drawing/symbols.js';
import { layoutOf } from '../layout.js';
import { focusedPane } from '../panes.js';
import { requestMarks } from '../rows/marks.js';
import { cursorOf, type State, topDetail } from '../state.js';
import { wordsOf } from '../words.js';
import { marksLine } from './connections.js';
import { bodyLines, contentsOf, paramLines, requestSizes } from './request-lines.js';
import { timeSplit } from './request-time.js';

export function requestView(state: State): Line[] {
  const { width } = layoutOf(state);
  const sizes = requestSizes(state);
  const left = sizes.sideBySide ? Math.floor(width * 0.56) : width;
  const params = textPanel(state, 'params', 'PARAMS', paramLines(state), left, sizes.paramsPanel);
  const body = textPanel(
    state,
    'body',
    state.hex ? 'Streams, in hex' : 'Streams',
    bodyLines(state),
    width,
    sizes.bodyPanel,
  );
  if (sizes.sideBySide) {
    const figures = figurePanel(state, width - left, sizes.paramsPanel);
    return [
      ...beside([
        { lines: params, width: left },
        { lines: figures, width: width - left },
      ]),
      ...body,
    ];
  }
  return [...figurePanel(state, width, sizes.summaryPanel), ...params, ...body];
}

function textPanel(
  state: State,
  list: 'params' | 'body',
  title: string,
  lines: readonly Line[],
  width: number,
  height: number,
): Line[] {
  const { symbols } = wordsOf(state);
  const from = cursorOf(state, list).index;
  const shown = height - 2;
  const note =
    lines.length > shown ? `${from + 1}-${Math.min(lines.length, from + shown)} of ${formatCount(lines.length)}` : '';
  const pairs =
    list === 'params' && contentsOf(state) ? `${title}  ${formatCount(contentsOf(state)!.pairs.length)}` : title;
  return panel(
    lines.slice(from, from + shown).map((each) => [span(' '), ...each]),
    { title: pairs, note, width, height, symbols, focused: focusedPane(state)?.list === list },
  );
}

function figurePanel(state: State, width: number, height: number): Line[] {
  const { symbols } = wordsOf(state);
  const lines = height < 10 ? shortFigures(state, width - 4) : longFigures(state, width - 4);
  return panel(
    lines.map((each) => [span(' '), ...each]),
    { title: 'Request', width, height, symbols, focused: false },
  );
}

function longFigures(state: State, width: number): Line[] {
  const row = rowOf(state);
  if (!row) return [];
  const contents = contentsOf(state);
  const records = (count: number | undefined) =>
    count === undefined ? '' : ` in ${count} record${count === 1 ? '' : 's'}`;
  const field = (name: string, text: string): Line => line(span(name.padEnd(12), 'dim'), text);
  return [
    field('role', row.role),
    field('KEEP_CONN', row.keepConn ? 'set' : 'unset'),
    field('STDIN', `${formatCount(row.stdinBytes)} B`),
    field('STDOUT', `${formatCount(row.stdoutBytes)} B${records(contents?.stdoutRecords)}`),
    field('STDERR', `${formatCount(row.stderrBytes)} B`),
    field('http status', row.httpStatus === null ? 'none' : String(row.httpStatus)),
    field('app status', row.appStatus === null ? 'none: no END_REQUEST' : String(row.appStatus)),
    EMPTY,
    ...timeLines(state, width),
  ];
}

function shortFigures(state: State, width: number): Line[] {
  const row = rowOf(state);
  if (!row) return [];
  const { duration } = wordsOf(state);
  const status = row.httpStatus === null ? 'no status' : `status ${row.httpStatus}`;
  const app = row.appStatus === null ? 'no END_REQUEST' : `appStatus ${row.appStatus}`;
  const parts = timeSplit(state, topDetail(state)!.row);
  return [
    line(`${row.role}   KEEP_CONN ${row.keepConn ? 'set' : 'unset'}   ${status}   ${app}`),
    line(parts.map(({ name, time }) => `${name} ${duration(time)}`).join('   ')),
    line(
      `STDIN ${formatCount(row.stdinBytes)} B   STDOUT ${formatCount(row.stdoutBytes)} B   STDERR ${formatCount(row.stderrBytes)} B`,
    ),
    ...longestTime(state, width),
  ];
}

/** The part that took most of the time, as a share of all. */
function longestTime(state: State, width: number): Line[] {
  const { symbols } = wordsOf(state);
  const parts = timeSplit(state, topDetail(state)!.row);
  const all = parts.reduce((sum, { time }) => sum + time, 0);
  const longest = parts.reduce((most, part) => (part.time > most.time ? part : most), parts[0]);
  if (!longest || !(all > 0)) return [];
  const share = longest.time / all;
  const label = `${Math.round(share * 100)}% ${longest.name} `;
  return [line(label, barOf(share, Math.max(4, width - label.length), symbols))];
}

/** Where the time went, a bar for each part. */
function timeLines(state: State, width: number): Line[] {
  const { duration, symbols } = wordsOf(state);
  const parts = timeSplit(state, topDetail(state)!.row);
  const most = Math.max(1, ...parts.map(({ time }) => time));
  const bar = Math.max(4, width - 26);
  return parts.map(({ name, time }) =>
    line(span(name.padEnd(14), 'dim'), `${fit(duration(time), 9, '', 'right')}  ${barOf(time / most, bar, symbols)}`),
  );
}

function rowOf(state: State) {
  const detail = topDetail(state);
  const facts = state.data.shown?.snapshot.facts;
  return detail && facts ? requestRow(facts, detail.row) : undefined;
}

export function requestHead(state: State): Line {
  const row = rowOf(state);
  if (!row) return EMPTY;
  const { width } = layoutOf(state);
  const { captured, duration, symbols } = wordsOf(state);
  const ended =
    row.protocolStatus === null
      ? 'no END_REQUEST'
      : protocolStatusName(row.protocolStatus).toLowerCase().replace('_', ' ');
  const right = layoutOf(state).narrow
    ? line(`${duration(row.end - row.begin)} `)
    : line(`${ended}, app status ${row.appStatus ?? '-'}   ${duration(row.end - row.begin)} `);
  const what = `${row.method ?? '-'} ${row.uri ?? row.script ?? '-'}`;
  return spread(
    line(
      ' ',
      span(`request ${row.id}`, 'strong'),
      ` of conn ${row.connection}   ${cutTo(captured(what), width, symbols.ellipsis)}`,
    ),
    right,
    width,
    symbols.ellipsis,
  );
}

export function requestStatusLines(state: State): Line[] {
  const { shown } = state.data;
  const detail = topDetail(state);
  if (!shown || !detail) return [];
  const secrets = state.secrets ? 'secrets are shown: v hides them' : 'secrets are left out: v shows them';
  return [line(span(` ${secrets}`, 'dim')), marksLine(requestMarks(shown.snapshot.facts, shown.derived, detail.row))];
}
