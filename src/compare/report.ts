// What two reports are compared by: the figures of one report, wherever they came from (a capture just read, a tap's
// recording, a JSON report of another day). Times are seconds, as in the JSON report.
import type { Severity } from '../analysis/finding.js';

/** Counts by name; a map, since names are what a peer sent. */
export type CountsByName = ReadonlyMap<string, number>;

export interface PercentileFigures {
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** The two times of a request that the report knows: to the first byte of the answer, and to END_REQUEST. */
export const LATENCIES = ['timeToFirstByte', 'total'] as const;
export type Latency = (typeof LATENCIES)[number];

export type LatencyPercentiles = Readonly<Record<Latency, PercentileFigures | undefined>>;

/** Every request's time, in seconds and in the order in which the requests began; those without one are left out. */
export type RequestTimes = Readonly<Record<Latency, Float64Array>>;

/** Figures that the summary and each application endpoint have alike. */
export interface EndpointFigures {
  readonly connections: number;
  readonly requests: number;
  readonly maxConcurrentRequests: number;
  readonly firstFin: CountsByName;
  readonly timeWait: CountsByName;
  readonly latency: LatencyPercentiles;
  readonly times?: RequestTimes | undefined;
}

export interface ReportEndpoint extends EndpointFigures {
  readonly endpoint: string;
  readonly protocol: string;
  /** Requests it works on at once, where the times tell. */
  readonly concurrencyCeiling: number | undefined;
  /** Undefined where nothing is known of a queue. */
  readonly queue: { readonly maxDepth: number; readonly longestWait: number; readonly waiting: number } | undefined;
}

export interface ReportFinding {
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  readonly count: number;
  readonly endpoint: string | undefined;
}

export interface Report extends EndpointFigures {
  /** As the user named it. */
  readonly name: string;
  readonly source: 'capture' | 'report';
  /** ISO 8601; undefined where the input has no date. */
  readonly firstTime: string | undefined;
  readonly duration: number;
  /** The input was cut or damaged: its figures are of the rest. */
  readonly cut: boolean;
  readonly neverEstablished: number;
  readonly midStream: number;
  readonly synRetransmissions: number;
  readonly synAckRetransmissions: number;
  readonly firstReset: CountsByName;
  readonly timeWaitRate: number;
  readonly timeWaitPeak: number;
  readonly maxOpenConnections: number;
  readonly keepConn: number;
  readonly unfinished: number;
  readonly methods: CountsByName;
  readonly httpStatus: CountsByName;
  readonly appStatus: CountsByName;
  readonly protocolStatus: CountsByName;
  readonly bytes: CountsByName;
  /** Connections by their number of requests. */
  readonly requestsPerConnection: CountsByName;
  readonly endpoints: readonly ReportEndpoint[];
  readonly findings: readonly ReportFinding[];
}
