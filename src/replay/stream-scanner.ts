// Looks at one side's stream on its way into a case: which records end in a piece of it, how many requests begin and end
// there, and where secrets are written over. The bytes are changed where they lie, never their number.
import {
  BEGIN_REQUEST,
  END_REQUEST,
  GET_VALUES_RESULT,
  HEADER_LENGTH,
  MAX_TYPE,
  PARAMS,
  STDERR,
  STDIN,
  STDOUT,
  typeName,
  VERSION_1,
} from '../fastcgi/constants.js';
import { RecordParser, type RecordSink } from '../fastcgi/record-parser.js';
import { type Side, WEB_SERVER } from '../model/side.js';
import { HeadMask } from './head-mask.js';
import { PairMask } from './pair-mask.js';

/** What a piece of a stream held. */
export interface Scanned {
  begins: number;
  asked: number;
  ends: number;
  records: string[];
}

/** A stream as the maker of a case uses it. */
export interface StreamScanner {
  /** Values that were written over. */
  readonly masked: number;
  /** A piece of the stream, to be changed where secrets are. */
  push(bytes: Uint8Array, start: number, end: number): Scanned;
  /** Of so many missing bytes those that can be made up without losing the framing; after less the framing is lost. */
  fillable(length: number): number;
  /** Where in this piece a stream whose beginning is unknown can be followed from; it is then. -1: not here. */
  begin(bytes: Uint8Array, start: number, end: number): number;
}

/** Records named for one piece. */
const MOST_RECORDS = 8;
/** Requests at once of a connection whose secrets are looked for; a stream with more is no web server's. */
const MOST_REQUESTS = 4096;

export class RecordScanner implements StreamScanner, RecordSink {
  masked = 0;
  private readonly parser = new RecordParser(this);
  private readonly params = new Map<number, PairMask>();
  private readonly heads = new Map<number, HeadMask>();
  private found: Scanned = nothing();
  private length = 0;

  constructor(
    private readonly side: Side,
    private readonly maskSecrets: boolean,
  ) {}

  push(bytes: Uint8Array, start: number, end: number): Scanned {
    this.found = nothing();
    this.parser.push(bytes, start, end);
    return this.found;
  }

  fillable(length: number): number {
    const { parser } = this;
    if (parser.stopped || parser.searching || parser.inHeader || parser.atBoundary) return 0;
    const end = parser.recordOffset + HEADER_LENGTH + parser.contentLength + parser.paddingLength;
    return Math.min(length, Math.max(0, end - parser.offset));
  }

  begin(bytes: Uint8Array, start: number, end: number): number {
    // The web server's first whole request; of the application any record that the next one follows.
    for (let at = start; at + HEADER_LENGTH <= end; at++) {
      if (!this.mayBegin(bytes, at)) continue;
      const next = recordEnd(bytes, at);
      // A text may hold what looks like a record; two in a row it hardly does.
      if (at > start && next + HEADER_LENGTH <= end && !isHeader(bytes, next)) continue;
      this.parser.restart();
      return at;
    }
    return -1;
  }

  /** The web server's stream begins with a request, the application's with anything that it sends. */
  private mayBegin(bytes: Uint8Array, at: number): boolean {
    const type = bytes[at + 1];
    if (!isHeader(bytes, at)) return false;
    if (this.side === WEB_SERVER) return type === BEGIN_REQUEST;
    return type === END_REQUEST || type === STDOUT || type === STDERR || type === GET_VALUES_RESULT;
  }

  recordBegin(): void {
    this.length = 0;
  }

  recordContent(parser: RecordParser, bytes: Uint8Array, start: number, end: number): void {
    this.length += end - start;
    const { type, requestId } = parser;
    if (!this.maskSecrets) return;
    if (type === PARAMS) this.mask(this.params, requestId, () => new PairMask(), bytes, start, end);
    else if (type === STDOUT) this.mask(this.heads, requestId, () => new HeadMask(), bytes, start, end);
  }

  recordWhole(parser: RecordParser, bytes: Uint8Array, start: number, end: number): void {
    this.length = 0;
    if (end > start) this.recordContent(parser, bytes, start, end);
    this.recordEnd(parser);
  }

  recordEnd({ type, requestId, contentLength }: RecordParser): void {
    const { found } = this;
    if (type === BEGIN_REQUEST) {
      found.begins++;
      this.params.delete(requestId);
    } else if (type === STDIN && contentLength === 0) found.asked++;
    else if (type === END_REQUEST) {
      found.ends++;
      this.heads.delete(requestId);
    } else if (type === PARAMS && contentLength === 0) this.params.delete(requestId);
    if (found.records.length < MOST_RECORDS) found.records.push(`${typeName(type)} ${requestId} (${contentLength})`);
    else if (found.records.length === MOST_RECORDS) found.records.push('...');
  }

  recordMissing(): void {}

  recordBadVersion(): void {}

  recordResynchronised(): void {}

  knowsRequest(): boolean {
    return true;
  }

  private mask<T extends PairMask | HeadMask>(
    masks: Map<number, T>,
    requestId: number,
    make: () => T,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    let mask = masks.get(requestId);
    if (mask === undefined) {
      if (masks.size >= MOST_REQUESTS) masks.clear();
      mask = make();
      masks.set(requestId, mask);
    }
    const before = mask.masked;
    mask.push(bytes, start, end);
    this.masked += mask.masked - before;
  }
}

function isHeader(bytes: Uint8Array, at: number): boolean {
  const type = bytes[at + 1];
  if (bytes[at] !== VERSION_1 || bytes[at + 7] !== 0 || type < BEGIN_REQUEST || type > MAX_TYPE) return false;
  const fixed = type === BEGIN_REQUEST || type === END_REQUEST;
  return !fixed || ((bytes[at + 4] << 8) | bytes[at + 5]) === 8;
}

function recordEnd(bytes: Uint8Array, at: number): number {
  return at + HEADER_LENGTH + ((bytes[at + 4] << 8) | bytes[at + 5]) + bytes[at + 6];
}

export function nothing(): Scanned {
  return { begins: 0, asked: 0, ends: 0, records: [] };
}
