// Follows TCP connections through a capture: finds the connection of each segment, keeps its row in the connection
// table, and tells the observer what happened, stream bytes in sequence. Nothing is allocated for a packet.
import type { ConnectionObserver } from '../model/observations.js';
import { ACK, FIN, RST, type Segment, SYN } from '../model/segment.js';
import type { Side } from '../model/side.js';
import { isPlausibleFin, noteFin, noteReset } from './closing.js';
import {
  type ConnectionTable,
  MARK_DUPLICATES,
  MARK_FLIPPED,
  MARK_KEEP_ALIVE,
  MARK_ONE_SIDED,
  MARK_REUSED_PORT,
} from './connection-table.js';
import type { TrackerCounters } from './counters.js';
import { Delivery } from './delivery.js';
import { DuplicateFilter } from './duplicate-filter.js';
import { afterPacket, RESET } from './endpoint-state.js';
import { FarAhead } from './far-ahead.js';
import { FlowIndex } from './flow-index.js';
import { Handshake } from './handshake.js';
import { SEEN_ACK, SEEN_DATA, writeControlLetters } from './history-letters.js';
import { type HistoryTable, LETTER_ACK, LETTER_DATA, LETTER_FLIP, LETTER_RETRANSMISSION } from './history-table.js';
import { ANSWERED, CONFIRMED, HoleKeeper } from './hole-keeper.js';
import { DEFAULT_LIMITS, type TrackerLimits } from './limits.js';
import {
  ACK_KNOWN,
  ACKED,
  ACTIVE,
  CLOSED_TOLD,
  END,
  ENDPOINT_WORDS,
  ENDPOINTS,
  FIN_AT,
  FIN_SEEN,
  FLAGS,
  HANDSHAKE_SETTLED,
  HIGH_ADDRESS,
  LOW_ADDRESS,
  MISCELLANY,
  NEXT,
  ORIGINATOR_IS_HIGH,
  PORTS,
  RECORD_WORDS,
  START,
  STARTED,
  STATE_MASK,
  STATES_BITS,
  STATES_MASK,
  TROUBLE_SHIFT,
  WINDOW_CLOSED,
} from './live-table.js';
import { opensAnother } from './reuse.js';
import { swapRoles } from './role-swap.js';
import { updateState } from './row-state.js';
import { StreamAssembler } from './stream-assembler.js';
import { TrackerStore } from './tracker-store.js';
import { isPowerOfTen } from './trouble-table.js';
import { ZeroWindow } from './zero-window.js';

const CONTROL = SYN | FIN | RST;
const SWEEP_PACKETS = 1024;

export class TcpTracker {
  /** One row a connection; kept up to date with every segment. */
  readonly connections: ConnectionTable;
  /** The texts of the `history` column. */
  readonly histories: HistoryTable;
  /** Totals over the input. */
  readonly counters: TrackerCounters;

  private readonly store: TrackerStore;
  private readonly flows: FlowIndex;
  private readonly duplicates: DuplicateFilter;
  private readonly delivery: Delivery;
  private readonly holes: HoleKeeper;
  private readonly assembler: StreamAssembler;
  private readonly handshake: Handshake;
  private readonly zeroWindow: ZeroWindow;
  private readonly farAhead: FarAhead;
  private lastPacket = 0;
  private nextSweep = -Infinity;
  private sweptPacket = 0;

  constructor(observer: ConnectionObserver, limits: Partial<TrackerLimits> = {}) {
    const seed = limits.seed ?? (Math.random() * 2 ** 32) | 0;
    this.store = new TrackerStore(observer, { ...DEFAULT_LIMITS, ...limits, seed });
    this.connections = this.store.connections;
    this.histories = this.store.histories;
    this.counters = this.store.counters;
    this.flows = new FlowIndex(this.store.live, seed);
    this.duplicates = new DuplicateFilter(this.store.limits.duplicateTime);
    this.delivery = new Delivery(this.store);
    this.holes = new HoleKeeper(this.store, this.delivery);
    this.assembler = new StreamAssembler(this.store, this.delivery, this.holes);
    this.handshake = new Handshake(this.store);
    this.zeroWindow = new ZeroWindow(this.store);
    this.farAhead = new FarAhead(this.store);
  }

  /** Bytes of memory that hold out-of-order data at the moment. */
  get bufferedMemory(): number {
    return this.store.fragments.used;
  }

  /** Makes room for `rows` connections, where their number can be foreseen. */
  reserve(rows: number): void {
    this.connections.reserve(rows);
    this.store.live.reserve(rows);
    this.flows.reserve(rows);
  }

  /** Takes the next segment of the input; returns its connection's row. Not to be called by the observer. */
  segment(s: Segment): number {
    let endpoint = 0;
    let low = s.source;
    let high = s.destination;
    let ports = ((s.sourcePort << 16) | s.destinationPort) >>> 0;
    if (low > high || (low === high && s.sourcePort > s.destinationPort)) {
      endpoint = 1;
      low = s.destination;
      high = s.source;
      ports = ((s.destinationPort << 16) | s.sourcePort) >>> 0;
    }
    let row = this.flows.find(low, high, ports);
    if (s.mayBeDuplicated && this.duplicates.isCopy(s) && row >= 0) {
      this.counters.duplicates++;
      this.store.mark(row, MARK_DUPLICATES);
      return row;
    }
    const flags = s.flags;
    this.lastPacket = s.packet;
    if (s.time >= this.nextSweep) this.sweep(s);
    const fresh = row < 0 || ((flags & SYN) !== 0 && opensAnother(this.store, row, endpoint, s));
    if (fresh) row = this.open(row, endpoint, low, high, ports, s);

    const connections = this.connections;
    const words = this.store.live.words;
    const record = row * RECORD_WORDS;
    const own = record + ENDPOINTS + endpoint * ENDPOINT_WORDS;
    connections.end[row] = s.time;
    if ((endpoint ^ (words[record + MISCELLANY] & ORIGINATOR_IS_HIGH)) === 0) connections.packets0[row]++;
    else connections.packets1[row]++;
    if ((flags & CONTROL) !== 0 || (words[own + FLAGS] & STARTED) === 0) {
      this.control(row, endpoint, own, fresh, s);
      return row;
    }

    const state = words[own + FLAGS];
    const length = s.wireLength;
    if (length > 0) {
      if ((state & SEEN_DATA) === 0) this.firstLetter(row, endpoint, own, SEEN_DATA, LETTER_DATA);
    } else if ((state & SEEN_ACK) === 0 && (flags & ACK) !== 0) {
      this.firstLetter(row, endpoint, own, SEEN_ACK, LETTER_ACK);
    }
    if (s.window === 0 || (state & WINDOW_CLOSED) !== 0) this.zeroWindow.note(row, endpoint, s);
    if ((flags & ACK) !== 0) {
      if ((state & HANDSHAKE_SETTLED) === 0) this.handshake.acknowledgment(row, endpoint, s);
      const peer = record + ENDPOINTS + (1 - endpoint) * ENDPOINT_WORDS;
      if (((s.acknowledgment - words[peer + ACKED]) | 0) > 0 || (words[peer + FLAGS] & ACK_KNOWN) === 0) {
        this.acknowledge(row, endpoint, s);
      }
    }
    const advance = (s.sequence + length - words[own + END]) | 0;
    if (advance > 0) {
      if (advance > this.store.limits.farAhead && this.farAhead.isSegmentFar(row, endpoint, s)) return row;
      if ((state & STATE_MASK) !== RESET) words[own + END] = s.sequence + length;
    } else if (length > 0) this.retransmitted(row, endpoint);
    else if (advance === -1) this.keepAlive(row, own);
    if (words[record + MISCELLANY] >>> TROUBLE_SHIFT === 0) {
      if (length > 0) this.payload(row, endpoint, own, s.sequence, s);
      return row;
    }
    // A gap in the other direction is told before this packet's payload, one in this direction only if the packet did
    // not fill it.
    this.checkPeer(row, endpoint, s);
    if (length > 0) this.payload(row, endpoint, own, s.sequence, s);
    this.holes.check(row, endpoint, 0, s.time, s.packet);
    return row;
  }

  /**
   * Exchanges originator and responder, when the content shows that the first packet misled us. May be called by the
   * observer in the middle of any of its methods.
   */
  flip(row: number): void {
    swapRoles(this.store, row);
  }

  /** The input is over: gives up what is missing and tells the end of every connection that was not told yet. */
  finish(time: number): void {
    const count = this.connections.count;
    for (let row = 0; row < count; row++) this.close(row, time);
  }

  /** Nothing more will come of this connection: its memory for what is unfinished is given back. */
  release(row: number, time: number): void {
    this.close(row, time);
  }

  /** Forgets connections: those that have a new number are kept. Not to be called while a segment is worked on. */
  retain(numbers: Int32Array): void {
    const { connections, live, troubles } = this.store;
    connections.retain(numbers);
    live.retain(numbers);
    for (let row = 0; row < connections.count; row++) {
      const trouble = live.trouble(row);
      if (trouble >= 0) troubles.connection[trouble] = row;
    }
    this.flows.rebuild(connections.count);
  }

  /** A segment with SYN, FIN or RST, or the first one of its endpoint. */
  private control(row: number, endpoint: number, own: number, fresh: boolean, s: Segment): void {
    const store = this.store;
    const words = store.live.words;
    const lastStart = words[own + START];
    const reset = (s.flags & RST) !== 0;
    const syn = !reset && (s.flags & SYN) !== 0;
    if (syn) this.handshake.synchronize(row, endpoint, s);
    else if ((words[own + FLAGS] & STARTED) === 0 && !reset) {
      if (this.handshake.isStraggler(row, endpoint, s)) return;
      this.handshake.beginWithoutSyn(row, endpoint, s);
    }
    const length = s.wireLength;
    const sequence = syn ? (s.sequence + 1) >>> 0 : s.sequence;
    const finAt = (sequence + length) >>> 0;
    const fin = (s.flags & FIN) !== 0 && !reset && isPlausibleFin(store, row, endpoint, finAt);
    writeControlLetters(store, row, endpoint, s, finAt, lastStart);
    if (s.window === 0 || (words[own + FLAGS] & WINDOW_CLOSED) !== 0) this.zeroWindow.note(row, endpoint, s);
    if ((s.flags & ACK) !== 0 && !reset) {
      if ((words[own + FLAGS] & HANDSHAKE_SETTLED) === 0) this.handshake.acknowledgment(row, endpoint, s);
      this.acknowledge(row, endpoint, s);
    }
    const inside = reset || this.extend(row, endpoint, own, fin ? (finAt + 1) >>> 0 : finAt, s);
    this.advanceStates(row, endpoint, own, fin ? s.flags : s.flags & ~FIN, length);
    const ends = fin && inside && this.noteFin(row, endpoint, own, finAt, s);
    if (reset) noteReset(store, row, endpoint, s);
    if (fresh) store.observer.opened(row, s.time, s.packet);
    this.checkPeer(row, endpoint, s);
    if (length > 0 && !reset && inside) this.payload(row, endpoint, own, sequence, s);
    if (ends) this.delivery.settle(row, endpoint, s.time, s.packet);
    if (reset) store.observer.reset(row, store.live.side(row, endpoint) as Side, s.time, s.packet);
    this.holes.check(row, endpoint, 0, s.time, s.packet);
  }

  private advanceStates(row: number, endpoint: number, own: number, flags: number, length: number): void {
    const { live } = this.store;
    const words = live.words;
    const peer = this.store.endpointAt(row, 1 - endpoint);
    const before = words[own + FLAGS] & STATES_MASK;
    const peerBefore = words[peer + FLAGS] & STATES_MASK;
    const states = afterPacket(before, peerBefore, flags, length, live.side(row, endpoint) === 0);
    words[own + FLAGS] |= ACTIVE;
    if (states === (before | (peerBefore << STATES_BITS))) return;
    words[own + FLAGS] = (words[own + FLAGS] & ~STATES_MASK) | (states & STATES_MASK);
    words[peer + FLAGS] = (words[peer + FLAGS] & ~STATES_MASK) | (states >>> STATES_BITS);
    updateState(this.store, row);
  }

  private noteFin(row: number, endpoint: number, own: number, finAt: number, s: Segment): boolean {
    if (noteFin(this.store, row, endpoint, finAt, s)) return true;
    if (s.wireLength === 0 && this.store.live.words[own + FIN_AT] === finAt)
      this.assembler.retransmission(row, endpoint);
    return false;
  }

  /** Moves END; false if the segment lies far ahead of the stream and is not believed. */
  private extend(row: number, endpoint: number, own: number, end: number, s: Segment): boolean {
    const words = this.store.live.words;
    const advance = (end - words[own + END]) | 0;
    if (advance > this.store.limits.farAhead && this.farAhead.isSegmentFar(row, endpoint, s)) return false;
    if ((words[own + FLAGS] & STATE_MASK) === RESET) return true;
    if (advance > 0) words[own + END] = end;
    else if (s.wireLength > 0) this.retransmitted(row, endpoint);
    return true;
  }

  private payload(row: number, endpoint: number, own: number, sequence: number, s: Segment): void {
    const words = this.store.live.words;
    const length = s.wireLength;
    if (
      words[own + NEXT] === sequence &&
      s.payloadLength === length &&
      (words[own + FLAGS] & FIN_SEEN) === 0 &&
      words[row * RECORD_WORDS + MISCELLANY] >>> TROUBLE_SHIFT === 0
    ) {
      const start = s.payloadOffset;
      this.delivery.turn(row, endpoint);
      this.delivery.bytes(row, endpoint, s.data, start, start + length, s.time, s.packet, s.position);
    } else {
      this.assembler.data(row, endpoint, sequence, s);
    }
  }

  private acknowledge(row: number, endpoint: number, s: Segment): void {
    if (this.handshake.acknowledge(row, 1 - endpoint, s, endpoint, this.farAhead)) {
      this.delivery.settle(row, 1 - endpoint, s.time, s.packet);
    }
  }

  /** Looks after the holes of the other direction than the segment's. */
  private checkPeer(row: number, endpoint: number, s: Segment): void {
    const acknowledged = this.store.live.words[this.store.endpointAt(row, 1 - endpoint) + ACKED];
    const confirms = (s.flags & (ACK | RST)) === ACK && s.acknowledgment === acknowledged;
    const signs = (s.wireLength > 0 ? ANSWERED : 0) | (confirms ? CONFIRMED : 0);
    this.holes.check(row, 1 - endpoint, signs, s.time, s.packet);
  }

  private firstLetter(row: number, endpoint: number, own: number, seen: number, letter: number): void {
    this.store.live.words[own + FLAGS] |= seen;
    this.store.letter(row, endpoint, letter);
  }

  private retransmitted(row: number, endpoint: number): void {
    const stream = this.store.stream(row, endpoint); // may replace the columns, so not inside the next expression
    if (isPowerOfTen(++this.store.troubles.retransmissions[stream]))
      this.store.letter(row, endpoint, LETTER_RETRANSMISSION);
  }

  /** An empty segment one before the next byte, after everything was acknowledged, asks whether the peer is alive. */
  private keepAlive(row: number, own: number): void {
    const words = this.store.live.words;
    if ((words[own + FLAGS] & (FIN_SEEN | ACK_KNOWN)) === ACK_KNOWN && words[own + ACKED] === words[own + END]) {
      this.store.mark(row, MARK_KEEP_ALIVE);
    }
  }

  /** Adds the connection that this segment opens, after closing `previous`, an earlier one of the same ports (or -1). */
  private open(previous: number, endpoint: number, low: number, high: number, ports: number, s: Segment): number {
    const { connections, live } = this.store;
    if (previous >= 0) this.close(previous, s.time);
    const row = connections.add();
    live.reserve(connections.capacity);
    const words = live.words;
    const record = row * RECORD_WORDS;
    // A SYN-ACK is the responder's; any other first packet is taken for the originator's.
    const answers = (s.flags & (SYN | ACK | RST)) === (SYN | ACK);
    const originator = answers ? 1 - endpoint : endpoint;
    words[record + LOW_ADDRESS] = low;
    words[record + HIGH_ADDRESS] = high;
    words[record + PORTS] = ports;
    words[record + MISCELLANY] = originator;
    connections.address0[row] = answers ? s.destination : s.source;
    connections.address1[row] = answers ? s.source : s.destination;
    connections.port0[row] = answers ? s.destinationPort : s.sourcePort;
    connections.port1[row] = answers ? s.sourcePort : s.destinationPort;
    connections.start[row] = s.time;
    connections.firstPacket[row] = s.packet;
    if (previous >= 0) connections.marks[row] = MARK_REUSED_PORT;
    if (answers) {
      connections.marks[row] |= MARK_FLIPPED;
      connections.history[row] = this.histories.append(0, LETTER_FLIP);
    }
    this.flows.put(row);
    return row;
  }

  private close(row: number, time: number): void {
    const { live, troubles, observer } = this.store;
    const words = live.words;
    const record = row * RECORD_WORDS;
    if ((words[record + MISCELLANY] & CLOSED_TOLD) !== 0) return;
    words[record + MISCELLANY] |= CLOSED_TOLD;
    this.holes.flush(row, time, this.lastPacket);
    this.zeroWindow.close(row);
    const flags0 = words[record + ENDPOINTS + FLAGS];
    const flags1 = words[record + ENDPOINTS + ENDPOINT_WORDS + FLAGS];
    if ((flags0 & flags1 & ACTIVE) === 0) this.store.mark(row, MARK_ONE_SIDED);
    const trouble = live.trouble(row);
    if (trouble >= 0) {
      troubles.closeHole(trouble * 2);
      troubles.closeHole(trouble * 2 + 1);
      troubles.free(trouble);
      live.setTrouble(row, -1);
    }
    observer.closed(row, time);
  }

  private sweep(s: Segment): void {
    if (s.packet - this.sweptPacket < SWEEP_PACKETS) return;
    this.sweptPacket = s.packet;
    this.nextSweep = s.time + this.store.limits.holeTime;
    this.holes.sweep(s.time, s.packet);
  }
}
