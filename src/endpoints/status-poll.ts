// Asks php-fpm for its status page again and again, so that asking does no harm: with a time limit of its own, one question
// at a time, and none into a queue in which others wait already.
import { parseFpmStatus } from '../status/parse-fpm-status.js';
import { poolLoad } from '../status/pool-load.js';
import type { PoolView } from '../status/pool-view.js';
import { statusChange } from '../status/status-change.js';
import { type EndpointAddress, formatAddress } from './address.js';
import { FastcgiClient } from './client/client.js';
import { ClientError } from './client/errors.js';
import { type Clock, systemClock } from './clock.js';

/** A page of a pool with very many workers. */
const LARGEST_PAGE = 64 << 20;
/** Milliseconds without a question after one that was not answered: the worker that gets it works for nobody. */
const REST = 5000;
const MINUTE = 60_000;

export interface StatusPollOptions {
  /** Where to ask. */
  readonly address: EndpointAddress;
  /** As the pool is called by who watches. */
  readonly name: string;
  readonly path: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly maxChildren?: number | undefined;
  /** The address is the page's own (pm.status_listen): a full pool does not keep it from answering. */
  readonly ownListener: boolean;
  /** A part of our URIs that no other has. */
  readonly mark: string;
  readonly clock?: Clock;
}

export type StatusAnswer =
  | { readonly kind: 'answered'; readonly pool: PoolView }
  | { readonly kind: 'not-asked' | 'failed'; readonly reason: string };

export class StatusPoll {
  private before: { readonly view: PoolView; readonly at: number } | undefined;
  private restUntil = 0;
  private asked: number[] = [];
  private sinceAnswer = 0;
  private over = false;
  private readonly clock: Clock;

  constructor(private readonly options: StatusPollOptions) {
    this.clock = options.clock ?? systemClock;
  }

  /** No page is to be had here: asking again is no use. */
  get ended(): boolean {
    return this.over;
  }

  /** As the page last called the pool; '' before it answered. */
  get poolName(): string {
    return this.before?.view.status.pool ?? '';
  }

  /** Questions within the last minute. */
  get recent(): number {
    const now = this.clock.now();
    this.asked = this.asked.filter((at) => now - at < MINUTE);
    return this.asked.length;
  }

  /** @param waiting connections in the accept queue; NaN where it is not known */
  async ask(waiting: number): Promise<StatusAnswer> {
    const { address, name, path, timeout, ownListener, mark, maxChildren } = this.options;
    const now = this.clock.now();
    if (waiting > 0 && !ownListener) {
      return {
        kind: 'not-asked',
        reason: `${waiting} wait in the accept queue, and the question would wait behind them`,
      };
    }
    if (now < this.restUntil) return { kind: 'not-asked', reason: 'the last question was not answered in time' };
    this.asked.push(now);
    this.sinceAnswer++;
    const client = new FastcgiClient(address, {
      keepConn: false,
      pool: { maximum: 1, keepIdle: 0 },
      retry: { attempts: 1 },
      maxBuffered: LARGEST_PAGE,
      timeouts: { total: timeout },
    });
    try {
      const response = await client.request({ uri: `${path}?json&full&${mark}`, script: path });
      const status = parseFpmStatus(await response.text());
      if (!status) {
        this.over = true;
        return {
          kind: 'failed',
          reason: `${formatAddress(address)} has no status page ${path} (status ${response.status})`,
        };
      }
      const view: PoolView = {
        address: name,
        isUnix: address.kind === 'unix',
        status,
        load: poolLoad(status, mark, maxChildren),
        change:
          this.before && statusChange(this.before.view.status, status, (now - this.before.at) / 1000, this.sinceAnswer),
        took: this.clock.now() - now,
        acceptQueue: Number.isNaN(waiting) ? undefined : waiting,
        own: mark,
      };
      this.before = { view, at: now };
      this.sinceAnswer = 0;
      return { kind: 'answered', pool: view };
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      if (error.code === 'total-timeout' || error.code === 'first-byte-timeout')
        this.restUntil = this.clock.now() + REST;
      return { kind: 'failed', reason: error.message };
    } finally {
      await client.destroy();
    }
  }
}
