// What the screen's filter lets through is what the report's filter lets through.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { compileFilter } from '../../../src/analysis/filter/filter.js';
import { selectRows } from '../../../src/analysis/select-rows.js';
import { readFilter } from '../../../src/tui/rows/filter-text.js';
import { selectSteps } from '../../../src/tui/rows/select.js';
import { inspect } from '../../support/inspect.js';
import { fixturesFolder } from '../../support/paths.js';

const FILTERS = [
  undefined,
  'status >= 500',
  'not status',
  'uri ~ "php" and total > 1ms',
  'firstfin == application',
  'requests > 1 or retrans > 0',
  'connection in (1, 3)',
  'application ~ "9000" and method == GET',
  'dur > 1h',
];

for (const fixture of [
  'application-error',
  'uneven-load',
  'multiplexed',
  'scgi-exchange',
  'connection-refused',
  'healthy-keep-alive',
]) {
  test(fixture, () => {
    const snapshot = inspect(readFileSync(join(fixturesFolder, fixture, 'capture.pcap')));
    const { histories } = snapshot.pipeline.tracker;
    let some = 0;
    for (const text of FILTERS) {
      const work = selectSteps(snapshot.facts, histories, text === undefined ? undefined : compileFilter(text));
      let step = work.next();
      while (!step.done) step = work.next();
      const expected = selectRows(text)(snapshot.facts, histories);
      assert.deepEqual([...step.value.connections], [...expected.connectionRows], text);
      assert.deepEqual([...step.value.requests], [...expected.requestRows], text);
      some += step.value.connections.length;
    }
    assert.ok(some > 0);
  });
}

test('a bare word lets through what its filter does', () => {
  for (const fixture of ['application-error', 'uneven-load', 'scgi-exchange']) {
    const snapshot = inspect(readFileSync(join(fixturesFolder, fixture, 'capture.pcap')));
    const { histories } = snapshot.pipeline.tracker;
    for (const word of ['GET', 'order', 'ORDER', '40003', '127.0', 'nothing-like-it', 'php']) {
      const reading = readFilter(word);
      assert.ok(reading.kind === 'filter' && reading.meaning !== undefined);
      const work = selectSteps(snapshot.facts, histories, reading.filter);
      let step = work.next();
      while (!step.done) step = work.next();
      const expected = selectRows(reading.meaning)(snapshot.facts, histories);
      assert.deepEqual([...step.value.connections], [...expected.connectionRows], word);
      assert.deepEqual([...step.value.requests], [...expected.requestRows], word);
    }
  }
});
