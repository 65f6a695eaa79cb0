// Keeps a live analysis in bounded memory: when its tables have grown past a limit, the rows of old connections and
// requests go, and what they add to the totals is kept. Lists and findings are about the rows that are left.
import { type Gathered, gatherTables } from '../conclude.js';
import { firstFinsOf, timeWaitsOf } from '../endings.js';
import type { Facts } from '../facts.js';
import type { Pipeline } from '../pipeline.js';
import type { Backend, Counts, Snapshot, Summary } from '../snapshot.js';
import { summarise } from '../summary.js';

/** Rows of connections, and of requests, above which the older half goes. */
export const DEFAULT_MOST_ROWS = 100_000;

/** What became of the rows: new row by old row, -1 for those that are gone. */
export interface Remapping {
  readonly connections: Int32Array;
  readonly requests: Int32Array;
}

/** The totals of rows that are gone. */
export interface Folded {
  readonly summary: Summary;
  readonly backends: ReadonlyMap<string, Pick<Backend, 'connections' | 'requests' | 'firstFin' | 'timeWait'>>;
}

/** Whether it is time. */
export function isTooLarge(pipeline: Pipeline, most: number): boolean {
  return pipeline.tracker.connections.count > most || pipeline.session.log.requests.count > most;
}

/** Drops old rows. `open`: rows of connections that still change. */
export function fold(
  gathered: Gathered,
  open: Iterable<number>,
  most: number,
  before: Folded | undefined,
): { readonly folded: Folded; readonly rows: Remapping } {
  const { session, tracker } = gathered.pipeline;
  const { connections } = tracker;
  const { requests } = session.log;
  const half = most >> 1;
  const keptConnections = new Uint8Array(connections.count).fill(1, Math.max(0, connections.count - half));
  for (const row of open) keptConnections[row] = 1;
  const keptRequests = new Uint8Array(requests.count).fill(1, Math.max(0, requests.count - half));
  session.keepLive(keptConnections, keptRequests);
  for (let row = 0; row < requests.count; row++) if (!keptConnections[requests.connection[row]]) keptRequests[row] = 0;
  const gone = gatherTables(gathered, { connections: keptConnections, requests: keptRequests });
  const folded = addFolded(before, totalsOf(gone));
  const rows = { connections: numbered(keptConnections), requests: numbered(keptRequests) };
  tracker.retain(rows.connections);
  session.retain(rows.connections, rows.requests);
  return { folded, rows };
}

/** The snapshot with the totals of what is gone. */
export function withFolded(snapshot: Snapshot, folded: Folded | undefined): Snapshot {
  if (folded === undefined) return snapshot;
  const summary = addSummaries(folded.summary, snapshot.summary);
  const seconds = snapshot.input.duration / 1e9;
  const leaving = summary.timeWait.application + summary.timeWait['web-server'] + summary.timeWait.both;
  return {
    ...snapshot,
    summary: { ...summary, timeWaitRate: seconds > 0 ? leaving / seconds : 0 },
    backends: snapshot.backends.map((backend) => {
      const old = folded.backends.get(backend.endpoint);
      return old === undefined ? backend : { ...backend, ...addBackends(old, backend) };
    }),
    folded: { connections: folded.summary.connections, requests: folded.summary.requests },
  };
}

function numbered(kept: Uint8Array): Int32Array {
  const numbers = new Int32Array(kept.length);
  let next = 0;
  for (let row = 0; row < kept.length; row++) numbers[row] = kept[row] ? next++ : -1;
  return numbers;
}

/** The totals of the rows that go, which are all that the listeners have. */
function totalsOf(gone: Facts): Folded {
  // Percentiles cannot be added: those of the rows that stay are told.
  const summary = summarise(gone, { timeToFirstByte: null, total: null });
  return {
    // Counts of records are kept by the log, over all rows there ever were.
    summary: { ...summary, records: {}, recordBytes: {}, paddingBytes: 0 },
    backends: new Map(
      gone.listeners.map(({ endpoint, connections, endings, requests }) => [
        endpoint,
        {
          connections: connections.length,
          requests: requests.length,
          firstFin: firstFinsOf(endings),
          timeWait: timeWaitsOf(endings),
        },
      ]),
    ),
  };
}

function addFolded(before: Folded | undefined, now: Folded): Folded {
  if (before === undefined) return now;
  const backends = new Map(before.backends);
  for (const [endpoint, backend] of now.backends) {
    const old = backends.get(endpoint);
    backends.set(endpoint, old === undefined ? backend : addBackends(old, backend));
  }
  return { summary: addSummaries(before.summary, now.summary), backends };
}

type BackendTotals = Pick<Backend, 'connections' | 'requests' | 'firstFin' | 'timeWait'>;

function addBackends(a: BackendTotals, b: BackendTotals): BackendTotals {
  return {
    connections: a.connections + b.connections,
    requests: a.requests + b.requests,
    firstFin: addCounts(a.firstFin, b.firstFin),
    timeWait: addCounts(a.timeWait, b.timeWait),
  };
}

/** `b` is the later one: of what cannot be added (percentiles) it has the say. */
function addSummaries(a: Summary, b: Summary): Summary {
  return {
    ...b,
    connections: a.connections + b.connections,
    neverEstablished: a.neverEstablished + b.neverEstablished,
    midStream: a.midStream + b.midStream,
    synRetransmissions: a.synRetransmissions + b.synRetransmissions,
    synAckRetransmissions: a.synAckRetransmissions + b.synAckRetransmissions,
    firstFin: addCounts(a.firstFin, b.firstFin),
    firstReset: addCounts(a.firstReset, b.firstReset),
    timeWait: addCounts(a.timeWait, b.timeWait),
    timeWaitPeak: (a.timeWaitPeak?.count ?? 0) > (b.timeWaitPeak?.count ?? 0) ? a.timeWaitPeak : b.timeWaitPeak,
    maxOpenConnections: Math.max(a.maxOpenConnections, b.maxOpenConnections),
    requests: a.requests + b.requests,
    records: addCounts(a.records, b.records),
    recordBytes: addCounts(a.recordBytes, b.recordBytes),
    paddingBytes: a.paddingBytes + b.paddingBytes,
    keepConn: addCounts(a.keepConn, b.keepConn),
    roles: addCounts(a.roles, b.roles),
    methods: addCounts(a.methods, b.methods),
    httpStatus: addCounts(a.httpStatus, b.httpStatus),
    appStatus: addCounts(a.appStatus, b.appStatus),
    protocolStatus: addCounts(a.protocolStatus, b.protocolStatus),
    unfinished: a.unfinished + b.unfinished,
    bytes: addCounts(a.bytes, b.bytes),
    maxConcurrentRequests: Math.max(a.maxConcurrentRequests, b.maxConcurrentRequests),
    requestsPerConnection: addCounts(a.requestsPerConnection, b.requestsPerConnection),
  };
}

function addCounts<T extends object>(a: T, b: T): T {
  const sum: Record<string, number> = { ...(a as Counts) };
  for (const [name, count] of Object.entries(b as Counts)) sum[name] = (sum[name] ?? 0) + count;
  return sum as T;
}
