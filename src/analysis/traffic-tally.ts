// What a live source counts of the traffic of each listener, for metrics: totals that only grow, and histograms of times
// with fixed bounds. Filled while requests and connections end, so it needs no tables and its size does not grow.

/** OpenTelemetry's bounds for http.server.request.duration, in seconds. */
export const DURATION_BOUNDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];
export const REQUESTS_BOUNDS: readonly number[] = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/** Values counted in buckets up to fixed bounds. */
export class BoundedHistogram {
  /** Values up to each bound, those up to the bound before left out; the last is of all beyond. */
  readonly counts: number[];
  sum = 0;
  count = 0;

  constructor(readonly bounds: readonly number[]) {
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  record(value: number): void {
    if (Number.isNaN(value)) return;
    let bucket = 0;
    while (bucket < this.bounds.length && value > this.bounds[bucket]) bucket++;
    this.counts[bucket]++;
    this.sum += value;
    this.count++;
  }
}

/**
 * How a request ended: `ok` END_REQUEST, `aborted` by the web server, which may just close, `truncated` cut by the application after its answer
 * began, `no_end` before it began, or the protocol status it was refused with.
 */
export const REQUEST_RESULTS = [
  'ok',
  'aborted',
  'truncated',
  'no_end',
  'cant_mpx',
  'overloaded',
  'unknown_role',
] as const;
export type RequestResult = (typeof REQUEST_RESULTS)[number];

export interface EndedRequest {
  readonly result: RequestResult;
  /** Nanoseconds, NaN where it did not come to that: to the first byte, in all, until the request's body was there. */
  readonly timeToFirstByte: number;
  readonly total: number;
  readonly bodyIn: number;
}

export interface EndedConnection {
  readonly first: 'web-server' | 'application' | 'both' | 'none';
  readonly how: 'fin' | 'rst' | 'none';
  readonly keepConn: boolean;
  readonly requests: number;
  /** Nanoseconds from the last END_REQUEST to the close of both sides; NaN where there was none. */
  readonly linger: number;
}

/** Kinds of errors when connecting to the application that are told apart; others are `other`. */
const ERRORS: ReadonlySet<string> = new Set([
  'EAGAIN',
  'ECONNREFUSED',
  'ENOENT',
  'EACCES',
  'ETIMEDOUT',
  'EADDRNOTAVAIL',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EMFILE',
]);

export class ListenerTally {
  connections = 0;
  /** Open now. */
  open = 0;
  requestsInFlight = 0;
  mostInFlight = 0;
  bytesFromWebServer = 0;
  bytesFromApplication = 0;
  stderrBytes = 0;
  /** Seconds during which a side was not read, because the other did not take what it sent. */
  webServerPaused = 0;
  applicationPaused = 0;
  readonly requests = new Map<RequestResult, number>();
  /** `first how keepConn` */
  readonly closed = new Map<string, { readonly connection: EndedConnection; count: number }>();
  readonly connectErrors = new Map<string, number>();
  /** Faults that were made on purpose, by name. */
  readonly faults = new Map<string, number>();
  readonly timeToFirstByte = new BoundedHistogram(DURATION_BOUNDS);
  readonly total = new BoundedHistogram(DURATION_BOUNDS);
  readonly bodyIn = new BoundedHistogram(DURATION_BOUNDS);
  readonly linger = new BoundedHistogram(DURATION_BOUNDS);
  readonly connect = new BoundedHistogram(DURATION_BOUNDS);
  readonly requestsPerConnection = new BoundedHistogram(REQUESTS_BOUNDS);

  connectionOpened(): void {
    this.connections++;
    this.open++;
  }

  connectionEnded(connection: EndedConnection): void {
    this.open = Math.max(0, this.open - 1);
    const key = `${connection.first} ${connection.how} ${connection.keepConn}`;
    const before = this.closed.get(key);
    if (before) before.count++;
    else this.closed.set(key, { connection, count: 1 });
    this.requestsPerConnection.record(connection.requests);
    this.linger.record(connection.linger / 1e9);
  }

  requestBegun(): void {
    this.requestsInFlight++;
    this.mostInFlight = Math.max(this.mostInFlight, this.requestsInFlight);
  }

  requestEnded({ result, timeToFirstByte, total, bodyIn }: EndedRequest): void {
    this.requestsInFlight = Math.max(0, this.requestsInFlight - 1);
    this.requests.set(result, (this.requests.get(result) ?? 0) + 1);
    this.timeToFirstByte.record(timeToFirstByte / 1e9);
    this.total.record(total / 1e9);
    this.bodyIn.record(bodyIn / 1e9);
  }

  /** @param nanoseconds that connecting to the application took; NaN where it did not come to that */
  connected(nanoseconds: number): void {
    this.connect.record(nanoseconds / 1e9);
  }

  /** @param name of the vocabulary of faults */
  faultMade(name: string): void {
    this.faults.set(name, (this.faults.get(name) ?? 0) + 1);
  }

  /** @param code the system's, such as `EAGAIN` */
  connectFailed(code: string): void {
    const name = ERRORS.has(code) ? code : 'other';
    this.connectErrors.set(name, (this.connectErrors.get(name) ?? 0) + 1);
  }
}

export class TrafficTally {
  readonly listeners = new Map<string, ListenerTally>();

  /** The tally of `host:port` or `unix:/path`. */
  listener(address: string): ListenerTally {
    let tally = this.listeners.get(address);
    if (!tally) this.listeners.set(address, (tally = new ListenerTally()));
    return tally;
  }
}
