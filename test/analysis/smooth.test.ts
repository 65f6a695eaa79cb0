// Findings about single connections and requests look at those that did not go smoothly only, and the summary counts
// the others without looking. That may not hide anything: over every capture at hand each check and the summary say the
// same when they look at all of them.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { CHECKS } from '../../src/analysis/checks/index.js';
import type { Facts } from '../../src/analysis/facts.js';
import { summarise } from '../../src/analysis/summary.js';
import { captureNames, capturesFolder, withoutCaptures } from '../captures/truth.js';
import { inspectFixture } from '../fixtures/expected.js';
import { allCases, captureName } from '../fixtures/make.js';
import { inspect } from '../support/inspect.js';
import { fixturesFolder } from '../support/paths.js';

function assertNothingHidden(facts: Facts): void {
  const listeners = facts.listeners.map((listener) => ({
    ...listener,
    roughConnections: listener.connections,
    roughRequests: listener.requests,
  }));
  const all: Facts = { ...facts, listeners };
  for (const check of CHECKS) assert.deepEqual(check.run(facts), check.run(all), check.id);
  assert.deepEqual(summarise(facts), summarise(all));
}

describe('nothing is hidden by looking at what is rough only', async () => {
  for (const fixture of await allCases()) {
    test(`fixture ${fixture.name}`, () => {
      const bytes = readFileSync(join(fixturesFolder, fixture.name, captureName(fixture)));
      assertNothingHidden(inspectFixture(fixture, bytes).facts);
    });
  }
  for (const name of captureNames()) {
    test(`capture ${name}`, { skip: withoutCaptures }, () => {
      const path = join(capturesFolder, name, 'capture.pcap');
      if (existsSync(path)) assertNothingHidden(inspect(readFileSync(path)).facts);
    });
  }
});

test('what is ordinary is smooth, what failed is not', () => {
  const roughOf = (name: string) =>
    inspect(readFileSync(join(fixturesFolder, name, 'capture.pcap'))).facts.listeners.map((listener) => [
      listener.roughConnections.length,
      listener.connections.length,
      listener.roughRequests.length,
      listener.requests.length,
    ]);
  // Kept connections are never smooth. The answer to HEAD declares a body that does not come.
  assert.deepEqual(roughOf('healthy-kept'), [[1, 1, 1, 7]]);
  assert.deepEqual(roughOf('time-wait-application-side'), [[0, 12, 0, 12]]);
  for (const [rough, all, roughRequests, requests] of roughOf('premature-close')) {
    assert.ok(rough > 0 && rough <= all, `${rough} of ${all}`);
    assert.ok(roughRequests > 0 && roughRequests <= requests, `${roughRequests} of ${requests}`);
  }
});
