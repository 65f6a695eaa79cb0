// One check: metadata and a pure function. A check is one file in checks/ and answers one operator's question.
import type { Facts } from './facts.js';
import type { AdviceFor, Finding } from './finding.js';

/** What a check needs to be able to say anything. */
export type Need = 'packets' | 'payload' | 'application-log' | 'host';

export interface Check {
  /** Stable: scripts match on it. */
  readonly id: string;
  /** The finding in one line, without numbers: for lists and docs. */
  readonly title: string;
  /** How the severity is chosen, for docs. */
  readonly severity: string;
  /** The mechanism, for `explain`: two or more paragraphs separated by blank lines. */
  readonly explanation: string;
  /** What to do, per program, for `explain` and as the finding's advice. */
  readonly remedy: readonly { readonly for: AdviceFor; readonly text: string }[];
  readonly needs: readonly Need[];
  /** What tells it as well, by itself or beside the others. */
  readonly also?: readonly Need[];
  /** The findings, none, or that the facts do not allow an answer. */
  run(facts: Facts): readonly Finding[] | 'not-applicable';
}
