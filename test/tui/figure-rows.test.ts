// Every number among the Overview's figures opens as many rows as it says.
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { concludeSteps } from '../../src/analysis/conclude-steps.js';
import { selectRows } from '../../src/analysis/select-rows.js';
import { gather } from '../../src/sources/gather.js';
import { deriveSteps } from '../../src/tui/derive.js';
import { initialState } from '../../src/tui/state.js';
import { figureRows } from '../../src/tui/views/figure-rows.js';
import { fixturesFolder } from '../support/paths.js';

function finished<Result>(steps: Generator<unknown, Result, void>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

for (const fixture of readdirSync(fixturesFolder)) {
  const path = join(fixturesFolder, fixture, 'capture.pcap');
  if (!existsSync(path)) continue;
  test(fixture, async () => {
    const gathering = await gather([path], { named: [], logTimes: { zone: () => 0 } });
    const snapshot = finished(concludeSteps(gathering.gathered()));
    const { histories } = gathering.pipeline.tracker;
    const shown = { revision: 1, snapshot, derived: finished(deriveSteps(snapshot)), histories, packets: 1, at: 0 };
    const data = {
      source: { name: fixture, command: [path], live: false, rereadable: true },
      phase: 'done' as const,
      progress: { packets: 1, bytes: 1, size: 1, elapsed: 0 },
      shown,
      warnings: [],
    };
    const rows = figureRows(initialState(data, { columns: 100, rows: 30 }, { ascii: false, colour: true }));
    assert.ok(rows.length > 3);
    for (const { label, value, part, target } of rows) {
      if (target === undefined || target.view === 'processes') continue;
      const { filter, view } = target;
      const selected = selectRows(filter === '' ? undefined : filter)(snapshot.facts, histories);
      const found = [...(view === 'requests' ? selected.requestRows : selected.connectionRows)].length;
      // A moment opens the rows that take at least as long.
      if (part === undefined) assert.ok(found > 0, `${label}: ${filter}`);
      else assert.equal(found, Number(value.split(' ')[0].replaceAll(',', '')), `${label}: ${filter}`);
    }
  });
}
