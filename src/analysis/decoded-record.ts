// One record of a stream, decoded: what `decode` shows.
import type { Anomaly } from '../model/anomaly-log.js';
import type { Side } from '../model/side.js';

export interface DecodedPair {
  readonly name: Uint8Array;
  readonly value: Uint8Array;
  /** Where the name and the value begin in the record's content; -1 where the pair began in an earlier record. */
  readonly nameAt: number;
  readonly valueAt: number;
}

/** A FastCGI record, or a piece of an SCGI exchange. Its bytes are only lent for the call that hands it over. */
export interface DecodedRecord {
  readonly protocol: 'fastcgi' | 'scgi';
  /** Row of the connection. */
  readonly connection: number;
  /** Row of the request it belongs to, or -1. */
  readonly request: number;
  /** Who sent it. */
  readonly side: Side;
  /** The packet that completes it, and its time in nanoseconds since the first packet. */
  readonly packet: number;
  readonly time: number;
  /** Byte offset of its header in the stream of its side. */
  readonly offset: number;
  /** Record type; 0 for SCGI. */
  readonly type: number;
  /** `BEGIN_REQUEST`, `type_99`; of SCGI `HEADERS`, `BODY`, `RESPONSE`. */
  readonly name: string;
  readonly requestId: number;
  /** The content that came; shorter than contentLength where a part of it is missing from the capture. */
  readonly content: Uint8Array;
  readonly contentLength: number;
  readonly paddingLength: number;
  /** Bytes of its content that are missing from the capture. */
  readonly missingLength: number;
  /** Name-value pairs that end in this record: PARAMS, GET_VALUES, GET_VALUES_RESULT, SCGI headers. */
  readonly pairs: readonly DecodedPair[];
  /** The content begins inside a pair (its end inside one shows by the last pair's end). */
  readonly beginsInPair: boolean;
  readonly problems: readonly Anomaly[];
}

/** Hears of records in the order in which they are complete. */
export interface DecodedSink {
  record(record: DecodedRecord): void;
  /** A problem of a stream that belongs to no whole record. */
  problem(anomaly: Anomaly): void;
}

/** Finds the rows of a connection's requests, in the order they began. */
export interface RequestChain {
  /** The row of the first request (`previous` -1) or of the one after `previous`; -1 where there is none. */
  after(connection: number, previous: number): number;
}
