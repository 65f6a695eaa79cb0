// The pool's cache in the process that has it: what workers ask of it, and what they are answered.
import { systemClock } from '../clock.js';
import { type CacheOptions, DEFAULT_CACHE } from './cached-responses.js';
import type { FromWorker, ToWorker } from './messages.js';
import { type CacheCounters, ResponseCache } from './response-cache.js';

export type CacheMessage = Extract<
  FromWorker,
  { readonly kind: 'cacheGet' | 'cacheSet' | 'cacheDelete' | 'cacheCounters' }
>;

export class CacheOwner {
  private readonly cache: ResponseCache;

  constructor(options: CacheOptions) {
    this.cache = new ResponseCache({ ...DEFAULT_CACHE, ...options });
  }

  /** What is to be answered, if anything. */
  hear(message: CacheMessage): ToWorker | undefined {
    const { cache } = this;
    const now = systemClock.now();
    switch (message.kind) {
      case 'cacheGet':
        return { kind: 'cached', id: message.id, response: cache.get(message.key, now) };
      case 'cacheSet':
        cache.set(message.key, message.response, message.timeToLive, now);
        return undefined;
      case 'cacheDelete':
        cache.delete(message.key);
        return undefined;
      case 'cacheCounters':
        return { kind: 'cacheCounters', id: message.id, counters: cache.counters() };
    }
  }

  counters(): CacheCounters {
    return this.cache.counters();
  }
}
