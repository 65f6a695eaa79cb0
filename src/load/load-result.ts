// A load as it was run and what came of it: what reports are made of.
import type { LoadTally } from './load-tally.js';

export interface LoadResult {
  readonly address: string;
  readonly protocol: 'fastcgi' | 'scgi';
  readonly method: string;
  readonly uri: string;
  readonly concurrency: number;
  readonly keepConn: boolean;
  /** Requests at a time on one connection. */
  readonly perConnection: number;
  /** Requests a second that were wanted; undefined in the closed loop. */
  readonly rate: number | undefined;
  /** Seconds from the first request to the last answer. */
  readonly seconds: number;
  readonly tally: LoadTally;
  /** Connections that were opened. */
  readonly connections: number;
  /** See LoadPlan. */
  readonly mostLate: number;
  readonly unsent: number;
  /** A signal ended it. */
  readonly interrupted: boolean;
}
