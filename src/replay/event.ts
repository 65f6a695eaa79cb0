// A case: what both sides of some captured connections did, event by event, so that it can be done again. The events are in
// the order of the capture; the bytes of either side lie one after the other in a file of their own.
import type { Side } from '../model/side.js';

export const CASE_SCHEMA = 'fcgi-inspect/case/1';

interface EventBase {
  /** Nanoseconds since the first event of the case. */
  readonly time: number;
  /** Number of the connection in the case, from 0 in the order in which they open. */
  readonly connection: number;
}

export type CaseEvent =
  /** The web server connects to a listener (its place in the case's list). */
  | (EventBase & { readonly kind: 'open'; readonly listener: number })
  /** It connects, and nobody listens. */
  | (EventBase & { readonly kind: 'refused'; readonly listener: number })
  /** A side sends bytes: those at `from` in its file. */
  | (EventBase & {
      readonly kind: 'send';
      readonly side: Side;
      readonly from: number;
      readonly length: number;
      /** Requests that begin in these bytes, whose input ends in them, and that END_REQUEST ends in them. */
      readonly begins: number;
      readonly asked: number;
      readonly ends: number;
      /** Names of the records that end in them, for people. */
      readonly records: readonly string[];
    })
  /** A side ends its stream (FIN). `crossing`: the other side's end was on its way already. */
  | (EventBase & { readonly kind: 'end'; readonly side: Side; readonly crossing: boolean })
  /** A side resets the connection (RST). */
  | (EventBase & { readonly kind: 'reset'; readonly side: Side });

export interface CaseListener {
  /** As in the capture. */
  readonly endpoint: string;
  readonly protocol: 'fastcgi' | 'scgi';
}

/** What of the capture is not in the case, or not as it was; counts. */
export interface CaseLosses {
  /** Connections whose SYN nobody answered: a full accept queue, a filter. */
  unanswered: number;
  /** Connections that began before the capture: they open with the first request that is whole. */
  beganBefore: number;
  /** Connections in which no event could be made out. */
  empty: number;
  /** Bytes that the capture has not: filled with zeros inside of records, left out elsewhere. */
  filledBytes: number;
  droppedBytes: number;
  /** Ends and resets after the connection was over. */
  afterEnd: number;
}

export function noLosses(): CaseLosses {
  return { unanswered: 0, beganBefore: 0, empty: 0, filledBytes: 0, droppedBytes: 0, afterEnd: 0 };
}

/** What is known of a case as a whole. */
export interface CaseHeader {
  readonly schema: typeof CASE_SCHEMA;
  /** Program and version that wrote it. */
  readonly writtenBy: string;
  /** What it was made from. */
  readonly source: string;
  /** Nanoseconds from the first to the last event. */
  readonly duration: number;
  readonly listeners: readonly CaseListener[];
  readonly connections: number;
  readonly mostOpen: number;
  readonly requests: number;
  readonly events: number;
  /** Bytes of either side: web server, application. */
  readonly bytes: readonly [number, number];
  /** Values of secrets that were written over; undefined where they were kept. */
  readonly secretsReplaced: number | undefined;
  readonly losses: CaseLosses;
}
