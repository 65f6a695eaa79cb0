// Everything a check may look at: the tables as they stand, the listeners with their connections, and the conclusions
// several checks share. Made once per snapshot; checks are pure functions of it.
import type { RequestLog } from '../fastcgi/request-log.js';
import type { HostView } from '../host/host-view.js';
import type { ProcessLoad } from '../logs/process-load.js';
import type { AddressTable } from '../model/address.js';
import type { ByteStrings } from '../model/byte-strings.js';
import type { CaptureProblem } from '../model/problem.js';
import type { RequestTable } from '../model/request-table.js';
import type { ConnectionTable } from '../tcp/connection-table.js';
import type { ConversationTable } from './conversation-table.js';
import type { Endings } from './endings.js';
import type { QueueModel } from './queue-model.js';
import type { RequestFigures } from './request-figures.js';

/** A listening application endpoint. */
export interface Listener {
  readonly index: number;
  /** `host:port` */
  readonly endpoint: string;
  readonly address: number;
  readonly port: number;
  readonly protocol: 'fastcgi' | 'scgi' | 'tcp';
  /** Given by the user with -d, not found by content. */
  readonly named: boolean;
  /** Counted in the summary (every FastCGI listener; SCGI only when named). */
  readonly inSummary: boolean;
  /** Rows of its connections in the order of their first packets. */
  readonly connections: Uint32Array;
  /** How they ended. */
  readonly endings: Endings;
  /** Those of them that did not go smoothly in every respect: the only ones that findings about single connections look at. */
  readonly roughConnections: Uint32Array;
  /** Rows of its requests in the order they began. */
  readonly requests: Uint32Array;
  readonly figures: RequestFigures;
  /** Those of them that did not go smoothly in every respect: the only ones that findings about single requests look at. */
  readonly roughRequests: Uint32Array;
}

/** Totals of the TCP tracker that tell how good the capture is. */
export interface TcpCounts {
  readonly duplicates: number;
  readonly retransmissions: number;
  readonly overlapConflicts: number;
  readonly gaps: number;
  readonly gapBytes: number;
  readonly snapped: number;
  readonly fragments: number;
}

export interface Facts {
  /** Nanoseconds from the first to the last packet. */
  readonly duration: number;
  /** False for tcpdump text: no payload, so nothing about requests is known. */
  readonly hasPayload: boolean;
  /** Number of TCP packets; 0 when the input is logs only. */
  readonly tcpPackets: number;
  readonly cut: boolean;
  readonly inputProblems: readonly CaptureProblem[];
  readonly tcp: TcpCounts;
  readonly addresses: AddressTable;
  readonly strings: ByteStrings;
  readonly connections: ConnectionTable;
  readonly conversations: ConversationTable;
  readonly requests: RequestTable;
  /** anomalies, stderr groups, record counts */
  readonly log: RequestLog;
  /** First bytes of sides that speak another protocol: key (connection * 2 + side). */
  readonly foreign: ReadonlyMap<number, Uint8Array>;
  readonly listeners: readonly Listener[];
  /** Listener index of each connection row, or -1. */
  readonly listenerOf: Int32Array;
  /** From lighttpd's error log (or a live source): empty when there is none. */
  readonly processes: readonly ProcessLoad[];
  /** What the host shows, where it is looked at. */
  readonly host?: HostView | undefined;
  /** First-come-first-served service by N slots (rule 2), one per listener, or undefined where it doesn't explain the times. */
  readonly queues: readonly (QueueModel | undefined)[];
}

/** When a connection stops being open: its first FIN or RST, else its last moment in the capture. */
export function closeTime(connections: ConnectionTable, row: number): number {
  let time = Infinity;
  const { finTime0, finTime1, resetTime } = connections;
  if (finTime0[row] < time) time = finTime0[row];
  if (finTime1[row] < time) time = finTime1[row];
  if (resetTime[row] < time) time = resetTime[row];
  return time;
}
