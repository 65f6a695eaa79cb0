// What faults do to the bytes of one direction of a connection: when each goes on, in which pieces, and when the end comes.
// Knows no sockets and no clock: time is handed in, and whoever uses it asks when to come back.
import { numberOf, wordOf } from './fault.js';
import type { FaultSchedule } from './fault-schedule.js';
import type { Random } from './random.js';

/** The rules that hold at a moment; pieces keep those under which they came. */
interface Rules {
  readonly delay: number;
  readonly jitter: number;
  readonly random: Random;
  /** Bytes a second. */
  readonly rate: number;
  /** Bytes of a piece and how much it varies; 0: not sliced. */
  readonly slice: number;
  readonly sliceVariation: number;
  readonly sliceDelay: number;
  /** Between the last byte and the FIN. */
  readonly closeDelay: number;
}

interface Waiting {
  /** A piece, or how the direction ends. */
  readonly what: Uint8Array | 'fin' | 'rst';
  readonly rules: Rules;
  at: number;
  due: number;
  /** Of an end: its delay has been added. */
  reached: boolean;
}

export type Shaped = Uint8Array | 'fin' | 'rst';

const NO_RULES: Rules = {
  delay: 0,
  jitter: 0,
  random: () => 0,
  rate: Number.POSITIVE_INFINITY,
  slice: 0,
  sliceVariation: 0,
  sliceDelay: 0,
  closeDelay: 0,
};
/** With a limited rate pieces are this long, in milliseconds. */
const RATE_PIECE = 50;

export class StreamShaper {
  /** Bytes that wait. */
  length = 0;
  /** `fin` or `rst` was given out: nothing follows. */
  ended = false;
  private rules = NO_RULES;
  private readonly queue: Waiting[] = [];
  private lastDue = 0;
  /** When the next piece may go on, as rate and slices have it. */
  private freeAt = 0;
  private left = Number.POSITIVE_INFINITY;
  private limitEnd: 'fin' | 'rst' = 'fin';
  private holding = false;
  private ending = false;
  private forcedAt = Number.POSITIVE_INFINITY;
  private forcedEnd: 'fin' | 'rst' = 'fin';

  /** The fault holds from now on, until `clear`. Faults that are about records or connections are passed over. */
  apply({ fault, random }: FaultSchedule, now: number): void {
    switch (fault.kind.name) {
      case 'latency':
        this.rules = { ...this.rules, delay: numberOf(fault, 'latency'), jitter: numberOf(fault, 'jitter'), random };
        break;
      case 'bandwidth':
        this.rules = { ...this.rules, rate: numberOf(fault, 'rate') };
        break;
      case 'slicer':
        this.rules = {
          ...this.rules,
          slice: numberOf(fault, 'average_size'),
          sliceVariation: numberOf(fault, 'size_variation'),
          sliceDelay: numberOf(fault, 'delay'),
          random,
        };
        break;
      case 'limit_data':
        this.left = numberOf(fault, 'bytes');
        this.limitEnd = wordOf(fault, 'how') as 'fin' | 'rst';
        break;
      case 'timeout': {
        this.holding = true;
        const timeout = numberOf(fault, 'timeout');
        if (timeout > 0) this.force('fin', now + timeout);
        break;
      }
      case 'slow_close':
        this.rules = { ...this.rules, closeDelay: numberOf(fault, 'delay') };
        break;
      case 'reset_peer':
        this.force('rst', now + numberOf(fault, 'timeout'));
        break;
    }
  }

  /** The request has ended: what comes next passes as it is. What holds for the connection's end stays. */
  clear(): void {
    const { closeDelay } = this.rules;
    this.rules = closeDelay > 0 ? { ...NO_RULES, closeDelay } : NO_RULES;
    this.left = Number.POSITIVE_INFINITY;
  }

  /** Nothing waits, and no rule holds: bytes may pass by. */
  get idle(): boolean {
    return (
      this.rules === NO_RULES &&
      this.queue.length === 0 &&
      !this.holding &&
      !this.ended &&
      this.left === Number.POSITIVE_INFINITY &&
      this.forcedAt === Number.POSITIVE_INFINITY
    );
  }

  /** Bytes come; they are kept, not copied. */
  push(bytes: Uint8Array, now: number): void {
    if (this.ended || this.holding || this.ending) return;
    const kept = bytes.length > this.left ? bytes.subarray(0, this.left) : bytes;
    this.left -= kept.length;
    if (kept.length > 0) this.enqueue(kept, now);
    if (this.left === 0) {
      this.ending = true;
      this.enqueue(this.limitEnd, now);
    }
  }

  /** The direction ends here. */
  end(now: number): void {
    if (this.ended || this.ending || this.holding) return;
    this.ending = true;
    this.enqueue('fin', now);
  }

  /** The direction ends here with a reset. */
  reset(now: number): void {
    if (this.ended || this.ending || this.holding) return;
    this.ending = true;
    this.enqueue('rst', now);
  }

  /** Nothing passes any more, its end included, however long one waits. */
  get holds(): boolean {
    return this.holding && !this.ended && this.forcedAt === Number.POSITIVE_INFINITY;
  }

  /** When something is due next; Infinity where nothing waits. */
  get nextAt(): number {
    if (this.ended) return Number.POSITIVE_INFINITY;
    const [first] = this.queue;
    return Math.min(this.forcedAt, first ? Math.max(first.due, this.freeAt) : Number.POSITIVE_INFINITY);
  }

  /** What is due. */
  take(now: number): Shaped[] {
    const shaped: Shaped[] = [];
    while (!this.ended && this.nextAt <= now) {
      const [first] = this.queue;
      const due = first ? Math.max(first.due, this.freeAt) : Number.POSITIVE_INFINITY;
      if (this.forcedAt < due || !first) this.finish(this.forcedEnd, shaped);
      else if (typeof first.what === 'string') this.takeEnd(first, first.what, due, shaped);
      else this.takePiece(first, first.what, due, shaped);
    }
    return shaped;
  }

  private takeEnd(end: Waiting, how: 'fin' | 'rst', due: number, shaped: Shaped[]): void {
    const { closeDelay } = end.rules;
    if (end.reached || closeDelay === 0) {
      this.finish(how, shaped);
      return;
    }
    end.reached = true;
    end.due = due + closeDelay;
  }

  private takePiece(piece: Waiting, bytes: Uint8Array, due: number, shaped: Shaped[]): void {
    const { rules } = piece;
    const length = Math.min(bytes.length - piece.at, pieceLength(rules));
    shaped.push(bytes.subarray(piece.at, piece.at + length));
    piece.at += length;
    this.length -= length;
    const free = due + (rules.slice > 0 ? rules.sliceDelay : 0);
    this.freeAt = Number.isFinite(rules.rate) ? Math.max(free, due + (length / rules.rate) * 1000) : free;
    if (piece.at === bytes.length) this.queue.shift();
  }

  private enqueue(what: Uint8Array | 'fin' | 'rst', now: number): void {
    const { rules } = this;
    const jitter = rules.jitter > 0 ? (rules.random() * 2 - 1) * rules.jitter : 0;
    const due = Math.max(this.lastDue, now + Math.max(0, rules.delay + jitter));
    this.lastDue = due;
    if (typeof what !== 'string') this.length += what.length;
    this.queue.push({ what, rules, at: 0, due, reached: false });
  }

  private force(how: 'fin' | 'rst', at: number): void {
    if (at >= this.forcedAt) return;
    this.forcedAt = at;
    this.forcedEnd = how;
  }

  private finish(how: 'fin' | 'rst', shaped: Shaped[]): void {
    shaped.push(how);
    this.ended = true;
    this.queue.length = 0;
    this.length = 0;
  }
}

function pieceLength({ slice, sliceVariation, rate, random }: Rules): number {
  let length = Number.POSITIVE_INFINITY;
  if (slice > 0) length = Math.max(1, Math.round(slice + (random() * 2 - 1) * sliceVariation));
  if (Number.isFinite(rate)) length = Math.min(length, Math.max(1, Math.floor((rate * RATE_PIECE) / 1000)));
  return length;
}
