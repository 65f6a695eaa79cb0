// Every scenario, played here: each of its runs ends with exactly the findings that it declares, none above a note besides, and
// its cure takes them away; what compares shows the figures that it declares. FCGI_INSPECT_SCENARIO=NAME plays one of them.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
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

interface Outcome {
  readonly cut: boolean;
  readonly troubles: readonly unknown[];
  readonly missing: readonly unknown[];
  readonly unexpected: readonly unknown[];
}

const AS_DECLARED: Outcome = { cut: false, troubles: [], missing: [], unexpected: [] };

/**
 * Real queues, processes and clocks: where this machine stands still for a while, what should meet at one moment does not.
 * So a play that fails is made again, twice at most, and each failure is told; what is wrong with a scenario fails each time.
 */
async function asDeclared(context: TestContext, playOnce: () => Outcome | Promise<Outcome>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await playOnce();
    if (attempt === 3) assert.deepEqual(outcome, AS_DECLARED);
    if (isDeepStrictEqual(outcome, AS_DECLARED)) return;
    context.diagnostic(`play ${attempt}: ${JSON.stringify(outcome)}`);
  }
}

for (const scenario of SCENARIOS) {
  if (only !== undefined && scenario.name !== only) continue;
  const { name, stages, cure, compares, model, needs } = scenario;
  if (compares !== undefined) {
    test(`${name}: ${compares.what}`, async (context) => {
      await asDeclared(context, async () => {
        const figures = new Map<string, Record<string, number>>();
        for (const stage of stages) {
          const result = await play(scenario, stage);
          figures.set(stage.name, stageFigures({ name: stage.name, ...result }));
        }
        return { cut: false, troubles: [], missing: judgeComparison(scenario, figures), unexpected: [] };
      });
    });
    continue;
  }
  // In a namespace a program of its own plays.
  const here = needs === undefined ? [...stages, ...(cure ? [cure] : [])] : model ? [model] : [];
  for (const stage of here) {
    test(`${name}: ${stage.name}`, { skip: skip(scenario) }, async (context) => {
      await asDeclared(context, async () => {
        const { snapshot, cut, troubles } = await play(scenario, stage);
        const { missing, unexpected } = judge(stage, snapshot.findings);
        return { cut, troubles, missing, unexpected };
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
      await asDeclared(context, () => {
        const { status, stdout, stderr } = runBin(['reproduce-bug', name, '--fixed', '--format', 'json', '--quiet']);
        const { runs } = JSON.parse(stdout) as { runs: readonly { stage: string; asDeclared: boolean }[] };
        const declared = [...stages, ...(cure ? [cure] : [])];
        assert.deepEqual(
          runs.map(({ stage }) => stage),
          declared.map(({ name }) => name),
        );
        const missing = runs.filter(({ asDeclared }) => !asDeclared).map(({ stage }) => stage);
        return {
          cut: false,
          troubles: stderr === '' ? [] : [stderr],
          missing,
          unexpected: status === 0 ? [] : [status],
        };
      });
    });
  }
}
