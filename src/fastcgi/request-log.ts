// Where the decoded requests of all connections go: the request table, interned strings, counts of records, places of
// problems, STDERR texts. One for a whole analysis, shared by its connections.
import { AnomalyLog } from '../model/anomaly-log.js';
import { ByteStrings } from '../model/byte-strings.js';
import { RequestTable } from '../model/request-table.js';
import { StderrLog } from '../model/stderr-log.js';
import { LiveRequest } from './live-request.js';
import { ParamsKeeper } from './params.js';

export class RequestLog {
  readonly requests = new RequestTable();
  readonly strings = new ByteStrings();
  readonly anomalies = new AnomalyLog();
  readonly stderr = new StderrLog();
  readonly keeper = new ParamsKeeper(this.requests, this.strings);
  /** Whole records and their content bytes, by type. */
  readonly recordCounts = new Float64Array(256);
  readonly recordBytes = new Float64Array(256);
  paddingBytes = 0;
  private free: LiveRequest[] = [];

  /** Forgets rows of connections and requests: those that have a new number are kept, and texts that those use. */
  retain(connections: Int32Array, requests: Int32Array): void {
    const table = this.requests;
    table.retain(requests);
    for (let row = 0; row < table.count; row++) {
      table.connection[row] = connections[table.connection[row]];
      table.next[row] = 0;
    }
    this.strings.retain([table.method, table.uri, table.script], table.count);
    this.keeper.forget();
    this.anomalies.retain(connections, requests);
    this.stderr.retain(requests);
  }

  /** A live request for `row`, new or reused. */
  acquire(row: number, requestId: number): LiveRequest {
    const live = this.free.pop() ?? new LiveRequest();
    live.restart(row, requestId);
    return live;
  }

  release(live: LiveRequest): void {
    const stderr = live.takeStderr();
    if (stderr) this.stderr.add(stderr, live.row, live.stderrPacket, live.stderrTime);
    if (this.free.length < 4096) this.free.push(live);
  }
}
