// Navigation as the keys do it, without Ink and without a terminal: what is selected, opened, filtered, left.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { lineWidth } from '../../src/tui/drawing/spans.js';
import { drawScreen } from '../../src/tui/screen.js';
import { type Command, cursorOf, initialState, type State, screenOf } from '../../src/tui/state.js';
import { update } from '../../src/tui/update.js';
import { ScreenRun } from '../screens/screen-run.js';
import { fixturesFolder } from '../support/paths.js';

const opened: ScreenRun[] = [];
after(() => {
  for (const run of opened) run.close();
});

async function open(fixture: string, columns = 100, rows = 30): Promise<ScreenRun> {
  const run = await ScreenRun.open('x', [join(fixturesFolder, fixture, 'capture.pcap')], { columns, rows });
  opened.push(run);
  return run;
}

describe('moving', () => {
  test('stays inside the list, and pages', async () => {
    const run = await open('uneven-load', 80, 24);
    await run.press('2');
    const index = () => cursorOf(run.controller.state, 'connections').index;
    await run.press('Up');
    assert.equal(index(), 0);
    await run.press('PgDn');
    assert.equal(index(), 15);
    await run.press('G', 'Down');
    assert.equal(index(), 21);
    assert.equal(run.controller.state.tables.connections.selected, 21);
    await run.press('g');
    assert.equal(index(), 0);
  });

  test('the selection stays with its row when the order changes', async () => {
    const run = await open('uneven-load');
    await run.press('2', 'Down', 'Down', 'Down');
    const row = run.controller.state.tables.connections.selected;
    await run.press('o', 'O', 'o', 'o');
    assert.equal(run.controller.state.tables.connections.selected, row);
    const { rows } = run.controller.state.tables.connections;
    assert.equal(rows![cursorOf(run.controller.state, 'connections').index], row);
  });

  test('n goes round the lines that stand out', async () => {
    const run = await open('application-error');
    await run.press('3');
    const marked = [];
    for (let i = 0; i < 4; i++) {
      await run.press('n');
      marked.push(run.controller.state.tables.requests.selected);
    }
    assert.deepEqual(marked, [1, 2, 0, 1]);
    await run.press('N');
    assert.equal(run.controller.state.tables.requests.selected, 0);
  });
});

describe('opening and coming back', () => {
  test('a finding, its rows, a connection, its request, and all the way back', async () => {
    const run = await open('stuck-on-reuse');
    const at = () => `${screenOf(run.controller.state)} "${run.controller.state.filter.applied}"`;
    await run.press('e');
    const rows = at();
    assert.match(rows, /^connections "connection in \(/);
    await run.press('Enter');
    assert.equal(screenOf(run.controller.state), 'timeline');
    await run.press('Down', 'Down', 'Down', 'Enter');
    assert.equal(screenOf(run.controller.state), 'request');
    await run.press('c');
    assert.equal(screenOf(run.controller.state), 'timeline');
    await run.press('q');
    assert.equal(at(), rows);
    await run.press('q');
    assert.equal(at(), 'overview ""');
    await run.press('q');
    assert.deepEqual(run.commands, [{ kind: 'quit', interrupted: false }]);
  });

  test('Esc clears the filter before it goes back', async () => {
    const run = await open('uneven-load');
    await run.press('2', '/', 'dur > 1s', 'Enter');
    assert.notEqual(run.controller.state.tables.connections.rows!.length, 22);
    await run.press('Esc');
    assert.equal(run.controller.state.view, 'connections');
    assert.equal(run.controller.state.tables.connections.rows!.length, 22);
    await run.press('Esc');
    assert.equal(run.controller.state.view, 'overview');
  });

  test('left and right go through the list that was opened from', async () => {
    const run = await open('uneven-load');
    await run.press('2', '/', 'application ~ "9002"', 'Enter', 'Enter');
    const seen = [run.controller.state.details.at(-1)!.row];
    for (let i = 0; i < 4; i++) {
      await run.press('Right');
      seen.push(run.controller.state.details.at(-1)!.row);
    }
    assert.deepEqual(seen, [1, 7, 12, 18, 18]);
    await run.press('q');
    assert.equal(run.controller.state.tables.connections.selected, 18);
  });

  test('every finding of every kind leads somewhere', async () => {
    for (const fixture of [
      'workers-exhausted',
      'application-error',
      'connection-refused',
      'keep-conn-without-pool',
      'overloaded',
      'slow-upload',
      'cut-file',
    ]) {
      const run = await open(fixture);
      const count = run.controller.state.data.shown!.snapshot.findings.length;
      assert.ok(count > 0, fixture);
      for (let i = 0; i < count; i++) {
        for (const key of ['Enter', 'e']) {
          await run.press(key);
          const { state } = run.controller;
          assert.equal(state.filter.reading.kind === 'error', false, state.filter.applied);
          const { view } = state;
          assert.notEqual(view, 'overview');
          if (view === 'connections' || view === 'requests') {
            assert.ok(state.tables[view].rows!.length > 0, `${fixture}: ${state.filter.applied}`);
          }
          await run.press('q');
          assert.equal(run.controller.state.view, 'overview');
        }
        await run.press('Down');
      }
    }
  });
});

describe('typing', () => {
  test('a filter applies as it is typed; Esc brings the one before back', async () => {
    const run = await open('uneven-load');
    await run.press('2', '/', 'dur > 1s', 'Enter');
    const before = run.controller.state.tables.connections.rows!.length;
    await run.press('/', ' and', ' id < 3');
    assert.notEqual(run.controller.state.tables.connections.rows!.length, before);
    await run.press('Esc');
    assert.equal(run.controller.state.filter.applied, 'dur > 1s');
    assert.equal(run.controller.state.tables.connections.rows!.length, before);
  });

  test('what cannot be applied is not kept by Enter', async () => {
    const run = await open('uneven-load');
    await run.press('/', 'nosuch == 1', 'Enter');
    assert.ok(run.controller.state.filter.field);
    await run.press('Esc', 'w', 'ctrl-u', 'Enter');
    assert.deepEqual(run.commands, []);
    await run.press('w', 'Enter');
    const [command] = run.commands as readonly Command[];
    assert.equal(command.kind === 'write' && command.prompt.field.text, 'fcgi-inspect-report.txt');
  });

  test('letters in a field are letters, not actions; Ctrl-C leaves all the same', async () => {
    const run = await open('uneven-load');
    await run.press('/', 'q');
    assert.equal(run.controller.state.filter.field?.text, 'q');
    await run.press('ctrl-c');
    assert.deepEqual(run.commands, [{ kind: 'quit', interrupted: true }]);
  });
});

describe('whatever is pressed', () => {
  const key = fc.constantFrom(
    ...[
      'up',
      'down',
      'page-up',
      'page-down',
      'home',
      'end',
      'left',
      'right',
      'enter',
      'escape',
      'tab',
      'shift-tab',
      'backspace',
    ],
    ...'123456qeorcnNpFtxzdv+-mwghjklG?/ a'.split(''),
  );
  const size = fc.constantFrom([100, 30], [80, 24], [60, 16], [140, 50], [59, 16], [30, 4], [200, 16]);

  function always(start: State): void {
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 9, arbitrary: key }, size), { maxLength: 40 }), (steps) => {
        let state: State = start;
        for (const step of steps) {
          state =
            typeof step === 'string'
              ? update(state, {
                  kind: 'key',
                  key: [...step].length === 1 ? { name: step, text: step } : { name: step },
                })
              : update(state, { kind: 'size', size: { columns: step[0], rows: step[1] } });
          const lines = drawScreen(state);
          assert.equal(lines.length, state.size.rows);
          for (const line of lines) assert.equal(lineWidth(line), state.size.columns);
        }
      }),
      { numRuns: 120 },
    );
  }

  for (const fixture of ['application-stderr', 'workers-exhausted', 'not-fastcgi']) {
    test(`the screen has its size and nothing throws: ${fixture}`, async () => {
      const run = await open(fixture);
      await run.press('3', 'Enter', 'c', '2');
      always(run.controller.state);
    });
  }

  test('the same before anything has been read', () => {
    const source = { name: 'x', command: [], live: true, rereadable: false };
    const progress = { packets: 0, bytes: 0, size: undefined, elapsed: 0 };
    const look = { ascii: false, colour: true };
    for (const phase of ['live', 'reading', 'done'] as const) {
      always(
        initialState(
          { source, phase, progress, shown: undefined, warnings: ['one', 'two'] },
          { columns: 100, rows: 30 },
          look,
        ),
      );
    }
  });
});
