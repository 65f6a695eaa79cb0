// A case as text: the events one a line, the header as one JSON document. Whoever made the files, a line is believed only as
// far as it makes sense.
import { UserError } from '../model/errors.js';
import { APPLICATION, SIDE_NAMES, type Side, WEB_SERVER } from '../model/side.js';
import { CASE_SCHEMA, type CaseEvent, type CaseHeader, type CaseListener, noLosses } from './event.js';

/** Longer lines are none of ours. */
export const MOST_LINE = 4096;
/** Listeners of a case: each gets a port. */
const MOST_LISTENERS = 256;
/** What one event may send: a segment, or a few that became available together. */
export const MOST_SENT = 16 * 1024 * 1024;

/** One line, with its end. Times are seconds. */
export function eventLine(event: CaseEvent): string {
  const start = { time: Math.round(event.time) / 1e9, connection: event.connection };
  switch (event.kind) {
    case 'open':
    case 'refused':
      return `${JSON.stringify({ ...start, do: event.kind, listener: event.listener })}\n`;
    case 'send': {
      const { side, from, length, begins, asked, ends, records } = event;
      const counts = { ...(begins ? { begins } : {}), ...(asked ? { asked } : {}), ...(ends ? { ends } : {}) };
      return `${JSON.stringify({ ...start, side: SIDE_NAMES[side], do: 'send', from, length, ...counts, records })}\n`;
    }
    case 'end':
      return `${JSON.stringify({ ...start, side: SIDE_NAMES[event.side], do: 'end', ...(event.crossing ? { crossing: true } : {}) })}\n`;
    case 'reset':
      return `${JSON.stringify({ ...start, side: SIDE_NAMES[event.side], do: 'reset' })}\n`;
  }
}

/** @throws UserError for a line that is no event */
export function parseEventLine(line: string, number: number): CaseEvent {
  const wrong = (what: string) => new UserError(`events.jsonl, line ${number}: ${what}`, 'the case is damaged');
  let value: Readonly<Record<string, unknown>>;
  try {
    value = JSON.parse(line) as typeof value;
  } catch {
    throw wrong('no JSON');
  }
  const whole = (name: string, most = Number.MAX_SAFE_INTEGER, fallback?: number) => {
    const found = value[name] ?? fallback;
    if (typeof found !== 'number' || !Number.isInteger(found) || found < 0 || found > most)
      throw wrong(`${name} is no whole number from 0`);
    return found;
  };
  const time = value?.time;
  if (typeof time !== 'number' || !(time >= 0) || !Number.isFinite(time)) throw wrong('time is no number from 0');
  const start = { time: Math.round(time * 1e9), connection: whole('connection') };
  const side = (): Side => {
    if (value.side === SIDE_NAMES[WEB_SERVER]) return WEB_SERVER;
    if (value.side === SIDE_NAMES[APPLICATION]) return APPLICATION;
    throw wrong(`side is neither ${SIDE_NAMES.join(' nor ')}`);
  };
  switch (value.do) {
    case 'open':
    case 'refused':
      return { ...start, kind: value.do, listener: whole('listener') };
    case 'send':
      return {
        ...start,
        kind: 'send',
        side: side(),
        from: whole('from'),
        length: whole('length', MOST_SENT),
        begins: whole('begins', undefined, 0),
        asked: whole('asked', undefined, 0),
        ends: whole('ends', undefined, 0),
        records: [],
      };
    case 'end':
      return { ...start, kind: 'end', side: side(), crossing: value.crossing === true };
    case 'reset':
      return { ...start, kind: 'reset', side: side() };
    default:
      throw wrong('it says nothing that can be done');
  }
}

/** `case.json`. */
export function headerText(header: CaseHeader): string {
  const { duration, ...rest } = header;
  return `${JSON.stringify({ ...rest, duration: Math.round(duration) / 1e9 }, null, 2)}\n`;
}

/** @throws UserError where it is no header of a case */
export function parseHeader(text: string, name: string): CaseHeader {
  const wrong = (what: string) => new UserError(`${name} is no case: ${what}`);
  let value: Readonly<Record<string, unknown>>;
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    throw wrong('case.json is no JSON');
  }
  if (value?.schema !== CASE_SCHEMA) throw wrong(`its schema is not ${CASE_SCHEMA}`);
  const count = (key: string, from: unknown = value[key]) => {
    if (typeof from !== 'number' || !(from >= 0) || !Number.isFinite(from)) throw wrong(`${key} is no number from 0`);
    return from;
  };
  const { listeners, bytes, losses } = value;
  if (!Array.isArray(listeners) || !Array.isArray(bytes)) throw wrong('case.json lacks listeners or bytes');
  if (listeners.length > MOST_LISTENERS) throw wrong(`it has more than ${MOST_LISTENERS} listeners`);
  return {
    schema: CASE_SCHEMA,
    writtenBy: String(value.writtenBy ?? ''),
    source: String(value.source ?? ''),
    duration: count('duration') * 1e9,
    listeners: listeners.map((listener: Readonly<Record<string, unknown>>): CaseListener => {
      const protocol = listener?.protocol;
      if (typeof listener?.endpoint !== 'string' || (protocol !== 'fastcgi' && protocol !== 'scgi'))
        throw wrong('a listener has no endpoint or protocol');
      return { endpoint: listener.endpoint, protocol };
    }),
    connections: count('connections'),
    mostOpen: count('mostOpen'),
    requests: count('requests'),
    events: count('events'),
    bytes: [count('bytes', bytes[0]), count('bytes', bytes[1])],
    secretsReplaced: typeof value.secretsReplaced === 'number' ? value.secretsReplaced : undefined,
    losses: { ...noLosses(), ...(typeof losses === 'object' && losses !== null ? (losses as object) : {}) },
  };
}
