// Scenarios for people: the list by symptom, and what one of them is about.
import type { Scenario, ScenarioStage } from '../scenarios/scenario.js';
import { allStages, SYMPTOMS } from '../scenarios/scenario.js';
import { safeText } from './safe-text.js';
import { styleFor } from './style.js';
import { asciiText } from './symbols.js';
import { beside, wrap } from './text-layout.js';

export interface ScenarioTextOptions {
  /** Columns. Default 100. */
  readonly width?: number;
  readonly colour?: boolean;
  readonly ascii?: boolean;
}

/** All scenarios by what is seen first. */
export function* scenarioList(scenarios: readonly Scenario[], options: ScenarioTextOptions = {}): Generator<string> {
  const style = styleFor(options.colour ?? false);
  const cells = scenarios.reduce((most, { name }) => Math.max(most, name.length), 0) + 4;
  for (const symptom of SYMPTOMS) {
    const group = scenarios.filter((each) => each.symptom === symptom);
    if (group.length === 0) continue;
    yield `${style.strong(symptom)}\n`;
    for (const { name, summary } of group)
      for (const line of beside(`  ${name}`, cells, printable(summary, options), widthOf(options))) yield `${line}\n`;
    yield '\n';
  }
  const text =
    'fcgi-inspect reproduce-bug NAME makes one happen on this machine; --fixed runs its cure as well; --explain tells ' +
    'about it without running anything.';
  for (const line of wrap(text, widthOf(options))) yield `${line}\n`;
}

/** One scenario, without running it. */
export function* scenarioExplained(scenario: Scenario, options: ScenarioTextOptions = {}): Generator<string> {
  const style = styleFor(options.colour ?? false);
  const width = widthOf(options);
  yield `${style.strong(scenario.name)}\n`;
  for (const line of wrap(printable(scenario.summary, options), width)) yield `${line}\n`;
  for (const paragraph of scenario.explanation.split(/\n\s*\n/)) {
    yield '\n';
    for (const line of wrap(printable(paragraph.replaceAll('\n', ' '), options), width)) yield `${line}\n`;
  }
  yield `\n${style.strong('Runs')}\n`;
  const stages = allStages(scenario);
  const cells = stages.reduce((most, { name }) => Math.max(most, name.length), 0) + 4;
  for (const stage of stages) {
    const text = `${stage.summary}; ${endsWith(scenario, stage)}${stage === scenario.cure ? ' (with --fixed)' : ''}`;
    for (const line of beside(`  ${stage.name}`, cells, printable(text, options), width)) yield `${line}\n`;
  }
  const parameters = Object.entries(scenario.parameters);
  if (parameters.length > 0) {
    yield `\n${style.strong('Parameters')} (--set NAME=VALUE)\n`;
    const wide = parameters.reduce((most, [name, { fallback }]) => Math.max(most, `${name}=${fallback}`.length), 0) + 4;
    for (const [name, { fallback, meaning, words }] of parameters) {
      const text = words === undefined ? meaning : `${meaning}: ${words.join(', ')}`;
      for (const line of beside(`  ${name}=${fallback}`, wide, printable(text, options), width)) yield `${line}\n`;
    }
  }
  yield `\n${style.strong('Plays with')}\n`;
  yield `  --front ${['embedded', ...scenario.fronts].join(', ')}\n`;
  const applications = scenario.needsApplication ? [scenario.needsApplication] : ['embedded', ...scenario.applications];
  yield `  --app ${applications.join(', ')}\n`;
  if (scenario.needs === 'network-namespace')
    yield '  a network namespace of its own, which takes root or unprivileged user namespaces\n';
}

/** `ends with stuck-accept-queue and workers-exhausted`. */
export function endsWith({ compares }: Scenario, { findings }: ScenarioStage): string {
  if (findings.length === 0) return compares === undefined ? 'ends without a finding' : `for its ${compares.what}`;
  const last = findings[findings.length - 1];
  return `ends with ${findings.length === 1 ? last : `${findings.slice(0, -1).join(', ')} and ${last}`}`;
}

function printable(text: string, { ascii }: ScenarioTextOptions): string {
  return ascii ? asciiText(safeText(text)) : safeText(text);
}

function widthOf({ width }: ScenarioTextOptions): number {
  return Math.max(40, width ?? 100);
}
