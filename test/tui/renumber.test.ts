// A stream without an end keeps only so many rows: totals stay what they were, and what is selected stays selected.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { conclude } from '../../src/analysis/conclude.js';
import { concludeSteps } from '../../src/analysis/conclude-steps.js';
import { RowCap } from '../../src/analysis/live/row-cap.js';
import { gather } from '../../src/sources/gather.js';
import { Controller } from '../../src/tui/controller.js';
import { initialState } from '../../src/tui/state.js';
import { fixturesFolder } from '../support/paths.js';

const turns = { now: () => 0, soon: (work: () => void) => void setImmediate(work), after: () => () => {} };

test('old rows go, the selection and the totals stay', async () => {
  const path = join(fixturesFolder, 'keep-conn-without-pool', 'capture.pcap');
  const gathering = await gather([path], { named: [], logTimes: { zone: () => 0 } });
  const before = conclude(gathering.gathered());
  assert.ok(before.summary.connections > 6);
  const cap = new RowCap(before.summary.connections - 1);
  const data = {
    source: { name: 'stream', command: ['-'], live: true, rereadable: false },
    phase: 'live' as const,
    progress: { packets: 0, bytes: 0, size: undefined, elapsed: 0 },
    shown: undefined,
    warnings: [],
  };
  const controller = new Controller(
    initialState(data, { columns: 100, rows: 30 }, { ascii: false, colour: true }),
    {
      reread: undefined,
      command: async () => undefined,
      failed(error) {
        throw error;
      },
    },
    turns,
  );
  const settled = async () => {
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  controller.opened({
    *snapshotSteps() {
      return cap.complete(yield* concludeSteps(gathering.gathered()));
    },
    histories: gathering.pipeline.tracker.histories,
  });
  controller.read({ packets: 100, bytes: 0, size: undefined });
  await controller.finished([]);
  await settled();
  for (const name of ['2', 'G', 'enter']) controller.dispatch({ kind: 'key', key: { name } });
  await settled();
  const portOf = () => {
    const { facts } = controller.state.data.shown!.snapshot;
    return facts.connections.port0[controller.state.tables.connections.selected];
  };
  const port = portOf();
  const rows = cap.apply(gathering.gathered());
  assert.ok(rows);
  controller.renumbered(rows);
  await settled();
  const { state } = controller;
  const { snapshot } = state.data.shown!;
  assert.equal(portOf(), port);
  assert.equal(state.details[0]?.row, state.tables.connections.selected);
  assert.equal(snapshot.summary.connections, before.summary.connections);
  assert.equal(snapshot.summary.requests, before.summary.requests);
  assert.ok(state.tables.connections.rows!.length < before.summary.connections);
  assert.equal(cap.apply(gathering.gathered()), undefined);
  // A row that goes takes along what was opened from it.
  for (const name of ['q', 'g', 'enter']) controller.dispatch({ kind: 'key', key: { name } });
  const gone = { connections: Int32Array.from(state.tables.connections.rows!, () => -1), requests: new Int32Array(0) };
  controller.renumbered(gone);
  assert.equal(controller.state.details.length, 0);
  assert.match(controller.state.message!.text, /too old/);
  controller.close();
});
