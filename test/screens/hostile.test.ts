// Captured bytes can't write to the terminal: on every screen of a hostile capture only what the screen itself is made
// of is written.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hostileCapture, TERMINAL_COMMANDS } from '../cli/sample-captures.js';
import { temporaryFolder } from '../support/run-bin.js';
import { ScreenRun } from './screen-run.js';

const folder = temporaryFolder();
const path = join(folder, 'hostile.pcap');
writeFileSync(path, hostileCapture());

/** Cursor positions, erasing the screen, colours, and the marks around an update: all that a painter writes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
const OWN = /\x1b\[(?:\d+;\d+H|2J|\d+(?:;\d+)*m|\?2026[hl])/g;
const ACTING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const KEYS = [
  ['Tab', 'PgDn', 'PgDn', 'Tab'],
  ['2', 'Enter', 'Down', 'Down', 'Down', 'Down', 'x', 'x', 'v', 'v', 'q'],
  ['3', 'o', 'o', 'o', 'o', 'Enter', 'Tab', 'PgDn', 'x', 'v', 'PgDn', 'c', 'q', 'q'],
  ['4', 'Enter', '5', '6', 'Down', 'Enter', 'q'],
  ['/', 'owned', 'Enter', '2', '3', 'Esc', '?', 'q'],
];

for (const [columns, rows, ascii] of [
  [100, 30, false],
  [60, 16, false],
  [80, 24, true],
] as const) {
  test(`${columns}x${rows}${ascii ? ', ascii' : ''}`, async () => {
    const run = await ScreenRun.open(`name${TERMINAL_COMMANDS}.pcap`, [path], { columns, rows, ascii });
    try {
      let seen = '';
      for (const keys of KEYS) {
        for (const key of keys) {
          await run.press(key);
          seen += run.text();
          assert.equal(run.terminal.buffer.active.type, 'normal');
          for (const line of run.text().split('\n')) assert.ok(line.length <= columns, line);
        }
      }
      assert.match(seen, /owned/, 'the text itself is shown');
      const others = run.written.replace(OWN, '').match(ACTING) ?? [];
      assert.deepEqual([...new Set(others)], []);
      if (ascii) assert.doesNotMatch(seen, /[^\n\x20-\x7e]/);
    } finally {
      run.close();
    }
  });
}

test('any bytes typed or pasted act on nothing either', async () => {
  const run = await ScreenRun.open('x', [path], { columns: 80, rows: 24 });
  try {
    await run.press('/', `${TERMINAL_COMMANDS.replaceAll('\u001b', '').replaceAll('\u0003', '')}\u202e\u200b`);
    assert.deepEqual(run.written.replace(OWN, '').match(ACTING) ?? [], []);
  } finally {
    run.close();
  }
});
