// The faults of one relayed connection: changes the application's records on their way to the web server, shapes the bytes
// of either direction, and ends the connection where a fault does. Without one under way bytes pass as they are, but
// whole records at a time.

import { END_REQUEST } from '../../fastcgi/constants.js';
import { AnswerFaults, type AnswerPiece } from '../../faults/answer-faults.js';
import { AnswersInOrder } from '../../faults/answers-in-order.js';
import { type Fault, numberOf } from '../../faults/fault.js';
import type { BeginningRequest, FaultSchedule } from '../../faults/fault-schedule.js';
import { RecordSplitter, recordBytes, type SplitRecord } from '../../faults/record-splitter.js';
import { RequestWatch } from '../../faults/request-watch.js';
import { type Shaped, StreamShaper } from '../../faults/stream-shaper.js';
import { copyBytes } from '../../model/copy-bytes.js';
import { APPLICATION, type Side, WEB_SERVER } from '../../model/side.js';
import type { Clock } from '../clock.js';
import type { FaultyEnds, RelayFault } from './relay-fault-seam.js';

/** Bytes that may wait in a shaper before its side is not read any more. */
const HELD_BACK = 64 * 1024;
const LONGEST_TIMER = 2 ** 31 - 1;

export interface ConnectionFaultsOptions {
  readonly ends: FaultyEnds;
  readonly clock: Clock;
  /** What was decided when the connection was accepted, by name. */
  readonly decided: ReadonlyMap<string, Fault>;
  /** What happens to a request whose PARAMS have come. */
  decide(request: BeginningRequest): readonly FaultSchedule[];
}

/** A request under way; `faults` as soon as they are decided. */
interface Answer {
  faults: AnswerFaults | undefined;
}

export class ConnectionFaults implements RelayFault {
  /** Of what each side sends. */
  private readonly shapers: readonly [StreamShaper, StreamShaper] = [new StreamShaper(), new StreamShaper()];
  private readonly splitter = new RecordSplitter();
  private readonly watch: RequestWatch;
  private readonly answers = new AnswersInOrder<Answer>();
  /** The newest request of each id, until its faults are decided. */
  private readonly undecided = new Map<number, Answer>();
  private readonly held: [boolean, boolean] = [false, false];
  private readonly ends: FaultyEnds;
  private readonly clock: Clock;
  /** The end of what each side sends has been passed on. */
  private readonly passed: [boolean, boolean] = [false, false];
  private webEnded = false;
  private applicationEnded = false;
  private timer: NodeJS.Timeout | undefined;
  private idleTimer: NodeJS.Timeout | undefined;
  private holdTimer: NodeJS.Timeout | undefined;
  private active = 0;
  private served = 0;
  private over = false;

  constructor(private readonly options: ConnectionFaultsOptions) {
    this.ends = options.ends;
    this.clock = options.clock;
    this.watch = new RequestWatch({ began: (id) => this.began(id), known: (request) => this.decide(request) });
  }

  arrived(side: Side, bytes: Uint8Array): void {
    if (this.over) return;
    const now = this.clock.now();
    if (side === WEB_SERVER) {
      this.watch.push(bytes);
      if (!this.over) this.shapers[WEB_SERVER].push(copyBytes(bytes), now);
    } else {
      for (const piece of this.splitter.push(bytes)) {
        if (piece instanceof Uint8Array) this.shapers[APPLICATION].push(piece, now);
        else this.answer(piece, now);
      }
    }
    this.pass();
  }

  ended(side: Side): void {
    if (this.over) return;
    if (side === WEB_SERVER) {
      this.webEnded = true;
      this.passEnd(WEB_SERVER);
      if (this.applicationEnded) this.passEnd(APPLICATION);
    } else {
      this.applicationEnded = true;
      const rest = this.splitter.take();
      if (rest.length > 0) this.shapers[APPLICATION].push(rest, this.clock.now());
      const open = this.options.decided.get('no_close');
      if (open !== undefined && !this.webEnded) this.keepOpen(numberOf(open, 'hold'));
      else this.passEnd(APPLICATION);
    }
    this.pass();
  }

  drained(): void {
    this.pass();
  }

  holds(side: Side): boolean {
    return this.held[side];
  }

  close(): void {
    this.over = true;
    clearTimeout(this.timer);
    clearTimeout(this.idleTimer);
    clearTimeout(this.holdTimer);
  }

  /** The application has closed; the web server does not get to know that. 0: until it closes itself. */
  private keepOpen(hold: number): void {
    this.endOnce(WEB_SERVER);
    if (hold > 0) {
      const end = () => {
        this.passEnd(APPLICATION);
        this.pass();
      };
      this.holdTimer = setTimeout(end, Math.min(hold, LONGEST_TIMER));
    }
  }

  private passEnd(side: Side): void {
    const shaper = this.shapers[side];
    if (!shaper.holds) shaper.end(this.clock.now());
    // Nothing passes for ever: the end does, as soon as nobody waits for what was held back.
    else if (this.webEnded) this.endOnce(side);
  }

  private began(id: number): void {
    clearTimeout(this.idleTimer);
    if (this.served > 0 && this.active === 0 && this.options.decided.has('rst_if_reused')) {
      this.finish('rst', APPLICATION);
      return;
    }
    this.active++;
    const answer: Answer = { faults: undefined };
    this.answers.begin(id, answer);
    this.undecided.set(id, answer);
  }

  private decide(request: BeginningRequest): void {
    if (this.over) return;
    const happening = this.options.decide(request);
    const answer = this.undecided.get(request.id);
    this.undecided.delete(request.id);
    if (happening.length === 0) return;
    const faults = new AnswerFaults(happening);
    if (answer !== undefined && faults.any) answer.faults = faults;
    const now = this.clock.now();
    for (const schedule of happening)
      this.shapers[schedule.fault.stream === 'upstream' ? WEB_SERVER : APPLICATION].apply(schedule, now);
  }

  /** A record of the application. */
  private answer(record: SplitRecord, now: number): void {
    const pieces: readonly AnswerPiece[] | undefined = this.answers.of(record)?.faults?.alter(record);
    const shaper = this.shapers[APPLICATION];
    if (pieces === undefined) shaper.push(record.bytes, now);
    else for (const piece of pieces) this.shapePiece(piece, now);
    if (record.type === END_REQUEST) this.answered();
  }

  private shapePiece(piece: AnswerPiece, now: number): void {
    const shaper = this.shapers[APPLICATION];
    if (piece === 'close') shaper.end(now);
    else if (piece === 'reset') shaper.reset(now);
    else shaper.push(piece instanceof Uint8Array ? piece : recordBytes(piece), now);
  }

  private answered(): void {
    this.active = Math.max(0, this.active - 1);
    this.served++;
    if (this.active > 0) return;
    for (const shaper of this.shapers) shaper.clear();
    const idle = this.options.decided.get('close_when_idle');
    if (idle === undefined) return;
    clearTimeout(this.idleTimer);
    const end = () => this.finish('fin', APPLICATION);
    this.idleTimer = setTimeout(end, Math.min(numberOf(idle, 'idle'), LONGEST_TIMER));
  }

  /** Hands on what is due, both ways, and comes back when more is. */
  private pass(): void {
    if (this.over) return;
    const now = this.clock.now();
    let at = Number.POSITIVE_INFINITY;
    for (const side of [WEB_SERVER, APPLICATION] as const) {
      const shaper = this.shapers[side];
      while (shaper.nextAt <= now && this.ends.takes(side)) {
        for (const shaped of shaper.take(now)) this.hand(side, shaped);
        if (this.over) return;
      }
      this.hold(side, shaper.length > HELD_BACK);
      // Where nothing is taken at the moment, drained() comes back.
      if (this.ends.takes(side)) at = Math.min(at, shaper.nextAt);
    }
    clearTimeout(this.timer);
    if (Number.isFinite(at)) {
      this.timer = setTimeout(() => this.pass(), Math.min(Math.max(1, Math.ceil(at - now)), LONGEST_TIMER));
    }
  }

  private hand(side: Side, shaped: Shaped): void {
    if (this.over) return;
    if (typeof shaped === 'string') this.finish(shaped, side);
    else this.ends.forward(side, shaped);
  }

  private finish(how: 'fin' | 'rst', side: Side): void {
    if (this.over) return;
    if (how === 'rst') {
      this.close();
      this.ends.reset();
    } else if (side === WEB_SERVER || this.applicationEnded) {
      this.endOnce(side);
    } else {
      this.close();
      this.ends.cutApplication();
    }
  }

  private endOnce(side: Side): void {
    if (this.passed[side]) return;
    this.passed[side] = true;
    this.ends.end(side);
  }

  private hold(side: Side, wanted: boolean): void {
    if (this.held[side] === wanted) return;
    this.held[side] = wanted;
    this.ends.read(side, !wanted);
  }
}
