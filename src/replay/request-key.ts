// What a request asks for, from its PARAMS: by that a real web server's request is matched with a captured one.
import { EVERY_LENGTH, NameValueParser, type PairSink } from '../fastcgi/name-value.js';
import { latin1Text } from '../model/byte-strings.js';

/** Of a longer URI only so much is compared. */
const MOST_URI = 8192;

export class RequestKey implements PairSink {
  readonly wantedLengths = EVERY_LENGTH;
  private readonly parser = new NameValueParser();
  private method = '';
  private uri: string | undefined;
  private script = '';
  private query = '';

  push(bytes: Uint8Array, start: number, end: number): void {
    this.parser.push(bytes, start, end, this);
  }

  pair(bytes: Uint8Array, nameStart: number, valueStart: number, valueEnd: number): void {
    const value = () => latin1Text(bytes.subarray(valueStart, Math.min(valueEnd, valueStart + MOST_URI)));
    switch (valueStart - nameStart > 16 ? '' : latin1Text(bytes.subarray(nameStart, valueStart))) {
      case 'REQUEST_METHOD':
        this.method = value();
        break;
      case 'REQUEST_URI':
        this.uri = value();
        break;
      case 'SCRIPT_NAME':
        this.script = value();
        break;
      case 'QUERY_STRING':
        this.query = value();
        break;
    }
  }

  /** `GET /uri?query` */
  get text(): string {
    const uri = this.uri ?? (this.query === '' ? this.script : `${this.script}?${this.query}`);
    return `${this.method} ${uri}`;
  }
}
