// What the screens are drawn from: the snapshot of a moment, what was worked out from it once for all screens, and how
// the reading stands. Immutable; a new one is published when something changed.
import type { Snapshot } from '../analysis/snapshot.js';
import type { HistoryTable } from '../tcp/history-table.js';
import type { Derived } from './derive.js';

export interface SourceInfo {
  /** `peak.pcap`, `interface lo`: for the title; not yet safe to print. */
  readonly name: string;
  /** Arguments of a command that reads the same again. */
  readonly command: readonly string[];
  /** It goes on until somebody stops it. */
  readonly live: boolean;
  /** What is opened can be read again; else only what the tables hold is shown. */
  readonly rereadable: boolean;
}

export type Phase = 'reading' | 'live' | 'done';

export interface ReadingProgress {
  readonly packets: number;
  /** Looks at the host so far, where it is looked at. */
  readonly looks?: number | undefined;
  readonly bytes: number;
  /** Bytes in all, where that is known. */
  readonly size: number | undefined;
  /** Milliseconds since the screen opened. */
  readonly elapsed: number;
}

export interface ScreenData {
  readonly source: SourceInfo;
  readonly phase: Phase;
  readonly progress: ReadingProgress;
  /** Undefined before the first one. */
  readonly shown: Shown | undefined;
  /** Sentences about inputs that could not be read, or not to their end. */
  readonly warnings: readonly string[];
}

/** A snapshot, and what belongs to it. */
export interface Shown {
  /** Counts the snapshots. */
  readonly revision: number;
  readonly snapshot: Snapshot;
  readonly histories: HistoryTable;
  readonly derived: Derived;
  /** Packets that had been read, and when (milliseconds since the screen opened). */
  readonly packets: number;
  readonly at: number;
}
