// What php-fpm's status page says, with its names in our spelling. Times of processes are as the page has them.

/** One worker of the pool. */
export interface FpmProcess {
  readonly pid: number;
  /** `Idle`, `Running`, `Reading headers`, `Getting request informations`, `Ending`, `Finishing`, ... as the page has it. */
  readonly state: string;
  /** Seconds since 1970; undefined where the page does not say. */
  readonly startTime: number | undefined;
  /** Seconds since it was started. */
  readonly startSince: number | undefined;
  /** Requests it has served, this one included. */
  readonly requests: number | undefined;
  /** Microseconds: of the request in progress so far, else of the last one. */
  readonly requestDuration: number | undefined;
  readonly method: string;
  /** With its query; '' where the page has `-`. */
  readonly uri: string;
  readonly contentLength: number | undefined;
  readonly user: string;
  readonly script: string;
  /** Percent of a processor, of the last request. */
  readonly lastCpu: number | undefined;
  /** Bytes, of the last request. */
  readonly lastMemory: number | undefined;
}

export interface FpmStatus {
  readonly pool: string;
  /** `static`, `dynamic` or `ondemand`. */
  readonly processManager: string;
  readonly startTime: number | undefined;
  readonly startSince: number | undefined;
  readonly acceptedConnections: number | undefined;
  readonly listenQueue: number | undefined;
  readonly maxListenQueue: number | undefined;
  readonly listenQueueLength: number | undefined;
  readonly idle: number | undefined;
  readonly active: number | undefined;
  readonly total: number | undefined;
  readonly maxActive: number | undefined;
  readonly maxChildrenReached: number | undefined;
  readonly slowRequests: number | undefined;
  /** Bytes; PHP 8.4 and later. */
  readonly memoryPeak: number | undefined;
  /** Undefined where the page has no list (`full` was not asked for). */
  readonly processes: readonly FpmProcess[] | undefined;
}
