// Which connections and requests hold a worker's slots, which requests wait for one, and whether the worker may accept.
// Pure: connections and requests are keys here, the time is passed in.
import { AcceptLock } from './accept-lock.js';

/** See WorkersOptions.slot. */
export type SlotKind = 'connection' | 'request' | 'handler';

interface ConnectionState<R> {
  open: boolean;
  /** With slots pinned by the request: it still holds the slot that it was accepted with. */
  fresh: boolean;
  /** Requests that arrived on it and have not ended. */
  readonly requests: Set<R>;
}

interface RequestState<C> {
  readonly connection: C;
  started: boolean;
}

interface Waiting<R> {
  readonly request: R;
  readonly start: () => void;
}

export class Slots<C, R> {
  /** Handlers that are running. */
  processing = 0;
  private readonly connections = new Map<C, ConnectionState<R>>();
  private readonly requests = new Map<R, RequestState<C>>();
  private readonly holders = new Set<C | R>();
  private readonly queue: Waiting<R>[] = [];
  private readonly lock: AcceptLock<C> | undefined;
  private busy = 0;
  private busySince = 0;

  constructor(
    private readonly kind: SlotKind,
    private readonly capacity: number,
    /** Only with slots pinned by the connection. */
    acceptLock = false,
  ) {
    this.lock = acceptLock ? new AcceptLock() : undefined;
  }

  /** Whether one more connection may be accepted. */
  get accepting(): boolean {
    if (this.kind === 'handler') return true;
    return this.holders.size < this.capacity && this.queue.length === 0 && !this.lock?.isHeld;
  }

  get taken(): number {
    return this.holders.size;
  }

  /** Requests that wait for a slot, or for the accept lock. */
  get waiting(): number {
    return this.queue.length + (this.lock?.waiting ?? 0);
  }

  /** Milliseconds during which at least one slot was taken. */
  busyTime(now: number): number {
    return this.holders.size > 0 ? this.busy + now - this.busySince : this.busy;
  }

  /** A connection was accepted. */
  opened(connection: C, now: number): void {
    this.connections.set(connection, { open: true, fresh: this.kind === 'request', requests: new Set() });
    if (this.kind !== 'handler') this.hold(connection, now);
    this.lock?.enter(connection);
  }

  /** A connection has closed. It keeps its slot until its handlers have ended too. */
  closed(connection: C, now: number): void {
    const state = this.connections.get(connection);
    if (!state) return;
    state.open = false;
    this.forgetIfOver(connection, state, now);
    this.lock?.leave(connection);
  }

  /** A request can be answered: calls `start`, at once or when it gets a slot. */
  arrived(request: R, connection: C, start: () => void, now: number): void {
    const state = this.connections.get(connection);
    this.requests.set(request, { connection, started: false });
    state?.requests.add(request);
    const begin = (): void => {
      const entry = this.requests.get(request);
      if (!entry) return;
      entry.started = true;
      this.processing++;
      start();
    };
    if (this.kind === 'connection') {
      if (this.lock) this.lock.request(connection, begin);
      else begin();
      return;
    }
    if (state?.fresh) {
      state.fresh = false;
      this.holders.delete(connection);
      this.holders.add(request);
      begin();
    } else if (this.holders.size < this.capacity && this.queue.length === 0) {
      this.hold(request, now);
      begin();
    } else {
      this.queue.push({ request, start: begin });
    }
  }

  /**
   * A request's handler has ended, or the request was given up before it began.
   * @param kept whether another request may come on its connection.
   */
  ended(request: R, kept: boolean, now: number): void {
    const entry = this.requests.get(request);
    if (!entry) return;
    this.requests.delete(request);
    if (entry.started) this.processing--;
    else this.lock?.cancel(entry.connection);
    const at = this.queue.findIndex((waiting) => waiting.request === request);
    if (at >= 0) this.queue.splice(at, 1);
    const state = this.connections.get(entry.connection);
    state?.requests.delete(request);
    this.release(request, now);
    if (state) this.forgetIfOver(entry.connection, state, now);
    if (kept && state?.open) this.lock?.enter(entry.connection);
    this.startNext(now);
  }

  private startNext(now: number): void {
    while (this.queue.length > 0 && this.holders.size < this.capacity) {
      const { request, start } = this.queue.shift()!;
      this.hold(request, now);
      start();
    }
  }

  private forgetIfOver(connection: C, state: ConnectionState<R>, now: number): void {
    if (state.open || state.requests.size > 0) return;
    this.connections.delete(connection);
    this.release(connection, now);
    this.startNext(now);
  }

  private hold(holder: C | R, now: number): void {
    if (this.holders.size === 0) this.busySince = now;
    this.holders.add(holder);
  }

  private release(holder: C | R, now: number): void {
    if (this.holders.delete(holder) && this.holders.size === 0) this.busy += now - this.busySince;
  }
}
