// The table of scenarios: names, parameters and findings that exist, settings that are understood or refused in a sentence.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHECKS } from '../../src/analysis/checks/index.js';
import { policyNamed } from '../../src/endpoints/client/policies/index.js';
import { parseFault } from '../../src/faults/parse-fault.js';
import { scenarioExplained, scenarioList } from '../../src/reporters/scenario-text.js';
import { judge, judgeComparison } from '../../src/reproduce/verdict.js';
import { findScenario, SCENARIOS, scenariosBySymptom } from '../../src/scenarios/index.js';
import { allStages, parseSetting, stageValues } from '../../src/scenarios/scenario.js';

test('names are unique, and every scenario has a symptom of the list', () => {
  const names = SCENARIOS.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  const listed = scenariosBySymptom().flatMap(({ scenarios }) => scenarios.map(({ name }) => name));
  assert.deepEqual([...listed].sort(), [...names].sort());
});

for (const scenario of SCENARIOS) {
  test(`${scenario.name} is whole`, () => {
    const ids = new Set(CHECKS.map(({ id }) => id));
    const stages = allStages(scenario);
    assert.equal(new Set(stages.map(({ name }) => name)).size, stages.length);
    assert.ok(scenario.stages.length > 0);
    for (const { findings, values } of stages) {
      for (const id of findings) assert.ok(ids.has(id), id);
      for (const key of Object.keys(values)) assert.ok(Object.hasOwn(scenario.parameters, key), key);
    }
    // A bug has findings, its cure has none; what compares has figures instead.
    if (scenario.compares === undefined) {
      for (const { findings } of scenario.stages) assert.ok(findings.length > 0);
      assert.deepEqual(scenario.cure?.findings, []);
    } else {
      assert.equal(scenario.cure, undefined);
      assert.ok(scenario.compares.figures.length > 0);
      const names = scenario.stages.map(({ name }) => name);
      for (const { larger, smaller } of scenario.compares.figures)
        assert.ok(names.includes(larger) && names.includes(smaller));
    }
    for (const [name, { fallback, least = 0, most = 1_000_000, words, meaning }] of Object.entries(
      scenario.parameters,
    )) {
      assert.match(name, /^[a-z][a-z-]*$/);
      assert.ok(meaning.length > 0);
      if (typeof fallback === 'number') assert.ok(fallback >= least && fallback <= most, name);
      else assert.ok(words?.includes(fallback), name);
    }
    assert.ok(scenario.explanation.split('\n\n').length >= 2, 'says the mechanism and more');
  });

  test(`${scenario.name}: its plays can be played`, () => {
    for (const stage of allStages(scenario)) {
      const { application, more = [], fronts, steps } = scenario.play(stageValues(scenario, stage, {}));
      for (const { faults = [], workers } of [application, ...more]) {
        assert.ok(workers > 0);
        for (const fault of faults) parseFault(fault, 'server');
      }
      assert.ok(fronts.length > 0);
      for (const { target = 0 } of fronts) assert.ok(target <= more.length);
      const known = new Set<string>();
      for (const step of steps) {
        if (step.after !== undefined) assert.ok(known.has(step.after), step.after);
        if (step.name !== undefined) known.add(step.name);
        if (step.kind === 'requests') assert.ok((step.front ?? 0) < fronts.length);
      }
    }
  });
}

test('the policies that fronts are like exist', () => {
  for (const name of ['nginx', 'nginx-keep-conn', 'nginx-keepalive', 'lighttpd', 'apache', 'haproxy', 'mod-cgid'])
    assert.ok(policyNamed(name), name);
});

test('a setting is a name and a value of the scenario', () => {
  const scenario = findScenario('time-wait-churn');
  assert.deepEqual(parseSetting(scenario, 'requests=50'), ['requests', 50]);
  assert.deepEqual(parseSetting(scenario, 'keep=pool'), ['keep', 'pool']);
  assert.throws(() => parseSetting(scenario, 'requests'), /not understood/);
  assert.throws(() => parseSetting(scenario, 'request=50'), /has no parameter "request"/);
  assert.throws(() => parseSetting(scenario, 'requests=many'), /not a whole number from 20 to 5000/);
  assert.throws(() => parseSetting(scenario, 'requests=5001'), /not a whole number from 20 to 5000/);
  assert.throws(() => parseSetting(scenario, 'keep=all'), /not one of never, flag, pool/);
  const [plain] = scenario.stages;
  assert.equal(stageValues(scenario, plain, { requests: 50 }).requests, 50);
  assert.equal(stageValues(scenario, plain, {}).keep, 'never');
});

test('a name that there is not: those that are alike', () => {
  assert.throws(
    () => findScenario('keep-alive'),
    (error: Error & { hint?: string }) => {
      assert.match(error.message, /there is no scenario "keep-alive"/);
      assert.match(error.hint ?? '', /keep-alive-pins-workers/);
      return true;
    },
  );
  assert.throws(() => findScenario('zzz'), /no scenario/);
});

test('a verdict names what is missing and what is more than a note besides', () => {
  const finding = (id: string, severity: 'error' | 'warning' | 'note') => ({
    id,
    severity,
    title: '',
    detail: '',
    count: 1,
    scope: {},
    evidence: [],
    advice: [],
  });
  const stage = { name: 'bug', summary: '', values: {}, findings: ['a', 'b'] };
  const found = [finding('a', 'note'), finding('c', 'warning'), finding('c', 'error'), finding('d', 'note')];
  assert.deepEqual(judge(stage, found), { asDeclared: false, missing: ['b'], unexpected: ['c'] });
  assert.ok(judge({ ...stage, findings: ['a', 'c'] }, found).asDeclared);
  const compared = findScenario('cache-sharing');
  const figures = (shared: number, own: number) =>
    new Map([
      ['shared', { 'cache hits': shared, 'cache misses': 1 }],
      ['private', { 'cache hits': own, 'cache misses': 2 }],
    ]);
  assert.deepEqual(judgeComparison(compared, figures(5, 4)), []);
  assert.equal(judgeComparison(compared, figures(4, 4)).length, 1);
  assert.deepEqual(judgeComparison(compared, new Map()), []);
});

test('the list and the explanations fit a terminal', () => {
  for (const width of [60, 100]) {
    const texts = [scenarioList(SCENARIOS, { width }), ...SCENARIOS.map((each) => scenarioExplained(each, { width }))];
    for (const text of texts)
      for (const line of [...text].join('').split('\n')) assert.ok(line.length <= Math.max(width, 84), line);
  }
});
