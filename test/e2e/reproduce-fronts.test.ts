// Scenarios with real web servers in front and real applications behind: the same findings, and what each web server tells its
// client.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runStage, type StageResult } from '../../src/reproduce/run-stage.js';
import { judge } from '../../src/reproduce/verdict.js';
import { findScenario } from '../../src/scenarios/index.js';
import type { ApplicationName, FrontName } from '../../src/scenarios/play.js';
import { allStages } from '../../src/scenarios/scenario.js';
import { apache } from '../support/peers/apache.js';
import { gcc } from '../support/peers/compiler.js';
import { haproxy } from '../support/peers/haproxy.js';
import { libfcgi } from '../support/peers/libfcgi.js';
import { lighttpd } from '../support/peers/lighttpd.js';
import { nginx } from '../support/peers/nginx.js';
import { phpFpm } from '../support/peers/php-fpm.js';
import { missingPrograms } from '../support/peers/programs.js';
import { playUntilItHolds } from '../support/play-again.js';

const PEERS = {
  embedded: [],
  nginx: [nginx],
  lighttpd: [lighttpd],
  apache: [apache],
  haproxy: [haproxy],
  'php-fpm': [phpFpm],
  libfcgi: [gcc, libfcgi],
};

async function play(
  name: string,
  stageName: string,
  front: FrontName,
  application: ApplicationName,
  values = {},
): Promise<StageResult> {
  const scenario = findScenario(name);
  const stage = allStages(scenario).find((each) => each.name === stageName)!;
  return runStage({
    scenario,
    stage,
    values,
    front,
    application,
    path: process.env.PATH ?? '',
    program: 'test',
    signal: new AbortController().signal,
    limit: 60_000,
  });
}

/** What the client was told where the application closed before an answer, in the middle of one, or sent a huge head. */
const TOLD: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  'premature-close': { nginx: /^502$/, lighttpd: /^500$/, apache: /^503$/, haproxy: /^502$/ },
  'truncated-response': {
    nginx: /^200, cut short$/,
    lighttpd: /^200, cut short$/,
    apache: /^200, cut short$/,
    haproxy: /^200, cut short$/,
  },
  'header-too-big': {
    nginx: /^502$/,
    lighttpd: /^no answer \(HPE_HEADER_OVERFLOW\)$/,
    apache: /^500$/,
    haproxy: /^502$/,
  },
};

for (const [name, fronts] of Object.entries(TOLD)) {
  for (const [front, told] of Object.entries(fronts)) {
    const skip = missingPrograms(...PEERS[front as FrontName]);
    test(`${name} behind ${front}: what its client is told`, { skip }, (context) =>
      playUntilItHolds(context, async () => {
        const { snapshot, outcomes, stage, troubles } = await play(name, 'bug', front as FrontName, 'embedded');
        assert.deepEqual(troubles, []);
        assert.deepEqual(judge(stage, snapshot.findings), { asDeclared: true, missing: [], unexpected: [] });
        const failed = [...outcomes.keys()].filter((outcome) => !/^200(, 20000 bytes)?$/.test(outcome));
        assert.equal(failed.length, 1, [...outcomes.keys()].join('; '));
        assert.match(failed[0], told);
      }),
    );
  }
}

for (const [name, front, application] of [
  ['time-wait-churn', 'nginx', 'php-fpm'],
  ['keep-alive-pins-workers', 'nginx', 'php-fpm'],
  ['stuck-accept-queue', 'lighttpd', 'libfcgi'],
  ['accept-blocked', 'embedded', 'libfcgi'],
  ['stuck-on-reuse', 'nginx', 'libfcgi'],
  ['abandoned-requests', 'nginx', 'php-fpm'],
  ['request-body-stalled', 'embedded', 'php-fpm'],
] as const) {
  const scenario = findScenario(name);
  for (const stage of [...scenario.stages, scenario.cure!]) {
    const skip = missingPrograms(...PEERS[front], ...PEERS[application]);
    test(`${name}, ${stage.name}: ${front} in front of ${application}`, { skip }, (context) =>
      playUntilItHolds(context, async () => {
        const { snapshot, troubles } = await play(name, stage.name, front, application);
        assert.deepEqual(troubles, []);
        assert.deepEqual(judge(stage, snapshot.findings), { asDeclared: true, missing: [], unexpected: [] });
      }),
    );
  }
}

test('a close inside the response head: HAProxy before 2.6.14 crashes, and the run says so', {
  skip: missingPrograms(haproxy),
}, async () => {
  const { troubles, outcomes } = await play('premature-close', 'bug', 'haproxy', 'embedded', { bytes: 20 });
  // Later versions answer 502.
  if (troubles.length === 0) assert.ok(outcomes.has('502'));
  else assert.match(troubles[0], /^haproxy ended \(SIG\w+\): .*FATAL: bug condition/);
});
