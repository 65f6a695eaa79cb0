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

type Test = (value: number | string | boolean) => boolean;
type RowTest = (row: number, accessor: Accessor) => boolean;

/** The function that tells whether a row goes through. It never throws, whatever the accessor returns. */
export function compileExpression(expression: Expression): RowTest {
  switch (expression.kind) {
    case 'and': {
      const parts = expression.parts.map(compileExpression);
      return (row, accessor) => parts.every((part) => part(row, accessor));
    }
    case 'or': {
      const parts = expression.parts.map(compileExpression);
      return (row, accessor) => parts.some((part) => part(row, accessor));
    }
    case 'not': {
      const part = compileExpression(expression.part);
      return (row, accessor) => !part(row, accessor);
    }
    case 'present':
      // A moment or a duration of 0 is one.
      return some(expression.field, expression.field.kind === 'duration' ? () => true : isPresent);
    case 'compare':
      return comparison(expression.field, expression.comparison, expression.value);
    case 'in':
      return some(expression.field, isIn(expression.field, expression.values, expression.ranges));
    case 'contains': {
      const { field } = expression;
      const text = field.kind === 'word' ? expression.text.toLowerCase() : expression.text;
      return some(field, (value) => asText(field, value).includes(text));
    }
    case 'matches': {
      const matches = remembering(expression.matches);
      return some(expression.field, (value) => matches(String(value)));
    }
  }
}

function comparison(field: Field, operator: Comparison, value: Value): RowTest {
  if (operator === '!=') {
    const equal = some(field, equals(field, value));
    // A value that is not there is not unequal either; an empty list is.
    return (row, accessor) => isThere(accessor(field, row)) && !equal(row, accessor);
  }
  return some(field, operator === '==' ? equals(field, value) : ordered(operator, Number(value)));
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
function some(field: Field, test: Test): RowTest {
  return (row, accessor) => {
    const value = accessor(field, row);
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
