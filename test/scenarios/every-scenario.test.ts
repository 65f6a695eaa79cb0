// Every scenario, played here: each of its runs ends with exactly the findings that it declares, none above a note besides, and
// its cure takes them away; what compares shows the figures that it declares. FCGI_INSPECT_SCENARIO=NAME plays one of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stageFigures } from '../../src/reporters/stages-text.js';
import { ownNamespace } from '../../src/reproduce/namespace.js';
import { runStage, type StageResult } from '../../src/reproduce/run-stage.js';
import { judge, judgeComparison } from '../../src/reproduce/verdict.js';
import { SCENARIOS } from '../../src/scenarios/index.js';
import type { Scenario, ScenarioStage } from '../../src/scenarios/scenario.js';
import { requirePeers } from '../support/paths.js';
import { gcc } from '../support/peers/compiler.js';
import { libfcgi } from '../support/peers/libfcgi.js';
import { phpFpm } from '../support/peers/php-fpm.js';
import { missingPrograms } from '../support/peers/programs.js';
import { playUntilItHolds } from '../support/play-again.js';
import { runBin } from '../support/run-bin.js';

const only = process.env.FCGI_INSPECT_SCENARIO;

function play(scenario: Scenario, stage: ScenarioStage): Promise<StageResult> {
  return runStage({
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
}

function skip({ needsApplication }: Scenario): string | false {
  if (needsApplication === 'php-fpm') return missingPrograms(phpFpm);
  return needsApplication === 'libfcgi' ? missingPrograms(gcc, libfcgi) : false;
}

for (const scenario of SCENARIOS) {
  if (only !== undefined && scenario.name !== only) continue;
  const { name, stages, cure, compares, model, needs } = scenario;
  if (compares !== undefined) {
    test(`${name}: ${compares.what}`, async (context) => {
      await playUntilItHolds(context, async () => {
        const figures = new Map<string, Record<string, number>>();
        for (const stage of stages) {
          const result = await play(scenario, stage);
          figures.set(stage.name, stageFigures({ name: stage.name, ...result }));
        }
        assert.deepEqual(judgeComparison(scenario, figures), []);
      });
    });
    continue;
  }
  // In a namespace a program of its own plays.
  const here = needs === undefined ? [...stages, ...(cure ? [cure] : [])] : model ? [model] : [];
  for (const stage of here) {
    test(`${name}: ${stage.name}`, { skip: skip(scenario) }, async (context) => {
      await playUntilItHolds(context, async () => {
        const { snapshot, cut, troubles } = await play(scenario, stage);
        const { missing, unexpected } = judge(stage, snapshot.findings);
        assert.deepEqual(
          { cut, troubles, missing, unexpected },
          { cut: false, troubles: [], missing: [], unexpected: [] },
        );
      });
    });
  }
  if (needs === 'network-namespace') {
    test(`${name}, in a network namespace`, async (context) => {
      const namespace = ownNamespace();
      if ('reason' in namespace) {
        assert.ok(!requirePeers, `required here: ${namespace.reason}`);
        context.skip(namespace.reason);
        return;
      }
      await playUntilItHolds(context, () => {
        const { status, stdout, stderr } = runBin(['reproduce-bug', name, '--fixed', '--format', 'json', '--quiet']);
        const { runs } = JSON.parse(stdout) as { runs: readonly { stage: string; asDeclared: boolean }[] };
        assert.deepEqual([status, stderr], [0, '']);
        assert.deepEqual(
          runs.map((run) => [run.stage, run.asDeclared]),
          [...stages, ...(cure ? [cure] : [])].map((stage) => [stage.name, true]),
        );
      });
    });
  }
}
