// The text of the filter bar: a filter in the language of --filter, or a bare word that is searched for everywhere.
import { compileFilter, type Filter, findField } from '../../analysis/filter/filter.js';
import { UserError } from '../../model/errors.js';

/** A filter; `meaning` is its text where a bare word stands for it. */
export interface FilterWanted {
  readonly kind: 'filter';
  readonly filter: Filter;
  readonly meaning?: string;
}

export type FilterReading =
  /** Nothing typed: everything goes through. */
  | { readonly kind: 'none' }
  | FilterWanted
  /** Typed so far it is no filter, but it may become one. */
  | { readonly kind: 'unfinished'; readonly hint: string }
  /** `column` counts from 1. */
  | { readonly kind: 'error'; readonly message: string; readonly column: number | undefined };

const BARE_WORD = /^[^\s(){},"'=!<>~&|]+$/;

export function readFilter(text: string): FilterReading {
  const trimmed = text.trim();
  if (trimmed === '') return { kind: 'none' };
  if (BARE_WORD.test(trimmed) && findField(trimmed) === undefined) {
    const meaning = searchFor(trimmed);
    return { kind: 'filter', filter: compileFilter(meaning), meaning };
  }
  try {
    return { kind: 'filter', filter: compileFilter(text) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return reading(error, text);
  }
}

function reading(error: UserError, text: string): FilterReading {
  const [message] = error.message.split('\n');
  const column = /column (\d+)/.exec(message);
  if (/^the filter ends|never closed/.test(message)) return { kind: 'unfinished', hint: unfinishedHint(text, message) };
  const hint = error.hint !== undefined && !message.includes('did you mean') ? ` (${error.hint})` : '';
  return { kind: 'error', message: message + hint, column: column ? Number(column[1]) : undefined };
}

function unfinishedHint(text: string, message: string): string {
  const field = /(\S+)\s*(?:==|!=|<=|>=|<|>|~|!~)\s*$/.exec(text);
  const kind = field ? findField(field[1])?.kind : undefined;
  if (kind === 'duration') return 'needs a value: 100ms, 2s, 50us';
  if (kind === 'number') return 'needs a number';
  if (kind !== undefined) {
    const values = findField(field![1])?.values;
    return values ? `needs a value: ${values.slice(0, 6).join(' ')}` : 'needs a value: "text"';
  }
  return message.replace(/ at column \d+/, '');
}

/** What a bare word means: in what is asked for, and in both addresses. */
function searchFor(word: string): string {
  const pattern = `(?i)${word.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')}`;
  const quoted = `"${pattern}"`;
  return ['uri', 'script', 'method', 'webserver', 'application'].map((field) => `${field} ~ ${quoted}`).join(' or ');
}
