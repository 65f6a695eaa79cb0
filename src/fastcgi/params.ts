// Which PARAMS a request row keeps: method, URI, script, declared body length. The others are read again from the
// capture when somebody looks at the request.
import { type ByteStrings, NO_STRING } from '../model/byte-strings.js';
import { REQUEST_CHUNKED, type RequestTable } from '../model/request-table.js';
import type { NameValueParser, PairSink } from './name-value.js';
import { decimal } from './response-head.js';

// As bytes: to ask a string for its characters takes several times as long.
const ascii = new TextEncoder();
const REQUEST_METHOD = ascii.encode('REQUEST_METHOD');
const REQUEST_URI = ascii.encode('REQUEST_URI');
const SCRIPT_NAME = ascii.encode('SCRIPT_NAME');
const SCRIPT_FILENAME = ascii.encode('SCRIPT_FILENAME');
const CONTENT_LENGTH = ascii.encode('CONTENT_LENGTH');
const HTTP_TRANSFER_ENCODING = ascii.encode('HTTP_TRANSFER_ENCODING');

const WANTED = new Uint8Array(256);
/** The byte at which the wanted names differ most from the others of their lengths, and 1 for what it may be. */
const TELLING = 8;
const TOLD = new Uint8Array(256);
for (const name of [
  REQUEST_METHOD,
  REQUEST_URI,
  SCRIPT_NAME,
  SCRIPT_FILENAME,
  CONTENT_LENGTH,
  HTTP_TRANSFER_ENCODING,
]) {
  WANTED[name.length] = 1;
  TOLD[name[TELLING]] = 1;
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
    if (TOLD[bytes[nameStart + TELLING]] === 0) return;
    const requests = this.requests;
    const row = this.row;
    switch (valueStart - nameStart) {
      case 11:
        if (is(bytes, nameStart, REQUEST_URI)) {
          requests.uri[row] = this.strings.intern(bytes, valueStart, valueEnd);
        } else if (requests.uri[row] === NO_STRING && is(bytes, nameStart, SCRIPT_NAME)) {
          // A web server that sends no REQUEST_URI still names the script by its URL path. Most send it soon after.
          if (bytes === this.piece) {
            this.nameStart = valueStart;
            this.nameEnd = valueEnd;
          } else {
            requests.uri[row] = this.strings.intern(bytes, valueStart, valueEnd);
          }
        }
        break;
      case 14:
        if (is(bytes, nameStart, REQUEST_METHOD)) {
          requests.method[row] = this.lastMethod = this.strings.internLike(
            this.lastMethod,
            bytes,
            valueStart,
            valueEnd,
          );
        } else if (is(bytes, nameStart, CONTENT_LENGTH)) {
          requests.contentLength[row] = decimal(bytes, valueStart, valueEnd);
        }
        break;
      case 15:
        if (is(bytes, nameStart, SCRIPT_FILENAME)) {
          requests.script[row] = this.lastScript = this.strings.internLike(
            this.lastScript,
            bytes,
            valueStart,
            valueEnd,
          );
        }
        break;
      case 22:
        if (valueEnd - valueStart >= 7 && is(bytes, nameStart, HTTP_TRANSFER_ENCODING)) {
          requests.marks[row] |= REQUEST_CHUNKED;
        }
        break;
    }
  }
}

function is(bytes: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false;
  return true;
}
