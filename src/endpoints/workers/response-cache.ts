// A cache of responses with a bound on its memory: the least recently used goes first, nothing is given after its time.
// Without a clock: the time is passed in.

export interface CachedResponse {
  /** What the handler wrote to STDOUT: head and body. */
  readonly content: Uint8Array;
  /** The exit status it ended with. */
  readonly appStatus: number;
}

export interface CacheLimits {
  /** Bytes of keys and contents together, with an allowance for each entry. */
  readonly maxBytes: number;
  /** Content bytes of one entry. */
  readonly maxEntryBytes: number;
}

export interface CacheCounters {
  readonly entries: number;
  /** As counted against the limit. */
  readonly bytes: number;
  readonly hits: number;
  /** Asked for and not there, or no longer. */
  readonly misses: number;
  readonly stored: number;
  /** Taken out to make room. */
  readonly evicted: number;
  /** Found too old. */
  readonly expired: number;
  /** Not stored: larger than one entry may be. */
  readonly refused: number;
}

export function addCounters(one: CacheCounters, other: CacheCounters): CacheCounters {
  return {
    entries: one.entries + other.entries,
    bytes: one.bytes + other.bytes,
    hits: one.hits + other.hits,
    misses: one.misses + other.misses,
    stored: one.stored + other.stored,
    evicted: one.evicted + other.evicted,
    expired: one.expired + other.expired,
    refused: one.refused + other.refused,
  };
}

interface Entry {
  readonly key: string;
  readonly response: CachedResponse;
  readonly size: number;
  /** In the time of `now`. */
  readonly expiresAt: number;
}

/** What an entry costs beside its content, roughly: the map's slot, the objects, the string's header. */
const ENTRY_ALLOWANCE = 256;

export class ResponseCache {
  /** In the order of their last use: a Map gives its keys in the order they were set. */
  private readonly entries = new Map<string, Entry>();
  private bytes = 0;
  private hits = 0;
  private misses = 0;
  private stored = 0;
  private evicted = 0;
  private expired = 0;
  private refused = 0;

  constructor(private readonly limits: CacheLimits) {}

  /** @param now milliseconds, of a clock that never goes back. */
  get(key: string, now: number): CachedResponse | undefined {
    const entry = this.entries.get(key);
    if (!entry || entry.expiresAt <= now) {
      this.misses++;
      if (entry) {
        this.expired++;
        this.remove(entry);
      }
      return undefined;
    }
    this.hits++;
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry.response;
  }

  /**
   * False if it is too large to be kept.
   * @param timeToLive milliseconds; 0 or less takes out what is there.
   */
  set(key: string, response: CachedResponse, timeToLive: number, now: number): boolean {
    this.delete(key);
    if (!(timeToLive > 0)) return true;
    const size = response.content.length + key.length * 2 + ENTRY_ALLOWANCE;
    if (response.content.length > this.limits.maxEntryBytes || size > this.limits.maxBytes) {
      this.refused++;
      return false;
    }
    while (this.bytes + size > this.limits.maxBytes) this.evictOne(now);
    this.entries.set(key, { key, response, size, expiresAt: now + timeToLive });
    this.bytes += size;
    this.stored++;
    return true;
  }

  delete(key: string): boolean {
    const entry = this.entries.get(key);
    if (entry) this.remove(entry);
    return entry !== undefined;
  }

  clear(): void {
    this.entries.clear();
    this.bytes = 0;
  }

  counters(): CacheCounters {
    const { bytes, hits, misses, stored, evicted, expired, refused } = this;
    return { entries: this.entries.size, bytes, hits, misses, stored, evicted, expired, refused };
  }

  private evictOne(now: number): void {
    const oldest = this.entries.values().next().value!;
    if (oldest.expiresAt <= now) this.expired++;
    else this.evicted++;
    this.remove(oldest);
  }

  private remove(entry: Entry): void {
    this.entries.delete(entry.key);
    this.bytes -= entry.size;
  }
}
