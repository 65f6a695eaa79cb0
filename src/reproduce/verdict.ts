// Whether a run ended with what its scenario declares.
import type { Finding } from '../analysis/finding.js';
import type { Scenario, ScenarioStage } from '../scenarios/scenario.js';

export interface Verdict {
  /** All declared findings are there, and of all others none is more than a note. */
  readonly asDeclared: boolean;
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
}

export function judge({ findings: declared }: ScenarioStage, findings: readonly Finding[]): Verdict {
  const missing = declared.filter((id) => !findings.some((finding) => finding.id === id));
  const others = findings
    .filter(({ id, severity }) => severity !== 'note' && !declared.includes(id))
    .map(({ id }) => id);
  const unexpected = [...new Set(others)];
  return { asDeclared: missing.length === 0 && unexpected.length === 0, missing, unexpected };
}

/** What a comparison should show and does not, in a sentence each; empty where it is as declared, or not all stages ran. */
export function judgeComparison(
  { compares }: Scenario,
  figures: ReadonlyMap<string, Readonly<Record<string, number>>>,
): string[] {
  return (compares?.figures ?? []).flatMap(({ figure, larger, smaller }) => {
    const more = figures.get(larger);
    const less = figures.get(smaller);
    if (more === undefined || less === undefined) return [];
    const values = [more[figure] ?? 0, less[figure] ?? 0];
    return values[0] > values[1]
      ? []
      : [`"${figure}" should be larger with ${larger} than with ${smaller}: ${values[0]} and ${values[1]}`];
  });
}
