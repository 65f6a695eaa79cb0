// What `reproduce-bug` prints: the report of each run, the runs side by side, and what the cure changed.
import { selectRows } from '../analysis/select-rows.js';
import { type Comparison, compareReports } from '../compare/compare.js';
import { renamed } from '../compare/endpoints.js';
import { comparisonObject } from '../reporters/compare-json.js';
import { compareText } from '../reporters/compare-text.js';
import { jsonReport } from '../reporters/json.js';
import { safeJson } from '../reporters/safe-json.js';
import { stageFigures, stagesText } from '../reporters/stages-text.js';
import { styleFor } from '../reporters/style.js';
import { textReport } from '../reporters/text.js';
import type { StageResult } from '../reproduce/run-stage.js';
import type { Verdict } from '../reproduce/verdict.js';
import type { Scenario } from '../scenarios/scenario.js';
import { reportOfSnapshot } from './compare-input.js';
import { localOffset } from './local-offset.js';
import type { ReproduceOptions } from './reproduce-options.js';
import { type Terminal, terminalOf } from './terminal.js';

const JSON_SCHEMA = 'fcgi-inspect/reproduce/1';

/** A run, and whether it ended as it should. */
export interface Played {
  readonly result: StageResult;
  readonly verdict: Verdict;
}

/** The reports one after the other; of several runs a table beside each other, and what the cure changed. */
export function* textPieces(
  scenario: Scenario,
  played: readonly Played[],
  options: ReproduceOptions,
): Generator<string> {
  const terminal = terminalOf(options.color, options.ascii === true, options.output !== undefined);
  const style = styleFor(terminal.colour);
  let first = true;
  for (const { result } of played) {
    if (!first) yield '\n';
    first = false;
    if (played.length > 1) yield `${style.strong(`=== ${result.stage.name}: ${result.stage.summary} ===`)}\n`;
    yield* reportText(result, options, terminal);
  }
  if (played.length < 2) return;
  yield `\n${style.strong('Side by side')}\n`;
  yield* stagesText(
    played.map(({ result }) => ({ name: result.stage.name, ...result })),
    terminal,
  );
  const comparison = cureComparison(scenario, played);
  if (comparison === undefined) return;
  yield `\n${style.strong('What the cure changed')}\n`;
  yield* compareText(comparison, { ...terminal, showSecrets: options.showSecrets === true });
}

/** The first run against the cure; undefined where the cure was not played. */
function cureComparison({ cure }: Scenario, played: readonly Played[]): Comparison | undefined {
  const [first] = played;
  const last = played.at(-1);
  if (cure === undefined || played.length < 2 || last?.result.stage !== cure) return undefined;
  const before = reportOfSnapshot(first.result.stage.name, first.result.snapshot);
  const after = reportOfSnapshot(cure.name, last.result.snapshot);
  // The same application has another port in each run.
  const names = last.result.endpoints.map((endpoint, index) => [endpoint, first.result.endpoints[index]] as const);
  return compareReports(before, renamed(after, new Map(names)));
}

export function reportText(
  { snapshot, histories }: StageResult,
  options: ReproduceOptions,
  terminal: Terminal,
): Iterable<string> {
  return textReport(snapshot, {
    histories,
    ...terminal,
    ...(options.limit === undefined ? {} : { limit: options.limit }),
    showSecrets: options.showSecrets === true,
    zone: localOffset,
  });
}

/** One document: the runs, each with its report. */
export function* jsonPieces(
  scenario: Scenario,
  played: readonly Played[],
  options: ReproduceOptions,
): Generator<string> {
  const head = {
    schema: JSON_SCHEMA,
    scenario: scenario.name,
    front: options.front,
    application: options.app ?? scenario.needsApplication ?? 'embedded',
  };
  yield `${safeJson(head, 2).slice(0, -2)},\n  "runs": [`;
  let separator = '\n';
  for (const { result, verdict } of played) {
    const { stage, values, front, application, seconds, cut } = result;
    const run = {
      stage: stage.name,
      summary: stage.summary,
      values,
      playedBy: { front, application },
      seconds,
      cut,
      declared: stage.findings,
      ...verdict,
      outcomes: Object.fromEntries(result.outcomes),
      figures: stageFigures({ name: stage.name, ...result }),
    };
    yield `${separator}${safeJson(run, 2).slice(0, -2)},\n  "report": `;
    yield* reportJson(result, options);
    yield '}';
    separator = ',\n';
  }
  const comparison = cureComparison(scenario, played);
  const compared = comparison && comparisonObject(comparison, { showSecrets: options.showSecrets === true });
  yield compared === undefined ? '\n  ]\n}\n' : `\n  ],\n  "comparison": ${safeJson(compared, 2)}\n}\n`;
}

export function reportJson(
  { snapshot, histories }: StageResult,
  { limit, showSecrets }: ReproduceOptions,
): Iterable<string> {
  return jsonReport(snapshot, {
    histories,
    limit: limit ?? Number.POSITIVE_INFINITY,
    showSecrets: showSecrets === true,
    ...selectRows(undefined)(snapshot.facts, histories),
  });
}
