// Which request id the next request of a web server gets (specification 1.0, section 3.3). How deployed web servers
// choose differs, and some of their bugs come from it.

/** Gives out request ids. What `take` gives is written as 16 bits, so an id past 65,535 goes out as another one. */
export interface RequestIds {
  /** The next id, or -1 if there is none left. */
  take(): number;
  /** The request has ended: its id may be given again. */
  release(id: number): void;
  /** The request was given up and its END_REQUEST may still come late: its id is never given again. */
  retire(id: number): void;
  /** No id is left, and none will be free again: the connection has to be replaced. */
  readonly exhausted: boolean;
}

const MAX_ID = 65535;

/** The lowest free id, so that ids stay small (what the specification recommends). One to a connection. */
export class LowestFreeIds implements RequestIds {
  private readonly taken = new Set<number>();
  private readonly retired = new Set<number>();
  private lowest = 1;

  take(): number {
    let id = this.lowest;
    while (this.taken.has(id)) id++;
    if (id > MAX_ID) return -1;
    this.taken.add(id);
    this.lowest = id + 1;
    return id;
  }

  release(id: number): void {
    if (this.retired.has(id) || !this.taken.delete(id)) return;
    if (id < this.lowest) this.lowest = id;
  }

  retire(id: number): void {
    this.taken.add(id);
    this.retired.add(id);
  }

  get exhausted(): boolean {
    return this.retired.size >= MAX_ID;
  }
}

/** Always the same id, one request at a time: nginx, lighttpd from 1.4.23, Apache and Caddy use 1. One to a connection. */
export class FixedId implements RequestIds {
  exhausted = false;
  private taken = false;

  constructor(private readonly id = 1) {}

  take(): number {
    if (this.taken || this.exhausted) return -1;
    this.taken = true;
    return this.id;
  }

  release(): void {
    this.taken = false;
  }

  retire(): void {
    this.exhausted = true;
  }
}

/**
 * Odd ids that only grow, as HAProxy's mux-fcgi counts its streams: 1, 3, 5, ... 32,767, then the connection is
 * replaced. One to a connection.
 */
export class OddGrowingIds implements RequestIds {
  private next = 1;

  take(): number {
    if (this.exhausted) return -1;
    const id = this.next;
    this.next += 2;
    return id;
  }

  release(): void {}

  retire(): void {}

  get exhausted(): boolean {
    return this.next > 32767;
  }
}

/**
 * One more than the highest id in use on any connection, back to 1 only when no request is in progress anywhere:
 * lighttpd before 1.4.23. While a long poll is always in progress the ids pass 65,535 and are cut to 16 bits, so that a
 * request goes out with id 0. One to a client.
 */
export class HighestPlusOneIds implements RequestIds {
  readonly exhausted = false;
  private readonly active = new Set<number>();
  private highest: number;

  /** `inUse`: an id that counts as taken for ever, to begin near the overflow. */
  constructor(private readonly inUse = 0) {
    this.highest = inUse;
  }

  take(): number {
    this.highest += 1;
    this.active.add(this.highest);
    return this.highest;
  }

  release(id: number): void {
    this.active.delete(id);
    if (id !== this.highest) return;
    this.highest = this.inUse;
    for (const active of this.active) if (active > this.highest) this.highest = active;
  }

  retire(id: number): void {
    this.release(id);
  }
}
