// The cache in the primary process as a worker reaches it: over its IPC channel, within bounds.
import type { FromWorker, ToWorker } from './messages.js';
import type { CacheCounters, CachedResponse } from './response-cache.js';
import type { SharedCache } from './shared-cache.js';

/** Questions that are not answered yet; one more is a miss. */
const MOST_QUESTIONS = 4096;
/** Content bytes on their way to the primary; more are not stored. */
const MOST_BYTES = 16 << 20;

/** @param sent is called when the message has gone. */
export type Send = (message: FromWorker, sent?: () => void) => void;

export class CacheClient implements SharedCache {
  private readonly questions = new Map<number, (answer: ToWorker | undefined) => void>();
  private lastId = 0;
  private bytes = 0;

  constructor(private readonly send: Send) {}

  async get(key: string): Promise<CachedResponse | undefined> {
    const answer = await this.ask((id) => ({ kind: 'cacheGet', id, key }));
    return answer?.kind === 'cached' ? answer.response : undefined;
  }

  set(key: string, response: CachedResponse, timeToLive: number): void {
    const { length } = response.content;
    if (this.bytes + length > MOST_BYTES) return;
    this.bytes += length;
    this.send({ kind: 'cacheSet', key, response, timeToLive }, () => {
      this.bytes -= length;
    });
  }

  delete(key: string): void {
    this.send({ kind: 'cacheDelete', key });
  }

  async counters(): Promise<CacheCounters | undefined> {
    const answer = await this.ask((id) => ({ kind: 'cacheCounters', id }));
    return answer?.kind === 'cacheCounters' ? answer.counters : undefined;
  }

  /** An answer of the primary. */
  answered(answer: Extract<ToWorker, { readonly kind: 'cached' | 'cacheCounters' }>): void {
    const resolve = this.questions.get(answer.id);
    this.questions.delete(answer.id);
    resolve?.(answer);
  }

  private ask(message: (id: number) => FromWorker): Promise<ToWorker | undefined> {
    if (this.questions.size >= MOST_QUESTIONS) return Promise.resolve(undefined);
    const id = ++this.lastId;
    return new Promise((resolve) => {
      this.questions.set(id, resolve);
      this.send(message(id));
    });
  }
}
