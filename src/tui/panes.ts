// The panes of each screen that keys can go to: which list each shows, how many lines it has, and how many fit. The
// screens are drawn with the same numbers.
import { ladderLines } from './ladder/ladder.js';
import { isTooSmall, layoutOf } from './layout.js';
import { type ListName, type State, screenOf } from './state.js';
import { visibleEvents } from './views/event-rows.js';
import { figureRows } from './views/figure-rows.js';
import { findingsHeights, whyLines } from './views/finding-lines.js';
import { helpLines } from './views/help.js';
import { withHostPane } from './views/host-pane.js';
import { processHeights, processRows } from './views/process-rows.js';
import { listenerRows, queueHeights, waitingRows } from './views/queue-rows.js';
import { recordLines, timelineSizes } from './views/record-lines.js';
import { bodyLines, paramLines, requestSizes } from './views/request-lines.js';

export interface Pane {
  readonly list: ListName;
  readonly count: number;
  /** Lines that fit. */
  readonly height: number;
  /** A line is selected; else the pane is a text that scrolls. */
  readonly selects: boolean;
}

export function panesOf(state: State): readonly Pane[] {
  if (isTooSmall(state)) return [];
  if (state.help) {
    const { lines, height } = helpLines(state);
    return [{ list: 'help', count: lines.length, height, selects: false }];
  }
  const layout = layoutOf(state);
  const { shown } = state.data;
  switch (screenOf(state)) {
    case 'overview': {
      const heights = findingsHeights(state);
      return [
        { list: 'findings', count: shown?.snapshot.findings.length ?? 0, height: heights.list, selects: true },
        { list: 'why', count: whyLines(state).length, height: heights.why, selects: false },
        // In the place of all the others: every number is a row that can be opened.
        { list: 'figures', count: figureRows(state).length, height: layout.body - 2, selects: true },
      ];
    }
    case 'connections':
    case 'requests': {
      const name = screenOf(state) as 'connections' | 'requests';
      return [{ list: name, count: state.tables[name].rows?.length ?? 0, height: layout.body - 3, selects: true }];
    }
    case 'processes':
      return withHostPane(state, [
        { list: 'processes', count: processRows(state).length, height: processHeights(state).list, selects: true },
      ]);
    case 'queue': {
      const heights = queueHeights(state);
      return withHostPane(state, [
        { list: 'listeners', count: listenerRows(state).length, height: heights.listeners, selects: true },
        { list: 'waiting', count: waitingRows(state).length, height: heights.waiting, selects: true },
      ]);
    }
    case 'events':
      return [{ list: 'events', count: visibleEvents(state).length, height: layout.body - 3, selects: true }];
    case 'timeline': {
      const sizes = timelineSizes(state);
      const panes: Pane[] = [{ list: 'ladder', count: ladderLines(state).length, height: sizes.list, selects: true }];
      if (sizes.pane > 0) {
        panes.push({ list: 'record', count: recordLines(state).length, height: sizes.paneHeight, selects: false });
      }
      return panes;
    }
    case 'request': {
      const sizes = requestSizes(state);
      return [
        { list: 'params', count: paramLines(state).length, height: sizes.params, selects: false },
        { list: 'body', count: bodyLines(state).length, height: sizes.body, selects: false },
      ];
    }
  }
}

export function focusOf(state: State, panes = panesOf(state)): number {
  if (state.help) return 0;
  return Math.min(Math.max(0, state.focus[screenOf(state)] ?? 0), Math.max(0, panes.length - 1));
}

/** The pane that keys go to. */
export function focusedPane(state: State): Pane | undefined {
  const panes = panesOf(state);
  return panes[focusOf(state, panes)];
}
