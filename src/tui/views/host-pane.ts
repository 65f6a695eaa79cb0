// What the host shows, where a live source looks at it: first in the views of processes and of queues, as text that
// scrolls. What packets tell of the same is a Tab away, where there is traffic.
import type { Snapshot } from '../../analysis/snapshot.js';
import { hostProcessLines, hostQueueLines } from '../../reporters/host-text.js';
import { cutTo } from '../../reporters/text-layout.js';
import { panel } from '../drawing/panel.js';
import { type Line, line, span } from '../drawing/spans.js';
import { layoutOf } from '../layout.js';
import { perValue } from '../memo.js';
import type { Pane } from '../panes.js';
import { cursorOf, type State, screenOf } from '../state.js';
import { wordsOf } from '../words.js';

/** Rows of a list; the pane scrolls. */
const MOST = 500;

export function hasTraffic(snapshot: Snapshot | undefined): boolean {
  return (snapshot?.facts.listeners.length ?? 0) > 0;
}

/** The pane in front of those of a view, and those only where there is something to show in them. */
export function withHostPane(state: State, panes: readonly Pane[]): readonly Pane[] {
  const snapshot = state.data.shown?.snapshot;
  if (!snapshot?.host) return panes;
  const own: Pane = {
    list: 'host',
    count: hostLinesOf(state).length,
    height: layoutOf(state).body - 2,
    selects: false,
  };
  return hasTraffic(snapshot) ? [own, ...panes] : [own];
}

const hostLinesOf = perValue((state: State): Line[] => {
  const host = state.data.shown?.snapshot.host;
  if (!host) return [];
  const { ascii } = state.look;
  const { symbols } = wordsOf(state);
  const width = layoutOf(state).width - 4;
  const options = { width, colour: false, ascii, limit: MOST, showQueries: state.secrets };
  const texts = screenOf(state) === 'processes' ? hostProcessLines(host, options) : hostQueueLines(host, options);
  // Headings stand at the margin.
  return [...texts].map((text) =>
    line(' ', span(cutTo(text, width, symbols.ellipsis), text === '' || text.startsWith(' ') ? 'plain' : 'strong')),
  );
});

export function hostPanel(state: State): Line[] {
  const { width, body } = layoutOf(state);
  const { symbols } = wordsOf(state);
  const lines = hostLinesOf(state);
  const { index } = cursorOf(state, 'host');
  const height = body - 2;
  const from = Math.min(index, Math.max(0, lines.length - height));
  const snapshot = state.data.shown?.snapshot;
  const notes = [
    ...(lines.length > height ? [`lines ${from + 1}-${Math.min(lines.length, from + height)} of ${lines.length}`] : []),
    ...(hasTraffic(snapshot) ? ['Tab: what packets tell'] : []),
  ];
  return panel(lines.slice(from, from + height), {
    title: screenOf(state) === 'processes' ? 'Processes of this host' : 'This host',
    note: notes.join('   '),
    width,
    height: body,
    symbols,
  });
}
