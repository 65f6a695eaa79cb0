// Runs a scenario, stage by stage, and prints what came of it.
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../model/errors.js';
import { stageFigures } from '../reporters/stages-text.js';
import { ownNamespace, runInNamespace } from '../reproduce/namespace.js';
import { runStage, type StageResult } from '../reproduce/run-stage.js';
import { judge, judgeComparison } from '../reproduce/verdict.js';
import type { ApplicationName } from '../scenarios/play.js';
import {
  allStages,
  parseSetting,
  type Scenario,
  type ScenarioStage,
  type ScenarioValues,
} from '../scenarios/scenario.js';
import { EXIT_FINDINGS, exitWith } from './exit.js';
import { failWith } from './fail.js';
import { failsOn } from './fail-on.js';
import { interruptible } from './interrupt.js';
import { advise, complain, writePieces } from './output.js';
import type { ReproduceOptions } from './reproduce-options.js';
import { jsonPieces, type Played, reportJson, reportText, textPieces } from './reproduce-output.js';
import { screenImpossible, terminalOf } from './terminal.js';

/** Set for the run that is in its namespace already. */
const INSIDE = 'FCGI_INSPECT_REPRODUCE_NAMESPACE';

/** @throws UserError where it cannot be played as asked */
export async function runScenario(scenario: Scenario, options: ReproduceOptions, version: string): Promise<void> {
  const values = Object.fromEntries(options.set.map((text) => parseSetting(scenario, text)));
  const application = checkPlayers(scenario, options);
  const against = onScreen(options) ? screenImpossible(false) : undefined;
  if (against !== undefined)
    throw new UserError(`no screen, as ${against}`, 'leave --tui out, or keep the recording with --keep');
  const namespace =
    scenario.needs === 'network-namespace' && process.env[INSIDE] === undefined ? ownNamespace() : undefined;
  if (namespace !== undefined && 'command' in namespace) {
    process.env[INSIDE] = '1';
    exitWith(await runInNamespace(namespace.command, process.argv.slice(1)));
    return;
  }
  if (namespace !== undefined && options.quiet !== true)
    advise(`no network namespace can be made here (${namespace.reason}): ${scenario.name} is played by model`);
  const stages = stagesOf(scenario, options, namespace !== undefined);
  if (!onScreen(options)) {
    if (options.keep !== undefined) makeFolder(options.keep);
    await playStages(scenario, stages, options, values, application, version);
    if (options.keep !== undefined && options.quiet !== true)
      advise(`recordings, logs and reports are in ${options.keep}`);
    return;
  }
  const keep = options.keep ?? mkdtempSync(join(tmpdir(), 'fcgi-inspect-screen-'));
  // Also where a second Ctrl-C ends it at once.
  const remove = () => options.keep ?? rmSync(keep, { recursive: true, force: true });
  process.once('exit', remove);
  makeFolder(keep);
  await playStages(scenario, stages, { ...options, keep }, values, application, version);
  await showRecording(join(keep, stages[0].name, 'tap.pcapng'), options);
  remove();
}

async function playStages(
  scenario: Scenario,
  stages: readonly ScenarioStage[],
  options: ReproduceOptions,
  values: ScenarioValues,
  application: ApplicationName,
  version: string,
): Promise<void> {
  const interrupt = interruptible();
  const say = (text: string) => {
    if (options.quiet !== true) advise(text);
  };
  const played: Played[] = [];
  try {
    for (const stage of stages) {
      if (interrupt.signal.aborted) break;
      say(`${scenario.name}, ${stage.name}: ${stage.summary}`);
      const result = await runStage({
        scenario,
        stage,
        values,
        front: options.front,
        application,
        path: process.env.PATH ?? '',
        host: options.listenHost,
        program: `fcgi-inspect ${version}`,
        signal: interrupt.signal,
        limit: options.timeLimit,
        keep: (folder) => {
          if (options.keep !== undefined) keepFiles(folder, join(options.keep, stage.name));
        },
      });
      const verdict = judge(stage, result.snapshot.findings);
      played.push({ result, verdict });
      if (options.keep !== undefined) keepReports(join(options.keep, stage.name), result, options);
      tellVerdict(scenario, { result, verdict }, interrupt.signal.aborted, say);
    }
  } finally {
    interrupt.end();
  }
  const figures = new Map(
    played.map(({ result }) => [result.stage.name, stageFigures({ name: result.stage.name, ...result })]),
  );
  const amiss = options.set.length > 0 || interrupt.exitCode !== 0 ? [] : judgeComparison(scenario, figures);
  for (const sentence of amiss) complain(sentence);
  const pieces =
    options.format === 'json' ? jsonPieces(scenario, played, options) : textPieces(scenario, played, options);
  if (!onScreen(options)) await writePieces(pieces, options.output);
  const bad = played.filter(
    ({ result, verdict }) => !verdict.asDeclared && scenario.compares === undefined && isTelling(scenario, result),
  );
  if (interrupt.exitCode !== 0) exitWith(interrupt.exitCode);
  else if (
    amiss.length > 0 ||
    bad.length > 0 ||
    played.some(({ result }) => failsOn(options.failOn, result.snapshot.findings))
  )
    exitWith(EXIT_FINDINGS);
}

function onScreen({ tui, format }: ReproduceOptions): boolean {
  return tui === true || format === 'tui';
}

/** The recording of the first run, on the screen. */
async function showRecording(file: string, options: ReproduceOptions): Promise<void> {
  const { inspectOnScreen } = await import('./inspect-screen.js');
  const look = terminalOf(options.color, options.ascii === true, false);
  await inspectOnScreen([file], { showSecrets: options.showSecrets === true }, look, (error) => {
    failWith(error);
    process.exit();
  });
}

/** @throws UserError for a front or an application with which it cannot be played */
function checkPlayers(scenario: Scenario, { front, app }: ReproduceOptions): ApplicationName {
  const { name, fronts, needsApplication } = scenario;
  if (front !== 'embedded' && !fronts.includes(front)) {
    throw new UserError(`${name} is not played with --front ${front}`, `--front ${['embedded', ...fronts].join(', ')}`);
  }
  const applications = needsApplication ? [needsApplication] : (['embedded', ...scenario.applications] as const);
  const application = app ?? applications[0];
  if (!applications.includes(application))
    throw new UserError(`${name} is not played with --app ${application}`, `--app ${applications.join(', ')}`);
  return application;
}

/** @throws UserError for a stage that there is not */
function stagesOf(scenario: Scenario, { stage: name, fixed }: ReproduceOptions, byModel: boolean): ScenarioStage[] {
  const all = allStages(scenario);
  if (name !== undefined) {
    const stage = all.find((each) => each.name === name);
    if (!stage) {
      throw new UserError(
        `${scenario.name} has no stage "${name}"`,
        `it has ${all.map((each) => each.name).join(', ')}`,
      );
    }
    return fixed && scenario.cure && stage !== scenario.cure ? [stage, scenario.cure] : [stage];
  }
  const stages = byModel && scenario.model ? [scenario.model] : scenario.stages;
  return [...stages, ...(fixed && scenario.cure ? [scenario.cure] : [])];
}

/** With values of the user's own, or a web server that crashed, nobody knows what it must end with. */
function isTelling(scenario: Scenario, { stage, values, troubles }: StageResult): boolean {
  if (troubles.length > 0) return false;
  return Object.entries(values).every(
    ([name, value]) => value === (stage.values[name] ?? scenario.parameters[name].fallback),
  );
}

function tellVerdict(
  scenario: Scenario,
  { result, verdict }: Played,
  interrupted: boolean,
  say: (text: string) => void,
): void {
  if (interrupted) say('interrupted: this is what was seen so far');
  for (const trouble of result.troubles) complain(trouble);
  if (interrupted) return;
  if (result.cut) complain(`${result.stage.name} was ended by its time limit`);
  if (scenario.compares !== undefined || !isTelling(scenario, result)) return;
  if (verdict.missing.length > 0) {
    complain(
      `${result.stage.name}: ${verdict.missing.join(', ')} ${verdict.missing.length === 1 ? 'was' : 'were'} not found, which this should end with`,
    );
  }
  if (verdict.unexpected.length > 0)
    complain(`${result.stage.name}: ${verdict.unexpected.join(', ')} was found besides`);
}

/** @throws UserError */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new UserError(`cannot make the folder ${folder}: ${(error as Error).message}`);
  }
}

function keepFiles(from: string, to: string): void {
  cpSync(from, to, { recursive: true, filter: (path) => !statSync(path).isSocket() });
}

function keepReports(folder: string, result: StageResult, options: ReproduceOptions): void {
  const terminal = { width: 100, colour: false, ascii: options.ascii === true };
  writeFileSync(join(folder, 'report.txt'), [...reportText(result, options, terminal)].join(''));
  writeFileSync(join(folder, 'report.json'), [...reportJson(result, options)].join(''));
}
