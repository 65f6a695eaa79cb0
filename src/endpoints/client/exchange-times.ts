// The times of one exchange: when what happened, by when something must happen, and what is overdue.
import type { RequestTimeouts, Timeouts } from './client-rules.js';
import type { ClientErrorCode } from './errors.js';

/** What reading of a connection depends on. */
export interface ReadState {
  /** Nobody reads it at the moment, because what came is not taken. */
  readonly paused: boolean;
  /** Clock time when it was read again after that. */
  readonly resumedAt: number;
}

const NEVER = Number.POSITIVE_INFINITY;

export class ExchangeTimes {
  begun = 0;
  firstByte = 0;
  /** Some of the answer has come. */
  answered = false;
  /** The last byte in either direction. */
  private lastByte = 0;
  /** When all of the request was handed over; -1 before. */
  private sentAt = -1;
  /** Since when it waits for a connection. */
  private waitsSince: number;
  private readonly totalAt: number;

  constructor(
    readonly asked: number,
    private readonly given: Partial<RequestTimeouts> | undefined,
    private readonly usual: Timeouts,
  ) {
    this.waitsSince = asked;
    const total = this.limit('total');
    this.totalAt = total > 0 ? asked + total : NEVER;
  }

  /** A connection is being opened for it: that has a limit of its own. */
  connecting(): void {
    this.waitsSince = NEVER;
  }

  begin(now: number): void {
    this.begun = now;
    this.lastByte = now;
  }

  /** All of the request was handed over. */
  sent(now: number): void {
    if (this.sentAt === -1) this.sentAt = now;
  }

  /** The connection took bytes of the request. */
  progressed(now: number): void {
    this.lastByte = now;
  }

  /** Bytes of the answer came. True the first time. */
  heard(now: number): boolean {
    this.lastByte = now;
    if (this.answered) return false;
    this.answered = true;
    this.firstByte = now;
    return true;
  }

  /** It waits for another connection. */
  again(now: number): void {
    this.answered = false;
    this.sentAt = -1;
    this.waitsSince = now;
  }

  /** When to look again; Infinity for never. `connection` is undefined while it waits for one. */
  deadline(connection: ReadState | undefined, now: number): number {
    const limit = this.limit(this.limitName(connection));
    return limit > 0 ? Math.min(this.totalAt, this.stillSince(connection, now) + limit) : this.totalAt;
  }

  /** Whether a deadline that is set must be moved because another limit holds since the first byte. */
  isSooner(deadline: number): boolean {
    const idle = this.limit('idle');
    return idle > 0 && this.lastByte + idle < deadline;
  }

  /** What took too long, if anything did. */
  overdue(
    connection: ReadState | undefined,
    now: number,
  ): { readonly code: ClientErrorCode; readonly message: string } | undefined {
    if (now >= this.totalAt) return { code: 'total-timeout', message: `not finished within ${this.limit('total')} ms` };
    const name = this.limitName(connection);
    const limit = this.limit(name);
    if (limit <= 0 || now < this.stillSince(connection, now) + limit) return undefined;
    switch (name) {
      case 'queue':
        return { code: 'queue-timeout', message: `no connection was free within ${limit} ms` };
      case 'firstByte':
        return { code: 'first-byte-timeout', message: `nothing was answered within ${limit} ms` };
      default:
        return { code: 'idle-timeout', message: `nothing came for ${limit} ms` };
    }
  }

  private limit(name: keyof RequestTimeouts): number {
    return this.given?.[name] ?? this.usual[name];
  }

  private limitName(connection: ReadState | undefined): 'queue' | 'firstByte' | 'idle' {
    if (!connection) return 'queue';
    return this.answered ? 'idle' : 'firstByte';
  }

  /** Since when nothing happens. */
  private stillSince(connection: ReadState | undefined, now: number): number {
    if (!connection) return this.waitsSince;
    if (connection.paused) return now;
    if (this.answered) return Math.max(this.lastByte, connection.resumedAt);
    return this.sentAt === -1 ? this.lastByte : this.sentAt;
  }
}
