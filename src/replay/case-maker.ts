// Makes a case of a capture: hears of the connections from the TCP tracker, in a second reading of the same input, and tells
// events and bytes in the order of the capture. What it knows of a connection as a whole (where its listener is, who
// closed at the same time) comes from the first reading.
import type { Facts } from '../analysis/facts.js';
import type { AddressTable } from '../model/address.js';
import type { ConnectionObserver } from '../model/observations.js';
import { BY_BOTH, otherSide, type Side, WEB_SERVER } from '../model/side.js';
import type { ConnectionTable } from '../tcp/connection-table.js';
import { CONNECTION_STATES, MARK_SYN, MARK_SYN_ACK } from '../tcp/connection-table.js';
import { type CaseEvent, type CaseListener, type CaseLosses, noLosses } from './event.js';
import { ScgiScanner } from './scgi-scanner.js';
import { RecordScanner, type StreamScanner } from './stream-scanner.js';

/** Takes what a case consists of. */
export interface CaseSink {
  event(event: CaseEvent): void;
  /** The next bytes of a side's file; only lent. Told before the event that sends them. */
  bytes(side: Side, bytes: Uint8Array): void;
}

export interface CaseMakerOptions {
  /** Of the first reading. */
  readonly facts: Pick<Facts, 'connections' | 'addresses' | 'listeners' | 'listenerOf'>;
  /** Rows of the connections that the case has. */
  readonly selected: (row: number) => boolean;
  /** Of this reading. */
  readonly connections: Pick<ConnectionTable, 'address0' | 'port0'>;
  readonly addresses: AddressTable;
  readonly maskSecrets: boolean;
  readonly sink: CaseSink;
}

/** Before the first event that is told, and once nothing more is. */
const WAITING = 0;
const OPEN = 1;
const OVER = 2;

interface Making {
  readonly listener: number;
  /** Its number in the case; -1 before it is told of. */
  number: number;
  state: typeof WAITING | typeof OPEN | typeof OVER;
  readonly scanners: readonly [StreamScanner, StreamScanner];
  /** Whether a side's stream is followed: not before its beginning is known, nor after the framing was lost. */
  readonly followed: [boolean, boolean];
  readonly ended: [boolean, boolean];
}

const LARGEST = 0x40000000;

export class CaseMaker implements ConnectionObserver {
  readonly losses: CaseLosses = noLosses();
  readonly listeners: CaseListener[] = [];
  connections = 0;
  requests = 0;
  mostOpen = 0;
  secrets = 0;
  private open = 0;
  private readonly making = new Map<number, Making>();
  private readonly places = new Map<number, number>();
  private readonly written: [number, number] = [0, 0];
  private scratch = new Uint8Array(65_536);
  private origin = Number.NaN;

  constructor(private readonly options: CaseMakerOptions) {}

  /** Bytes of either side so far. */
  get bytes(): readonly [number, number] {
    return this.written;
  }

  opened(row: number, time: number): void {
    const { facts, selected } = this.options;
    const listener = facts.listeners[facts.listenerOf[row]];
    if (listener === undefined || listener.protocol === 'tcp' || !selected(row)) return;
    const marks = facts.connections.marks[row];
    const begins = (marks & MARK_SYN) !== 0;
    const { protocol } = listener;
    const place = this.place(listener.index, { endpoint: listener.endpoint, protocol });
    if (begins && (marks & MARK_SYN_ACK) === 0) {
      const refused = CONNECTION_STATES[facts.connections.state[row]] === 'REJ';
      if (refused)
        this.tell({ kind: 'refused', time: this.since(time), connection: this.connections++, listener: place });
      else this.losses.unanswered++;
      return;
    }
    const scanner = (side: Side) =>
      protocol === 'scgi'
        ? new ScgiScanner(side, this.options.maskSecrets)
        : new RecordScanner(side, this.options.maskSecrets);
    const made: Making = {
      listener: place,
      number: -1,
      state: WAITING,
      scanners: [scanner(WEB_SERVER), scanner(otherSide(WEB_SERVER))],
      followed: [begins, begins],
      ended: [false, false],
    };
    this.making.set(row, made);
    if (begins) this.begin(made, time);
    else this.losses.beganBefore++;
  }

  data(row: number, turned: Side, bytes: Uint8Array, start: number, end: number, time: number): void {
    const made = this.making.get(row);
    if (made === undefined || made.state === OVER) return;
    const side = this.sideOf(row, turned);
    const length = end - start;
    const piece = this.copy(bytes, start, end);
    if (!made.followed[side]) {
      // Of a connection that began before the capture, the web server's first whole request is where the case begins.
      const may = side === WEB_SERVER || made.state === OPEN;
      const at = may ? made.scanners[side].begin(piece, 0, length) : -1;
      this.losses.droppedBytes += at < 0 ? length : at;
      if (at < 0) return;
      made.followed[side] = true;
      if (made.state === WAITING) this.begin(made, time);
      this.send(made, side, piece.subarray(at), length - at, time);
      return;
    }
    this.send(made, side, piece, length, time);
  }

  gap(row: number, turned: Side, length: number, time: number): void {
    const made = this.making.get(row);
    if (made === undefined || made.state === OVER) return;
    const side = this.sideOf(row, turned);
    const filled = made.followed[side] ? made.scanners[side].fillable(Math.min(length, LARGEST)) : 0;
    for (let left = filled; left > 0; left -= this.scratch.length) {
      const some = Math.min(left, this.scratch.length);
      this.send(made, side, this.scratch.fill(0, 0, some), some, time);
    }
    this.losses.filledBytes += filled;
    this.losses.droppedBytes += length - filled;
    if (filled < length) made.followed[side] = false;
  }

  finished(row: number, turned: Side, time: number): void {
    const made = this.making.get(row);
    if (made === undefined || made.state === WAITING) return;
    const side = this.sideOf(row, turned);
    if (made.state === OVER || made.ended[side]) {
      this.losses.afterEnd++;
      return;
    }
    made.ended[side] = true;
    const both = this.options.facts.connections.firstFin[row] === BY_BOTH;
    this.tell({
      kind: 'end',
      time: this.since(time),
      connection: made.number,
      side,
      crossing: both && !made.ended[otherSide(side)],
    });
    if (made.ended[0] && made.ended[1]) this.over(made);
  }

  reset(row: number, turned: Side, time: number): void {
    const made = this.making.get(row);
    if (made === undefined || made.state === WAITING) return;
    if (made.state === OVER) {
      this.losses.afterEnd++;
      return;
    }
    this.tell({ kind: 'reset', time: this.since(time), connection: made.number, side: this.sideOf(row, turned) });
    this.over(made);
  }

  closed(row: number): void {
    const made = this.making.get(row);
    if (made === undefined) return;
    this.making.delete(row);
    if (made.state === WAITING) this.losses.empty++;
    else if (made.state === OPEN) this.open--;
    this.secrets += made.scanners[0].masked + made.scanners[1].masked;
  }

  private begin(made: Making, time: number): void {
    made.number = this.connections++;
    made.state = OPEN;
    this.mostOpen = Math.max(this.mostOpen, ++this.open);
    this.tell({ kind: 'open', time: this.since(time), connection: made.number, listener: made.listener });
  }

  private over(made: Making): void {
    made.state = OVER;
    this.open--;
  }

  private send(made: Making, side: Side, bytes: Uint8Array, length: number, time: number): void {
    const piece = bytes.subarray(0, length);
    const found = made.scanners[side].push(piece, 0, length);
    const from = this.written[side];
    this.options.sink.bytes(side, piece);
    this.written[side] += length;
    this.requests += found.begins;
    this.tell({ kind: 'send', time: this.since(time), connection: made.number, side, from, length, ...found });
  }

  private tell(event: CaseEvent): void {
    this.options.sink.event(event);
  }

  private since(time: number): number {
    if (Number.isNaN(this.origin)) this.origin = time;
    // What became available out of order is told a little late, never before what came first.
    return Math.max(0, time - this.origin);
  }

  /** Which side sent, whichever the tracker takes it for: here it does not know yet what is spoken. */
  private sideOf(row: number, turned: Side): Side {
    const { facts, connections, addresses } = this.options;
    const { address0, port0 } = facts.connections;
    const same =
      port0[row] === connections.port0[row] &&
      facts.addresses.endpoint(address0[row], port0[row]) ===
        addresses.endpoint(connections.address0[row], connections.port0[row]);
    return same ? turned : otherSide(turned);
  }

  private place(index: number, listener: CaseListener): number {
    let place = this.places.get(index);
    if (place === undefined) {
      place = this.listeners.length;
      this.places.set(index, place);
      this.listeners.push(listener);
    }
    return place;
  }

  private copy(bytes: Uint8Array, start: number, end: number): Uint8Array {
    if (end - start > this.scratch.length) this.scratch = new Uint8Array(end - start);
    this.scratch.set(bytes.subarray(start, end));
    return this.scratch;
  }
}
