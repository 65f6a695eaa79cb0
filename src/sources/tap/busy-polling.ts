// Keeps the relay's thread awake between two pieces where they come in quick succession: to be woken by the system takes
// longer than to pass a piece on, and on a virtual machine it is most of what a relay adds. What HAProxy has as an option
// (`busy-polling`) is done here only while it helps: where pieces come so fast that the thread would sleep anyway only
// for a moment, and so few at a time that it would sleep at all.
import type { Clock } from '../clock.js';

/** Milliseconds between two pieces, on the average, up to which it is worth it; and how long one is waited for, awake. */
export const SOON = 0.1;
/** A pause counts as so many milliseconds at most: one long pause tells nothing about the pieces before it. */
const LONGEST = 1;
/** Pieces that averages are about. */
const PIECES = 64;
/** Part of the pieces that must have been waited for: where nearly all are there at once, nobody sleeps. */
const WAITED_FOR = 0.2;
/** Milliseconds until it is tried again where it did not help. */
export const REST = 100;

export class BusyPolling {
  private pause = LONGEST;
  private last = Number.NEGATIVE_INFINITY;
  private restsUntil = Number.NEGATIVE_INFINITY;
  private polling = false;
  /** Looks since the last piece; those before the last one found nothing. */
  private looks = 0;
  /** Part of the pieces of late that were waited for. */
  private waitedFor = 1;

  /** @param again calls back after the next look for what has arrived, which is then not waited for */
  constructor(
    private readonly clock: Clock,
    private readonly again: (turn: () => void) => void = setImmediate,
  ) {}

  /** A piece has arrived. `now`: by the clock. */
  arrived(now: number): void {
    this.pause += (Math.min(now - this.last, LONGEST) - this.pause) / PIECES;
    this.last = now;
    if (this.polling) {
      this.waitedFor += ((this.looks > 1 ? 1 : 0) - this.waitedFor) / PIECES;
      this.looks = 0;
    } else if (this.pause <= SOON && now >= this.restsUntil) {
      this.polling = true;
      this.looks = 0;
      this.again(this.turn);
    }
  }

  private readonly turn = (): void => {
    const now = this.clock.now();
    const helps = this.waitedFor >= WAITED_FOR;
    if (helps && now - this.last < SOON) {
      this.looks++;
      this.again(this.turn);
      return;
    }
    this.polling = false;
    if (helps) return;
    this.waitedFor = 1;
    this.restsUntil = now + REST;
  };
}
