// The pool's response cache as a worker sees it, wherever it lies.
import type { Clock } from '../clock.js';
import type { CacheCounters, CachedResponse, ResponseCache } from './response-cache.js';

export interface SharedCache {
  /** Undefined if there is none, it is too old, or the owner has too much to do: a cache never fails a request. */
  get(key: string): Promise<CachedResponse | undefined>;
  /** Does not wait. `timeToLive` in milliseconds; 0 takes out what is there. */
  set(key: string, response: CachedResponse, timeToLive: number): void;
  delete(key: string): void;
  /** Undefined if the owner has too much to do. */
  counters(): Promise<CacheCounters | undefined>;
}

/** A cache of this process alone: what a pool without a shared one has in each worker. */
export class PrivateCache implements SharedCache {
  constructor(
    private readonly cache: ResponseCache,
    private readonly clock: Clock,
  ) {}

  async get(key: string): Promise<CachedResponse | undefined> {
    return this.cache.get(key, this.clock.now());
  }

  set(key: string, response: CachedResponse, timeToLive: number): void {
    this.cache.set(key, response, timeToLive, this.clock.now());
  }

  delete(key: string): void {
    this.cache.delete(key);
  }

  async counters(): Promise<CacheCounters> {
    return this.current;
  }

  get current(): CacheCounters {
    return this.cache.counters();
  }
}
