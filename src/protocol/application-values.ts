// Answers to GET_VALUES (specification 1.0, section 4.1): what this application's end allows, as configured now.
import { type NameValuePairs, nameValuePairs } from '../fastcgi/encode.js';
import { EVERY_LENGTH, NameValueParser, type PairSink } from '../fastcgi/name-value.js';
import type { ApplicationOptions } from './application-options.js';

const NAMES = ['FCGI_MAX_CONNS', 'FCGI_MAX_REQS', 'FCGI_MPXS_CONNS'] as const;

export interface ValuesAnswer {
  /** Content of the GET_VALUES_RESULT: the names asked for that are known, each once, in the order they were asked. */
  readonly content: Uint8Array;
  /** The question ended inside a pair. */
  readonly malformed: boolean;
}

export function answerValues(bytes: Uint8Array, start: number, end: number, options: ApplicationOptions): ValuesAnswer {
  const asked = new AskedNames();
  const parser = new NameValueParser();
  parser.push(bytes, start, end, asked);
  const { limits, multiplex } = options;
  const values = {
    FCGI_MAX_CONNS: decimalText(limits.connections),
    FCGI_MAX_REQS: decimalText(limits.requests),
    FCGI_MPXS_CONNS: multiplex ? '1' : '0',
  };
  const pairs: NameValuePairs = asked.names.map((name) => [name, values[name]] as const);
  return { content: nameValuePairs(pairs), malformed: parser.pending || parser.overflowed };
}

class AskedNames implements PairSink {
  readonly wantedLengths = EVERY_LENGTH;
  readonly names: (typeof NAMES)[number][] = [];

  pair(bytes: Uint8Array, nameStart: number, valueStart: number): void {
    const name = NAMES.find((known) => known.length === valueStart - nameStart && same(bytes, nameStart, known));
    if (name && !this.names.includes(name)) this.names.push(name);
  }
}

function same(bytes: Uint8Array, start: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name.charCodeAt(i)) return false;
  return true;
}

/** Decimal digits for a web server that may read them into 32 bits. */
function decimalText(value: number): string {
  return String(Math.min(Math.floor(value), 0x7fffffff));
}
