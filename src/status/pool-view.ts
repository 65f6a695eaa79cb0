// One look at a pool: the page, what was counted from it, and what happened since the look before.
import type { FpmStatus } from './fpm-status.js';
import type { PoolLoad } from './pool-load.js';
import type { StatusChange } from './status-change.js';

export interface PoolView {
  readonly address: string;
  /** The listening socket is AF_UNIX: php-fpm does not know its accept queue then. */
  readonly isUnix: boolean;
  readonly status: FpmStatus;
  /** Undefined where the page has no process list. */
  readonly load: PoolLoad | undefined;
  /** Undefined at the first look. */
  readonly change: StatusChange | undefined;
  /** Milliseconds the page took, waiting for a worker included. */
  readonly took: number;
  /** Connections in the accept queue as the kernel shows them; undefined where that cannot be known from here. */
  readonly acceptQueue: number | undefined;
  /** What marks the URI of our own question. */
  readonly own: string;
}
