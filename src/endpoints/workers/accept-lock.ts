// The lock of libfcgi's threaded example: FCGX_Accept_r runs under a mutex, and what runs in it is not only accept() but
// also the reading of the next request's PARAMS. So one connection at a time is in there, a kept one while it is idle,
// and nobody else accepts or reads a request meanwhile.

interface Entered<C> {
  readonly connection: C;
  /** Its request has been received and waits for the lock. */
  start: (() => void) | undefined;
}

export class AcceptLock<C> {
  /** The first holds the lock, the others wait for it. */
  private readonly queue: Entered<C>[] = [];

  /** Nobody may accept. */
  get isHeld(): boolean {
    return this.queue.length > 0;
  }

  /** Connections whose request waits for the lock. */
  get waiting(): number {
    let count = 0;
    for (const entered of this.queue) if (entered.start) count++;
    return count;
  }

  /** A connection was accepted, or has been answered and waits for its next request. */
  enter(connection: C): void {
    if (!this.queue.some((entered) => entered.connection === connection))
      this.queue.push({ connection, start: undefined });
  }

  /** A request has come on that connection: calls `start` when it has, or gets, the lock, which is free then. */
  request(connection: C, start: () => void): void {
    const entered = this.queue.find((other) => other.connection === connection);
    if (entered) entered.start = start;
    else this.queue.push({ connection, start });
    this.advance();
  }

  /** The request that has come on that connection is not to be started any more. */
  cancel(connection: C): void {
    const entered = this.queue.find((other) => other.connection === connection);
    if (entered) entered.start = undefined;
  }

  /** That connection has closed. */
  leave(connection: C): void {
    const at = this.queue.findIndex((entered) => entered.connection === connection);
    if (at >= 0) this.queue.splice(at, 1);
    this.advance();
  }

  private advance(): void {
    while (this.queue.length > 0 && this.queue[0].start) this.queue.shift()!.start!();
  }
}
