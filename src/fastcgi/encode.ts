// Writes FastCGI 1.0: records, name-value pairs, and whole streams cut into records. Pure functions from values to new
// bytes; the decoder's inverse, used by the embedded server and client, reproductions and tests. A value that the
// protocol cannot express throws a RangeError: it is a mistake of the caller, never something a peer did.
import {
  ABORT_REQUEST,
  BEGIN_REQUEST,
  END_REQUEST,
  GET_VALUES,
  GET_VALUES_RESULT,
  HEADER_LENGTH,
  MAX_CONTENT,
  NULL_REQUEST_ID,
  PARAMS,
  REQUEST_COMPLETE,
  RESPONDER,
  UNKNOWN_TYPE,
  VERSION_1,
} from './constants.js';

/** Text is written as UTF-8. */
export type Bytes = Uint8Array | string;

/** Pairs in the order they are written, names may repeat: an object, a Map or a list of [name, value]. */
export type NameValuePairs = Iterable<readonly [Bytes, Bytes]> | Readonly<Record<string, Bytes>>;

/** The padding (0..255) of a record with that content length. */
export type PaddingRule = (contentLength: number) => number;

/** Pads content to a multiple of 8 bytes, as section 3.3 recommends. */
export const padToEight: PaddingRule = (contentLength) => -contentLength & 7;
export const noPadding: PaddingRule = () => 0;

export interface StreamOptions {
  /**
   * Most content bytes of one record, 1..65535. A list gives the sizes of the records in turn, its last one repeats.
   * Default 65,528, the largest that needs no padding.
   */
  readonly recordSize?: number | readonly number[];
  /** Default padToEight. */
  readonly padding?: PaddingRule;
  /** Whether the empty record that ends the stream follows (section 3.3). Default true. */
  readonly end?: boolean;
}

const NO_BYTES = new Uint8Array(0);
const LARGEST_ALIGNED = MAX_CONTENT & ~7;
const utf8 = new TextEncoder();

/**
 * Writes a record header (section 3.3) at target[offset .. offset + 8) and returns the offset after it.
 * Request id 0 and unknown types are allowed here.
 * @throws RangeError if a field does not fit, or the target is too short.
 */
export function writeRecordHeader(
  target: Uint8Array,
  offset: number,
  type: number,
  requestId: number,
  contentLength: number,
  paddingLength: number,
): number {
  check('record type', type, 0, 255);
  check('request id', requestId, 0, 65535);
  check('content length', contentLength, 0, MAX_CONTENT);
  check('padding length', paddingLength, 0, 255);
  check('offset', offset, 0, target.length - HEADER_LENGTH);
  target[offset] = VERSION_1;
  target[offset + 1] = type;
  target[offset + 2] = requestId >>> 8;
  target[offset + 3] = requestId;
  target[offset + 4] = contentLength >>> 8;
  target[offset + 5] = contentLength;
  target[offset + 6] = paddingLength;
  target[offset + 7] = 0;
  return offset + HEADER_LENGTH;
}

/** The 8 bytes of a record header. @throws RangeError as writeRecordHeader. */
export function recordHeader(type: number, requestId: number, contentLength: number, paddingLength = 0): Uint8Array {
  const header = new Uint8Array(HEADER_LENGTH);
  writeRecordHeader(header, 0, type, requestId, contentLength, paddingLength);
  return header;
}

/**
 * One whole record of any type and id, padding zeroed.
 * @throws RangeError if the content is longer than 65,535 bytes or a field does not fit.
 */
export function record(type: number, requestId: number, content: Bytes = NO_BYTES, paddingLength = 0): Uint8Array {
  const body = bytesOf(content);
  check('content length', body.length, 0, MAX_CONTENT);
  check('padding length', paddingLength, 0, 255);
  const bytes = new Uint8Array(HEADER_LENGTH + body.length + paddingLength);
  writeRecordHeader(bytes, 0, type, requestId, body.length, paddingLength);
  bytes.set(body, HEADER_LENGTH);
  return bytes;
}

/**
 * BEGIN_REQUEST (section 5.1).
 * @param role RESPONDER, AUTHORIZER, FILTER or another 16-bit number.
 * @param flags KEEP_CONN or 0.
 * @throws RangeError if the request id is not 1..65535, or the role or flags do not fit.
 */
export function beginRequest(requestId: number, role: number = RESPONDER, flags = 0): Uint8Array {
  checkRequestId(requestId);
  check('role', role, 0, 65535);
  check('flags', flags, 0, 255);
  return record(BEGIN_REQUEST, requestId, Uint8Array.of(role >>> 8, role & 255, flags, 0, 0, 0, 0, 0));
}

/** ABORT_REQUEST (section 5.4). @throws RangeError if the request id is not 1..65535. */
export function abortRequest(requestId: number): Uint8Array {
  checkRequestId(requestId);
  return record(ABORT_REQUEST, requestId);
}

/**
 * END_REQUEST (section 5.5).
 * @param appStatus unsigned 32-bit (a negative exit status is given as `status >>> 0`).
 * @param protocolStatus REQUEST_COMPLETE, CANT_MPX_CONN, OVERLOADED, UNKNOWN_ROLE or another byte.
 * @throws RangeError if the request id is not 1..65535 or a status does not fit.
 */
export function endRequest(requestId: number, appStatus = 0, protocolStatus: number = REQUEST_COMPLETE): Uint8Array {
  checkRequestId(requestId);
  check('appStatus', appStatus, 0, 0xffffffff);
  check('protocolStatus', protocolStatus, 0, 255);
  const body = new Uint8Array(8);
  new DataView(body.buffer).setUint32(0, appStatus);
  body[4] = protocolStatus;
  return record(END_REQUEST, requestId, body);
}

/**
 * Name-value pairs (section 3.4), without a record around them. Lengths over 127 take four bytes.
 * @param longLengths writes every length in four bytes, which the specification allows too.
 * @throws RangeError if a name or value is 2^31 bytes or longer.
 */
export function nameValuePairs(pairs: NameValuePairs, longLengths = false): Uint8Array {
  const parts: Uint8Array[] = [];
  let total = 0;
  for (const [name, value] of iterate(pairs)) {
    const nameBytes = bytesOf(name);
    const valueBytes = bytesOf(value);
    parts.push(nameBytes, valueBytes);
    total += lengthSize(nameBytes.length, longLengths) + lengthSize(valueBytes.length, longLengths);
    total += nameBytes.length + valueBytes.length;
  }
  const bytes = new Uint8Array(total);
  let at = 0;
  for (let i = 0; i < parts.length; i += 2) {
    at = writeLength(bytes, at, parts[i].length, longLengths);
    at = writeLength(bytes, at, parts[i + 1].length, longLengths);
    bytes.set(parts[i], at);
    at += parts[i].length;
    bytes.set(parts[i + 1], at);
    at += parts[i + 1].length;
  }
  return bytes;
}

/**
 * The PARAMS stream of a request: its pairs in as many records as needed, cut wherever a record is full (also inside a
 * pair), then the empty record. @throws RangeError as stream and nameValuePairs.
 */
export function params(requestId: number, pairs: NameValuePairs, options: StreamOptions = {}): Uint8Array {
  return stream(PARAMS, requestId, nameValuePairs(pairs), options);
}

/**
 * A stream (PARAMS, STDIN, DATA, STDOUT, STDERR; section 3.3) as records, followed by its empty record unless
 * `options.end` is false. Empty content gives the empty record alone, or nothing.
 * @throws RangeError if the request id is not 1..65535, or a record size is not 1..65535, or a padding not 0..255.
 */
export function stream(type: number, requestId: number, content: Bytes, options: StreamOptions = {}): Uint8Array {
  checkRequestId(requestId);
  const body = bytesOf(content);
  const { recordSize = LARGEST_ALIGNED, padding = padToEight, end = true } = options;
  const sizes = typeof recordSize === 'number' ? [recordSize] : recordSize;
  if (sizes.length === 0) throw new RangeError('the list of record sizes is empty');
  for (const size of sizes) check('record size', size, 1, MAX_CONTENT);
  const lengths: number[] = [];
  let total = 0;
  for (let at = 0; at < body.length; at += lengths[lengths.length - 1]) {
    const length = Math.min(sizes[Math.min(lengths.length, sizes.length - 1)], body.length - at);
    const paddingLength = padding(length);
    check('padding length', paddingLength, 0, 255);
    lengths.push(length);
    total += HEADER_LENGTH + length + paddingLength;
  }
  const bytes = new Uint8Array(total + (end ? HEADER_LENGTH : 0));
  let at = 0;
  let taken = 0;
  for (const length of lengths) {
    const paddingLength = padding(length);
    at = writeRecordHeader(bytes, at, type, requestId, length, paddingLength);
    bytes.set(body.subarray(taken, taken + length), at);
    at += length + paddingLength;
    taken += length;
  }
  if (end) writeRecordHeader(bytes, at, type, requestId, 0, 0);
  return bytes;
}

/** GET_VALUES (section 4.1): the names with empty values. @throws RangeError if they do not fit into one record. */
export function getValues(names: Iterable<Bytes>): Uint8Array {
  const pairs: [Bytes, Bytes][] = [];
  for (const name of names) pairs.push([name, NO_BYTES]);
  return management(GET_VALUES, pairs);
}

/** GET_VALUES_RESULT (section 4.1). @throws RangeError if the pairs do not fit into one record. */
export function getValuesResult(pairs: NameValuePairs): Uint8Array {
  return management(GET_VALUES_RESULT, pairs);
}

/** UNKNOWN_TYPE (section 4.2), the answer to a management record of an unknown type. @throws RangeError over 255. */
export function unknownType(type: number): Uint8Array {
  check('record type', type, 0, 255);
  return record(UNKNOWN_TYPE, NULL_REQUEST_ID, Uint8Array.of(type, 0, 0, 0, 0, 0, 0, 0));
}

function management(type: number, pairs: NameValuePairs): Uint8Array {
  const content = nameValuePairs(pairs);
  return record(type, NULL_REQUEST_ID, content, padToEight(content.length));
}

function iterate(pairs: NameValuePairs): Iterable<readonly [Bytes, Bytes]> {
  return Symbol.iterator in pairs ? (pairs as Iterable<readonly [Bytes, Bytes]>) : Object.entries(pairs);
}

function bytesOf(value: Bytes): Uint8Array {
  return typeof value === 'string' ? utf8.encode(value) : value;
}

function lengthSize(length: number, long: boolean): number {
  check('length of a name or value', length, 0, 0x7fffffff);
  return long || length > 127 ? 4 : 1;
}

function writeLength(target: Uint8Array, at: number, length: number, long: boolean): number {
  if (!long && length <= 127) {
    target[at] = length;
    return at + 1;
  }
  target[at] = (length >>> 24) | 0x80;
  target[at + 1] = length >>> 16;
  target[at + 2] = length >>> 8;
  target[at + 3] = length;
  return at + 4;
}

function checkRequestId(requestId: number): void {
  check('request id of an application record', requestId, 1, 65535);
}

function check(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new RangeError(`${name} must be an integer from ${least} to ${most}, not ${value}`);
}
