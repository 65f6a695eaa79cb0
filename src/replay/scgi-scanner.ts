// The same for SCGI: a netstring of headers, each a name and a value that end in NUL, then the body; the answer is plain CGI
// output until the application closes. A connection carries one request.
import { isSecretName } from '../model/secret-names.js';
import { APPLICATION, type Side, WEB_SERVER } from '../model/side.js';
import { HeadMask } from './head-mask.js';
import { MASK } from './pair-mask.js';
import { nothing, type Scanned, type StreamScanner } from './stream-scanner.js';

const MOST_NAME = 256;
const COLON = 0x3a;

const LENGTH = 0;
const NAME = 1;
const VALUE = 2;
const BODY = 3;

export class ScgiScanner implements StreamScanner {
  masked = 0;
  private state = LENGTH;
  private begun = false;
  private left = 0;
  private name = '';
  private value = 0;
  private readonly head = new HeadMask();

  constructor(
    private readonly side: Side,
    private readonly maskSecrets: boolean,
  ) {}

  push(bytes: Uint8Array, start: number, end: number): Scanned {
    const found = nothing();
    if (this.side === APPLICATION) {
      if (this.maskSecrets) this.head.push(bytes, start, end);
      this.masked = this.head.masked;
      return found;
    }
    if (!this.begun && end > start) {
      this.begun = true;
      found.begins = 1;
      found.records.push('HEADERS');
    }
    for (let at = start; at < end && this.state !== BODY; at++) this.byte(bytes, at);
    return found;
  }

  fillable(length: number): number {
    // Only a body can be made up.
    return this.side === WEB_SERVER && this.state !== BODY ? 0 : length;
  }

  begin(): number {
    return -1;
  }

  private byte(bytes: Uint8Array, at: number): void {
    const byte = bytes[at];
    if (this.state === LENGTH) {
      if (byte === COLON) this.state = this.left > 0 ? NAME : BODY;
      else if (byte >= 0x30 && byte <= 0x39) this.left = this.left * 10 + (byte - 0x30);
      else this.state = BODY;
      return;
    }
    this.left--;
    if (this.state === NAME) {
      if (byte !== 0) {
        if (this.name.length < MOST_NAME) this.name += String.fromCharCode(byte);
      } else this.state = VALUE;
    } else if (byte === 0) {
      this.name = '';
      this.value = 0;
      this.state = NAME;
    } else if (this.maskSecrets && isSecretName(this.name)) {
      if (this.value++ === 0) this.masked++;
      bytes[at] = MASK;
    }
    if (this.left === 0) this.state = BODY;
  }
}
