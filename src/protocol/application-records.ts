// Records from the web server as the application's end wants them: streams in pieces where they lie, the small records
// that only make sense whole put together.
import { ABORT_REQUEST, BEGIN_REQUEST, DATA, GET_VALUES, MAX_TYPE, PARAMS, STDIN } from '../fastcgi/constants.js';
import { RecordParser, type RecordSink } from '../fastcgi/record-parser.js';

/** FCGI_BeginRequestBody (section 5.1). */
const BEGIN_BODY = 8;
const NO_BYTES = new Uint8Array(0);

/** Hears of records. The reader's fields say which record is at hand. */
export interface RecordReceiver {
  /** A piece of a PARAMS, STDIN or DATA stream: bytes[start..end), not empty. */
  streamBytes(bytes: Uint8Array, start: number, end: number): void;
  /** The empty record that ends such a stream. */
  streamEnd(): void;
  /** BEGIN_REQUEST; its body bytes[start..start + 8), unless `contentLength` is not 8. */
  beginRecord(bytes: Uint8Array, start: number): void;
  abortRecord(): void;
  /** GET_VALUES with its whole content. */
  valuesRecord(bytes: Uint8Array, start: number, end: number): void;
  /** Any other type, its content skipped. */
  otherRecord(): void;
  /** The stream can't be read any further. */
  badVersion(version: number): void;
}

/** Cuts the web server's bytes into records. Bytes are handed on where they lie. */
export class RecordReader implements RecordSink {
  readonly parser = new RecordParser(this);
  private kept: Uint8Array | undefined;
  private keptLength = 0;

  constructor(private readonly receiver: RecordReceiver) {}

  recordWhole(parser: RecordParser, bytes: Uint8Array, start: number, end: number): void {
    const { type } = parser;
    if (type === STDIN || type === PARAMS || type === DATA) {
      if (start === end) this.receiver.streamEnd();
      else this.receiver.streamBytes(bytes, start, end);
    } else {
      this.discrete(type, bytes, start, end);
    }
  }

  recordBegin(parser: RecordParser): void {
    this.keptLength = 0;
    // Grows with what really comes: a header alone must not take 64 KiB.
    if (isKept(parser)) this.kept = new Uint8Array(Math.min(parser.contentLength, 256));
  }

  recordContent(parser: RecordParser, bytes: Uint8Array, start: number, end: number): void {
    const { type } = parser;
    if (type === STDIN || type === PARAMS || type === DATA) {
      this.receiver.streamBytes(bytes, start, end);
    } else if (this.kept) {
      const needed = this.keptLength + end - start;
      if (needed > this.kept.length) {
        const larger = new Uint8Array(Math.min(parser.contentLength, needed * 2));
        larger.set(this.kept);
        this.kept = larger;
      }
      this.kept.set(bytes.subarray(start, end), this.keptLength);
      this.keptLength = needed;
    }
  }

  recordEnd(parser: RecordParser): void {
    const { type } = parser;
    if (type === STDIN || type === PARAMS || type === DATA) {
      if (parser.contentLength === 0) this.receiver.streamEnd();
      return;
    }
    const content = this.kept ?? NO_BYTES;
    this.kept = undefined;
    this.discrete(type, content, 0, this.keptLength);
  }

  recordBadVersion(_parser: RecordParser, version: number): void {
    this.receiver.badVersion(version);
  }

  // Nothing of a connection's own bytes is ever missing.
  recordMissing(): void {}
  recordResynchronised(): void {}
  knowsRequest(): boolean {
    return false;
  }

  private discrete(type: number, bytes: Uint8Array, start: number, end: number): void {
    if (type === BEGIN_REQUEST) this.receiver.beginRecord(bytes, start);
    else if (type === ABORT_REQUEST) this.receiver.abortRecord();
    else if (type === GET_VALUES) this.receiver.valuesRecord(bytes, start, end);
    else this.receiver.otherRecord();
  }
}

/** Whether a record's content is wanted whole. */
function isKept(parser: RecordParser): boolean {
  return parser.type === GET_VALUES || (parser.type === BEGIN_REQUEST && parser.contentLength === BEGIN_BODY);
}

/** Types that only an application sends: STDOUT, STDERR, END_REQUEST and the answers to management records. */
export function isApplicationType(type: number): boolean {
  return type >= 3 && type <= MAX_TYPE && type !== PARAMS && type !== STDIN && type !== DATA && type !== GET_VALUES;
}
