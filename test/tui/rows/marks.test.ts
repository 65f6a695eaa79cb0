// A line stands out exactly when it has a letter.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectionMarks, MARK_WORDS, requestMarks, standsOut } from '../../../src/tui/rows/marks.js';
import { ScreenRun } from '../../screens/screen-run.js';
import { fixturesFolder } from '../../support/paths.js';

test('on every fixture', async () => {
  const letters = new Set<string>();
  for (const fixture of readdirSync(fixturesFolder)) {
    if (!readdirSync(join(fixturesFolder, fixture)).includes('capture.pcap')) continue;
    const run = await ScreenRun.open('x', [join(fixturesFolder, fixture, 'capture.pcap')], { columns: 80, rows: 24 });
    const { state } = run.controller;
    run.close();
    const { snapshot, derived } = state.data.shown!;
    for (const [place, row] of (state.tables.connections.rows ?? []).entries()) {
      const marks = connectionMarks(snapshot.facts, derived, row);
      assert.equal(standsOut(state, 'connections', place), marks !== '', `${fixture} conn ${row} ${marks}`);
      for (const mark of marks) letters.add(mark);
    }
    for (const [place, row] of (state.tables.requests.rows ?? []).entries()) {
      const marks = requestMarks(snapshot.facts, derived, row);
      assert.equal(standsOut(state, 'requests', place), marks !== '', `${fixture} request ${row} ${marks}`);
      for (const mark of marks) letters.add(mark);
    }
  }
  assert.deepEqual([...letters].sort(), Object.keys(MARK_WORDS).sort());
});
