// What the parser makes of a filter: a tree of conditions on fields.
import type { Field } from './fields.js';

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** A value as the field's kind wants it: numbers and durations (nanoseconds) as numbers, words in lower case. */
export type Value = number | string | boolean;

/** From one number to another, both included. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export type Expression =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
  | { readonly kind: 'not'; readonly part: Expression }
  /** The field has a value that is not false, 0, empty or `none` (0 is a value of a duration). */
  | { readonly kind: 'present'; readonly field: Field }
  | { readonly kind: 'compare'; readonly field: Field; readonly comparison: Comparison; readonly value: Value }
  | { readonly kind: 'in'; readonly field: Field; readonly values: readonly Value[]; readonly ranges: readonly Range[] }
  | { readonly kind: 'contains'; readonly field: Field; readonly text: string }
  | { readonly kind: 'matches'; readonly field: Field; readonly matches: (text: string) => boolean };
