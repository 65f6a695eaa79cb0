// From the tree of a filter to a function of a row. What a row's fields are comes from an accessor, so that the language
// knows nothing of the tables.
import type { Field } from './fields.js';
import type { Comparison, Expression, Range, Value } from './syntax.js';

/**
 * A field's value on a row; undefined or NaN where there is none. Durations and moments are in nanoseconds. A list is
 * several values at once: a condition holds when it holds for one of them (`!=` when none of them is equal).
 */
export type FieldValue = number | string | boolean | readonly string[] | readonly number[] | undefined;
export type Accessor = (field: Field, row: number) => FieldValue;

/** A field over the rows of a table. */
export interface Column {
  value(row: number): FieldValue;
  /** Rows with the same key have the same value: what holds for one holds for all of them. Keys are below `keyCount`. */
  readonly keys?: ArrayLike<number>;
  readonly keyCount?: number;
}
export type Columns = (field: Field) => Column;

type Test = (value: number | string | boolean) => boolean;
type RowTest = (row: number) => boolean;

export interface CompiledExpression {
  /** Whether a row goes through. It never throws, whatever the accessor returns. */
  matches(row: number, accessor: Accessor): boolean;
  /** The same for many rows of one table: conditions on columns with keys are worked out once a key. */
  bind(columns: Columns): RowTest;
}

export function compileExpression(expression: Expression): CompiledExpression {
  const bind = binder(expression);
  let bound: { readonly accessor: Accessor; readonly test: RowTest } | undefined;
  return {
    bind,
    matches(row, accessor) {
      if (bound?.accessor !== accessor)
        bound = { accessor, test: bind((field) => ({ value: (each) => accessor(field, each) })) };
      return bound.test(row);
    },
  };
}

function binder(expression: Expression): CompiledExpression['bind'] {
  switch (expression.kind) {
    case 'and':
    case 'or': {
      const parts = expression.parts.map(binder);
      const isOr = expression.kind === 'or';
      return (columns) => {
        const tests = parts.map((part) => part(columns));
        return (row) => {
          for (let i = 0; i < tests.length; i++) if (tests[i](row) === isOr) return isOr;
          return !isOr;
        };
      };
    }
    case 'not': {
      const part = binder(expression.part);
      return (columns) => {
        const test = part(columns);
        return (row) => !test(row);
      };
    }
    case 'present':
      // A moment or a duration of 0 is one.
      return leaf(expression.field, some(expression.field.kind === 'duration' ? () => true : isPresent));
    case 'compare':
      return leaf(expression.field, comparison(expression.field, expression.comparison, expression.value));
    case 'in':
      return leaf(expression.field, some(isIn(expression.field, expression.values, expression.ranges)));
    case 'contains': {
      const { field } = expression;
      const text = field.kind === 'word' ? expression.text.toLowerCase() : expression.text;
      return leaf(
        field,
        some((value) => asText(field, value).includes(text)),
      );
    }
    case 'matches': {
      const matches = remembering(expression.matches);
      return leaf(
        expression.field,
        some((value) => matches(String(value))),
      );
    }
  }
}

/** The condition on a field's value, asked once for each key where the column has keys. */
function leaf(field: Field, holds: (value: FieldValue) => boolean): CompiledExpression['bind'] {
  return (columns) => {
    const column = columns(field);
    const { keys, keyCount = 0 } = column;
    if (!keys) return (row) => holds(column.value(row));
    // 0: not asked yet.
    const known = new Int8Array(keyCount);
    return (row) => {
      const key = keys[row];
      if (known[key] > 0) return true;
      if (known[key] < 0) return false;
      const result = holds(column.value(row));
      known[key] = result ? 1 : -1;
      return result;
    };
  };
}

function comparison(field: Field, operator: Comparison, value: Value): (found: FieldValue) => boolean {
  if (operator === '!=') {
    const equal = some(equals(field, value));
    // A value that is not there is not unequal either; an empty list is.
    return (found) => isThere(found) && !equal(found);
  }
  return some(operator === '==' ? equals(field, value) : ordered(operator, Number(value)));
}

function equals(field: Field, value: Value): Test {
  if (field.kind === 'word') return (found) => asText(field, found) === value;
  return (found) => found === value;
}

function ordered(operator: Comparison, value: number): Test {
  if (operator === '<') return (found) => Number(found) < value;
  if (operator === '<=') return (found) => Number(found) <= value;
  if (operator === '>') return (found) => Number(found) > value;
  return (found) => Number(found) >= value;
}

function isIn(field: Field, values: readonly Value[], ranges: readonly Range[]): Test {
  const set = new Set<Value>(values);
  return (found) => {
    if (set.has(field.kind === 'word' ? asText(field, found) : found)) return true;
    return typeof found === 'number' && ranges.some((range) => found >= range.from && found <= range.to);
  };
}

/** Holds for the value, or for one of several. */
function some(test: Test): (value: FieldValue) => boolean {
  return (value) => {
    if (typeof value !== 'object') return isThere(value) && test(value as number | string | boolean);
    for (const one of value) if (test(one)) return true;
    return false;
  };
}

function isThere(value: FieldValue): boolean {
  return value !== undefined && !(typeof value === 'number' && Number.isNaN(value));
}

function isPresent(value: number | string | boolean): boolean {
  return value !== false && value !== 0 && value !== '' && value !== 'none';
}

function asText(field: Field, value: number | string | boolean): string {
  return field.kind === 'word' ? String(value).toLowerCase() : String(value);
}

const REMEMBERED = 10_000;

// URIs come again and again: each is matched once.
function remembering(test: (text: string) => boolean): (text: string) => boolean {
  const known = new Map<string, boolean>();
  return (text) => {
    let result = known.get(text);
    if (result === undefined) {
      result = test(text);
      if (known.size >= REMEMBERED) known.clear();
      known.set(text, result);
    }
    return result;
  };
}
