// A connection whose bytes so far do not tell the protocol: what came is kept and judged, always as the stream it is,
// never as the pieces it happened to come in.
import { APPLICATION, otherSide, type Side, WEB_SERVER } from '../model/side.js';
import * as guess from './protocol-guess.js';

/** A piece of stream that waits until the protocol is known. */
export interface Piece {
  side: Side;
  readonly bytes: Uint8Array;
  readonly time: number;
  readonly packet: number;
  /** File position of the first byte, or -1. */
  readonly position: number;
  /** Instead of bytes: the side's stream ended here. */
  readonly finished: boolean;
  /** Instead of bytes: so many are missing here. */
  readonly missing: number;
}

/** Bytes kept of what one side says in a turn (and of all an application says before its web server). */
export const MAX_KEPT = 4096;

const NO_BYTES = new Uint8Array(0);

export class Undecided {
  pieces: Piece[] = [];
  /** Bytes in the pieces. */
  length = 0;
  /** Bytes of it that the owner counts in its total. */
  counted = 0;
  /** The sides are the wrong way round: the application is the one that was taken for the web server. */
  flipped = false;
  /** What the web server said first, of a connection seen from its beginning. */
  private readonly opening = new Uint8Array(guess.ENOUGH);
  private openingLength = 0;
  private applicationLength = 0;
  /** Any turn may be the first that can be told: what came before it was not captured. */
  private anyTurn: boolean;
  /** What one side says until the other speaks or bytes are missing; MAX_KEPT bytes of it at most. */
  private turn = NO_BYTES;
  private turnLength = 0;
  private turnSide: Side = WEB_SERVER;
  private turnOver = false;

  /** `fromStart`: its beginning was captured, so that it is certain which side is the web server. */
  constructor(
    public row: number,
    private readonly fromStart: boolean,
  ) {
    this.anyTurn = !fromStart;
  }

  /** Its connection has another number. */
  renumber(connections: Int32Array): void {
    this.row = connections[this.row];
  }

  /** Whether more of that side cannot tell anything: its turn is too long already. */
  isTired(side: Side): boolean {
    return this.anyTurn && !this.turnOver && side === this.turnSide && this.turnLength > MAX_KEPT;
  }

  /** The next bytes of one side. Returns a code of protocol-guess. */
  data(side: Side, bytes: Uint8Array, time: number, packet: number, position: number): number {
    let verdict: number = guess.UNDECIDED;
    if (this.anyTurn && (side !== this.turnSide || this.turnOver)) {
      verdict = this.endTurn();
      if (verdict === guess.UNDECIDED && this.length > MAX_KEPT) this.forget();
      this.turnSide = side;
      this.turnLength = 0;
      this.turnOver = false;
    }
    this.pieces.push({ side, bytes, time, packet, position, finished: false, missing: 0 });
    this.length += bytes.length;
    if (verdict !== guess.UNDECIDED) return verdict;
    return this.anyTurn ? this.judgeTurn(bytes) : this.judgeOpening(side, bytes);
  }

  /** So many bytes of one side are missing: what came before must tell, or what comes after them. */
  gap(side: Side, length: number, time: number, packet: number): number {
    let verdict: number = guess.UNDECIDED;
    if (!this.anyTurn) {
      if (side === WEB_SERVER) {
        if (guess.guessCut(this.opening, this.openingLength) === guess.IS_FASTCGI) verdict = guess.IS_FASTCGI;
        this.anyTurn = true;
        this.turnOver = true;
      }
    } else if (
      side === this.turnSide &&
      guess.guessCut(this.turn, Math.min(this.turnLength, MAX_KEPT)) === guess.IS_FASTCGI
    ) {
      verdict = this.spoken(guess.TURN_OF_WEB_SERVER);
    } else {
      verdict = this.endTurn();
    }
    this.pieces.push({ side, bytes: NO_BYTES, time, packet, position: -1, finished: false, missing: length });
    return verdict;
  }

  /** One side's stream ended. */
  finished(side: Side, time: number, packet: number): number {
    const verdict = this.anyTurn && side === this.turnSide ? this.endTurn() : guess.UNDECIDED;
    this.pieces.push({ side, bytes: NO_BYTES, time, packet, position: -1, finished: true, missing: 0 });
    return verdict;
  }

  /** Nothing more will come. */
  closed(): number {
    return this.anyTurn ? this.endTurn() : guess.UNDECIDED;
  }

  /** The pieces, with their sides as they turned out to be. */
  *settled(): Generator<Piece> {
    for (const piece of this.pieces) {
      if (this.flipped) piece.side = otherSide(piece.side);
      yield piece;
    }
  }

  /** A connection seen from its beginning: the web server's first bytes tell. */
  private judgeOpening(side: Side, bytes: Uint8Array): number {
    if (side === APPLICATION) {
      this.applicationLength += bytes.length;
      return this.applicationLength > MAX_KEPT ? guess.IS_OTHER : guess.UNDECIDED;
    }
    const length = Math.min(bytes.length, guess.ENOUGH - this.openingLength);
    this.opening.set(bytes.subarray(0, length), this.openingLength);
    this.openingLength += length;
    return guess.guessWebServer(this.opening, this.openingLength);
  }

  private judgeTurn(bytes: Uint8Array): number {
    const known = Math.min(this.turnLength, MAX_KEPT);
    const length = Math.min(bytes.length, MAX_KEPT - known);
    this.turnLength += bytes.length;
    if (length > 0) {
      this.keepTurn(bytes, known, length);
      const verdict = this.spoken(guess.guessTurn(this.turn, known + length, false));
      if (verdict !== guess.UNDECIDED) return verdict;
    }
    // Too long to be told: only another turn can tell now.
    if (this.turnLength > MAX_KEPT) this.forget();
    return guess.UNDECIDED;
  }

  private keepTurn(bytes: Uint8Array, known: number, length: number): void {
    if (this.turn.length < known + length) {
      const larger = new Uint8Array(Math.min(MAX_KEPT, Math.max(256, (known + length) * 2)));
      larger.set(this.turn.subarray(0, known));
      this.turn = larger;
    }
    this.turn.set(bytes.subarray(0, length), known);
  }

  /** The turn at hand is complete. */
  private endTurn(): number {
    if (this.turnOver) return guess.UNDECIDED;
    this.turnOver = true;
    if (this.turnLength === 0 || this.turnLength > MAX_KEPT) return guess.UNDECIDED;
    return this.spoken(guess.guessTurn(this.turn, this.turnLength, true));
  }

  /** Forgets what was said so far: nobody could say what it means. */
  private forget(): void {
    this.pieces = this.pieces.filter((piece) => piece.finished);
    this.length = 0;
  }

  /** What it means that the turn at hand is one of these. */
  private spoken(turn: number): number {
    if (turn === guess.TURN_UNDECIDED) return guess.UNDECIDED;
    const sender = turn === guess.TURN_OF_APPLICATION ? APPLICATION : WEB_SERVER;
    if (this.fromStart && sender !== this.turnSide) return guess.UNDECIDED;
    this.flipped = sender !== this.turnSide;
    return turn === guess.TURN_OF_SCGI ? guess.IS_SCGI : guess.IS_FASTCGI;
  }
}
