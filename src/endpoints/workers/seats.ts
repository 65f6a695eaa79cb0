// The seats of a pool and the workers in them: who is started, who may accept, what happens when one retires or dies.
// Pure: processes are numbers here, the time is passed in, and what is to be done comes back as orders.

/**
 * What becomes of the seat of a worker that died (one that was told to end is always replaced). `all`: every one is
 * filled again. `never`: none is. `one-per-check`: as by a parent that calls waitpid() once for each SIGCHLD and starts
 * nobody for an exit status of 0: of workers that die within one signal's time only one is noticed, the others as many
 * deaths later, and there are always fewer workers than there should be.
 */
export type DeathPolicy = 'all' | 'one-per-check' | 'never';

export interface SeatsOptions {
  readonly count: number;
  readonly replaceDead: DeathPolicy;
}

/** What is to be done: start a process for that seat, or tell one that it may accept. */
export type SeatOrder =
  | { readonly kind: 'start'; readonly seat: number; readonly generation: number; readonly process: number }
  | { readonly kind: 'accept'; readonly process: number };

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

interface Occupant {
  readonly process: number;
  readonly seat: Seat;
  readonly startedAt: number;
  ready: boolean;
  retiring: boolean;
}

interface Seat {
  readonly index: number;
  generations: number;
  /** Who accepts, or will. */
  current: Occupant | undefined;
  /** Who takes over when `current` has ended. */
  successor: Occupant | undefined;
  /** Deaths in a row, each within a second of the start. */
  failures: number;
  /** When somebody is to be started. */
  startAt: number | undefined;
  lost: boolean;
}

/** Who lives less than this did not live. Milliseconds, as all times here. */
const SHORT_LIFE = 1000;
/** Deaths in a row that are made good at once. */
const FREE_FAILURES = 2;
const FIRST_DELAY = 100;
const LONGEST_DELAY = 3200;
/** Deaths closer together than this are one SIGCHLD. */
const SIGNAL_TIME = 50;

export class Seats {
  /** Ends so far: as they were told to, and otherwise. */
  retired = 0;
  died = 0;
  private readonly seats: Seat[];
  private readonly occupants = new Map<number, Occupant>();
  private processes = 0;
  private closing = false;
  /** Dead workers that nobody has noticed, with `one-per-check`. */
  private readonly unnoticed: { readonly seat: Seat; readonly end: ProcessEnd }[] = [];
  private lastCheck = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: SeatsOptions) {
    this.seats = Array.from({ length: options.count }, (_, index) => ({
      index,
      generations: 0,
      current: undefined,
      successor: undefined,
      failures: 0,
      startAt: undefined,
      lost: false,
    }));
  }

  /** Fills the seats. */
  begin(now: number): SeatOrder[] {
    for (const seat of this.seats) seat.startAt = now;
    return this.due(now);
  }

  /** Whom to start now. */
  due(now: number): SeatOrder[] {
    const orders: SeatOrder[] = [];
    for (const seat of this.seats) {
      if (this.closing || seat.startAt === undefined || seat.startAt > now) continue;
      seat.startAt = undefined;
      const occupant = { process: ++this.processes, seat, startedAt: now, ready: false, retiring: false };
      this.occupants.set(occupant.process, occupant);
      if (seat.current) seat.successor = occupant;
      else seat.current = occupant;
      orders.push({ kind: 'start', seat: seat.index, generation: seat.generations++, process: occupant.process });
    }
    return orders;
  }

  /** When `due` has something to do next; undefined for never. */
  get nextDue(): number | undefined {
    const times = this.closing ? [] : this.seats.flatMap(({ startAt }) => startAt ?? []);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** It has loaded its handler. */
  ready(process: number): SeatOrder[] {
    const occupant = this.occupants.get(process);
    if (!occupant || occupant.ready) return [];
    occupant.ready = true;
    return occupant.seat.current === occupant && !this.closing ? [{ kind: 'accept', process }] : [];
  }

  /** It has had its time and accepts no more: somebody who will take over is started at once. */
  retiring(process: number, now: number): SeatOrder[] {
    const occupant = this.occupants.get(process);
    if (!occupant || occupant.retiring) return [];
    occupant.retiring = true;
    const { seat } = occupant;
    if (seat.current !== occupant || seat.successor) return [];
    seat.startAt = now;
    return this.due(now);
  }

  /** It has ended. */
  ended(process: number, end: ProcessEnd, now: number): SeatOrder[] {
    const occupant = this.occupants.get(process);
    if (!occupant) return [];
    this.occupants.delete(process);
    const { seat } = occupant;
    const asTold = (occupant.retiring || this.closing) && end.code === 0;
    if (asTold) this.retired++;
    else this.died++;
    if (now - occupant.startedAt >= SHORT_LIFE || asTold) seat.failures = 0;
    else seat.failures++;
    const wasCurrent = seat.current === occupant;
    if (wasCurrent) {
      seat.current = seat.successor;
      seat.successor = undefined;
    } else {
      seat.successor = undefined;
    }
    if (this.closing) return [];
    if (wasCurrent && seat.current)
      return seat.current.ready ? [{ kind: 'accept', process: seat.current.process }] : [];
    if (seat.startAt !== undefined) return this.due(now);
    if (occupant.retiring || !wasCurrent) this.startLater(seat, now);
    else this.replace(seat, end, now);
    return this.due(now);
  }

  private replace(seat: Seat, end: ProcessEnd, now: number): void {
    const { replaceDead } = this.options;
    if (replaceDead === 'all') {
      this.startLater(seat, now);
    } else if (replaceDead === 'never') {
      seat.lost = true;
    } else {
      this.unnoticed.push({ seat, end });
      if (now - this.lastCheck < SIGNAL_TIME) return;
      this.lastCheck = now;
      const noticed = this.unnoticed.shift()!;
      if (noticed.end.code === 0) noticed.seat.lost = true;
      else this.startLater(noticed.seat, now);
    }
  }

  private startLater(seat: Seat, now: number): void {
    const beyond = seat.failures - FREE_FAILURES;
    seat.startAt = now + (beyond <= 0 ? 0 : Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (beyond - 1)));
  }

  /** From now on nobody is started or told to accept. */
  close(): void {
    this.closing = true;
    for (const seat of this.seats) seat.startAt = undefined;
  }

  /** Nobody is left. */
  get isEmpty(): boolean {
    return this.occupants.size === 0;
  }

  /** Seats without a worker, and those of them that will have none again unless somebody else dies. */
  get empty(): number {
    return this.seats.filter((seat) => !seat.current).length;
  }

  get lost(): number {
    return this.seats.filter((seat) => seat.lost).length + this.unnoticed.length;
  }
}
