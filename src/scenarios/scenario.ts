// What a scenario is: a bug with a name, what it looks like, the play that makes it happen, the findings that must name it,
// and its cure as other values of its parameters.
import { UserError } from '../model/errors.js';
import type { ApplicationName, FrontName, Play } from './play.js';

/** What an operator sees, in the order in which scenarios are listed. */
export const SYMPTOMS = [
  'Connections and ports pile up',
  'Requests wait, hang or time out',
  'Connections are refused, dropped or reset',
  'Answers are missing, cut or wrong',
  'Work is lost or done in vain',
  'Fewer workers than there should be',
] as const;
export type Symptom = (typeof SYMPTOMS)[number];

export interface ScenarioParameter {
  readonly meaning: string;
  readonly fallback: number | string;
  /** Range of a number. */
  readonly least?: number;
  readonly most?: number;
  readonly words?: readonly string[];
}

export type ScenarioValues = Readonly<Record<string, number | string>>;

/** One run of a scenario. */
export interface ScenarioStage {
  readonly name: string;
  /** What is different in it, in a few words. */
  readonly summary: string;
  readonly values: ScenarioValues;
  /** Findings that it must end with; all others are notes at most. */
  readonly findings: readonly string[];
}

/** What a comparison must show: a figure that is larger in one stage than in another. */
export interface DeclaredFigure {
  /** As the table of the stages has it. */
  readonly figure: string;
  readonly larger: string;
  readonly smaller: string;
}

export interface Scenario {
  readonly name: string;
  readonly symptom: Symptom;
  /** One line: what it shows. */
  readonly summary: string;
  /** Paragraphs separated by blank lines: the mechanism, and what is true of what people say about it. */
  readonly explanation: string;
  readonly parameters: Readonly<Record<string, ScenarioParameter>>;
  /** Runs one after the other; the first is the bug. */
  readonly stages: readonly ScenarioStage[];
  /** Run with --fixed. Undefined where the stages are what is compared. */
  readonly cure: ScenarioStage | undefined;
  /** Where a scenario compares its stages instead of showing a bug: what about, and what must come of it. */
  readonly compares?: { readonly what: string; readonly figures: readonly DeclaredFigure[] };
  /** Fronts and applications with which it can be played besides the embedded ones. */
  readonly fronts: readonly FrontName[];
  readonly applications: readonly ApplicationName[];
  /** It is a bug of this application: no other one can show it. */
  readonly needsApplication?: ApplicationName;
  /** Played in place of the others where what it needs is not permitted. */
  readonly model?: ScenarioStage;
  /** `network-namespace`: with one of its own, where that is permitted; see its explanation. */
  readonly needs?: 'network-namespace';
  play(values: ScenarioValues): Play;
}

type ValuesOf<Parameters> = {
  readonly [Name in keyof Parameters]: Parameters[Name] extends { readonly fallback: number } ? number : string;
};

interface Definition<Parameters> extends Omit<Scenario, 'parameters' | 'play' | 'fronts' | 'applications'> {
  readonly parameters: Parameters;
  readonly fronts?: readonly FrontName[];
  readonly applications?: readonly ApplicationName[];
  play(values: ValuesOf<Parameters>): Play;
}

/** A scenario whose play knows the types of its parameters. */
export function scenario<const Parameters extends Readonly<Record<string, ScenarioParameter>>>(
  definition: Definition<Parameters>,
): Scenario {
  return {
    ...definition,
    fronts: definition.fronts ?? [],
    applications: definition.applications ?? [],
    play: (values) => definition.play(values as ValuesOf<Parameters>),
  };
}

/** All runs that it has, the cure last. */
export function allStages({ stages, cure, model }: Scenario): ScenarioStage[] {
  return [...stages, ...(model ? [model] : []), ...(cure ? [cure] : [])];
}

/** The values of a stage: what the user set, else the stage's, else the defaults. */
export function stageValues({ parameters }: Scenario, stage: ScenarioStage, given: ScenarioValues): ScenarioValues {
  const fallbacks = Object.fromEntries(Object.entries(parameters).map(([name, { fallback }]) => [name, fallback]));
  return { ...fallbacks, ...stage.values, ...given };
}

/**
 * `name=value` as the user writes it.
 * @throws UserError if the scenario has no such parameter, or the value is out of its range
 */
export function parseSetting({ name, parameters }: Scenario, text: string): readonly [string, number | string] {
  const match = /^([a-z][\w-]*)=(.+)$/.exec(text.trim());
  const known = Object.keys(parameters);
  if (!match) throw new UserError(`--set ${text}: not understood`, 'write --set NAME=VALUE');
  const [, key, value] = match;
  if (!Object.hasOwn(parameters, key)) {
    throw new UserError(
      `${name} has no parameter "${key}"`,
      known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`,
    );
  }
  const { fallback, least = 0, most = 1_000_000, words } = parameters[key];
  if (typeof fallback === 'string') {
    if (words !== undefined && !words.includes(value))
      throw new UserError(`--set ${text}: not one of ${words.join(', ')}`);
    return [key, value];
  }
  const number = Number(value);
  if (!Number.isInteger(number) || number < least || number > most)
    throw new UserError(`--set ${text}: not a whole number from ${least} to ${most}`);
  return [key, number];
}
