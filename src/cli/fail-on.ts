// --fail-on: from which severity on findings make the exit code 1.
import { Option } from 'commander';
import { SEVERITIES, type Severity } from '../analysis/finding.js';
import { parseWord } from './options.js';

const FAIL_ON_WORDS = [...SEVERITIES, 'never'] as const;
export type FailOn = (typeof FAIL_ON_WORDS)[number];

/** @param when what makes it fail, as the help says it: `there is a finding` */
export function failOnOption(when = 'there is a finding'): Option {
  return new Option('--fail-on <severity>', `exit 1 if ${when} this bad: ${FAIL_ON_WORDS.join(', ')}`)
    .default('never')
    .argParser((value: string) => parseWord(value, '--fail-on', FAIL_ON_WORDS));
}

export function failsOn(failOn: FailOn, findings: Iterable<{ readonly severity: Severity }>): boolean {
  if (failOn === 'never') return false;
  const bar = SEVERITIES.indexOf(failOn);
  for (const { severity } of findings) if (SEVERITIES.indexOf(severity) <= bar) return true;
  return false;
}
