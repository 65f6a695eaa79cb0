// One request whole: its PARAMS and its streams put together from their records, as text or as the very bytes.
import type { DecodedPair, DecodedRecord } from '../analysis/decoded-record.js';
import * as type from '../fastcgi/constants.js';
import { ResponseHead } from '../fastcgi/response-head.js';
import { decodeBytes } from '../model/byte-strings.js';
import { endBody, pairText } from './decode-record.js';
import { formatCount } from './format-count.js';
import { redactText } from './redact.js';
import { safeText } from './safe-text.js';
import { type Style, styleFor } from './style.js';
import { asciiText } from './symbols.js';

/** `body` is STDOUT without its CGI response head. */
export const STREAM_NAMES = ['params', 'stdin', 'stdout', 'stderr', 'data', 'body'] as const;
export type StreamName = (typeof STREAM_NAMES)[number];

const STREAM_OF: Readonly<Record<number, 'stdin' | 'stdout' | 'stderr' | 'data'>> = {
  [type.STDIN]: 'stdin',
  [type.STDOUT]: 'stdout',
  [type.STDERR]: 'stderr',
  [type.DATA]: 'data',
};
const SCGI_STREAM_OF: Readonly<Record<string, 'stdin' | 'stdout'>> = { BODY: 'stdin', RESPONSE: 'stdout' };

/** The stream that a record's content belongs to. */
export function streamOf(record: DecodedRecord): 'stdin' | 'stdout' | 'stderr' | 'data' | undefined {
  return record.protocol === 'scgi' ? SCGI_STREAM_OF[record.name] : STREAM_OF[record.type];
}

/** Hands on the bytes of one stream as they are, record by record. */
export class RawStream {
  private readonly head = new ResponseHead();

  constructor(
    private readonly name: Exclude<StreamName, 'params'>,
    private readonly write: (bytes: Uint8Array) => void,
  ) {}

  record(record: DecodedRecord): void {
    const stream = this.name === 'body' ? 'stdout' : this.name;
    if (streamOf(record) !== stream || record.content.length === 0) return;
    const { content } = record;
    let start = 0;
    if (this.name === 'body' && !this.head.complete) {
      start = this.head.push(content, 0, content.length);
      // The head goes on in the next record.
      if (!this.head.complete) return;
    }
    if (start < content.length) this.write(content.slice(start));
  }
}

/** Bytes kept of each stream for the text form. */
const MAX_KEPT = 64 * 1024 * 1024;

export interface RequestTextOptions {
  readonly colour?: boolean;
  readonly ascii?: boolean;
  readonly showSecrets?: boolean;
  /** Only this one; default all there are. */
  readonly stream?: StreamName | undefined;
}

/** Collects the records of one request and shows them stream by stream. */
export class RequestText {
  /** Whether any record of it came. */
  found = false;
  private readonly pairs: DecodedPair[] = [];
  private readonly kept = {
    stdin: [] as Uint8Array[],
    stdout: [] as Uint8Array[],
    stderr: [] as Uint8Array[],
    data: [] as Uint8Array[],
  };
  private readonly lengths = { stdin: 0, stdout: 0, stderr: 0, data: 0 };
  private missing = 0;
  private end = '';
  private readonly style: Style;

  constructor(private readonly options: RequestTextOptions) {
    this.style = styleFor(options.colour ?? false);
  }

  record(record: DecodedRecord): void {
    this.found = true;
    this.pairs.push(...record.pairs);
    this.missing += record.missingLength;
    const end = record.type === type.END_REQUEST ? endBody(record) : undefined;
    if (end) this.end = `appStatus ${end.appStatus}, ${type.protocolStatusName(end.protocolStatus)}`;
    const stream = streamOf(record);
    if (!stream || record.content.length === 0) return;
    if (this.lengths[stream] < MAX_KEPT) this.kept[stream].push(record.content.slice());
    this.lengths[stream] += record.content.length;
  }

  /** The text, in pieces that end with a line break. */
  *text(): Generator<string> {
    const { stream } = this.options;
    if (stream === undefined || stream === 'params') yield* this.paramsText();
    for (const name of ['stdin', 'data', 'stdout', 'stderr'] as const) {
      if (stream === undefined ? this.lengths[name] > 0 : stream === name || (stream === 'body' && name === 'stdout')) {
        yield* this.streamText(name);
      }
    }
    if (stream !== undefined) return;
    yield `${this.style.strong('END_REQUEST')}  ${this.end || 'did not come'}\n`;
    if (this.missing > 0) yield `${formatCount(this.missing)} bytes of it are not in the capture\n`;
  }

  private *paramsText(): Generator<string> {
    if (this.options.stream === undefined) yield `${this.style.strong('PARAMS')}  ${formatCount(this.pairs.length)}\n`;
    for (const pair of this.pairs) {
      const { name, value } = pairText(pair, this.options.showSecrets ?? false);
      yield `${this.printable(name)} = ${this.printable(value)}\n`;
    }
    if (this.options.stream === undefined) yield '\n';
  }

  private *streamText(name: 'stdin' | 'stdout' | 'stderr' | 'data'): Generator<string> {
    let bytes = joined(this.kept[name]);
    if (this.options.stream === undefined)
      yield `${this.style.strong(name.toUpperCase())}  ${formatCount(this.lengths[name])} bytes\n`;
    else if (this.options.stream === 'body') bytes = bytes.subarray(headLength(bytes));
    const text = decodeBytes(bytes);
    const shown = this.options.showSecrets ? text : redactText(text);
    const lines = shown.split(/\r?\n/);
    if (lines[lines.length - 1] === '') lines.pop();
    for (const line of lines) yield `${this.printable(line)}\n`;
    if (this.lengths[name] > bytes.length && this.options.stream !== 'body')
      yield 'the rest is left out here; --raw has it\n';
    if (this.options.stream === undefined) yield '\n';
  }

  private printable(text: string): string {
    return this.options.ascii ? asciiText(safeText(text)) : safeText(text);
  }
}

function headLength(bytes: Uint8Array): number {
  const head = new ResponseHead();
  const body = head.push(bytes, 0, bytes.length);
  return head.complete ? body : bytes.length;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
