// --fail-on: from which severity on findings make the exit code 1.
import { SEVERITIES, type Severity } from '../analysis/finding.js';

export const FAIL_ON_WORDS = ['error', 'warning', 'note', 'never'] as const;
export type FailOn = (typeof FAIL_ON_WORDS)[number];

export function failsOn(failOn: FailOn, findings: Iterable<{ readonly severity: Severity }>): boolean {
  if (failOn === 'never') return false;
  const bar = SEVERITIES.indexOf(failOn);
  for (const { severity } of findings) if (SEVERITIES.indexOf(severity) <= bar) return true;
  return false;
}
