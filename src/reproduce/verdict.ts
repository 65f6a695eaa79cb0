// Whether a run ended with what its scenario declares.
import type { Finding } from '../analysis/finding.js';
import type { ScenarioStage } from '../scenarios/scenario.js';

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
