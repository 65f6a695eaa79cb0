// View 4: who carries the load, and how it went over time.
import { formatCount } from '../../reporters/format-count.js';
import { wrap } from '../../reporters/text-layout.js';
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
import { type ProcessRow, processHeights, processHint, processRows } from './process-rows.js';

export function processesView(state: State): Line[] {
  if (focusedPane(state)?.list === 'host') return hostPanel(state);
  const { width } = layoutOf(state);
  const { symbols } = wordsOf(state);
  const heights = processHeights(state);
  const rows = processRows(state);
  const { index, top } = cursorOf(state, 'processes');
  const visible = rows.slice(top, top + heights.list);
  const named = (state.data.shown?.snapshot.processes.length ?? 0) > 0;
  const content = listLines(columns(state, named), visible, {
    width: width - 2,
    selected: index - top,
    focused: true,
    symbols,
  });
  if (rows.length === 0) content.push(EMPTY, line(`  ${emptyWords(state)}`));
  const hint = wrap(processHint(state), width - 6).slice(0, 2);
  while (content.length < heights.panel - 2 - hint.length) content.push(EMPTY);
  content.push(...hint.map((text) => line(span(`  ${text}`, 'dim'))));
  const list = panel(content, {
    title: named ? 'Processes' : 'Endpoints',
    note: `${formatCount(rows.length)}   most requests first`,
    width,
    height: heights.panel,
    symbols,
  });
  if (heights.chart === 0) return list;
  const selected = rows[index];
  return [...list, ...chartPanel(state, selected?.endpoint, heights.chart)];
}

function columns(state: State, named: boolean): ListColumn<ProcessRow>[] {
  const { wide } = layoutOf(state);
  const { duration, safe, symbols } = wordsOf(state);
  const most = Math.max(1, ...processRows(state).map((row) => row.most));
  return [
    {
      title: named ? 'socket' : 'endpoint',
      width: 15,
      flexible: true,
      text: ({ name }) => safe(wide || named ? name : portOnly(name)),
    },
    ...(named ? [{ title: 'pid', width: 7, align: 'right', text: ({ pid }: ProcessRow) => pid } as const] : []),
    { title: 'share', width: 5, align: 'right', text: ({ share }) => `${Math.round(share * 100)}%` },
    {
      title: 'req/s',
      width: 6,
      align: 'right',
      text: ({ perSecond }) => (perSecond >= 100 ? formatCount(perSecond) : perSecond.toFixed(1)),
    },
    {
      title: 'at once',
      width: wide ? 14 : 10,
      text: (row) => `${formatCount(row.most).padStart(3)} ${barOf(row.most / most, wide ? 9 : 5, symbols)}`,
    },
    {
      title: 'busy',
      width: 5,
      align: 'right',
      text: ({ busy }) => (Number.isNaN(busy) ? '-' : `${Math.round(busy * 100)}%`),
    },
    ...(named
      ? []
      : [
          {
            title: 'p50',
            width: 8,
            align: 'right',
            expendable: 1,
            text: ({ p50 }: ProcessRow) => duration(p50),
          } as const,
          {
            title: 'p95',
            width: 8,
            align: 'right',
            expendable: 2,
            text: ({ p95 }: ProcessRow) => duration(p95),
          } as const,
        ]),
    { title: 'reqs', width: 7, align: 'right', text: ({ requests }) => formatCount(requests) },
    {
      title: named ? 'captured' : 'conns',
      width: named ? 8 : 7,
      align: 'right',
      expendable: 3,
      text: ({ connections }) => formatCount(connections),
    },
    { title: 'seen for', width: 9, align: 'right', expendable: 4, text: ({ age }) => duration(age) },
  ];
}
