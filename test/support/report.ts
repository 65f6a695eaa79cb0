// The JSON report as scripts get it, for tests: read back from its text, so that what is held against a truth is the
// contract and not the objects behind it.
import { selectRows } from '../../src/analysis/select-rows.js';
import type { NamedListener } from '../../src/analysis/session.js';
import type { Snapshot, Summary } from '../../src/analysis/snapshot.js';
import { jsonReport } from '../../src/reporters/json.js';
import { type Gathering, gather } from '../../src/sources/gather.js';
import type { TcpTracker } from '../../src/tcp/tracker.js';

/** Nearest-rank percentiles in seconds. */
export interface PercentilesObject {
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export interface LatencyObject {
  readonly timeToFirstByte: PercentilesObject | null;
  readonly total: PercentilesObject | null;
}

export interface ProblemObject {
  readonly code: string;
  readonly file?: string;
  readonly packet?: number;
  readonly offset?: number;
  readonly count?: number;
  readonly detail: string;
}

export interface InputObject {
  readonly files: readonly {
    readonly name: string;
    readonly format: string;
    readonly compression: null | 'gzip';
    readonly linkTypes: readonly number[];
    readonly packets: number;
    readonly bytes: number;
    readonly cut: boolean;
  }[];
  readonly packets: number;
  readonly tcpPackets: number;
  readonly leftOut: { readonly packets: number; readonly duration: number };
  readonly bytes: number;
  /** ISO 8601 with nanoseconds. */
  readonly firstTime: string | null;
  readonly lastTime: string | null;
  readonly duration: number;
  readonly cut: boolean;
  readonly problems: readonly ProblemObject[];
}

export interface BackendObject {
  readonly endpoint: string;
  readonly protocol: string;
  readonly connections: number;
  readonly requests: number;
  readonly maxConcurrentRequests: number;
  readonly concurrencyCeiling: number | null;
  readonly acceptQueue: { readonly source: string; readonly maxDepth: number; readonly longestWait: number | null };
  readonly firstFin: Readonly<Record<string, number>>;
  readonly timeWait: Readonly<Record<string, number>>;
  readonly latency: LatencyObject;
}

export interface ProcessObject {
  readonly pid: number;
  readonly socket: string;
  readonly requests: number;
  readonly maxLoad: number;
  readonly load: readonly (readonly [number, number])[];
  readonly endOfFile: number;
}

export interface FindingObject {
  readonly id: string;
  readonly severity: 'error' | 'warning' | 'note';
  readonly title: string;
  readonly detail: string;
  readonly count: number;
  readonly scope: { readonly endpoint?: string; readonly connection?: number; readonly request?: number };
  readonly evidence: readonly {
    readonly packet?: number;
    readonly time?: number;
    readonly connection?: number;
    readonly request?: number;
    readonly text: string;
  }[];
  readonly advice: readonly { readonly for: string; readonly text: string }[];
}

export interface ConnectionObject {
  readonly id: number;
  readonly protocol: string;
  readonly webServer: string;
  readonly application: string;
  readonly start: number;
  readonly end: number;
  readonly state: string;
  readonly history: string;
  readonly firstFin: string;
  readonly firstReset: string;
  readonly timeWait: string;
  readonly requests: number;
  readonly exchanges?: number;
  readonly keepConn: boolean | null;
  readonly bytesFromWebServer: number;
  readonly bytesFromApplication: number;
  readonly retransmissions: number;
  readonly problems: readonly string[];
  readonly connectError?: string;
}

export interface RequestObject {
  readonly id: number;
  readonly protocol: string;
  readonly connection: number;
  readonly requestId: number | null;
  readonly role: string;
  readonly keepConn: boolean;
  readonly method: string | null;
  readonly uri: string | null;
  readonly script: string | null;
  readonly begin: number;
  readonly paramsEnd: number | null;
  readonly stdinEnd: number | null;
  readonly firstByte: number | null;
  readonly end: number | null;
  readonly stdinBytes: number;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  readonly dataBytes: number;
  readonly httpStatus: number | null;
  readonly appStatus: number | null;
  readonly protocolStatus: number | null;
  readonly aborted: boolean;
  readonly problems: readonly string[];
}

export interface Report {
  readonly schema: string;
  readonly input: InputObject;
  readonly summary: Omit<Summary, 'latency'> & { readonly latency: LatencyObject };
  readonly backends: readonly BackendObject[];
  readonly processes: readonly ProcessObject[];
  readonly findings: readonly FindingObject[];
  readonly connections: readonly ConnectionObject[];
  readonly requests: readonly RequestObject[];
}

/** The report of a snapshot, by way of its text. */
export function reportOf(snapshot: Snapshot, tracker: Pick<TcpTracker, 'histories'>): Report {
  const { histories } = tracker;
  const rows = selectRows(undefined)(snapshot.facts, histories);
  const text = [...jsonReport(snapshot, { histories, limit: Number.POSITIVE_INFINITY, ...rows })].join('');
  return JSON.parse(text) as Report;
}

export interface Reported {
  readonly report: Report;
  readonly gathering: Gathering;
}

/** Reads the inputs as the command does, logs in UTC. */
export async function reportOfFiles(paths: readonly string[], named: readonly NamedListener[] = []): Promise<Reported> {
  const gathering = await gather(paths, { named, logTimes: { zone: () => 0 } });
  if (gathering.failures.length > 0) throw gathering.failures[0];
  return { report: reportOf(gathering.snapshot(), gathering.pipeline.tracker), gathering };
}
