// Writes SCGI requests: the headers as a netstring, then the body. An SCGI response is plain CGI output and needs no
// encoder. A value that the protocol cannot express throws a RangeError: it is a mistake of the caller.
import { latin1Text } from '../model/byte-strings.js';

/** Text is written as UTF-8. */
export type Bytes = Uint8Array | string;

/** Headers in the order they are written: an object, a Map or a list of [name, value]. */
export type Headers = Iterable<readonly [Bytes, Bytes]> | Readonly<Record<string, Bytes>>;

const NO_BYTES = new Uint8Array(0);
const NAME_CONTENT_LENGTH = 'CONTENT_LENGTH';
const utf8 = new TextEncoder();

/** `<length>:<content>,` */
export function netstring(content: Bytes): Uint8Array {
  const body = bytesOf(content);
  return join([utf8.encode(`${body.length}:`), body, utf8.encode(',')]);
}

/**
 * Headers as SCGI writes them, `name NUL value NUL`, as they are given: nothing is added and no rule but the one about
 * NUL is kept, so that wrong requests can be written too.
 * @throws RangeError if a name or value contains a NUL, which would end it early.
 */
export function headerBlock(headers: Headers): Uint8Array {
  const parts: Uint8Array[] = [];
  const nul = new Uint8Array(1);
  for (const [name, value] of iterate(headers)) {
    const nameBytes = bytesOf(name);
    const valueBytes = bytesOf(value);
    if (nameBytes.includes(0) || valueBytes.includes(0)) throw new RangeError('a header contains a NUL byte');
    parts.push(nameBytes, nul, valueBytes, nul);
  }
  return join(parts);
}

/**
 * A whole request. CONTENT_LENGTH comes first and is that of the body, `SCGI: 1` comes second; both are added here and
 * must not be given.
 * @throws RangeError if a name is empty, repeated, CONTENT_LENGTH or SCGI, or if a name or value contains a NUL.
 */
export function request(headers: Headers, body: Bytes = NO_BYTES): Uint8Array {
  const bodyBytes = bytesOf(body);
  const all: (readonly [Bytes, Bytes])[] = [
    [NAME_CONTENT_LENGTH, String(bodyBytes.length)],
    ['SCGI', '1'],
  ];
  const names = new Set<string>([NAME_CONTENT_LENGTH, 'SCGI']);
  for (const header of iterate(headers)) {
    const name = latin1Text(bytesOf(header[0]));
    if (name === '') throw new RangeError('a header has an empty name');
    if (names.has(name)) throw new RangeError(`the header ${name} is given twice`);
    names.add(name);
    all.push(header);
  }
  return join([netstring(headerBlock(all)), bodyBytes]);
}

function iterate(headers: Headers): Iterable<readonly [Bytes, Bytes]> {
  return Symbol.iterator in headers ? (headers as Iterable<readonly [Bytes, Bytes]>) : Object.entries(headers);
}

function bytesOf(value: Bytes): Uint8Array {
  return typeof value === 'string' ? utf8.encode(value) : value;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  let total = 0;
  for (const part of parts) total += part.length;
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
