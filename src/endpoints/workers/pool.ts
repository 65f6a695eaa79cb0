// A running pool, whichever model it has, as whoever started it sees it.
import type { EventEmitter } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { CloseOptions } from '../server/server.js';
import type { PoolStatus } from './status.js';

/** Which worker an event is about. */
export interface WorkerRef {
  readonly seat: number;
  readonly generation: number;
  readonly pid: number;
}

export interface WorkerEnd extends WorkerRef {
  readonly code: number | null;
  readonly signal: string | null;
  /** It ended as it was told to: it had served its time, or the pool is closing. */
  readonly retired: boolean;
  /** How many requests it had answered, as far as is known. */
  readonly requests: number;
}

/** How the pool ended. */
export interface PoolEnd {
  /** The primary's exit status; null if a signal ended it. 0 for the `event` model. */
  readonly code: number | null;
  readonly signal: string | null;
  /** No request was cut off. */
  readonly finished: boolean;
}

/** Events of a pool and what their listeners get. None of them needs a listener. */
export interface PoolEvents {
  /** A process was started. */
  started: [worker: WorkerRef];
  /** It has begun to accept. */
  accepting: [worker: WorkerRef];
  /** It accepts no more, and will end: somebody takes over. */
  retiring: [worker: WorkerRef];
  ended: [end: WorkerEnd];
  /** A worker said why it can't go on, or a handler threw; a text with a stack. */
  failure: [text: string, worker: WorkerRef];
  /** What a handler sent (WorkerContext.send). */
  message: [message: unknown, worker: WorkerRef];
  closed: [end: PoolEnd];
}

export interface WorkerPool extends Pick<EventEmitter<PoolEvents>, 'on' | 'once' | 'off'> {
  readonly model: 'event' | 'workers';
  /** Of the process that a signal should go to: SIGTERM and SIGUSR1 close the pool gracefully, a second one at once. */
  readonly pid: number;
  /** Where it listens: a port that was chosen is there, an AF_UNIX socket is its path. */
  readonly address: AddressInfo | string;
  /** What its processes are doing now. */
  status(): Promise<PoolStatus>;
  /**
   * Closes, as `Server.close` does: resolves when nothing is left, to true if no request had to be cut off.
   * A second call without `graceful` cuts off what a first one waits for.
   */
  close(options?: CloseOptions): Promise<boolean>;
  /** Resolves when the pool has ended, for whatever reason. */
  readonly closed: Promise<PoolEnd>;
}
