// A filter's text as tokens. Words are everything between blanks, operators and quotes, so values like web-server,
// 127.0.0.1:9000 or 100ms need no quotes; what a word means is decided by the field it is compared with.
import { filterError } from './filter-error.js';

export type TokenKind = 'word' | 'string' | 'operator' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** Of a string: without quotes, backslashes as they stand, but for the one before the quote. */
  readonly text: string;
  /** Position in the filter, from 0. */
  readonly at: number;
}

/** Longer filters are refused: nobody writes them by hand. */
export const MAX_FILTER = 4096;

const OPERATORS = ['==', '!=', '<=', '>=', '!~', '&&', '||', '<', '>', '~', '!', '(', ')', '{', '}', ','];
const WORD = /[^\s(){},"'=!<>~&|]+/y;
const BLANK = /[\s\u00a0]+/y;

/**
 * The tokens, the last of which is `end`.
 * @throws UserError
 */
export function tokenize(text: string): Token[] {
  if (text.length > MAX_FILTER) {
    throw filterError(text, 0, `the filter has ${text.length} characters; at most ${MAX_FILTER} are allowed`);
  }
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    BLANK.lastIndex = at;
    if (BLANK.test(text)) {
      at = BLANK.lastIndex;
      continue;
    }
    const token = readToken(text, at);
    tokens.push(token.token);
    at = token.end;
  }
  tokens.push({ kind: 'end', text: '', at: text.length });
  return tokens;
}

function readToken(text: string, at: number): { token: Token; end: number } {
  const character = text[at];
  if (character === '"' || character === "'") return readString(text, at, character);
  const operator = OPERATORS.find((candidate) => text.startsWith(candidate, at));
  if (operator !== undefined) return { token: { kind: 'operator', text: operator, at }, end: at + operator.length };
  WORD.lastIndex = at;
  const word = WORD.exec(text);
  if (word !== null) return { token: { kind: 'word', text: word[0], at }, end: at + word[0].length };
  const meant =
    character === '='
      ? '; did you mean ==?'
      : character === '&'
        ? '; did you mean && or and?'
        : '; did you mean || or or?';
  throw filterError(
    text,
    at,
    `unexpected ${character} at column ${at + 1}${meant}`,
    'put values with such characters in quotes',
  );
}

function readString(text: string, at: number, quote: string): { token: Token; end: number } {
  let value = '';
  for (let index = at + 1; index < text.length; index++) {
    const character = text[index];
    if (character === quote) return { token: { kind: 'string', text: value, at }, end: index + 1 };
    if (character === '\\' && index + 1 < text.length) {
      const next = text[++index];
      value += next === quote ? next : character + next;
    } else value += character;
  }
  throw filterError(text, at, `the quote at column ${at + 1} is never closed`);
}
