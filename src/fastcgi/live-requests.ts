// The requests of one connection that are still being decoded, in the order they began.
import type { LiveRequest } from './live-request.js';
import type { RequestLog } from './request-log.js';

/** Unfinished requests followed on one connection; a web server multiplexes far fewer. */
export const MAX_LIVE = 1024;
/** Finished requests whose input had not ended, kept for what the web server may still send. */
const MAX_ENDED = 16;

export class LiveRequests {
  /** Requests without END_REQUEST. */
  unfinished = 0;
  readonly list: LiveRequest[] = [];
  /** The request of each side's record at hand. */
  readonly current: [LiveRequest | undefined, LiveRequest | undefined] = [undefined, undefined];

  constructor(private readonly log: RequestLog) {}

  get length(): number {
    return this.list.length;
  }

  knows(requestId: number): boolean {
    for (const request of this.list) if (request.requestId === requestId) return true;
    return false;
  }

  /** The newest request of this id: what the web server sends belongs to it. */
  newest(requestId: number): LiveRequest | undefined {
    for (let i = this.list.length - 1; i >= 0; i--) if (this.list[i].requestId === requestId) return this.list[i];
    return undefined;
  }

  /** The oldest request of this id that has not ended: what the application sends belongs to it. */
  oldestUnfinished(requestId: number): LiveRequest | undefined {
    // Every record of the application asks this. A loop over an index is compiled three times as fast as `for ... of`.
    const { list } = this;
    for (let i = 0; i < list.length; i++) if (list[i].requestId === requestId && !list[i].ended) return list[i];
    return undefined;
  }

  /**
   * Makes room for another request of this id: those that have ended go, and those whose end is lost (a web server
   * that gives an id again had seen it). Returns whether one is left that has not ended.
   */
  retire(requestId: number): boolean {
    for (let i = this.list.length - 1; i >= 0; i--) {
      const other = this.list[i];
      if (other.requestId !== requestId) continue;
      if (!other.ended && !other.head.lost) return true;
      this.drop(other);
    }
    return false;
  }

  /** A request begins at `row`; returns false if the oldest had to go for it. */
  begin(row: number, requestId: number): boolean {
    this.list.push(this.log.acquire(row, requestId));
    this.unfinished++;
    if (this.list.length <= MAX_LIVE) return true;
    this.drop(this.list[0]);
    return false;
  }

  /** END_REQUEST came; `complete`: the web server has nothing more to send for it. */
  end(request: LiveRequest, complete: boolean): void {
    request.ended = true;
    this.unfinished--;
    if (complete) this.drop(request);
    else if (this.list.length - this.unfinished > MAX_ENDED) this.drop(this.list.find((other) => other.ended)!);
  }

  drop(request: LiveRequest): void {
    const { list } = this;
    // Nearly always it is the only one, and splice would make an array of what it takes out.
    if (list[list.length - 1] === request) list.pop();
    else list.splice(list.indexOf(request), 1);
    if (!request.ended) this.unfinished--;
    // It may become another request at once: the rest of a record at hand must not be counted there.
    if (this.current[0] === request) this.current[0] = undefined;
    if (this.current[1] === request) this.current[1] = undefined;
    this.log.release(request);
  }

  clear(): void {
    for (const request of this.list) this.log.release(request);
    this.list.length = 0;
    this.current[0] = this.current[1] = undefined;
    this.unfinished = 0;
  }
}
