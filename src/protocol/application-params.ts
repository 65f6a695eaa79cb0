// The PARAMS of one request (specification 1.0, sections 3.4 and 5.2): kept as the bytes they came in, and decoded when
// somebody looks, since most handlers look at three of thirty.
import { type NameValuePairs, nameValuePairs } from '../fastcgi/encode.js';
import { EVERY_LENGTH, NameValueParser, type PairSink } from '../fastcgi/name-value.js';
import { decodeBytes, latin1Text } from '../model/byte-strings.js';
import type { ApplicationLimits } from './application-options.js';

const NO_BYTES = new Uint8Array(0);
const utf8 = new TextEncoder();

/**
 * The name-value pairs of a request. Names and values are bytes; as text they are UTF-8 where that is valid, else one
 * character a byte (Latin-1), so that nothing is lost. A name may come twice: lookups give the last, lists give all.
 */
export class Params implements Iterable<[string, string]> {
  static readonly empty = new Params(NO_BYTES, 0);
  private valueStart = 0;
  private valueEnd = 0;

  /** @param content whole name-value pairs, as `nameValuePairs` writes them; kept, not copied. */
  constructor(
    private readonly content: Uint8Array,
    /** Number of pairs. */
    readonly size: number,
  ) {}

  /** Params out of pairs: for requests that came another way. */
  static from(pairs: NameValuePairs): Params {
    const collector = new ParamsCollector();
    const content = nameValuePairs(pairs);
    collector.push(content, 0, content.length);
    return collector.finish();
  }

  /** Length of the pairs as they were sent, in bytes. */
  get byteLength(): number {
    return this.content.length;
  }

  /** The last value of that name; undefined where there is none. An empty value is ''. */
  get(name: string): string | undefined {
    return this.find(name) ? text(this.content, this.valueStart, this.valueEnd) : undefined;
  }

  /** The same as bytes, which are the request's own: not to be changed. */
  getBytes(name: string): Uint8Array | undefined {
    return this.find(name) ? this.content.subarray(this.valueStart, this.valueEnd) : undefined;
  }

  /** The same with each byte as one character. */
  getLatin1(name: string): string | undefined {
    const bytes = this.getBytes(name);
    return bytes && latin1Text(bytes);
  }

  has(name: string): boolean {
    return this.find(name);
  }

  /** Every value of that name, in their order. */
  getAll(name: string): string[] {
    const values: string[] = [];
    for (const [other, value] of this) if (other === name) values.push(value);
    return values;
  }

  /** All pairs as text, in their order. */
  *[Symbol.iterator](): IterableIterator<[string, string]> {
    for (const [name, value] of this.bytes()) yield [text(name, 0, name.length), text(value, 0, value.length)];
  }

  /** All pairs as bytes, in their order. */
  *bytes(): IterableIterator<[Uint8Array, Uint8Array]> {
    const { content } = this;
    for (let at = 0; at < content.length; ) {
      at = this.pairAt(at);
      yield [content.subarray(this.nameStart, this.valueStart), content.subarray(this.valueStart, this.valueEnd)];
    }
  }

  /** Calls back with each pair as text, in their order: the fastest way to see all. */
  forEach(visit: (value: string, name: string) => void): void {
    const { content } = this;
    for (let at = 0; at < content.length; ) {
      at = this.pairAt(at);
      const { nameStart, valueStart, valueEnd } = this;
      visit(text(content, valueStart, valueEnd), text(content, nameStart, valueStart));
    }
  }

  /** All pairs as an object without a prototype; of a repeated name the last. */
  toObject(): Record<string, string> {
    const object = Object.create(null) as Record<string, string>;
    this.forEach((value, name) => {
      object[name] = value;
    });
    return object;
  }

  private nameStart = 0;

  private find(name: string): boolean {
    const wanted = byteName(name);
    const { content } = this;
    const { length } = wanted;
    let start = -1;
    let end = 0;
    for (let at = 0; at < content.length; ) {
      const first = content[at];
      const second = content[at + 1];
      // Nearly all pairs have two lengths of one byte, and nearly all names differ in theirs.
      if ((first | second) < 0x80) {
        const value = at + 2 + first;
        const next = value + second;
        if (first === length && same(content, at + 2, wanted)) {
          start = value;
          end = next;
        }
        at = next;
      } else {
        at = this.pairAt(at);
        if (this.valueStart - this.nameStart === length && same(content, this.nameStart, wanted)) {
          start = this.valueStart;
          end = this.valueEnd;
        }
      }
    }
    if (start === -1) return false;
    this.valueStart = start;
    this.valueEnd = end;
    return true;
  }

  /** Reads the lengths of the pair at `at`; returns where the next one begins. */
  private pairAt(at: number): number {
    const { content } = this;
    const nameLength = lengthAt(content, at);
    at += content[at] < 0x80 ? 1 : 4;
    const valueLength = lengthAt(content, at);
    at += content[at] < 0x80 ? 1 : 4;
    this.nameStart = at;
    this.valueStart = at + nameLength;
    return (this.valueEnd = this.valueStart + valueLength);
  }
}

/** Puts the PARAMS stream together, cut into records anywhere, and sees that it keeps the limits. */
export class ParamsCollector implements PairSink {
  readonly wantedLengths = EVERY_LENGTH;
  /** Content bytes so far. */
  length = 0;
  private count = 0;
  private largest = 0;
  private content: Uint8Array = NO_BYTES;
  /** `content` is memory of its own, with room for more. */
  private own = false;
  private readonly parser = new NameValueParser();

  /** The next content bytes[start..end); they may be kept where they lie. */
  push(bytes: Uint8Array, start: number, end: number): void {
    this.parser.push(bytes, start, end, this);
    const before = this.length;
    this.length += end - start;
    // Nearly always all come in one piece. Of a large buffer a small piece is not kept: it would keep all of it.
    if (before === 0 && bytes.buffer.byteLength <= this.length * 4 + 1024) {
      this.content = bytes.subarray(start, end);
      return;
    }
    if (!this.own || this.length > this.content.length) {
      const larger = new Uint8Array(before === 0 ? this.length : this.length * 2);
      larger.set(this.content.subarray(0, before));
      this.content = larger;
      this.own = true;
    }
    this.content.set(bytes.subarray(start, end), before);
  }

  pair(_bytes: Uint8Array, nameStart: number, _valueStart: number, valueEnd: number): void {
    this.count++;
    if (valueEnd - nameStart > this.largest) this.largest = valueEnd - nameStart;
  }

  /** What of the limits was broken so far, as a sentence. */
  excess(limits: ApplicationLimits): string | undefined {
    if (this.length > limits.paramsBytes) return `PARAMS are longer than ${limits.paramsBytes} bytes`;
    if (this.count > limits.paramsCount) return `PARAMS have more than ${limits.paramsCount} pairs`;
    if (this.largest > limits.pairBytes || this.parser.overflowed)
      return `a pair of PARAMS is longer than ${limits.pairBytes} bytes`;
    return undefined;
  }

  /** Whether the stream, if it ended now, would end inside a pair. */
  get truncated(): boolean {
    return this.parser.pending;
  }

  /** The pairs, at the end of the stream. */
  finish(): Params {
    if (this.count === 0) return Params.empty;
    return new Params(this.content.subarray(0, this.length), this.count);
  }
}

function lengthAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first < 0x80) return first;
  return ((first & 0x7f) << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}

/** The name with one character a byte. */
function byteName(name: string): string {
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) > 0x7f) return latin1Text(utf8.encode(name));
  return name;
}

function same(bytes: Uint8Array, start: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name.charCodeAt(i)) return false;
  return true;
}

function text(bytes: Uint8Array, start: number, end: number): string {
  let value = '';
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (byte > 0x7f) return decodeBytes(bytes.subarray(start, end));
    value += String.fromCharCode(byte);
  }
  return value;
}
