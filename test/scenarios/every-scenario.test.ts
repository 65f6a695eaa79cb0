// Every scenario, played here: each of its runs ends with exactly the findings that it declares, none above a note besides, and
// its cure takes them away. FCGI_INSPECT_SCENARIO=NAME plays one of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runStage } from '../../src/reproduce/run-stage.js';
import { judge } from '../../src/reproduce/verdict.js';
import { SCENARIOS } from '../../src/scenarios/index.js';

const only = process.env.FCGI_INSPECT_SCENARIO;

for (const scenario of SCENARIOS) {
  if (only !== undefined && scenario.name !== only) continue;
  // What compares is held against its figures elsewhere.
  if (scenario.compares !== undefined) continue;
  for (const stage of [...scenario.stages, ...(scenario.cure ? [scenario.cure] : [])]) {
    test(`${scenario.name}: ${stage.name}`, async () => {
      const { snapshot, cut } = await runStage({
        scenario,
        stage,
        values: {},
        front: 'embedded',
        application: scenario.needsApplication ?? 'embedded',
        path: process.env.PATH ?? '',
        program: 'test',
        signal: new AbortController().signal,
        limit: 60_000,
      });
      assert.equal(cut, false);
      const { missing, unexpected } = judge(stage, snapshot.findings);
      assert.deepEqual({ missing, unexpected }, { missing: [], unexpected: [] });
    });
  }
}
