// Every scenario there is: the one table from which the command, its help, the documentation and the tests are made.
import { UserError } from '../model/errors.js';
import { backlogOverflow } from './backlog-overflow.js';
import { keepAlivePinsWorkers } from './keep-alive-pins-workers.js';
import { type Scenario, SYMPTOMS, type Symptom } from './scenario.js';
import { stuckAcceptQueue } from './stuck-accept-queue.js';
import { timeWaitChurn } from './time-wait-churn.js';

export const SCENARIOS: readonly Scenario[] = [timeWaitChurn, stuckAcceptQueue, keepAlivePinsWorkers, backlogOverflow];

/** @throws UserError if there is no such scenario; names that are alike are its hint */
export function findScenario(name: string): Scenario {
  const found = SCENARIOS.find((each) => each.name === name.toLowerCase());
  if (found) return found;
  const parts = name.toLowerCase().split(/\W+/);
  const alike = SCENARIOS.filter((each) => parts.some((part) => part.length > 2 && each.name.includes(part)));
  throw new UserError(
    `there is no scenario "${name}"`,
    alike.length > 0 ? `perhaps ${alike.map((each) => each.name).join(', ')}` : 'fcgi-inspect reproduce-bug lists them',
  );
}

/** Scenarios by what is seen first, in the order of the list. */
export function scenariosBySymptom(
  scenarios: readonly Scenario[] = SCENARIOS,
): { readonly symptom: Symptom; readonly scenarios: readonly Scenario[] }[] {
  return SYMPTOMS.map((symptom) => ({
    symptom,
    scenarios: scenarios.filter((each) => each.symptom === symptom),
  })).filter((group) => group.scenarios.length > 0);
}
