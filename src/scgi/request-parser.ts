// One SCGI exchange: a netstring of NUL-separated headers and a body from the web server, a CGI response until the
// application closes (SCGI: A Simple Common Gateway Interface alternative, python.ca/scgi/protocol.txt).

/** Hears of the exchange. Byte ranges are only lent. */
export interface ScgiSink {
  /** One header: name bytes[nameStart..nameEnd), value bytes[valueStart..valueEnd). */
  scgiHeader(bytes: Uint8Array, nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void;
  scgiHeadersEnd(): void;
  scgiBody(bytes: Uint8Array, start: number, end: number): void;
  /** At stream offset `offset` the request is not what SCGI says; nothing more of it is decoded. */
  scgiMalformed(offset: number, detail: string): void;
}

const IN_LENGTH = 0;
const IN_HEADERS = 1;
const IN_BODY = 2;
const STOPPED = 3;

/** Header blocks larger than this are refused: known applications stop at 8 to 16 KiB. */
export const MAX_HEADERS = 1 << 20;

const COLON = 58;
const COMMA = 44;

/** Parses the web server's side. Sans-IO: push bytes cut anywhere. */
export class ScgiRequestParser {
  private state = IN_LENGTH;
  private declared = 0;
  private digits = 0;
  private offset = 0;
  private kept: Uint8Array | undefined;
  private keptLength = 0;

  /** @param maxHeaders most bytes of the header block, which is kept while it comes in pieces. */
  constructor(
    private readonly sink: ScgiSink,
    private readonly maxHeaders = MAX_HEADERS,
  ) {}

  restart(): void {
    this.state = IN_LENGTH;
    this.declared = 0;
    this.digits = 0;
    this.offset = 0;
    this.keptLength = 0;
    this.kept = undefined;
  }

  push(bytes: Uint8Array, at: number, end: number): void {
    while (at < end) {
      switch (this.state) {
        case IN_LENGTH: {
          const byte = bytes[at++];
          this.offset++;
          if (this.digits === 1 && this.declared === 0 && byte >= 48 && byte <= 57) {
            this.malformed(1, 'the length of the netstring has leading zeros');
          } else if (byte >= 48 && byte <= 57 && this.digits < 8) {
            this.declared = this.declared * 10 + byte - 48;
            this.digits++;
          } else if (byte === COLON && this.digits > 0) {
            if (this.declared > this.maxHeaders) this.malformed(1, 'the netstring is longer than any header block');
            else this.state = IN_HEADERS;
          } else {
            this.malformed(1, 'the netstring has no length');
          }
          break;
        }
        case IN_HEADERS: {
          // The comma that closes the netstring belongs to the block.
          const need = this.declared + 1 - this.keptLength;
          const length = Math.min(need, end - at);
          this.offset += length;
          if (this.keptLength === 0 && length === need) {
            this.headers(bytes, at, at + length);
          } else {
            this.keep(bytes, at, at + length);
            if (length === need) this.headers(this.kept!, 0, this.keptLength);
          }
          at += length;
          break;
        }
        case IN_BODY:
          this.sink.scgiBody(bytes, at, end);
          this.offset += end - at;
          at = end;
          break;
        default:
          at = end;
      }
    }
  }

  /** Bytes are missing here: inside the headers nothing after them can be read, a body goes on. */
  lose(): void {
    if (this.state !== IN_BODY) this.state = STOPPED;
  }

  private keep(bytes: Uint8Array, start: number, end: number): void {
    const needed = this.keptLength + end - start;
    if (!this.kept || this.kept.length < needed) {
      const larger = new Uint8Array(Math.min(MAX_HEADERS + 1, Math.max(1024, needed * 2)));
      if (this.kept) larger.set(this.kept.subarray(0, this.keptLength));
      this.kept = larger;
    }
    this.kept.set(bytes.subarray(start, end), this.keptLength);
    this.keptLength = needed;
  }

  private headers(bytes: Uint8Array, start: number, end: number): void {
    if (bytes[end - 1] !== COMMA) {
      this.malformed(1, 'no comma after the netstring');
      return;
    }
    let at = start;
    while (at < end - 1) {
      const nameEnd = bytes.indexOf(0, at);
      if (nameEnd === -1 || nameEnd >= end - 1) {
        this.malformed(end - at, 'a header name without its NUL');
        return;
      }
      const valueEnd = bytes.indexOf(0, nameEnd + 1);
      if (valueEnd === -1 || valueEnd >= end - 1) {
        this.malformed(end - at, 'a header name without a value');
        return;
      }
      this.sink.scgiHeader(bytes, at, nameEnd, nameEnd + 1, valueEnd);
      at = valueEnd + 1;
    }
    this.state = IN_BODY;
    this.sink.scgiHeadersEnd();
  }

  /** `back`: bytes from the place to the end of what was read. */
  private malformed(back: number, detail: string): void {
    this.state = STOPPED;
    this.sink.scgiMalformed(this.offset - back, detail);
  }
}
