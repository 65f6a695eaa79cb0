// Cuts one side's byte stream into FastCGI records (specification 1.0, section 3.3). Sans-IO: bytes are pushed in
// chunks of any size, the sink hears of each record. Content is handed on where it lies, never copied.
import { viewOf } from '../model/byte-view.js';
import { BEGIN_REQUEST, END_REQUEST, HEADER_LENGTH, MAX_TYPE, VERSION_1 } from './constants.js';

/** Hears of records. The parser's fields describe the record at hand. */
export interface RecordSink {
  /** A header is complete. */
  recordBegin(parser: RecordParser): void;
  /** A piece of the content, in order. */
  recordContent(parser: RecordParser, bytes: Uint8Array, start: number, end: number): void;
  /** `length` bytes of the content are missing (see `gap`). */
  recordMissing(parser: RecordParser, length: number): void;
  /**
   * A whole record, its content bytes[start..end) in one piece: instead of recordBegin, recordContent and recordEnd.
   */
  recordWhole(parser: RecordParser, bytes: Uint8Array, start: number, end: number): void;
  /** Content and padding are complete. */
  recordEnd(parser: RecordParser): void;
  /** A header whose version is not 1 stands at `recordOffset`; the parser has stopped. */
  recordBadVersion(parser: RecordParser, version: number): void;
  /** After a gap or a mid-stream start: a plausible header was found at `recordOffset`, `skipped` bytes after the loss. */
  recordResynchronised(parser: RecordParser, skipped: number): void;
  /** Whether a request with this id is known, which makes a header with it more plausible. */
  knowsRequest(requestId: number): boolean;
}

const IN_HEADER = 0;
const IN_CONTENT = 1;
const IN_PADDING = 2;
const SEARCHING = 3;
const STOPPED = 4;

export class RecordParser {
  /** The record at hand. `recordOffset` is the stream offset of its header. */
  type = 0;
  requestId = 0;
  contentLength = 0;
  paddingLength = 0;
  recordOffset = Number.NaN;
  /** Bytes of this record's content that a gap swallowed. */
  missingLength = 0;
  /** Stream offset of the next byte to come. */
  offset = Number.NaN;

  private sink: RecordSink;
  private state = IN_HEADER;
  private left = 0;
  /** A header that came in pieces, or may be one; most connections never need it. */
  private pieces: Uint8Array | undefined;
  private filled = 0;
  private searchStart = Number.NaN;
  /** The record at hand was found by searching, and no header after it confirmed that yet. */
  private unconfirmed = false;

  constructor(sink: RecordSink) {
    this.sink = sink;
    this.restart();
  }

  /** Back to the start of a stream, for reuse. */
  restart(): void {
    this.offset = 0;
    this.recordOffset = 0;
    this.searchStart = 0;
    this.filled = 0;
    this.state = IN_HEADER;
    this.left = 0;
    this.unconfirmed = false;
    this.missingLength = 0;
  }

  /** True between records: the stream may end here. */
  get atBoundary(): boolean {
    return this.state === IN_HEADER && this.filled === 0;
  }

  private get header(): Uint8Array {
    return (this.pieces ??= new Uint8Array(HEADER_LENGTH));
  }

  /** True inside a header: the record it begins is not known yet. */
  get inHeader(): boolean {
    return this.state === IN_HEADER && this.filled > 0;
  }

  /** True once decoding of this direction has ended because of a bad version. */
  get stopped(): boolean {
    return this.state === STOPPED;
  }

  /** True while looking for a header after a loss. */
  get searching(): boolean {
    return this.state === SEARCHING;
  }

  /** The stream's start is not known: look for a plausible header. */
  search(): void {
    this.state = SEARCHING;
    this.searchStart = this.offset;
    this.filled = 0;
    this.unconfirmed = false;
  }

  /** The next bytes of the stream: bytes[at..end). */
  push(bytes: Uint8Array, at: number, end: number): void {
    while (at < end) {
      switch (this.state) {
        case IN_HEADER: {
          if (this.filled === 0) {
            this.recordOffset = this.offset;
            // The version is judged as soon as it is there: a stream that is not FastCGI may never send 8 bytes.
            if (bytes[at] !== VERSION_1) {
              this.offset++;
              this.badVersion(bytes[at++]);
              break;
            }
            if (end - at >= HEADER_LENGTH) {
              const start = at + HEADER_LENGTH;
              this.readHeader(bytes, at);
              const next = start + this.contentLength + this.paddingLength;
              if (next <= end) {
                this.offset += next - at;
                this.sink.recordWhole(this, bytes, start, start + this.contentLength);
                at = next;
              } else {
                this.offset += HEADER_LENGTH;
                this.beginRecord();
                at = start;
              }
              break;
            }
          }
          this.header[this.filled++] = bytes[at++];
          this.offset++;
          if (this.filled === HEADER_LENGTH) {
            this.filled = 0;
            this.readHeader(this.header, 0);
            this.beginRecord();
          }
          break;
        }
        case IN_CONTENT: {
          const length = Math.min(this.left, end - at);
          this.sink.recordContent(this, bytes, at, at + length);
          at += length;
          this.offset += length;
          this.left -= length;
          if (this.left === 0) this.endContent();
          break;
        }
        case IN_PADDING: {
          const length = Math.min(this.left, end - at);
          at += length;
          this.offset += length;
          this.left -= length;
          if (this.left === 0) this.endRecord();
          break;
        }
        case SEARCHING:
          at = this.searchByte(bytes, at);
          break;
        default:
          this.offset += end - at;
          at = end;
      }
    }
  }

  /** `length` bytes of the stream are missing. Inside a record the framing survives; past its end it is lost. */
  gap(length: number): void {
    if (this.state === STOPPED) {
      this.offset += length;
      return;
    }
    const inContent = this.state === IN_CONTENT;
    const record = inContent ? this.left + this.paddingLength : this.state === IN_PADDING ? this.left : -1;
    if (length > record || record === -1) {
      // The record at hand was sent whole: only what comes after it is unknown.
      if (inContent) {
        this.missingLength += this.left;
        this.sink.recordMissing(this, this.left);
      }
      if (record !== -1) this.endRecord();
      this.offset += length;
      this.search();
      return;
    }
    this.offset += length;
    if (inContent) {
      const missing = Math.min(length, this.left);
      this.missingLength += missing;
      this.sink.recordMissing(this, missing);
      this.left -= missing;
      length -= missing;
      if (this.left > 0) return;
      this.endContent();
      if (length === 0) return;
    }
    this.left -= length;
    if (this.left === 0) this.endRecord();
  }

  private readHeader(bytes: Uint8Array, at: number): void {
    const view = viewOf(bytes);
    const which = view.getUint32(at);
    const lengths = view.getUint32(at + 4);
    this.unconfirmed = false;
    this.type = (which >>> 16) & 0xff;
    this.requestId = which & 0xffff;
    this.contentLength = lengths >>> 16;
    this.paddingLength = (lengths >>> 8) & 0xff;
    this.missingLength = 0;
  }

  /** After a header: its content comes next. */
  private beginRecord(): void {
    this.sink.recordBegin(this);
    if (this.contentLength > 0) {
      this.left = this.contentLength;
      this.state = IN_CONTENT;
    } else {
      this.endContent();
    }
  }

  private badVersion(version: number): void {
    if (this.unconfirmed) {
      // The header that ended the search was an accident: go on searching.
      this.search();
      return;
    }
    this.state = STOPPED;
    this.sink.recordBadVersion(this, version);
  }

  private endContent(): void {
    if (this.paddingLength > 0) {
      this.left = this.paddingLength;
      this.state = IN_PADDING;
    } else {
      this.endRecord();
    }
  }

  private endRecord(): void {
    this.state = IN_HEADER;
    this.sink.recordEnd(this);
  }

  /** Slides an 8-byte window over the stream until it holds a plausible header. Returns the next index. */
  private searchByte(bytes: Uint8Array, at: number): number {
    const header = this.header;
    if (this.filled === HEADER_LENGTH) {
      header.copyWithin(0, 1);
      this.filled = HEADER_LENGTH - 1;
    }
    header[this.filled++] = bytes[at];
    this.offset++;
    // Drop leading bytes that can't begin a header, so that a match is never missed.
    while (this.filled > 0 && !this.mayBeginHeader()) {
      header.copyWithin(0, 1);
      this.filled--;
    }
    if (this.filled === HEADER_LENGTH && this.plausible()) {
      this.filled = 0;
      this.recordOffset = this.offset - HEADER_LENGTH;
      const skipped = this.recordOffset - this.searchStart;
      this.state = IN_HEADER;
      this.sink.recordResynchronised(this, skipped);
      this.readHeader(header, 0);
      this.beginRecord();
      this.unconfirmed = true;
    }
    return at + 1;
  }

  private mayBeginHeader(): boolean {
    return this.header[0] === VERSION_1 && (this.filled < 2 || (this.header[1] >= 1 && this.header[1] <= MAX_TYPE));
  }

  private plausible(): boolean {
    const h = this.header;
    const type = h[1];
    const requestId = (h[2] << 8) | h[3];
    const length = (h[4] << 8) | h[5];
    if (h[7] !== 0) return false;
    if (type === BEGIN_REQUEST) return length === 8;
    if (type === END_REQUEST && length !== 8) return false;
    if (type > 8) return requestId === 0;
    return this.sink.knowsRequest(requestId);
  }
}
