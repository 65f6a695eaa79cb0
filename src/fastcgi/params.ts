// Which PARAMS a request row keeps: method, URI, script, declared body length. The others are read again from the
// capture when somebody looks at the request.
import { type ByteStrings, NO_STRING } from '../model/byte-strings.js';
import { sameBytes, viewOf } from '../model/byte-view.js';
import { REQUEST_CHUNKED, type RequestTable } from '../model/request-table.js';
import type { NameValueParser, PairSink } from './name-value.js';
import { decimal } from './response-head.js';

// What the wanted pairs are.
const METHOD = 1;
const URI = 2;
const SCRIPT = 3;
const SCRIPT_FILE = 4;
const LENGTH = 5;
const TRANSFER_ENCODING = 6;

// As bytes: to ask a string for its characters takes several times as long.
const ascii = new TextEncoder();
/** Each at its number. */
const NAMES: readonly DataView[] = [
  '',
  'REQUEST_METHOD',
  'REQUEST_URI',
  'SCRIPT_NAME',
  'SCRIPT_FILENAME',
  'CONTENT_LENGTH',
  'HTTP_TRANSFER_ENCODING',
].map((name) => viewOf(ascii.encode(name)));

/** The byte in which the wanted names all differ, from most others of their lengths too; which name it tells. */
const TELLING = 8;
const TOLD = new Uint8Array(256);
const WANTED = new Uint8Array(256);
for (const [kind, name] of NAMES.entries()) {
  if (kind === 0) continue;
  WANTED[name.byteLength] = 1;
  TOLD[name.getUint8(TELLING)] = kind;
}

/** Stores the pairs of the request at `row`. */
export class ParamsKeeper implements PairSink {
  readonly wantedLengths: Uint8Array = WANTED;
  private row = 0;
  /** What is read at the moment, and where in it a script's name lies that no REQUEST_URI has made needless so far. */
  private piece: Uint8Array | undefined;
  private nameStart = 0;
  private nameEnd = 0;
  // Method and script are mostly those of the request before.
  private lastMethod = NO_STRING;
  private lastScript = NO_STRING;
  private requests: RequestTable;
  private strings: ByteStrings;

  constructor(requests: RequestTable, strings: ByteStrings) {
    this.requests = requests;
    this.strings = strings;
  }

  /** The strings have other ids. */
  forget(): void {
    this.lastMethod = this.lastScript = NO_STRING;
  }

  /** Reads the next piece of the PARAMS of the request at `row`. */
  read(params: NameValueParser, row: number, bytes: Uint8Array, start: number, end: number): void {
    this.row = row;
    this.piece = bytes;
    params.push(bytes, start, end, this);
    this.piece = undefined;
    if (this.nameEnd === 0) return;
    if (this.requests.uri[row] === NO_STRING)
      this.requests.uri[row] = this.strings.intern(bytes, this.nameStart, this.nameEnd);
    this.nameEnd = 0;
  }

  pair(bytes: Uint8Array, nameStart: number, valueStart: number, valueEnd: number): void {
    // Two thirds of what a web server sends have a wanted length, and REQUEST_URI and REMOTE_ADDR begin alike.
    const kind = TOLD[bytes[nameStart + TELLING]];
    if (kind === 0) return;
    const name = NAMES[kind];
    const length = valueStart - nameStart;
    if (length !== name.byteLength || !sameBytes(viewOf(bytes), nameStart, name, 0, length)) return;
    const { requests, row } = this;
    switch (kind) {
      case METHOD:
        requests.method[row] = this.lastMethod = this.strings.internLike(this.lastMethod, bytes, valueStart, valueEnd);
        break;
      case URI:
        requests.uri[row] = this.strings.intern(bytes, valueStart, valueEnd);
        break;
      case SCRIPT:
        // A web server that sends no REQUEST_URI still names the script by its URL path. Most send it soon after.
        if (requests.uri[row] !== NO_STRING) break;
        if (bytes === this.piece) {
          this.nameStart = valueStart;
          this.nameEnd = valueEnd;
        } else {
          requests.uri[row] = this.strings.intern(bytes, valueStart, valueEnd);
        }
        break;
      case SCRIPT_FILE:
        requests.script[row] = this.lastScript = this.strings.internLike(this.lastScript, bytes, valueStart, valueEnd);
        break;
      case LENGTH:
        requests.contentLength[row] = decimal(bytes, valueStart, valueEnd);
        break;
      case TRANSFER_ENCODING:
        if (valueEnd - valueStart >= 7) requests.marks[row] |= REQUEST_CHUNKED;
        break;
    }
  }
}
