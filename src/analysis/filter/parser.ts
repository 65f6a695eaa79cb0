// From tokens to a tree, by recursive descent:
//   or         = and { ("or" | "||") and }
//   and        = not { ("and" | "&&") not }
//   not        = ("not" | "!") not | "(" or ")" | condition
//   condition  = field [ comparison value | ("~" | "!~" | "contains") value | ["not"] "in" "(" value { "," value } ")" ]
// Comparisons may also be spelled as in tshark: eq ne lt le gt ge matches; a set may stand in braces.
import { type Field, fieldNames, findField } from './fields.js';
import { filterError, nearest, quoted } from './filter-error.js';
import { type Token, tokenize } from './lexer.js';
import { PatternError, patternMatcher } from './pattern.js';
import type { Comparison, Expression, Range, Value } from './syntax.js';
import { readRange, readValue, unescaped } from './values.js';

const MAX_DEPTH = 100;

const COMPARISONS: Readonly<Record<string, Comparison | 'matches' | 'contains' | 'in' | '!~'>> = {
  '==': '==',
  '!=': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
  eq: '==',
  ne: '!=',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
  '~': 'matches',
  '!~': '!~',
  matches: 'matches',
  contains: 'contains',
  in: 'in',
};
const RESERVED = new Set(['and', 'or', 'not']);

/**
 * The tree of a filter.
 * @throws UserError that names the column
 */
export function parseFilter(text: string): Expression {
  return new Parser(text).parse();
}

class Parser {
  private readonly tokens: readonly Token[];
  private index = 0;
  private depth = 0;

  constructor(private readonly text: string) {
    this.tokens = tokenize(text);
  }

  parse(): Expression {
    if (this.tokens[0].kind === 'end') {
      throw filterError(
        this.text,
        0,
        'the filter is empty',
        'write a condition, for example: status >= 500 and dur > 100ms',
      );
    }
    const expression = this.or();
    if (this.token.kind !== 'end') throw this.unexpected('and, or, or the end of the filter');
    return expression;
  }

  private get token(): Token {
    return this.tokens[this.index];
  }

  private or(): Expression {
    const parts = [this.and()];
    while (this.takeWord('or', '||')) parts.push(this.and());
    return parts.length === 1 ? parts[0] : { kind: 'or', parts };
  }

  private and(): Expression {
    const parts = [this.not()];
    while (this.takeWord('and', '&&')) parts.push(this.not());
    return parts.length === 1 ? parts[0] : { kind: 'and', parts };
  }

  private not(): Expression {
    const { at } = this.token;
    if (++this.depth > MAX_DEPTH) throw filterError(this.text, at, `nested too deeply at column ${at + 1}`);
    let expression: Expression;
    if (this.takeWord('not', '!')) expression = { kind: 'not', part: this.not() };
    else if (this.takeOperator('(')) {
      expression = this.or();
      if (!this.takeOperator(')')) throw this.unexpected(`the ) of the ( at column ${at + 1}`);
    } else expression = this.condition();
    this.depth--;
    return expression;
  }

  private condition(): Expression {
    const field = this.field();
    const operator = this.token;
    const word =
      operator.kind === 'word' ? operator.text.toLowerCase() : operator.kind === 'operator' ? operator.text : '';
    if (word === 'not' && this.tokens[this.index + 1].text.toLowerCase() === 'in') {
      this.index++;
      return { kind: 'not', part: this.comparison(field, this.token, 'in') };
    }
    const comparison = Object.hasOwn(COMPARISONS, word) ? COMPARISONS[word] : undefined;
    if (comparison === undefined) return { kind: 'present', field };
    return this.comparison(field, operator, comparison);
  }

  private field(): Field {
    const { token } = this;
    if (token.kind !== 'word' || RESERVED.has(token.text.toLowerCase())) throw this.unexpected('a field');
    const field = findField(token.text);
    if (field === undefined) {
      const near = nearest(token.text, fieldNames());
      throw filterError(
        this.text,
        token.at,
        `unknown field ${quoted(token.text)} at column ${token.at + 1}${near === undefined ? '' : `; did you mean ${near}?`}`,
        near === undefined ? 'fields: status, uri, dur, ttfb, state, firstfin, application, port, ...' : undefined,
      );
    }
    this.index++;
    return field;
  }

  private comparison(field: Field, operator: Token, comparison: (typeof COMPARISONS)[string]): Expression {
    this.index++;
    if (comparison === 'in') return this.set(field);
    if (comparison === 'matches' || comparison === '!~') {
      const matches = this.pattern(field, operator);
      const expression: Expression = { kind: 'matches', field, matches };
      return comparison === 'matches' ? expression : { kind: 'not', part: expression };
    }
    if (comparison === 'contains') {
      this.needsText(field, operator);
      return { kind: 'contains', field, text: unescaped(this.value(field)) };
    }
    const ordered = comparison !== '==' && comparison !== '!=';
    if (ordered && field.kind !== 'number' && field.kind !== 'duration') {
      throw filterError(
        this.text,
        operator.at,
        `${field.name} is ${field.kind === 'boolean' ? 'yes or no' : `a ${field.kind}`} and has no order (column ${operator.at + 1})`,
        field.kind === 'boolean' ? `write ${field.name} or not ${field.name}` : 'use ==, !=, in, contains or ~',
      );
    }
    return { kind: 'compare', field, comparison, value: readValue(this.text, this.value(field), field) };
  }

  private set(field: Field): Expression {
    const opening = this.token;
    const closing = this.takeOperator('{') ? '}' : ')';
    if (closing === ')' && !this.takeOperator('(')) throw this.unexpected('( and a list of values');
    const values: Value[] = [];
    const ranges: Range[] = [];
    do {
      const token = this.value(field);
      const range = readRange(this.text, token, field);
      if (range === undefined) values.push(readValue(this.text, token, field));
      else ranges.push(range);
      // tshark separates the values of a set by blanks as well
    } while (this.takeOperator(',') || (closing === '}' && this.token.kind === 'word'));
    if (!this.takeOperator(closing))
      throw this.unexpected(`a comma or the ${closing} of the list at column ${opening.at + 1}`);
    return { kind: 'in', field, values, ranges };
  }

  private pattern(field: Field, operator: Token): (text: string) => boolean {
    this.needsText(field, operator);
    const token = this.value(field);
    try {
      return patternMatcher(field.kind === 'word' && !token.text.startsWith('(?i)') ? `(?i)${token.text}` : token.text);
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      throw filterError(
        this.text,
        token.at,
        `the regular expression at column ${token.at + 1} is not understood: ${error.message}`,
        'literals, . [a-z] \\d \\w \\s ^ $ ( ) | * + ? {m,n} are; (?i) at the beginning ignores case',
      );
    }
  }

  private needsText(field: Field, operator: Token): void {
    if (field.kind === 'text' || field.kind === 'word') return;
    throw filterError(
      this.text,
      operator.at,
      `${field.name} is no text, so ${operator.text} cannot be used on it (column ${operator.at + 1})`,
      field.kind === 'boolean' ? `write ${field.name} or not ${field.name}` : 'use ==, !=, <, <=, >, >= or in',
    );
  }

  private value(field: Field): Token {
    const { token } = this;
    if (token.kind !== 'word' && token.kind !== 'string') throw this.unexpected(`a value for ${field.name}`);
    this.index++;
    return token;
  }

  private takeWord(word: string, operator: string): boolean {
    const { token } = this;
    const taken =
      (token.kind === 'word' && token.text.toLowerCase() === word) ||
      (token.kind === 'operator' && token.text === operator);
    if (taken) this.index++;
    return taken;
  }

  private takeOperator(operator: string): boolean {
    if (this.token.kind !== 'operator' || this.token.text !== operator) return false;
    this.index++;
    return true;
  }

  private unexpected(expected: string): Error {
    const { token } = this;
    const found = token.kind === 'end' ? 'the filter ends' : quoted(token.text);
    return filterError(this.text, token.at, `${found} at column ${token.at + 1}, where ${expected} was expected`);
  }
}
