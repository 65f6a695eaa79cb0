// The one table of keys: nothing twice, everything sayable, and the footer always has the way back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineText, lineWidth } from '../../../src/tui/drawing/spans.js';
import { screenSymbols } from '../../../src/tui/drawing/symbols.js';
import { actionOf, KEYS, keysOn } from '../../../src/tui/keys/key-table.js';
import { footerLine, keysTable } from '../../../src/tui/keys/key-words.js';
import { type ScreenName, VIEWS } from '../../../src/tui/state.js';

const SCREENS: readonly ScreenName[] = [...VIEWS, 'timeline', 'request'];

test('on no screen a key does two things', () => {
  for (const screen of SCREENS) {
    const keys = keysOn(screen).flatMap((entry) => entry.keys);
    assert.equal(new Set(keys).size, keys.length, screen);
  }
});

test('every entry has keys and words, and its action is what its keys do', () => {
  for (const { action, keys, words, on } of KEYS) {
    assert.ok(keys.length > 0 && words.length > 3, action);
    for (const screen of on ?? SCREENS) for (const key of keys) assert.equal(actionOf(key, screen), action);
  }
  assert.equal(new Set(KEYS.map(({ action }) => action)).size, KEYS.length);
});

test('a pair is followed by its second key on the same screens', () => {
  for (const [i, entry] of KEYS.entries()) {
    if (entry.pair) assert.deepEqual(KEYS[i + 1]?.on, entry.on, entry.action);
  }
});

test('the footer fits every width and always says how to leave', () => {
  for (const screen of SCREENS) {
    for (const ascii of [false, true]) {
      for (const width of [60, 79, 80, 100, 200]) {
        const footer = footerLine(screen, width, screenSymbols(ascii));
        assert.ok(lineWidth(footer) <= width, `${screen} ${width}: ${lineText(footer)}`);
        assert.match(lineText(footer), screen === 'overview' ? /q quit$/ : /q back$/);
      }
    }
  }
});

test('the table of the documentation has every entry', () => {
  const table = keysTable(screenSymbols(false));
  for (const { words } of KEYS) assert.ok(table.includes(words), words);
  assert.equal(table.trimEnd().split('\n').length, KEYS.length + 2);
});
