// Stands before a Responder's handler: answers from the pool's cache what is there, and keeps what may be kept.
import type { RequestHandler } from '../server/options.js';
import type { ServerRequest } from '../server/request.js';
import { cacheKey, timeToLive } from './cache-rules.js';
import { runHandler } from './run-handler.js';
import type { SharedCache } from './shared-cache.js';

export interface CacheOptions {
  /**
   * Where it lies: `primary`: once, in the primary process, shared by all workers, and untouched by the death of any.
   * `worker`: one in each worker, which dies with it; for comparison. Default `primary`.
   */
  readonly owner?: 'primary' | 'worker';
  /** Bytes, keys and an allowance for each entry included. Default 64 MiB. */
  readonly maxBytes?: number;
  /** Larger responses are not kept. Default 1 MiB. */
  readonly maxEntryBytes?: number;
  /** Milliseconds for which a response is kept that does not say so itself (Cache-Control). Default 60,000. */
  readonly timeToLive?: number;
  /**
   * Answers GET and HEAD requests from the cache without asking the handler. Default true; with false the cache is
   * only there for handlers that use it themselves (WorkerContext.cache).
   */
  readonly responses?: boolean;
}

export const DEFAULT_CACHE: Readonly<Required<CacheOptions>> = {
  owner: 'primary',
  maxBytes: 64 << 20,
  maxEntryBytes: 1 << 20,
  timeToLive: 60_000,
  responses: true,
};

/** A handler that answers from the cache where it can. */
export function cachedResponses(handler: RequestHandler, cache: SharedCache, options: CacheOptions): RequestHandler {
  const { maxEntryBytes, timeToLive: standard } = { ...DEFAULT_CACHE, ...options };
  return (request) => {
    const key = cacheKey(request.params);
    if (key === undefined) return handler(request);
    return answer(request, key);
  };

  async function answer(request: ServerRequest, key: string): Promise<unknown> {
    const kept = await cache.get(key);
    if (request.ended || request.aborted) return undefined;
    if (kept) {
      request.appStatus = kept.appStatus;
      request.end(kept.content);
      return undefined;
    }
    const copy = copyOutput(request, maxEntryBytes);
    const result = await runHandler(handler, request);
    const content = copy();
    // A handler tells of its failure by its exit status.
    const status = typeof result === 'number' ? result : request.appStatus;
    if (content && !request.aborted && status === 0) {
      const time = timeToLive(content, standard);
      if (time > 0) cache.set(key, { content, appStatus: 0 }, time);
    }
    return result;
  }
}

/** Copies STDOUT as it is written. The function gives it, or undefined if it was longer than `limit`. */
function copyOutput(request: ServerRequest, limit: number): () => Uint8Array | undefined {
  let pieces: Buffer[] | undefined = [];
  let length = 0;
  const write = request.write.bind(request);
  request.write = (chunk) => {
    if (pieces) {
      const bytes = Buffer.from(chunk as Uint8Array);
      length += bytes.length;
      if (length > limit) pieces = undefined;
      else pieces.push(bytes);
    }
    return write(chunk);
  };
  return () => pieces && Buffer.concat(pieces, length);
}
