// Keys in words: the footer's line, the help's columns, the table of the documentation.

import { textWidth } from '../../reporters/text-layout.js';
import { type Line, span } from '../drawing/spans.js';
import type { ScreenSymbols } from '../drawing/symbols.js';
import type { ListName, ScreenName } from '../state.js';
import { KEYS, type KeyEntry, keysOn } from './key-table.js';

const NAMES: Readonly<Record<string, string>> = {
  'page-up': 'PgUp',
  'page-down': 'PgDn',
  home: 'Home',
  end: 'End',
  tab: 'Tab',
  'shift-tab': 'shift-Tab',
  escape: 'Esc',
  backspace: 'Backspace',
};
const ARROWS: Readonly<Record<string, readonly [string, string]>> = {
  up: ['↑', 'Up'],
  down: ['↓', 'Down'],
  left: ['←', 'Left'],
  right: ['→', 'Right'],
};

/** A key as people know it. */
export function keyWord(name: string, symbols: ScreenSymbols): string {
  if (name === 'enter') return symbols.enter;
  const arrow = ARROWS[name];
  if (arrow) return symbols.ellipsis === '...' ? arrow[1] : arrow[0];
  return NAMES[name] ?? name;
}

/** What the footer needs to know of a screen's panes. */
export interface FooterPanes {
  readonly count: number;
  readonly focused: ListName | undefined;
}

/** ` ↑↓ select   ⏎ timeline   q back`, as many as fit; the way back and help always do. */
export function footerLine(screen: ScreenName, width: number, symbols: ScreenSymbols, panes?: FooterPanes): Line {
  const items = footerItems(screen, symbols, panes);
  const back = items.filter(({ entry }) => entry.action === 'back');
  const others = items.filter(({ entry }) => entry.action !== 'back');
  const gap = width >= 100 ? 3 : 2;
  const cells = ({ key, words }: (typeof items)[number]) => textWidth(key) + 1 + textWidth(words) + gap;
  let room = width - 1 - back.reduce((sum, item) => sum + cells(item), 0);
  const shown = [];
  for (const item of others) {
    if (cells(item) > room) continue;
    room -= cells(item);
    shown.push(item);
  }
  return [
    span(' '),
    ...[...shown, ...back].flatMap(({ key, words }, index) => [
      span(`${index === 0 ? '' : ' '.repeat(gap)}`),
      span(key, 'strong'),
      span(` ${words}`, 'dim'),
    ]),
  ];
}

/** What the host shows is a text: nothing of it can be opened. */
const HOST_WORDS: Readonly<Record<string, string>> = {
  up: 'scroll',
  'page-up': 'page',
  'next-pane': 'what packets tell',
  pause: 'pause',
  back: 'back',
};

function footerItems(screen: ScreenName, symbols: ScreenSymbols, panes: FooterPanes | undefined) {
  const items: { entry: KeyEntry; key: string; words: string }[] = [];
  const entries = keysOn(screen);
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i];
    const pairedBefore = i > 0 && entries[i - 1].pair === true;
    // Where there is one pane, there is no next one.
    if (entry.action === 'next-pane' && panes?.count === 1) continue;
    const words =
      panes?.focused === 'host'
        ? HOST_WORDS[entry.action]
        : ((panes?.focused && entry.footerIn?.[panes.focused]) ?? footerWords(entry, screen));
    if (words === undefined) continue;
    // Of a pair the words stand at either entry; both keys are shown.
    const first = pairedBefore ? entries[i - 1] : entry;
    const second = pairedBefore ? entry : entry.pair ? entries[i + 1] : undefined;
    const keys = [first, ...(second ? [second] : [])].map((each) => keyWord(each.keys[0], symbols));
    items.push({ entry, key: keys.join(keys.every((key) => /^[↑↓←→]$/.test(key)) ? '' : ' '), words });
  }
  return items;
}

function footerWords(entry: KeyEntry, screen: ScreenName): string | undefined {
  return typeof entry.footer === 'string' ? entry.footer : entry.footer?.[screen];
}

/** The keys as a Markdown table, for the documentation; ends with a line break. */
export function keysTable(symbols: ScreenSymbols): string {
  const lines = ['| keys | does | where |', '| --- | --- | --- |'];
  for (const entry of KEYS) {
    const keys = entry.keys.map((key) => `\`${keyWord(key, symbols)}\``).join(' ');
    lines.push(`| ${keys} | ${entry.words} | ${entry.on?.join(', ') ?? 'everywhere'} |`);
  }
  return `${lines.join('\n')}\n`;
}
