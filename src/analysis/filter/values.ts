// Values of a filter, read as the field they are compared with wants them.
import type { Field } from './fields.js';
import { filterError, nearest, quoted } from './filter-error.js';
import type { Token } from './lexer.js';
import type { Range, Value } from './syntax.js';

/** Nanoseconds. A duration without a unit is in seconds, as in tshark. */
const DURATION_UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  sec: 1e9,
  min: 60e9,
  m: 60e9,
  h: 3600e9,
  d: 86_400e9,
};
/** Powers of 1,000; with i, of 1,024. */
const SIZE_UNITS: Readonly<Record<string, number>> = {
  k: 1e3,
  m: 1e6,
  g: 1e9,
  ki: 1024,
  mi: 1024 ** 2,
  gi: 1024 ** 3,
};
const YES = ['true', 'yes', 'set', '1'];
const NO = ['false', 'no', 'unset', '0'];

/**
 * The value of a token. @param text the filter, for the error
 * @throws UserError
 */
export function readValue(text: string, token: Token, field: Field): Value {
  switch (field.kind) {
    case 'number':
    case 'duration': {
      const value = numberOf(token.text, field);
      if (value !== undefined) return value;
      throw filterError(text, token.at, notAValue(token, field), numberHint(field));
    }
    case 'boolean': {
      const word = token.text.toLowerCase();
      if (YES.includes(word)) return true;
      if (NO.includes(word)) return false;
      throw filterError(
        text,
        token.at,
        notAValue(token, field),
        `write ${field.name}, not ${field.name}, or ${field.name} == true`,
      );
    }
    case 'word':
      return readWord(text, token, field);
    case 'text':
      return unescaped(token);
  }
}

/** `500..599` of a number or a duration, or undefined where the token is no range. */
export function readRange(text: string, token: Token, field: Field): Range | undefined {
  if (field.kind !== 'number' && field.kind !== 'duration') return undefined;
  const dots = token.text.indexOf('..');
  if (token.kind !== 'word' || dots === -1) return undefined;
  const from = numberOf(token.text.slice(0, dots), field);
  const to = numberOf(token.text.slice(dots + 2), field);
  if (from === undefined || to === undefined || to < from) {
    throw filterError(
      text,
      token.at,
      `${quoted(token.text)} is no range of ${field.name} (column ${token.at + 1})`,
      'write it like 500..599',
    );
  }
  return { from, to };
}

/** The characters a string stands for when it is no pattern: `\\` is a backslash. */
export function unescaped(token: Token): string {
  return token.kind === 'string' ? token.text.replaceAll('\\\\', '\\') : token.text;
}

function numberOf(text: string, field: Field): number | undefined {
  const named = field.values?.indexOf(text.toLowerCase()) ?? -1;
  if (named !== -1) return named;
  const match = /^(-?\d{1,15}(?:\.\d{1,9})?|0x[0-9a-f]{1,8})([a-zµμ]{0,3})$/i.exec(text);
  if (match === null) return undefined;
  const number = Number(match[1]);
  const unit = match[2];
  if (field.kind === 'duration') {
    const factor = unit === '' ? 1e9 : DURATION_UNITS[unit];
    return factor === undefined ? undefined : Math.round(number * factor);
  }
  const factor = unit === '' ? 1 : SIZE_UNITS[unit.toLowerCase().replace(/b$/, '')];
  return factor === undefined ? undefined : number * factor;
}

function readWord(text: string, token: Token, field: Field): string {
  const word = token.text.toLowerCase();
  const { values } = field;
  if (values === undefined) return word;
  if (values.some((value) => value.toLowerCase() === word)) return word;
  if (field.open === true && /^\d+$/.test(word)) return word;
  const near = nearest(word, values);
  const sentence = `${field.name} has no value ${quoted(token.text)} (column ${token.at + 1})${near === undefined ? '' : `; did you mean ${near}?`}`;
  throw filterError(text, token.at, sentence, `values: ${values.join(', ')}`);
}

function notAValue(token: Token, field: Field): string {
  const what = field.kind === 'duration' ? 'a duration' : field.kind === 'boolean' ? 'yes or no' : 'a number';
  return `${field.name} is compared with ${what}, not with ${quoted(token.text)} (column ${token.at + 1})`;
}

function numberHint(field: Field): string {
  if (field.kind === 'duration') return 'durations have a unit: 250us, 100ms, 1.5s, 2min';
  return field.values === undefined
    ? 'sizes may have a unit: 10k, 1.5M, 64Ki'
    : `values: ${field.values.join(', ')}, or a number`;
}
