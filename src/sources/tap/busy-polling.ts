// Keeps the relay's thread awake between two pieces where they come in quick succession: to be woken by the system takes
// longer than to pass a piece on, and on a virtual machine it is most of what a relay adds. What HAProxy has as an option
// (`busy-polling`) is done here only while it helps: where pieces come so fast that the thread would sleep anyway only
// for a moment, and so few at a time that it would sleep at all.
import { otherSide, type Side } from '../../model/side.js';
import type { Clock } from '../clock.js';

/** Milliseconds between two pieces, on the average, up to which it is worth it; and how long one is waited for, awake. */
export const SOON = 0.1;
/** A pause counts as so many milliseconds at most: one long pause tells nothing about the pieces before it. */
const LONGEST = 1;
/** Pieces that averages are about. */
const PIECES = 64;
/** Part of the pieces that must have been waited for: where nearly all are there at once, nobody sleeps. */
const WAITED_FOR = 0.2;
/** Waits that came to nothing, less those that did not, from which on a side is not waited for awake any more. */
const IN_VAIN = 8;
/** Milliseconds until it is tried again where it did not help. */
export const REST = 100;

/** Waits for one side. */
interface Waits {
  /** Those that came to nothing, less those that did not; never below 0. */
  inVain: number;
  restsUntil: number;
}

export class BusyPolling {
  private pause = LONGEST;
  private last = Number.NEGATIVE_INFINITY;
  private restsUntil = Number.NEGATIVE_INFINITY;
  private polling = false;
  /** Looks since the last piece; those before the last one found nothing. */
  private looks = 0;
  /** Part of the pieces of late that were waited for. */
  private waitedFor = 1;
  /**
   * By the side that is to answer. Who is woken by a write often has to run on this thread's own processor: it can't answer
   * before this thread sleeps, and of two sides that may be true of one.
   */
  private readonly waits: readonly [Waits, Waits] = [
    { inVain: 0, restsUntil: Number.NEGATIVE_INFINITY },
    { inVain: 0, restsUntil: Number.NEGATIVE_INFINITY },
  ];
  private awaited: Waits = this.waits[0];

  /** @param again calls back after the next look for what has arrived, which is then not waited for */
  constructor(
    private readonly clock: Clock,
    private readonly again: (turn: () => void) => void = setImmediate,
  ) {}

  /** A piece from `side` has arrived, and is passed on to the other. `now`: by the clock. */
  arrived(side: Side, now: number): void {
    this.pause += (Math.min(now - this.last, LONGEST) - this.pause) / PIECES;
    this.last = now;
    if (this.polling) {
      this.waitedFor += ((this.looks > 1 ? 1 : 0) - this.waitedFor) / PIECES;
      this.looks = 0;
      if (this.awaited.inVain > 0) this.awaited.inVain--;
    }
    this.awaited = this.waits[otherSide(side)];
    if (this.polling || this.pause > SOON || now < this.restsUntil || now < this.awaited.restsUntil) return;
    this.polling = true;
    this.looks = 0;
    this.again(this.turn);
  }

  private readonly turn = (): void => {
    const now = this.clock.now();
    const { awaited } = this;
    const helps = this.waitedFor >= WAITED_FOR;
    const inTime = now - this.last < SOON;
    if (helps && inTime && now >= awaited.restsUntil) {
      this.looks++;
      this.again(this.turn);
      return;
    }
    this.polling = false;
    if (!helps) {
      this.waitedFor = 1;
      this.restsUntil = now + REST;
    } else if (!inTime && ++awaited.inVain >= IN_VAIN) {
      awaited.inVain = 0;
      awaited.restsUntil = now + REST;
    }
  };
}
