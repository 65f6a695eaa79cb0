// When requests begin, from what a web server sends: what is known of each as soon as its PARAMS have ended, which is the
// moment at which a relay decides about faults.
import { BEGIN_REQUEST, KEEP_CONN, PARAMS, roleName } from '../fastcgi/constants.js';
import { NameValueParser, type PairSink } from '../fastcgi/name-value.js';
import { decodeBytes } from '../model/byte-strings.js';
import type { BeginningRequest } from './fault-schedule.js';
import { RecordSplitter } from './record-splitter.js';

/** What `match` may ask for. */
const NAMES: readonly string[] = [
  'REQUEST_METHOD',
  'REQUEST_URI',
  'SCRIPT_FILENAME',
  'SCRIPT_NAME',
  'PATH_INFO',
  'QUERY_STRING',
];
const WANTED = new Uint8Array(256);
for (const name of NAMES) WANTED[name.length] = 1;
/** Requests of one connection whose PARAMS are still coming. */
const MOST = 64;

class Beginning implements BeginningRequest, PairSink {
  readonly protocol = 'fastcgi';
  readonly wantedLengths = WANTED;
  readonly parser = new NameValueParser();
  private readonly values = new Map<string, string>();

  constructor(
    readonly id: number,
    readonly role: string,
    readonly keepConn: boolean,
  ) {}

  param(name: string): string | undefined {
    return this.values.get(name);
  }

  pair(bytes: Uint8Array, nameStart: number, valueStart: number, valueEnd: number): void {
    const name = decodeBytes(bytes.subarray(nameStart, valueStart));
    if (NAMES.includes(name)) this.values.set(name, decodeBytes(bytes.subarray(valueStart, valueEnd)));
  }
}

export interface RequestWatcher {
  /** BEGIN_REQUEST came. */
  began(id: number): void;
  /** Its PARAMS have ended. */
  known(request: BeginningRequest): void;
}

export class RequestWatch {
  private readonly splitter = new RecordSplitter();
  private readonly beginning = new Map<number, Beginning>();

  constructor(private readonly watcher: RequestWatcher) {}

  push(bytes: Uint8Array): void {
    if (this.splitter.passing) return;
    for (const record of this.splitter.push(bytes)) {
      if (record instanceof Uint8Array) return;
      const { type, requestId, content } = record;
      if (type === BEGIN_REQUEST && content.length >= 3) {
        const role = roleName((content[0] << 8) | content[1]);
        if (this.beginning.size < MOST)
          this.beginning.set(requestId, new Beginning(requestId, role, (content[2] & KEEP_CONN) !== 0));
        this.watcher.began(requestId);
      } else if (type === PARAMS) {
        const request = this.beginning.get(requestId);
        if (request === undefined) continue;
        if (content.length > 0) {
          request.parser.push(content, 0, content.length, request);
        } else {
          this.beginning.delete(requestId);
          this.watcher.known(request);
        }
      }
    }
  }
}
