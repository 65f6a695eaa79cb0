// The help that lies over a screen: the keys of this screen, from the one table.
import { fit, textWidth } from '../../reporters/text-layout.js';
import { panel } from '../drawing/panel.js';
import { EMPTY, type Line, line, span } from '../drawing/spans.js';
import { KEY_GROUPS, type KeyEntry, keysOn } from '../keys/key-table.js';
import { keyWord } from '../keys/key-words.js';
import { perValue } from '../memo.js';
import { cursorOf, type State, screenOf } from '../state.js';
import { wordsOf } from '../words.js';

const WIDTH = 76;

/** The lines inside, and how many are shown. */
export const helpLines = perValue((state: State): { lines: Line[]; height: number; width: number } => {
  const width = Math.min(WIDTH, state.size.columns - 4);
  const entries = keysOn(screenOf(state));
  const groups = KEY_GROUPS.map((group) =>
    groupLines(
      state,
      group,
      entries.filter((entry) => entry.group === group && !/^view-/.test(entry.action)),
    ),
  ).filter((lines) => lines.length > 1);
  const lines = [...groups.flatMap((each) => [...each, EMPTY]), ...filterExamples()];
  return { lines, height: Math.max(1, Math.min(lines.length, state.size.rows - 6)), width };
});

function groupLines(state: State, group: string, entries: readonly KeyEntry[]): Line[] {
  const { symbols } = wordsOf(state);
  const rows = entries.map((entry) => ({
    keys: entry.keys.map((key) => keyWord(key, symbols)).join(' '),
    words: entry.words,
  }));
  if (group === 'Go')
    rows.unshift({ keys: '1 to 6', words: 'Overview, Connections, Requests, Processes, Accept queue, Events' });
  const cells = Math.max(...rows.map(({ keys }) => textWidth(keys)), 12) + 2;
  return [line(span(group, 'strong')), ...rows.map(({ keys, words }) => line(`  ${fit(keys, cells, '')}${words}`))];
}

function filterExamples(): Line[] {
  return [
    line(span('Filter', 'strong'), '  state == S1 and dur > 100ms     uri ~ "cart"     firstfin == web-server'),
    line('        a word alone is searched for in URIs, scripts and addresses'),
    EMPTY,
    line(span('Letters, not only colours', 'strong'), ': ERROR WARN NOTE are words, marks are letters.'),
  ];
}

const NAMES: Readonly<Record<string, string>> = { queue: 'accept queue' };

/** The overlay with its frame, as wide as it is. */
export function helpPanel(state: State): Line[] {
  const { symbols } = wordsOf(state);
  const { lines, height, width } = helpLines(state);
  const from = cursorOf(state, 'help').index;
  const screen = screenOf(state);
  return panel(
    lines.slice(from, from + height).map((each) => [span(' '), ...each]),
    {
      title: `Keys: ${NAMES[screen] ?? screen}`,
      note: lines.length > height ? `${symbols.upDown} more   ? closes` : '? closes',
      width,
      height: height + 2,
      symbols,
    },
  );
}
