// The PARAMS stream of a request (specification 1.0, sections 3.4 and 5.2): name-value pairs written straight into
// records. One record while everything fits; what does not is cut where the rule allows it.
import { PARAMS } from '../fastcgi/constants.js';
import { type Bytes, type NameValuePairs, nameValuePairs, type PaddingRule } from '../fastcgi/encode.js';
import type { RecordWriter } from './web-server-writer.js';

/**
 * Where PARAMS may be cut into records:
 * - `at-pairs`: between two pairs; only a pair larger than a record is cut inside. php-fpm, flup and others decode every
 *   record by itself and answer a pair that lies in two records with a reset.
 * - `anywhere`: wherever a record is full, as the specification allows.
 */
export type ParamsCut = 'at-pairs' | 'anywhere';

/** What became of a PARAMS stream. */
export interface ParamsWritten {
  /** Records its content took. */
  readonly records: number;
  /** A pair lies in more than one record. */
  readonly splitPair: boolean;
}

export interface ParamsRules {
  readonly cut: ParamsCut;
  /** Most content bytes of one record, 1..65535. */
  readonly recordSize: number;
  readonly padding: PaddingRule;
}

const utf8 = new TextEncoder();
const ASCII_END = 0x80;

/**
 * Writes the PARAMS stream with its empty last record. Returns how many records its content took; a pair had to be cut
 * inside where `splitPair` is true.
 * @throws RangeError if a name or value is 2^31 bytes or longer.
 */
export function writeParams(
  writer: RecordWriter,
  id: number,
  pairs: NameValuePairs,
  rules: ParamsRules,
): ParamsWritten {
  const list = listOf(pairs);
  let most = 0;
  for (const [name, value] of list) most += 8 + largest(name) + largest(value);
  let result: ParamsWritten = ONE_RECORD;
  if (most <= rules.recordSize) {
    const at = writer.open(most);
    const end = writePairs(writer.target, at, list);
    if (end > at) writer.finishOpen(PARAMS, id, end - at, rules.padding(end - at));
    else result = NO_RECORD;
  } else {
    result = writeCut(writer, id, list, rules);
  }
  writer.end(PARAMS, id);
  return result;
}

const NO_RECORD: ParamsWritten = { records: 0, splitPair: false };
const ONE_RECORD: ParamsWritten = { records: 1, splitPair: false };

export type PairList = readonly (readonly [Bytes, Bytes])[];

/**
 * Pairs as a list that can be written more than once.
 * @throws TypeError if a name or value is neither text nor bytes.
 */
export function pairList(pairs: NameValuePairs): PairList {
  const list = listOf(pairs);
  for (const pair of list) {
    if (!isBytes(pair[0]) || !isBytes(pair[1]))
      throw new TypeError(`a name or value of PARAMS is neither text nor bytes: ${String(pair[0])}`);
  }
  return list;
}

function isBytes(part: unknown): part is Bytes {
  return typeof part === 'string' || part instanceof Uint8Array;
}

function listOf(pairs: NameValuePairs): PairList {
  if (Array.isArray(pairs)) return pairs as PairList;
  return Symbol.iterator in pairs ? [...(pairs as Iterable<readonly [Bytes, Bytes]>)] : Object.entries(pairs);
}

/** Bytes a value may take as UTF-8. */
function largest(value: Bytes): number {
  return typeof value === 'string' ? value.length * 3 : value.length;
}

/** The long way: PARAMS that may need several records. */
function writeCut(writer: RecordWriter, id: number, list: PairList, rules: ParamsRules): ParamsWritten {
  const { recordSize, padding } = rules;
  // Everything that fits into one record goes into one, also where records are to be smaller only for alignment.
  let records = 0;
  let splitPair = false;
  const emit = (bytes: Uint8Array, start: number, end: number): void => {
    writer.content(PARAMS, id, bytes, start, end, padding(end - start));
    records++;
  };
  const content = nameValuePairs(list);
  if (content.length <= recordSize) {
    if (content.length > 0) emit(content, 0, content.length);
    return { records, splitPair };
  }
  if (rules.cut === 'anywhere') {
    for (let at = 0; at < content.length; at += recordSize)
      emit(content, at, Math.min(content.length, at + recordSize));
    return { records, splitPair: true };
  }
  let start = 0;
  let at = 0;
  for (const pair of list) {
    const next = at + pairLength(pair);
    if (next - start > recordSize && at > start) {
      emit(content, start, at);
      start = at;
    }
    while (next - start > recordSize) {
      splitPair = true;
      emit(content, start, start + recordSize);
      start += recordSize;
    }
    at = next;
  }
  if (at > start) emit(content, start, at);
  return { records, splitPair };
}

function pairLength(pair: readonly [Bytes, Bytes]): number {
  let total = 0;
  for (const part of pair) {
    const length = typeof part === 'string' ? utf8Length(part) : part.length;
    total += length + (length > 127 ? 4 : 1);
  }
  return total;
}

function utf8Length(text: string): number {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= ASCII_END) return utf8.encode(text).length;
  return text.length;
}

/** Whether the pairs fit into one record of that size. */
export function fitsOneRecord(pairs: NameValuePairs, recordSize: number): boolean {
  let total = 0;
  for (const pair of listOf(pairs)) total += pairLength(pair);
  return total <= recordSize;
}

/** Writes pairs at target[at..]; there is room for them. Returns the end. */
function writePairs(target: Uint8Array, at: number, list: PairList): number {
  for (let i = 0; i < list.length; i++) {
    const name = list[i][0];
    const value = list[i][1];
    if (typeof name === 'string' && typeof value === 'string' && name.length < 128 && value.length < 128) {
      // Nearly every pair: two short ASCII texts. One that turns out not to be is written again, the long way.
      const start = at;
      target[at++] = name.length;
      target[at++] = value.length;
      let bits = 0;
      for (let j = 0; j < name.length; j++) bits |= target[at++] = name.charCodeAt(j);
      for (let j = 0; j < value.length; j++) {
        const code = value.charCodeAt(j);
        bits |= code;
        target[at++] = code;
      }
      if (bits < ASCII_END) continue;
      at = start;
    }
    const nameBytes = typeof name === 'string' ? utf8.encode(name) : name;
    const valueBytes = typeof value === 'string' ? utf8.encode(value) : value;
    at = writeLength(target, at, nameBytes.length);
    at = writeLength(target, at, valueBytes.length);
    target.set(nameBytes, at);
    at += nameBytes.length;
    target.set(valueBytes, at);
    at += valueBytes.length;
  }
  return at;
}

function writeLength(target: Uint8Array, at: number, length: number): number {
  if (length < 128) {
    target[at] = length;
    return at + 1;
  }
  target[at] = (length >>> 24) | 0x80;
  target[at + 1] = length >>> 16;
  target[at + 2] = length >>> 8;
  target[at + 3] = length;
  return at + 4;
}
