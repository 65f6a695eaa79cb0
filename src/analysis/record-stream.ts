// All records of a capture in the order of time. It stands between the TCP tracker and a session: the session hears
// everything first and finds out what each connection speaks; then the bytes are cut into records here.
import type { Anomaly } from '../model/anomaly-log.js';
import type { ConnectionObserver } from '../model/observations.js';
import { otherSide, type Side } from '../model/side.js';
import { MARK_SYN } from '../tcp/connection-table.js';
import { PROTOCOL_IS_FASTCGI, PROTOCOL_IS_SCGI, PROTOCOL_NONE } from './conversation-table.js';
import type { DecodedSink, RequestChain } from './decoded-record.js';
import { FastcgiRecords } from './fastcgi-records.js';
import { ScgiRecords } from './scgi-records.js';
import type { Session } from './session.js';

/** What happened on a connection while its protocol was not known. */
interface Piece {
  side: Side;
  readonly kind: 'data' | 'gap';
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly time: number;
  readonly packet: number;
}

interface Waiting {
  readonly pieces: Piece[];
  /** Bytes in them. */
  length: number;
}

/** Bytes that wait of one connection; the session needs fewer of them to tell the protocol. */
const MAX_WAITING = 64 * 1024;

const NO_BYTES = new Uint8Array(0);

export class RecordStream implements ConnectionObserver {
  private readonly decoders = new Map<number, FastcgiRecords | ScgiRecords>();
  private readonly waiting = new Map<number, Waiting>();
  private told = 0;

  /** The session's `flip` must call the stream's `flip` too. */
  constructor(
    private readonly session: Session,
    private readonly chain: RequestChain,
    private readonly sink: DecodedSink,
  ) {}

  /** The roles of a connection are exchanged: what waits was sent by the other side. */
  flip(row: number): void {
    for (const piece of this.waiting.get(row)?.pieces ?? []) piece.side = otherSide(piece.side);
  }

  opened(row: number): void {
    this.session.opened(row);
  }

  data(
    row: number,
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    packet: number,
    position: number,
  ): void {
    const decided = this.protocol(row) !== PROTOCOL_NONE;
    if (!decided)
      this.wait(row, { side, kind: 'data', bytes: bytes.slice(start, end), length: end - start, time, packet });
    this.session.data(row, side, bytes, start, end, time, packet, position);
    if (!decided) this.release(row);
    else this.decoders.get(row)?.data(side, bytes, start, end, time, packet, this.newProblems());
  }

  gap(row: number, side: Side, length: number, time: number, packet: number): void {
    const decided = this.protocol(row) !== PROTOCOL_NONE;
    if (!decided && this.waiting.has(row)) this.wait(row, { side, kind: 'gap', bytes: NO_BYTES, length, time, packet });
    this.session.gap(row, side, length, time, packet);
    if (!decided) this.release(row);
    else this.decoders.get(row)?.gap(side, length, time, packet, this.newProblems());
  }

  finished(row: number, side: Side, time: number, packet: number): void {
    const decided = this.protocol(row) !== PROTOCOL_NONE;
    this.session.finished(row, side, time, packet);
    // The end of a turn can be what tells the protocol.
    if (!decided) this.release(row);
    this.decoders.get(row)?.finished(this.newProblems());
    this.dropWithSession(row);
  }

  reset(row: number): void {
    this.session.reset(row);
    this.dropWithSession(row);
  }

  closed(row: number): void {
    this.session.closed(row);
    this.release(row);
    this.waiting.delete(row);
    this.drop(row);
  }

  /** The input is over. */
  finish(): void {
    this.session.finish();
    for (const row of [...this.waiting.keys()]) this.release(row);
    for (const decoder of this.decoders.values()) decoder.close();
  }

  /** The session lets go of a connection as soon as nothing more can come of it; so does the stream. */
  private dropWithSession(row: number): void {
    if (this.session.conversations.slot[row] === 0) this.drop(row);
  }

  private drop(row: number): void {
    this.decoders.get(row)?.close();
    this.decoders.delete(row);
  }

  private protocol(row: number): number {
    return this.session.conversations.protocol[row];
  }

  private wait(row: number, piece: Piece): void {
    let waiting = this.waiting.get(row);
    if (!waiting) this.waiting.set(row, (waiting = { pieces: [], length: 0 }));
    waiting.pieces.push(piece);
    waiting.length += piece.bytes.length;
    if (waiting.length <= MAX_WAITING) return;
    // A connection without a beginning may never be told: only the last of it is kept, as the session does.
    let dropped = 0;
    while (waiting.length > MAX_WAITING / 2 && dropped < waiting.pieces.length - 1) {
      waiting.length -= waiting.pieces[dropped++].bytes.length;
    }
    waiting.pieces.splice(0, dropped);
  }

  /** Decodes what waited, if the protocol has become known. */
  private release(row: number): void {
    const protocol = this.protocol(row);
    if (protocol === PROTOCOL_NONE) return;
    const pieces = this.waiting.get(row)?.pieces ?? [];
    this.waiting.delete(row);
    const decoder = this.decoderFor(row, protocol);
    if (!decoder) return;
    this.decoders.set(row, decoder);
    let problems = this.newProblems();
    for (const { kind, side, bytes, length, time, packet } of pieces) {
      if (kind === 'data') decoder.data(side, bytes, 0, bytes.length, time, packet, problems);
      else decoder.gap(side, length, time, packet, problems);
      problems = [];
    }
    this.dropWithSession(row);
  }

  private decoderFor(row: number, protocol: number): FastcgiRecords | ScgiRecords | undefined {
    if (protocol === PROTOCOL_IS_FASTCGI) {
      const midStream = !(this.session.connections.marks[row] & MARK_SYN);
      return new FastcgiRecords(row, midStream, this.chain, this.sink);
    }
    return protocol === PROTOCOL_IS_SCGI ? new ScgiRecords(row, this.chain, this.sink) : undefined;
  }

  /** The problems that the session found since the last call: all are of the connection it heard of last. */
  private newProblems(): readonly Anomaly[] {
    const { places } = this.session.log.anomalies;
    if (this.told === places.length) return [];
    const found = places.slice(this.told);
    this.told = places.length;
    return found;
  }
}
