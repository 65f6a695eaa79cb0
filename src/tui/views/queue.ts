// View 5: the accept queue as far as packets tell: how deep, who waits how long, and why.
import { formatBytes, formatCount } from '../../reporters/format-count.js';
import { wrap } from '../../reporters/text-layout.js';
import { counted } from '../../reporters/text-words.js';
import { panel } from '../drawing/panel.js';
import { EMPTY, type Line, line, span } from '../drawing/spans.js';
import { barOf } from '../drawing/symbols.js';
import { layoutOf } from '../layout.js';
import { focusedPane } from '../panes.js';
import { cursorOf, type State } from '../state.js';
import { wordsOf } from '../words.js';
import { chartPanel } from './chart-panel.js';
import { type ListColumn, listLines, portOnly } from './columns.js';
import { emptyWords } from './connections.js';
import { hostPanel } from './host-pane.js';
import {
  type ListenerRow,
  listenerRows,
  queueHeights,
  selectedListener,
  type WaitingRow,
  waitingRows,
} from './queue-rows.js';

export function queueView(state: State): Line[] {
  const focus = focusedPane(state)?.list;
  if (focus === 'host') return hostPanel(state);
  const { width } = layoutOf(state);
  const { symbols, duration } = wordsOf(state);
  const heights = queueHeights(state);
  const rows = listenerRows(state);
  const cursor = cursorOf(state, 'listeners');
  const listeners = listLines(listenerColumns(state), rows.slice(cursor.top, cursor.top + heights.listeners), {
    width: width - 2,
    selected: cursor.index - cursor.top,
    focused: focus === 'listeners',
    symbols,
  });
  if (rows.length === 0) listeners.push(line(`  ${emptyWords(state)}`));
  const waiting = waitingRows(state);
  const place = cursorOf(state, 'waiting');
  const longest = waiting.reduce((most, { from, until }) => Math.max(most, until - from), 1);
  const visible = waiting.slice(place.top, place.top + heights.waiting);
  const list = listLines(waitingColumns(state, longest), visible, {
    width: width - 2,
    selected: place.index - place.top,
    focused: focus === 'waiting',
    symbols,
  });
  if (waiting.length === 0 && rows.length > 0) list.push(...nobodyWaits(state));
  const listener = selectedListener(state);
  const note =
    waiting.length > 0
      ? `${formatCount(place.top + 1)}-${formatCount(Math.min(waiting.length, place.top + heights.waiting))} of ${formatCount(waiting.length)}, longest ${duration(longest)}`
      : '';
  return [
    ...panel(listeners, {
      title: 'Listeners',
      note: formatCount(rows.length),
      width,
      height: heights.listenerPanel,
      symbols,
      focused: focus === 'listeners',
    }),
    ...(heights.chart > 0 ? chartPanel(state, listener?.endpoint, heights.chart) : []),
    ...panel(list, {
      title: 'Who waited over 100 ms',
      note,
      width,
      height: heights.waitingPanel,
      symbols,
      focused: focus === 'waiting',
    }),
  ];
}

function nobodyWaits(state: State): Line[] {
  const row = listenerRows(state)[cursorOf(state, 'listeners').index];
  const lines = [EMPTY, line('  No connection had to wait for its turn, as far as packets tell.')];
  if (row && row.synsRepeated > 0) {
    lines.push(
      line(
        `  ${counted(row.synsRepeated, 'SYN or SYN-ACK was', 'SYNs or SYN-ACKs were')} repeated: r lists the requests, Enter the connections.`,
      ),
    );
  }
  return lines;
}

function listenerColumns(state: State): ListColumn<ListenerRow>[] {
  const { wide } = layoutOf(state);
  const { duration, moment, safe } = wordsOf(state);
  return [
    {
      title: 'listener',
      width: 12,
      flexible: true,
      text: ({ endpoint }) => safe(wide ? endpoint : portOnly(endpoint)),
    },
    {
      title: 'waited',
      width: 7,
      align: 'right',
      text: ({ waiting }) => formatCount(waiting),
      role: ({ waiting }) => (waiting > 0 ? 'error' : 'plain'),
    },
    { title: 'deepest', width: 7, align: 'right', text: ({ maxDepth }) => formatCount(maxDepth) },
    {
      title: 'longest',
      width: 8,
      align: 'right',
      text: ({ longest, waiting }) => (waiting > 0 ? duration(longest) : '-'),
    },
    { title: 'since', width: 9, align: 'right', text: ({ since }) => (Number.isNaN(since) ? '-' : moment(since)) },
    { title: 'slots', width: 5, align: 'right', text: ({ slots }) => (slots === null ? '-' : String(slots)) },
    {
      title: wide ? 'SYN repeated' : 'SYN again',
      width: wide ? 12 : 9,
      align: 'right',
      expendable: 1,
      text: ({ synsRepeated }) => formatCount(synsRepeated),
    },
    { title: 'refused', width: 7, align: 'right', expendable: 2, text: ({ refused }) => formatCount(refused) },
  ];
}

function waitingColumns(state: State, longest: number): ListColumn<WaitingRow>[] {
  const { wide } = layoutOf(state);
  const { clock, duration, captured, symbols } = wordsOf(state);
  const facts = state.data.shown?.snapshot.facts;
  if (!facts) return [];
  const { connections, conversations, requests, addresses, strings } = facts;
  const end = (row: number) => addresses.endpoint(connections.address0[row], connections.port0[row]);
  const uri = (row: number) => {
    const first = conversations.firstRequest[row] - 1;
    return first < 0 ? '-' : captured(strings.text(requests.uri[first]) || strings.text(requests.script[first]) || '-');
  };
  return [
    { title: 'ID', width: 6, align: 'right', text: ({ row }) => String(row) },
    { title: 'since', width: 9, align: 'right', text: ({ from }) => clock(from) },
    {
      title: 'web server',
      width: wide ? 21 : 6,
      text: ({ row }) => (wide ? end(row) : portOnly(end(row))),
      expendable: 2,
    },
    {
      title: 'sent',
      width: 9,
      align: 'right',
      expendable: 1,
      text: ({ row }) => formatBytes(connections.bytes0[row]).replace(/ bytes?$/, ' B'),
    },
    { title: 'waited', width: 8, align: 'right', text: ({ from, until }) => duration(until - from) },
    {
      title: '',
      width: wide ? 20 : 12,
      text: ({ from, until }) => barOf((until - from) / longest, wide ? 20 : 12, symbols),
    },
    { title: 'first request', width: 10, flexible: true, text: ({ row }) => uri(row) },
  ];
}

const CAUSES: ReadonlySet<string> = new Set([
  'workers-exhausted',
  'keep-alive-pins-workers',
  'accept-blocked',
  'backlog-overflow',
  'stuck-on-reuse',
  'stuck-accept-queue',
]);

/** Why they wait, in the words of the finding that says it. */
const CAUSE = ' Cause  ';

export function queueStatus(state: State): Line[] {
  const snapshot = state.data.shown?.snapshot;
  const listener = selectedListener(state);
  if (!snapshot || !listener) return [];
  const { captured } = wordsOf(state);
  const all = snapshot.findings.filter(
    ({ id, scope }) => CAUSES.has(id) && (scope.endpoint === undefined || scope.endpoint === listener.endpoint),
  );
  const cause = all.find(({ id }) => id !== 'stuck-accept-queue') ?? all[0];
  const { width, status } = layoutOf(state);
  const texts = cause ? wrap(captured(cause.title), width - CAUSE.length - 1) : [];
  // The cause is worth more than what is always true.
  if (texts.length > 1 && status > 1) {
    return [line(span(CAUSE, 'strong'), texts[0]), line(span(' '.repeat(CAUSE.length)), texts.slice(1).join(' '))];
  }
  return [
    cause ? line(span(CAUSE, 'strong'), captured(cause.title)) : EMPTY,
    line(
      span(
        snapshot.host
          ? ' Packets show that no byte was answered; what was not accepted the host shows.'
          : ' Packets show that no byte was answered; what was accepted only the host can tell.',
        'dim',
      ),
    ),
  ];
}
