// What is read again from the input when a connection or a request is opened: its records and segments, its streams.
// Plain data, bounded; bytes are as captured.
import type { Side } from '../../model/side.js';

export interface Pair {
  readonly name: Uint8Array;
  readonly value: Uint8Array;
}

/** A record of the ladder with what the pane beside it shows. */
export interface LadderRecord {
  readonly protocol: 'fastcgi' | 'scgi';
  /** Record type; 0 for SCGI. */
  readonly type: number;
  readonly name: string;
  readonly requestId: number;
  /** Place of its request on the connection, from 0, or -1. */
  readonly ordinal: number;
  readonly contentLength: number;
  readonly paddingLength: number;
  /** Bytes of its content that are missing from the capture. */
  readonly missingLength: number;
  /** Byte offset of its header in the stream of its side. */
  readonly offset: number;
  /** The beginning of its content. */
  readonly content: Uint8Array;
  readonly pairs: readonly Pair[];
  /** Sentences. */
  readonly problems: readonly string[];
}

export interface LadderEntry {
  /** Nanoseconds since the first packet. */
  readonly time: number;
  /** Number of the packet; 0 where there is none. */
  readonly packet: number;
  readonly kind: 'segment' | 'record' | 'note';
  /** Who sent it; of a note, on whose side it stands (undefined: between them). */
  readonly side: Side | undefined;
  /** Not yet safe to print. */
  readonly label: string;
  readonly record?: LadderRecord;
}

export interface ConnectionContents {
  readonly connection: number;
  readonly entries: readonly LadderEntry[];
  /** Why it is not everything, as a sentence; undefined where it is. */
  readonly limit?: string | undefined;
}

export type StreamName = 'stdin' | 'data' | 'stdout' | 'stderr';
export const STREAM_NAMES: readonly StreamName[] = ['stdin', 'data', 'stdout', 'stderr'];

export interface StreamBytes {
  /** The beginning of the stream. */
  readonly bytes: Uint8Array;
  /** All of it. */
  readonly length: number;
}

export interface RequestContents {
  readonly request: number;
  readonly pairs: readonly Pair[];
  readonly streams: Readonly<Record<StreamName, StreamBytes>>;
  readonly paramsRecords: number;
  readonly stdoutRecords: number;
  readonly missing: number;
  readonly limit?: string | undefined;
}
