// Writing only what changed gives the same screen as writing all of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import headless from '@xterm/headless';
import fc from 'fast-check';
import { textWidth } from '../../../src/reporters/text-layout.js';
import { lineChanges } from '../../../src/tui/drawing/line-changes.js';

const COLUMNS = 24;

/** The cells of one line after these writes: characters and attributes. */
async function cells(...writes: readonly string[]): Promise<string[]> {
  const terminal = new headless.Terminal({ cols: COLUMNS, rows: 2, allowProposedApi: true });
  for (const text of ['\x1b[?7l', ...writes]) await new Promise<void>((resolve) => terminal.write(text, resolve));
  const line = terminal.buffer.active.getLine(0)!;
  const found = Array.from({ length: COLUMNS }, (_, at) => {
    const cell = line.getCell(at)!;
    const look = [cell.isBold(), cell.isDim(), cell.isInverse(), cell.isFgDefault() ? -1 : cell.getFgColor()];
    // A blank looks the same whatever its weight and colour, unless it is inverse.
    const isBlank = cell.getChars().trim() === '' && !cell.isInverse();
    return isBlank ? `' ' ${cell.getWidth()}` : `${cell.getChars() || ' '} ${cell.getWidth()} ${look.join()}`;
  });
  terminal.dispose();
  return found;
}

const piece = fc.record({
  text: fc.stringMatching(/^[a-d .│▌日é]{0,9}$/),
  code: fc.constantFrom('', '1', '2', '7', '33', '34', '1;31'),
  end: fc.constantFrom('\x1b[0m', '\x1b[22m\x1b[39m\x1b[27m'),
});
const line = fc
  .array(piece, { maxLength: 5 })
  // A screen's lines are never wider than the screen.
  .filter((pieces) => pieces.reduce((sum, { text }) => sum + textWidth(text), 0) <= COLUMNS)
  .map((pieces) => pieces.map(({ text, code, end }) => (code === '' ? text : `\x1b[${code}m${text}${end}`)).join(''));

test('any line into any other', async () => {
  await fc.assert(
    fc.asyncProperty(line, line, async (before, after) => {
      const whole = await cells(`\x1b[1;1H${after}\x1b[0m`);
      const changed = await cells(`\x1b[1;1H${before}\x1b[0m`, lineChanges(before, after, 0, COLUMNS));
      assert.deepEqual(changed, whole);
    }),
    { numRuns: 150 },
  );
});

test('nothing for what is the same, little for a digit', () => {
  const long = `\x1b[2m│\x1b[0m${'x'.repeat(80)} 1`;
  assert.equal(lineChanges(long, long, 3, 100), '');
  const changes = lineChanges(long, long.replace(/1$/, '2'), 3, 100);
  assert.equal(changes, '\x1b[4;83H2');
});
