// What stands on the terminal is the last frame, whatever happens to the terminal's size in between.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import headless from '@xterm/headless';
import { Painter } from '../../src/tui/painter.js';

function frame(columns: number, rows: number): string[] {
  return Array.from({ length: rows }, (_, row) => `${row}${'-'.repeat(columns - 2 - String(row).length)} |`);
}

test('nothing remains of a wider frame', async () => {
  const size = { columns: 40, rows: 6 };
  const terminal = new headless.Terminal({ cols: 40, rows: 6, allowProposedApi: true, scrollback: 0 });
  const painter = new Painter({
    get columns() {
      return size.columns;
    },
    get rows() {
      return size.rows;
    },
    write: (text) => terminal.write(text),
  });
  terminal.write('\x1b[?7l');
  painter.begin();
  painter.show(frame(40, 6));
  size.columns = 20;
  size.rows = 4;
  await new Promise<void>((resolve) => terminal.write('', resolve));
  terminal.resize(20, 4);
  painter.repaint();
  painter.show(['short', '', 'x', '']);
  await new Promise<void>((resolve) => terminal.write('', resolve));
  const text = Array.from({ length: 4 }, (_, row) =>
    terminal.buffer.active.getLine(row)!.translateToString(true).trimEnd(),
  );
  assert.deepEqual(text, ['short', '', 'x', '']);
  terminal.dispose();
});
