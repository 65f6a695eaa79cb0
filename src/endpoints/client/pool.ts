// Which connection serves which request: idle ones first, then shared ones, then new ones, then the queue. Knows no
// sockets: connections are opened by a function it is given.
import type { PoolRules } from './client-rules.js';
import { ClientError } from './errors.js';

/** Something that wants a connection. */
export interface PoolTask<Connection extends PooledConnection = PooledConnection> {
  /** May share a connection with others. */
  readonly mayShare: boolean;
  /** A connection is being opened for it. */
  opening(): void;
  /** Begins on that connection; false if the connection cannot take it after all. */
  run(connection: Connection): boolean;
  /** It gets none. */
  refused(error: ClientError): void;
}

/** What the pool has to know of a connection. */
export interface PooledConnection {
  /** Requests in progress, given up ones included. */
  readonly active: number;
  /** Somebody waits for an answer on it. */
  readonly used: boolean;
  /** One more request may begin on it while others are in progress. */
  readonly open: boolean;
  /** Idle, it may serve another request. */
  readonly reusable: boolean;
  /** Closed, or being closed. */
  readonly gone: boolean;
  /** Nothing more begins on it. */
  retired: boolean;
  /** It lies idle in the pool; the pool sets this. */
  parked: boolean;
  /** Requests begun on it. */
  readonly served: number;
  /** Clock time when it was established. */
  readonly since: number;
  /** The application takes one request at a time on it. */
  readonly single: boolean;
  close(): void;
}

export interface PoolOwner<Connection extends PooledConnection> {
  now(): number;
  /** Opens a connection; calls back once and later, never at once, unless the returned function was called to give up. */
  open(done: (error: ClientError | undefined, connection: Connection | undefined) => void): () => void;
  /** Requests that may be in progress on one connection: 1 unless it multiplexes. */
  readonly perConnection: number;
  /** It lies idle from now on: call `Pool.drop` when its time is over. */
  idle(connection: Connection): void;
  /** An idle one serves again. */
  reused(connection: Connection): void;
}

export class Pool<Connection extends PooledConnection> {
  private readonly connections = new Set<Connection>();
  private readonly idle: Connection[] = [];
  private queue: PoolTask<Connection>[] = [];
  private readonly openings = new Map<PoolTask<Connection>, () => void>();
  private refusal: ClientError | undefined;
  private emptied: (() => void) | undefined;

  constructor(
    private readonly rules: PoolRules,
    private readonly owner: PoolOwner<Connection>,
  ) {}

  /** Connections: established, idle ones among them, being opened; tasks that wait. */
  get counts(): { readonly open: number; readonly idle: number; readonly opening: number; readonly waiting: number } {
    return {
      open: this.connections.size,
      idle: this.idle.length,
      opening: this.openings.size,
      waiting: this.queue.length,
    };
  }

  /** Every connection that lives. */
  get all(): Iterable<Connection> {
    return this.connections;
  }

  /** Gets the task a connection, now or later. `first`: before those that wait already. */
  submit(task: PoolTask<Connection>, first: boolean): void {
    if (this.refusal) {
      task.refused(this.refusal);
      return;
    }
    if (this.queue.length === 0 || first) {
      if (this.serve(task)) return;
    }
    if (this.queue.length - this.openings.size >= this.rules.queueLimit && !this.mayOpen && !first) {
      const message = `all ${this.rules.maximum} connections are taken and ${this.queue.length} requests wait`;
      task.refused(new ClientError('queue-full', message, { phase: 'waiting' }));
      return;
    }
    if (first) this.queue.unshift(task);
    else this.queue.push(task);
    if (this.mayOpen && !this.openings.has(task)) this.openFor(task);
  }

  /** The task does not want one any more. */
  withdraw(task: PoolTask<Connection>): void {
    const place = this.queue.indexOf(task);
    if (place !== -1) this.queue.splice(place, 1);
    const cancel = this.openings.get(task);
    if (!cancel) return;
    this.openings.delete(task);
    cancel();
    this.openMore();
  }

  /** A request on the connection ended, or it was closed. */
  changed(connection: Connection): void {
    if (!this.connections.has(connection)) return;
    if (!connection.gone && this.overdue(connection)) connection.retired = true;
    if (
      !connection.gone &&
      !connection.used &&
      (connection.retired || (connection.active === 0 && !connection.reusable))
    )
      connection.close();
    if (connection.gone) {
      this.connections.delete(connection);
      this.unpark(connection);
      this.openMore();
      if (this.connections.size === 0 && this.openings.size === 0) this.emptied?.();
      return;
    }
    this.serveQueue(connection);
    this.settle(connection);
  }

  /** An idle connection is closed: its time is over, or another one is wanted. */
  drop(connection: Connection): void {
    if (connection.parked) connection.close();
  }

  /** Takes an idle connection out for somebody who needs it alone; undefined if there is none. */
  takeIdle(): Connection | undefined {
    while (this.idle.length > 0) {
      const connection = this.rules.order === 'lifo' ? this.idle.pop()! : this.idle.shift()!;
      connection.parked = false;
      if (connection.reusable && !this.overdue(connection)) return connection;
      connection.close();
    }
    return undefined;
  }

  /**
   * Nothing new begins; what waits fails with that error; idle connections are closed. Calls back when the last
   * connection is gone.
   */
  end(error: ClientError, done: () => void): void {
    this.refusal = error;
    const waiting = this.queue;
    this.queue = [];
    for (const cancel of this.openings.values()) cancel();
    this.openings.clear();
    for (const task of waiting) task.refused(error);
    for (const connection of [...this.connections]) {
      connection.retired = true;
      if (!connection.used) connection.close();
    }
    if (this.connections.size === 0) done();
    else this.emptied = done;
  }

  private get mayOpen(): boolean {
    return this.connections.size + this.openings.size < this.rules.maximum;
  }

  private overdue(connection: Connection): boolean {
    const { maxRequests, maxAge } = this.rules;
    if (maxRequests > 0 && connection.served >= maxRequests) return true;
    return maxAge > 0 && this.owner.now() >= connection.since + maxAge;
  }

  /** On an idle connection, or a shared one with room. */
  private serve(task: PoolTask<Connection>): boolean {
    for (let connection = this.takeIdle(); connection; connection = this.takeIdle()) {
      this.owner.reused(connection);
      if (task.run(connection)) return true;
      connection.close();
    }
    if (this.owner.perConnection > 1 && task.mayShare) {
      for (const connection of this.connections) {
        if (this.hasRoom(connection) && task.run(connection)) return true;
      }
    }
    return false;
  }

  private hasRoom(connection: Connection): boolean {
    if (connection.gone || connection.retired || !connection.open) return false;
    if (this.overdue(connection)) return false;
    // Where none is kept, one that has served is closed, also where somebody waits: a connection is opened for them.
    if (connection.active === 0)
      return connection.reusable && !connection.used && (this.rules.keepIdle > 0 || connection.served === 0);
    return !connection.single && connection.active < this.owner.perConnection;
  }

  private serveQueue(connection: Connection): void {
    while (this.queue.length > 0 && this.hasRoom(connection)) {
      const task = connection.active === 0 ? this.queue[0] : this.queue.find((waiting) => waiting.mayShare);
      if (!task) return;
      this.unqueue(task);
      this.unpark(connection);
      if (!task.run(connection)) {
        this.submit(task, true);
        return;
      }
    }
  }

  /** It waits no more; a connection being opened for it serves somebody else. */
  private unqueue(task: PoolTask<Connection>): void {
    this.queue.splice(this.queue.indexOf(task), 1);
  }

  private unpark(connection: Connection): void {
    if (!connection.parked) return;
    connection.parked = false;
    this.idle.splice(this.idle.indexOf(connection), 1);
  }

  /** Where nobody waits: an unused connection is kept or closed. */
  private settle(connection: Connection): void {
    if (connection.gone || connection.used || connection.active > 0) return;
    if (connection.parked) return;
    if (this.rules.keepIdle === 0) {
      connection.close();
      return;
    }
    // The one unused longest makes room, as in nginx.
    if (this.idle.length >= this.rules.keepIdle) this.idle[0].close();
    connection.parked = true;
    this.idle.push(connection);
    this.owner.idle(connection);
  }

  private openMore(): void {
    for (const task of this.queue) {
      if (!this.mayOpen || this.refusal) return;
      if (!this.openings.has(task)) this.openFor(task);
    }
  }

  private openFor(task: PoolTask<Connection>): void {
    const cancel = this.owner.open((error, connection) => {
      this.openings.delete(task);
      if (connection) this.opened(task, connection);
      else this.notOpened(task, error!);
    });
    this.openings.set(task, cancel);
    task.opening();
  }

  private opened(task: PoolTask<Connection>, connection: Connection): void {
    this.connections.add(connection);
    // Its own task first, if it still waits.
    if (this.queue.includes(task)) {
      this.unqueue(task);
      if (task.run(connection)) {
        if (!connection.gone) this.serveQueue(connection);
        return;
      }
      this.submit(task, true);
    }
    this.changed(connection);
  }

  private notOpened(task: PoolTask<Connection>, error: ClientError): void {
    const place = this.queue.indexOf(task);
    if (place !== -1) {
      this.queue.splice(place, 1);
      task.refused(error);
    }
    this.openMore();
    if (this.refusal && this.connections.size === 0 && this.openings.size === 0) this.emptied?.();
  }
}
