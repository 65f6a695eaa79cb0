// A request that is still being decoded: what can't live in a column, because its streams may be cut anywhere.
// Objects are reused, so that a capture of millions of requests needs only as many as are unfinished at once.
import { type Side, WEB_SERVER } from '../model/side.js';
import { MAX_MESSAGE } from '../model/stderr-log.js';
import { NameValueParser } from './name-value.js';
import { ResponseHead } from './response-head.js';

export class LiveRequest {
  row = 0;
  requestId = 0;
  /** END_REQUEST was seen; kept only because the web server may still send for it. */
  ended = false;
  readonly params = new NameValueParser();
  readonly head = new ResponseHead();
  private stderr: Uint8Array | undefined;
  private stderrLength = 0;
  stderrPacket = 0;
  stderrTime = Number.NaN;

  restart(row: number, requestId: number): void {
    this.row = row;
    this.requestId = requestId;
    this.ended = false;
    this.params.restart();
    this.head.restart();
    this.stderrLength = 0;
  }

  /** Bytes of one side are missing: a name-value pair or a response head that is cut by it cannot be read on. */
  lost(side: Side): void {
    if (side === WEB_SERVER) this.params.overflowed = true;
    else this.head.lose();
  }

  keepStderr(bytes: Uint8Array, start: number, end: number, packet: number, time: number): void {
    if (this.stderrLength === 0) {
      this.stderrPacket = packet;
      this.stderrTime = time;
      this.stderr ??= new Uint8Array(MAX_MESSAGE);
    }
    const length = Math.min(end - start, MAX_MESSAGE - this.stderrLength);
    if (length <= 0) return;
    this.stderr!.set(bytes.subarray(start, start + length), this.stderrLength);
    this.stderrLength += length;
  }

  /** The STDERR text so far, or undefined. */
  takeStderr(): Uint8Array | undefined {
    if (this.stderrLength === 0) return undefined;
    const bytes = this.stderr!.subarray(0, this.stderrLength);
    this.stderrLength = 0;
    return bytes;
  }
}
