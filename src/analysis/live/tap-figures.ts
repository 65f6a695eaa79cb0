// What a tap knows of itself: what went through it, what could not be reached, and what it changes by being there.

export interface TapFigures {
  readonly pairs: readonly { readonly listen: string; readonly to: string }[];
  /** Connections that web servers have opened, and those that are open now. */
  readonly connections: number;
  readonly open: number;
  /** Payload that was passed on. */
  readonly bytesFromWebServer: number;
  readonly bytesFromApplication: number;
  /** Connections to the application that could not be opened, by the system's code. */
  readonly connectErrors: Readonly<Record<string, number>>;
  /** Connections of web servers that could not be accepted, by the system's code. */
  readonly notAccepted: Readonly<Record<string, number>>;
  /** Seconds during which a side was not read because the other did not take its bytes, summed over connections. */
  readonly pausedWebServer: number;
  readonly pausedApplication: number;
  /** Faults that were made on purpose, by name. */
  readonly faults: Readonly<Record<string, number>>;
  /** Connections that the tap itself ended when it was stopped. */
  readonly cut: number;
  /** Resets that became a plain close because the other side speaks AF_UNIX. */
  readonly resetsLost: number;
  /** Sockets in TIME_WAIT that the tap has left on its host: towards web servers, and towards applications. */
  readonly timeWaitToWebServer: number;
  readonly timeWaitToApplication: number;
  /** Messages about connections that were lost because the analysis was too slow (bytes are gaps instead). */
  readonly lost: number;
  /** The analysis has failed with this error; the relay goes on without it. */
  readonly failure: string | null;
}

/** Counts of words. */
export class WordCounts {
  readonly counts: Record<string, number> = {};

  add(word: string): void {
    this.counts[word] = (this.counts[word] ?? 0) + 1;
  }
}
