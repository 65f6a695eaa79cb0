// The CGI response in a STDOUT stream (RFC 3875, section 6), as a web server reads it: status, headers, where the body
// begins. The head is kept as bytes; its headers are read when somebody looks at them. Used for SCGI as well.
import { MAX_HEAD, ResponseHead } from '../fastcgi/response-head.js';
import { decodeBytes } from '../model/byte-strings.js';
import { copyBytes } from '../model/copy-bytes.js';
import { NO_STATUS } from '../model/request-table.js';

const NO_BYTES = new Uint8Array(0);
const COLON = 58;
const NEWLINE = 10;
const RETURN = 13;

/** What is wrong with a head. */
export type HeadFault =
  /** It begins with a status line: FastCGI has no non-parsed headers. */
  | 'non-parsed'
  /** A line that is no `Name: value`. */
  | 'malformed'
  /** A Status header without a number. */
  | 'bad-status'
  /** Longer than the limit. */
  | 'too-large';

export class CgiResponse {
  private readonly head = new ResponseHead();
  private raw: Uint8Array = NO_BYTES;
  private rawLength = 0;
  private lines: ResponseHeaders | undefined;

  /** @param limit most bytes of the head, blank line included. */
  constructor(private readonly limit = MAX_HEAD) {}

  /** The head is complete: what comes now is the body. */
  get complete(): boolean {
    return this.head.complete;
  }

  /** Bytes of the head so far. */
  get length(): number {
    return this.head.length;
  }

  /** What is wrong with the head so far; undefined while nothing is. */
  get fault(): HeadFault | undefined {
    if (this.head.length > this.limit) return 'too-large';
    if (this.head.malformed) return this.statusLine() ? 'non-parsed' : 'malformed';
    return this.head.complete && this.head.httpStatus === NO_STATUS ? 'bad-status' : undefined;
  }

  /**
   * The HTTP status: of Status, else 302 for a Location, else 200; of a status line where there is one (`non-parsed`); 0
   * for a Status without a number.
   */
  get status(): number {
    const line = this.head.malformed ? this.statusLine() : undefined;
    return line ? Number(line[1]) : this.head.httpStatus === NO_STATUS ? 0 : this.head.httpStatus;
  }

  /** The text after the status number, '' without one. */
  get reason(): string {
    const line = this.head.malformed ? this.statusLine() : undefined;
    if (line) return line[2].trim();
    return /^\s*\d+\s*(.*)$/.exec(this.headers.get('status') ?? '')?.[1] ?? '';
  }

  /** Content-Length; undefined where there is none or it is no number. */
  get contentLength(): number | undefined {
    return this.head.contentLength >= 0 ? this.head.contentLength : undefined;
  }

  /** The headers that are complete, in their order. */
  get headers(): ResponseHeaders {
    this.lines ??= new ResponseHeaders(this.raw.subarray(0, this.rawLength));
    return this.lines;
  }

  /** The head as it came, so far. */
  get bytes(): Uint8Array {
    return this.raw.subarray(0, this.rawLength);
  }

  /**
   * The next bytes of STDOUT. Returns where the body begins in them, or `end` while the head goes on. After a fault the
   * rest is not read.
   */
  push(bytes: Uint8Array, start: number, end: number): number {
    if (this.head.complete) return start;
    const body = this.head.push(bytes, start, end);
    this.keep(bytes, start, body);
    return body;
  }

  private keep(bytes: Uint8Array, start: number, end: number): void {
    const needed = Math.min(this.rawLength + end - start, this.limit);
    const length = needed - this.rawLength;
    if (this.rawLength === 0) {
      this.raw = copyBytes(bytes, start, start + length);
    } else {
      if (needed > this.raw.length) {
        const larger = new Uint8Array(Math.min(this.limit, Math.max(256, needed * 2)));
        larger.set(this.raw.subarray(0, this.rawLength));
        this.raw = larger;
      }
      this.raw.set(bytes.subarray(start, start + length), this.rawLength);
    }
    this.rawLength = needed;
    this.lines = undefined;
  }

  private statusLine(): RegExpExecArray | undefined {
    const text = decodeBytes(this.raw.subarray(0, Math.min(this.rawLength, 200)));
    return /^HTTP\/\d+(?:\.\d+)?[ \t]+(\d{3})([^\r\n]*)/.exec(text) ?? undefined;
  }
}

/** Headers of a response, in their order; names are found in any case. Repeated ones (Set-Cookie) are kept apart. */
export class ResponseHeaders implements Iterable<readonly [string, string]> {
  private list: (readonly [string, string])[] | undefined;

  /** @param raw the head as bytes: complete lines count. */
  constructor(private readonly raw: Uint8Array) {}

  /** The first value of that name. */
  get(name: string): string | undefined {
    const wanted = name.toLowerCase();
    for (const [key, value] of this.all()) if (key.toLowerCase() === wanted) return value;
    return undefined;
  }

  /** Every value of that name, in order. */
  getAll(name: string): string[] {
    const wanted = name.toLowerCase();
    return this.all()
      .filter(([key]) => key.toLowerCase() === wanted)
      .map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  [Symbol.iterator](): Iterator<readonly [string, string]> {
    return this.all()[Symbol.iterator]();
  }

  /** Names as they came, the last value of each. */
  toJSON(): Record<string, string> {
    return Object.fromEntries(this.all());
  }

  private all(): readonly (readonly [string, string])[] {
    this.list ??= parse(this.raw);
    return this.list;
  }
}

function parse(raw: Uint8Array): (readonly [string, string])[] {
  const list: (readonly [string, string])[] = [];
  for (let line = 0; line < raw.length; ) {
    const newline = raw.indexOf(NEWLINE, line);
    if (newline === -1) break;
    const end = newline > line && raw[newline - 1] === RETURN ? newline - 1 : newline;
    const colon = raw.indexOf(COLON, line);
    if (colon > line && colon < end) {
      list.push([decodeBytes(raw.subarray(line, colon)).trim(), decodeBytes(raw.subarray(colon + 1, end)).trim()]);
    }
    line = newline + 1;
  }
  return list;
}

const VARIABLE = 'variable-';

/**
 * The variables an Authorizer's answer sets (section 6.3): its `Variable-NAME: value` headers, the name after the prefix
 * unchanged. They count only where the status is 200.
 */
export function authorizerVariables(headers: Iterable<readonly [string, string]>): Map<string, string> {
  const variables = new Map<string, string>();
  for (const [name, value] of headers) {
    if (name.toLowerCase().startsWith(VARIABLE) && name.length > VARIABLE.length)
      variables.set(name.slice(VARIABLE.length), value);
  }
  return variables;
}
