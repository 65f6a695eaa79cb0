// Every key there is: what it does, where, and in which words the footer, the help and the documentation say it. The one
// table behind all of them.
import type { ListName, ScreenName } from '../state.js';

export type ActionName =
  | 'up'
  | 'down'
  | 'page-up'
  | 'page-down'
  | 'first'
  | 'last'
  | 'previous'
  | 'next'
  | 'view-1'
  | 'view-2'
  | 'view-3'
  | 'view-4'
  | 'view-5'
  | 'view-6'
  | 'open'
  | 'back'
  | 'quit'
  | 'next-pane'
  | 'previous-pane'
  | 'filter'
  | 'clear'
  | 'sort'
  | 'reverse'
  | 'next-mark'
  | 'previous-mark'
  | 'evidence'
  | 'requests'
  | 'connection'
  | 'pause'
  | 'follow'
  | 'zoom-in'
  | 'zoom-out'
  | 'metric'
  | 'write'
  | 'time'
  | 'hex'
  | 'segments'
  | 'detail'
  | 'secrets'
  | 'help'
  | 'suspend'
  | 'redraw';

export type KeyGroup = 'Move' | 'Go' | 'List' | 'Capture' | 'Show';
export const KEY_GROUPS: readonly KeyGroup[] = ['Move', 'Go', 'List', 'Capture', 'Show'];

export interface KeyEntry {
  readonly action: ActionName;
  /** Names of keys (key-parser.ts), the one to be shown first. */
  readonly keys: readonly string[];
  readonly group: KeyGroup;
  /** In a few words, for help and documentation. */
  readonly words: string;
  /** Where it does something; everywhere without it. */
  readonly on?: readonly ScreenName[];
  /** In the footer, where there is room for it; by screen, or for all of them. */
  readonly footer?: string | Readonly<Partial<Record<ScreenName, string>>>;
  /** Other words in the footer while keys go to this list. */
  readonly footerIn?: Readonly<Partial<Record<ListName, string>>>;
  /** Shown together with the next entry, as one: `↑ ↓`. */
  readonly pair?: boolean;
}

const LISTS: readonly ScreenName[] = ['connections', 'requests', 'processes', 'queue', 'events'];
const TABLES: readonly ScreenName[] = ['connections', 'requests'];
const CHARTS: readonly ScreenName[] = ['processes', 'queue'];
const DETAILS: readonly ScreenName[] = ['timeline', 'request'];

/** In the order in which the footer takes them up. */
export const KEYS: readonly KeyEntry[] = [
  { action: 'up', keys: ['up', 'k'], group: 'Move', words: 'one line up', pair: true },
  {
    action: 'down',
    keys: ['down', 'j'],
    group: 'Move',
    words: 'one line down',
    footer: { overview: 'select', timeline: 'record', request: 'scroll', queue: 'select', processes: 'select' },
  },
  { action: 'page-up', keys: ['page-up', 'ctrl-b'], group: 'Move', words: 'one page up', pair: true },
  {
    action: 'page-down',
    keys: ['page-down', 'ctrl-f'],
    group: 'Move',
    words: 'one page down',
    footer: { connections: 'page', requests: 'page', events: 'page', queue: 'page' },
  },
  { action: 'first', keys: ['g', 'home'], group: 'Move', words: 'first line', pair: true },
  { action: 'last', keys: ['G', 'end'], group: 'Move', words: 'last line' },
  {
    action: 'previous',
    keys: ['left', 'h'],
    group: 'Move',
    words: 'previous connection or request of the list',
    on: DETAILS,
    pair: true,
  },
  {
    action: 'next',
    keys: ['right', 'l'],
    group: 'Move',
    words: 'next connection or request of the list',
    on: DETAILS,
    footer: { timeline: 'connection', request: 'request' },
  },
  {
    action: 'open',
    keys: ['enter'],
    group: 'Go',
    words: 'open what is selected',
    footer: {
      overview: 'its rows',
      connections: 'timeline',
      requests: 'detail',
      processes: 'connections',
      queue: 'timeline',
      events: 'timeline',
      timeline: 'request',
    },
    footerIn: { listeners: 'connections' },
  },
  {
    action: 'evidence',
    keys: ['e'],
    group: 'Go',
    words: 'the connections or requests that prove the finding',
    on: ['overview'],
    footer: 'evidence',
  },
  {
    action: 'requests',
    keys: ['r'],
    group: 'Go',
    words: 'the requests of the connection',
    on: ['connections', 'timeline', 'queue', 'processes'],
    footer: { connections: 'requests' },
  },
  {
    action: 'connection',
    keys: ['c'],
    group: 'Go',
    words: 'the timeline of its connection',
    on: ['requests', 'request', 'events'],
    footer: { requests: 'timeline', request: 'timeline' },
  },
  {
    action: 'next-pane',
    keys: ['tab'],
    group: 'Go',
    words: 'next pane',
    footer: { overview: 'pane', queue: 'pane', request: 'pane', timeline: 'pane' },
  },
  { action: 'previous-pane', keys: ['shift-tab'], group: 'Go', words: 'previous pane' },
  {
    action: 'filter',
    keys: ['/'],
    group: 'List',
    words: 'filter, or search for a word',
    on: ['overview', ...LISTS],
    footer: 'filter',
  },
  {
    action: 'sort',
    keys: ['o'],
    group: 'List',
    words: 'sort by the next column',
    on: TABLES,
    footer: 'sort',
    pair: true,
  },
  { action: 'reverse', keys: ['O'], group: 'List', words: 'reverse the order', on: TABLES },
  {
    action: 'next-mark',
    keys: ['n'],
    group: 'List',
    words: 'next line that stands out',
    on: ['overview', ...LISTS],
    footer: { connections: 'next finding', requests: 'next finding' },
    pair: true,
  },
  {
    action: 'previous-mark',
    keys: ['N'],
    group: 'List',
    words: 'previous line that stands out',
    on: ['overview', ...LISTS],
  },
  {
    action: 'write',
    keys: ['w'],
    group: 'Capture',
    words: "write a report, or a connection's packets",
    footer: {
      overview: 'write report',
      connections: 'write packets',
      requests: 'write packets',
      timeline: 'write packets',
      queue: 'write',
    },
  },
  {
    action: 'metric',
    keys: ['m'],
    group: 'Show',
    words: 'what the chart shows',
    on: CHARTS,
    footer: { processes: 'metric' },
  },
  { action: 'zoom-in', keys: ['+', '='], group: 'Show', words: 'zoom into the chart', on: CHARTS, pair: true },
  {
    action: 'zoom-out',
    keys: ['-'],
    group: 'Show',
    words: 'zoom out of the chart',
    on: CHARTS,
    footer: { processes: 'zoom', queue: 'zoom' },
  },
  {
    action: 'pause',
    keys: ['p'],
    group: 'Capture',
    words: 'pause the screen, not the capture; go on',
    footer: { overview: 'pause' },
  },
  {
    action: 'follow',
    keys: ['F'],
    group: 'Capture',
    words: 'follow the newest line',
    on: ['connections', 'requests', 'events'],
  },
  {
    action: 'hex',
    keys: ['x'],
    group: 'Show',
    words: 'bytes as hexadecimal digits or as text',
    on: DETAILS,
    footer: 'hex',
  },
  {
    action: 'time',
    keys: ['t'],
    group: 'Show',
    words: 'times: since the beginning, of day, since the line before',
    on: ['connections', 'requests', 'events', 'timeline'],
    footer: { timeline: 'time' },
  },
  {
    action: 'segments',
    keys: ['z'],
    group: 'Show',
    words: 'TCP segments or records alone',
    on: ['timeline'],
    footer: 'tcp',
  },
  {
    action: 'detail',
    keys: ['d'],
    group: 'Show',
    words: 'detail pane on or off (beside lists from 140 columns on)',
    on: [...TABLES, 'timeline'],
    footer: { timeline: 'pane' },
  },
  {
    action: 'secrets',
    keys: ['v'],
    group: 'Show',
    words: 'cookies, passwords and tokens: show or hide',
    on: DETAILS,
    footer: { request: 'secrets' },
  },
  { action: 'view-1', keys: ['1'], group: 'Go', words: 'Overview' },
  { action: 'view-2', keys: ['2'], group: 'Go', words: 'Connections' },
  { action: 'view-3', keys: ['3'], group: 'Go', words: 'Requests' },
  { action: 'view-4', keys: ['4'], group: 'Go', words: 'Processes' },
  { action: 'view-5', keys: ['5'], group: 'Go', words: 'Accept queue' },
  { action: 'view-6', keys: ['6'], group: 'Go', words: 'Events' },
  { action: 'clear', keys: ['escape'], group: 'Go', words: 'clear the filter, then back' },
  {
    action: 'back',
    keys: ['q', 'backspace'],
    group: 'Go',
    words: 'back; at the Overview quit',
    footer: {
      overview: 'quit',
      connections: 'back',
      requests: 'back',
      processes: 'back',
      queue: 'back',
      events: 'back',
      timeline: 'back',
      request: 'back',
    },
  },
  { action: 'quit', keys: ['Q', 'ctrl-c'], group: 'Go', words: 'quit at once' },
  { action: 'suspend', keys: ['ctrl-z'], group: 'Go', words: 'suspend; fg brings it back' },
  { action: 'redraw', keys: ['ctrl-l'], group: 'Show', words: 'draw the screen anew' },
  { action: 'help', keys: ['?'], group: 'Show', words: 'the keys of this view' },
];

const BY_KEY = new Map<string, KeyEntry[]>();
for (const entry of KEYS) {
  for (const key of entry.keys) BY_KEY.set(key, [...(BY_KEY.get(key) ?? []), entry]);
}

/** What a key does on a screen; undefined where it does nothing. */
export function actionOf(key: string, screen: ScreenName): ActionName | undefined {
  return BY_KEY.get(key)?.find(({ on }) => on === undefined || on.includes(screen))?.action;
}

/** The entries that do something on a screen. */
export function keysOn(screen: ScreenName): KeyEntry[] {
  return KEYS.filter(({ on }) => on === undefined || on.includes(screen));
}
