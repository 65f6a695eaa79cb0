// What is concluded, at one moment: the report's content before it is turned into text, JSON or a screen. Plain data and
// the tables behind it; rows become objects only when they are shown or serialised (rows.ts).
import type { HostView } from '../host/host-view.js';
import type { CaptureProblem } from '../model/problem.js';
import type { Facts } from './facts.js';
import type { Finding } from './finding.js';
import type { TapFigures } from './live/tap-figures.js';
import type { JoinedProcess } from './process-join.js';
import type { Percentiles } from './sweep.js';

export interface InputFile {
  readonly name: string;
  readonly format: string;
  readonly compression: null | 'gzip';
  readonly linkTypes: readonly number[];
  readonly packets: number;
  readonly bytes: number;
  readonly cut: boolean;
}

export interface Input {
  readonly files: readonly InputFile[];
  readonly packets: number;
  readonly tcpPackets: number;
  readonly bytes: number;
  /** Time of the first packet; undefined where the input has no date. */
  readonly firstTime: { readonly seconds: number; readonly nanoseconds: number } | undefined;
  /** Nanoseconds. */
  readonly duration: number;
  /** Packets outside --since and --until, and how many nanoseconds the input lasts with them. */
  readonly leftOut: { readonly packets: number; readonly duration: number };
  readonly cut: boolean;
  readonly problems: readonly CaptureProblem[];
}

export type Counts = Readonly<Record<string, number>>;

export interface BySide {
  readonly application: number;
  readonly 'web-server': number;
  readonly none: number;
}

export interface LatencyFigures {
  readonly timeToFirstByte: Percentiles | null;
  readonly total: Percentiles | null;
}

export interface TimeWaitPeak {
  readonly side: 'application' | 'web-server';
  readonly endpoint: string;
  readonly count: number;
}

export interface Summary {
  readonly connections: number;
  readonly neverEstablished: number;
  readonly midStream: number;
  readonly synRetransmissions: number;
  readonly synAckRetransmissions: number;
  readonly firstFin: BySide & { readonly simultaneous: number };
  readonly firstReset: BySide;
  readonly timeWait: BySide & { readonly both: number };
  readonly timeWaitRate: number;
  readonly timeWaitPeak: TimeWaitPeak | null;
  readonly maxOpenConnections: number;
  readonly requests: number;
  readonly records: Counts;
  readonly recordBytes: Counts;
  readonly paddingBytes: number;
  readonly keepConn: { readonly set: number; readonly unset: number };
  readonly roles: Counts;
  readonly methods: Counts;
  readonly httpStatus: Counts;
  readonly appStatus: Counts;
  readonly protocolStatus: Counts;
  readonly unfinished: number;
  readonly bytes: { readonly stdin: number; readonly stdout: number; readonly stderr: number; readonly data: number };
  readonly maxConcurrentRequests: number;
  readonly requestsPerConnection: Counts;
  readonly latency: LatencyFigures;
}

export interface AcceptQueue {
  /** How it is known: packets show only that no byte was answered. */
  readonly source: 'model' | 'none';
  readonly maxDepth: number;
  /** Nanoseconds. */
  readonly longestWait: number;
  readonly waiting: number;
  readonly depth: readonly (readonly [number, number])[];
}

export interface Backend {
  readonly endpoint: string;
  readonly protocol: string;
  readonly connections: number;
  readonly requests: number;
  readonly maxConcurrentRequests: number;
  readonly concurrencyCeiling: number | null;
  /** Most requests in flight in each hundredth of the capture, as [time, count]. */
  readonly inFlight: readonly (readonly [number, number])[];
  readonly acceptQueue: AcceptQueue;
  readonly firstFin: Summary['firstFin'];
  readonly timeWait: Summary['timeWait'];
  readonly latency: LatencyFigures;
  /** Nanoseconds during which at least one request ran, and the sum over requests. */
  readonly busyTime: number;
  readonly requestTime: number;
}

export interface Snapshot {
  readonly input: Input;
  readonly summary: Summary;
  readonly backends: readonly Backend[];
  /** Processes that a log names, with what the capture holds of them. */
  readonly processes: readonly JoinedProcess[];
  readonly findings: readonly Finding[];
  /** What the host shows, where it is looked at. */
  readonly host?: HostView | undefined;
  /** The tables behind it, for rows and for checks. */
  readonly facts: Facts;
  /** Of a live source: rows that are counted in the figures and no longer in the tables. */
  readonly folded?: { readonly connections: number; readonly requests: number };
  /** Of a tap: what it knows of itself. */
  readonly tap?: TapFigures;
}
