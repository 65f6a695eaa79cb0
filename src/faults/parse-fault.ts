// Faults as they are written: `drop_end_request,count=1,after=10,match='uri ~ /x'`, `padding=255`, `latency=200ms,jitter=50ms`.

import { compileFilter, type Filter } from '../analysis/filter/filter.js';
import { nearest } from '../analysis/filter/filter-error.js';
import { UserError } from '../model/errors.js';
import type { Fault, FaultKind, FaultParameter, FaultPlace, FaultStream } from './fault.js';
import { parseParameter, parseWhole } from './parameter-values.js';
import { FAULTS, findFault, MODIFIERS } from './vocabulary.js';

/** What is known of a request when it begins; nothing else can be matched. */
export const MATCH_FIELDS: readonly string[] = ['method', 'uri', 'script', 'role', 'keepconn', 'reqid', 'protocol'];

interface Setting {
  readonly name: string;
  readonly value: string | undefined;
}

/**
 * The fault that the text asks for.
 * @param place where it is to be made
 * @throws UserError that names what is wrong and what there is
 */
export function parseFault(text: string, place: FaultPlace): Fault {
  const [first, ...rest] = settingsOf(text);
  const kind = findFault(first.name);
  if (!kind) throw unknownFault(first.name, place);
  if (!kind.at.includes(place)) {
    throw new UserError(`the fault ${kind.name} cannot be made here`, `It belongs to: ${kind.at.join(', ')}.`);
  }
  const settings = new Map<string, string>();
  const [main] = kind.parameters;
  if (first.value !== undefined) {
    if (!main) throw new UserError(`the fault ${kind.name} takes no value`, known(kind));
    settings.set(main.name, first.value);
  }
  for (const { name, value } of rest) {
    if (value === undefined)
      throw new UserError(`"${name}" of the fault ${kind.name} has no value`, `Write ${name}=...`);
    if (settings.has(name)) throw new UserError(`"${name}" of the fault ${kind.name} is given twice`);
    settings.set(name, value);
  }
  const parameters = new Map<string, number | string>();
  for (const parameter of kind.parameters) {
    const value = parameterValue(kind, parameter, settings.get(parameter.name));
    if (value !== undefined) parameters.set(parameter.name, value);
    settings.delete(parameter.name);
  }
  const fault = { kind, parameters, text, ...modifiers(kind, settings) };
  const [unknown] = settings.keys();
  if (unknown !== undefined) throw unknownSetting(kind, unknown);
  return fault;
}

function parameterValue(
  kind: FaultKind,
  parameter: FaultParameter,
  text: string | undefined,
): number | string | undefined {
  if (text !== undefined) return parseParameter(kind.name, parameter, text);
  if (parameter.fallback === undefined && !parameter.optional) {
    throw new UserError(`the fault ${kind.name} needs ${parameter.name}: ${parameter.meaning}`, known(kind));
  }
  return parameter.fallback;
}

/** Takes the modifiers out of the settings. */
function modifiers(kind: FaultKind, settings: Map<string, string>): Omit<Fault, 'kind' | 'parameters' | 'text'> {
  const take = (name: string): string | undefined => {
    const value = settings.get(name);
    settings.delete(name);
    return value;
  };
  const whole = (name: string, fallback: number, least: number): number => {
    const value = take(name);
    return value === undefined ? fallback : parseWhole(`${name}=${value}`, value, least, Number.MAX_SAFE_INTEGER);
  };
  const match = take('match');
  const time = take('for');
  const toxicity = take('toxicity');
  const stream = take('stream');
  if (stream !== undefined && !kind.streams) {
    throw new UserError(`the fault ${kind.name} has no choice of streams`, known(kind));
  }
  return {
    match: match === undefined ? undefined : compileMatch(kind, match),
    for: time === undefined ? Number.POSITIVE_INFINITY : Number(parseParameter(kind.name, FOR, time)),
    after: whole('after', 0, 0),
    every: whole('every', 1, 1),
    toxicity: toxicity === undefined ? 1 : probability(toxicity),
    seed: whole('seed', 1, 0),
    count: whole('count', Number.POSITIVE_INFINITY, 0),
    stream: stream === undefined ? 'downstream' : parseStream(stream),
  };
}

const FOR: FaultParameter = { name: 'for', type: 'duration', meaning: '' };

function compileMatch(kind: FaultKind, text: string): Filter {
  if (kind.unit !== 'request') {
    throw new UserError(
      `the fault ${kind.name} has no match`,
      `It is decided for each ${kind.unit === 'listener' ? 'accepted connection' : 'connection'}, before any request is known.`,
    );
  }
  const filter = compileFilter(text);
  const late = filter.fields.find((field) => !MATCH_FIELDS.includes(field.name));
  if (late) {
    throw new UserError(
      `match: ${late.name} is not known when a request begins`,
      `A fault can match ${MATCH_FIELDS.join(', ')}.`,
    );
  }
  return filter;
}

function probability(text: string): number {
  const value = Number(text);
  if (!/^\d*\.?\d+$/.test(text) || value > 1) throw new UserError(`toxicity=${text}: not a number from 0 to 1`);
  return value;
}

function parseStream(text: string): FaultStream {
  if (text === 'upstream' || text === 'downstream') return text;
  throw new UserError(
    `stream=${text}: not upstream or downstream`,
    'downstream is what the application sends, upstream what the web server sends',
  );
}

function unknownFault(name: string, place: FaultPlace): UserError {
  const names = (FAULTS as readonly FaultKind[]).filter(({ at }) => at.includes(place)).map((kind) => kind.name);
  const near = nearest(name, names);
  return new UserError(
    `there is no fault "${name}"`,
    near === undefined ? `Faults: ${names.join(', ')}.` : `Did you mean ${near}?`,
  );
}

function unknownSetting(kind: FaultKind, name: string): UserError {
  return new UserError(`the fault ${kind.name} has no "${name}"`, known(kind));
}

function known(kind: FaultKind): string {
  const own = kind.parameters.map(({ name }) => name);
  const others = MODIFIERS.filter(({ name }) => {
    if (name === 'stream') return kind.streams === true;
    return name === 'match' ? kind.unit === 'request' : true;
  }).map(({ name }) => name);
  return `It takes ${[...own, ...others].join(', ')}.`;
}

/** `a=b,c,d='x,y'` in parts. A value may stand in quotes, in which a backslash takes the next character as it is. */
function settingsOf(text: string): [Setting, ...Setting[]] {
  const settings: Setting[] = [];
  let at = 0;
  do {
    const name = /[^,=]*/y;
    name.lastIndex = at;
    const found = name.exec(text)![0];
    at += found.length;
    if (found.trim() === '')
      throw new UserError(`--fault ${text}: a name is missing`, 'write NAME[=VALUE][,NAME=VALUE...]');
    let value: string | undefined;
    if (text[at] === '=') [value, at] = valueAt(text, at + 1);
    settings.push({ name: found.trim(), value });
  } while (text[at++] === ',');
  return settings as [Setting, ...Setting[]];
}

/** The value that begins there, and where it ends: at a comma, or at the end. */
function valueAt(text: string, start: number): [string, number] {
  const quote = text[start];
  if (quote !== "'" && quote !== '"') {
    const end = text.indexOf(',', start);
    return end === -1 ? [text.slice(start).trim(), text.length] : [text.slice(start, end).trim(), end];
  }
  let value = '';
  let at = start + 1;
  for (; at < text.length && text[at] !== quote; at++) {
    // Only the quote and the backslash are escaped: regular expressions keep theirs.
    if (text[at] === '\\' && (text[at + 1] === quote || text[at + 1] === '\\')) at++;
    value += text[at];
  }
  if (at >= text.length) throw new UserError(`--fault ${text}: a quote is not closed`);
  at++;
  if (at < text.length && text[at] !== ',') throw new UserError(`--fault ${text}: something follows a closed quote`);
  return [value, at];
}
