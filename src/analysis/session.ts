// The analysis as it runs: hears what happens on connections, finds out what they speak, has it decoded, and keeps what
// the snapshot is made of. Reads no clock, file or socket; time comes in with every call.
import { FastcgiConnection, type FastcgiConnectionOwner } from '../fastcgi/connection.js';
import { RequestLog } from '../fastcgi/request-log.js';
import type { AddressTable } from '../model/address.js';
import type { ConnectionObserver } from '../model/observations.js';
import { type ProblemName, problemNumber } from '../model/problem-codes.js';
import { APPLICATION, otherSide, type Side, WEB_SERVER } from '../model/side.js';
import { type ConnectionTable, MARK_SYN } from '../tcp/connection-table.js';
import * as conversation from './conversation-table.js';
import { ConversationTable } from './conversation-table.js';
import * as guess from './protocol-guess.js';
import { ScgiConversation } from './scgi-conversation.js';
import { Undecided } from './undecided.js';

export type ProtocolName = 'fastcgi' | 'scgi';

/** A listener named by the user: `-d tcp.port==9000,fcgi`. */
export interface NamedListener {
  readonly port: number;
  readonly protocol: ProtocolName;
}

export interface SessionOptions {
  readonly named: readonly NamedListener[];
  /** The input has no payload bytes (tcpdump text): every TCP listener counts, nothing is decoded. */
  readonly withoutPayload: boolean;
}

type Live = FastcgiConnection | ScgiConversation | Undecided;

/** Bytes kept of all connections whose protocol is undecided; beyond it they are called something else. */
const MAX_WAITING = 64 << 20;
const BOTH_FINISHED = conversation.CONVERSATION_FINISHED_WEB | conversation.CONVERSATION_FINISHED_APPLICATION;
/** First bytes kept of a connection that speaks another protocol, to name it. */
const FOREIGN_BYTES = 32;
const MAX_FOREIGN = 10_000;

export class Session implements ConnectionObserver, FastcgiConnectionOwner {
  readonly log = new RequestLog();
  readonly conversations = new ConversationTable();
  /** Listeners found or named: key (address id * 65536 + port) to protocol. */
  readonly listeners = new Map<number, ProtocolName>();
  /** First bytes of sides that speak something else: key (connection * 2 + side). */
  readonly foreign = new Map<number, Uint8Array>();
  /** Endpoints (keys as above) that are known to be applications: FastCGI's where their content has not told otherwise. */
  readonly expected = new Set<number>();
  private readonly namedPorts = new Map<number, ProtocolName>();
  private live: (Live | undefined)[] = [];
  private freeSlots: number[] = [];
  /** Bytes in undecided connections. */
  private waiting = 0;
  private freeFastcgi: FastcgiConnection[] = [];
  private freeScgi: ScgiConversation[] = [];

  constructor(
    readonly addresses: AddressTable,
    readonly options: SessionOptions,
  ) {
    for (const { port, protocol } of options.named) this.namedPorts.set(port, protocol);
  }

  /** Set by whoever owns the connection table (the TCP tracker, or a live source). */
  connections!: ConnectionTable;
  /** Exchanges the roles of a connection whose first packet misled. */
  flip: (row: number) => void = () => {};

  /** Counts an endpoint as an application before it is understood, or where it is never reached. */
  expect(address: number, port: number): void {
    this.expected.add(address * 65536 + port);
  }

  opened(row: number): void {
    this.conversations.need(row);
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
    const slot = this.conversations.slot[row];
    if (slot !== 0) {
      const live = this.live[slot - 1]!;
      if (live instanceof FastcgiConnection) {
        live.data(side, bytes, start, end, time, packet, position);
        const parser = side === WEB_SERVER ? live.web : live.application;
        if (parser.stopped && parser.recordOffset === 0) this.keepForeign(row, side, bytes, start, end);
      } else if (live instanceof ScgiConversation) live.data(side, bytes, start, end, time, packet, position);
      else this.undecidedData(live, side, bytes, start, end, time, packet, position);
      return;
    }
    if (this.conversations.protocol[row] === conversation.PROTOCOL_NONE)
      this.firstData(row, side, bytes, start, end, time, packet, position);
    else if (this.conversations.protocol[row] === conversation.PROTOCOL_IS_OTHER)
      this.keepForeign(row, side, bytes, start, end);
  }

  gap(row: number, side: Side, length: number, time: number, packet: number): void {
    const live = this.liveOf(row);
    if (live instanceof FastcgiConnection) live.gap(side, length, time, packet);
    else if (live instanceof ScgiConversation) live.gap(side, length, time, packet);
    else if (live) this.settle(live, live.gap(side, length, time, packet));
  }

  finished(row: number, side: Side, time: number, packet: number): void {
    const live = this.liveOf(row);
    if (!live) return;
    if (live instanceof Undecided) {
      this.settle(live, live.finished(side, time, packet));
      return;
    }
    live.finished(side, time, packet);
    const bit =
      side === WEB_SERVER ? conversation.CONVERSATION_FINISHED_WEB : conversation.CONVERSATION_FINISHED_APPLICATION;
    const marks = (this.conversations.marks[row] |= bit);
    // Both streams are complete: the decoder is free for another connection.
    if ((marks & BOTH_FINISHED) === BOTH_FINISHED) this.detach(row, live);
  }

  reset(row: number): void {
    const live = this.liveOf(row);
    // Bytes may still arrive after a RST, but only those of an unfinished request tell anything.
    if (live instanceof FastcgiConnection && live.unfinishedRequests === 0) this.detach(row, live);
  }

  closed(row: number): void {
    const live = this.liveOf(row);
    if (!live) return;
    if (!(live instanceof Undecided)) {
      this.detach(row, live);
      return;
    }
    this.settle(live, live.closed());
    if (this.liveOf(row) === live) {
      // Too little came to tell the protocol; the listener may have become known in the meantime.
      const protocol = this.protocolFor(live);
      if (protocol === undefined) return;
      this.decide(live, protocol);
    }
    this.closed(row);
  }

  /** Whether the connection has no request under way and no part of one. */
  isIdle(row: number): boolean {
    const live = this.liveOf(row);
    if (live === undefined) return true;
    return live instanceof FastcgiConnection && live.unfinishedRequests === 0 && live.web.atBoundary;
  }

  /** Marks the rows that decoders still write to. */
  keepLive(connections: Uint8Array, requests: Uint8Array): void {
    for (const live of this.live) {
      if (live === undefined) continue;
      connections[live.row] = 1;
      if (!(live instanceof Undecided)) for (const row of live.requestRows()) requests[row] = 1;
    }
  }

  /** Forgets rows: those that have a new number are kept. Not to be called by an observer. */
  retain(connections: Int32Array, requests: Int32Array): void {
    const { conversations, log } = this;
    conversations.retain(connections);
    log.retain(connections, requests);
    for (const live of this.live) live?.renumber(connections, requests);
    const { count } = log.requests;
    conversations.firstRequest.fill(0);
    conversations.lastRequest.fill(0);
    for (let row = 0; row < count; row++) {
      const connection = log.requests.connection[row];
      const last = conversations.lastRequest[connection];
      if (last === 0) conversations.firstRequest[connection] = row + 1;
      else log.requests.next[last - 1] = row + 1;
      conversations.lastRequest[connection] = row + 1;
    }
    const foreign = [...this.foreign];
    this.foreign.clear();
    for (const [key, bytes] of foreign) {
      const row = connections[key >> 1];
      if (row !== -1) this.foreign.set(row * 2 + (key & 1), bytes);
    }
  }

  /** The input is over: what is still undecided is judged by what is known now. */
  finish(): void {
    for (const live of this.live) if (live instanceof Undecided) this.closed(live.row);
  }

  requestBegan(connection: number, row: number): void {
    const table = this.conversations;
    const last = table.lastRequest[connection];
    if (last === 0) table.firstRequest[connection] = row + 1;
    else this.log.requests.next[last - 1] = row + 1;
    table.lastRequest[connection] = row + 1;
    table.requests[connection]++;
  }

  problem(connection: number, code: ProblemName): void {
    this.conversations.problems[connection] |= 1 << problemNumber(code);
  }

  private liveOf(row: number): Live | undefined {
    const slot = this.conversations.slot[row];
    return slot === 0 ? undefined : this.live[slot - 1];
  }

  private firstData(
    row: number,
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    packet: number,
    position: number,
  ): void {
    if (this.options.withoutPayload) return;
    const known = this.listenerProtocol(row);
    if (known !== undefined) {
      this.attach(row, known);
      this.data(row, this.sideNow(row, side), bytes, start, end, time, packet, position);
      return;
    }
    const undecided = new Undecided(row, (this.connections.marks[row] & MARK_SYN) !== 0);
    this.takeSlot(row, undecided);
    this.undecidedData(undecided, side, bytes, start, end, time, packet, position);
  }

  private undecidedData(
    live: Undecided,
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    packet: number,
    position: number,
  ): void {
    // Others may have shown what is spoken here; a connection seen from its beginning tells it itself.
    const known = this.connections.marks[live.row] & MARK_SYN ? undefined : this.protocolFor(live);
    if (known !== undefined) {
      const turned = live.flipped ? otherSide(side) : side;
      this.decide(live, known);
      this.data(live.row, turned, bytes, start, end, time, packet, position);
    } else if (!live.isTired(side)) {
      this.settle(live, live.data(side, bytes.slice(start, end), time, packet, position));
    }
  }

  /** Acts on what an undecided connection told. */
  private settle(live: Undecided, verdict: number): void {
    this.waiting += live.length - live.counted;
    live.counted = live.length;
    if (verdict === guess.IS_FASTCGI) this.decide(live, 'fastcgi');
    else if (verdict === guess.IS_SCGI) this.decide(live, 'scgi');
    else if (verdict === guess.IS_OTHER || this.waiting > MAX_WAITING) this.decideOther(live);
  }

  /** The protocol is known: a listener is found, and what waited is decoded, with the times at which it came. */
  private decide(live: Undecided, protocol: ProtocolName): void {
    const { row } = live;
    if (live.flipped) this.flip(row);
    const key = this.listenerKey(row, APPLICATION);
    if (!this.listeners.has(key)) this.listeners.set(key, protocol);
    this.release(live);
    this.attach(row, protocol);
    for (const { side, bytes, time, packet, position, finished, missing } of live.settled()) {
      if (finished) this.finished(row, side, time, packet);
      else if (missing > 0) this.gap(row, side, missing, time, packet);
      else this.data(row, side, bytes, 0, bytes.length, time, packet, position);
    }
  }

  private decideOther(live: Undecided): void {
    this.release(live);
    this.conversations.protocol[live.row] = conversation.PROTOCOL_IS_OTHER;
    for (const { side, bytes } of live.pieces) this.keepForeign(live.row, side, bytes, 0, bytes.length);
  }

  private release(live: Undecided): void {
    this.waiting -= live.counted;
    this.freeSlot(live.row);
  }

  /** The protocol of an undecided connection's listener, if others have shown it; notes whether its sides are turned. */
  private protocolFor(live: Undecided): ProtocolName | undefined {
    const protocol = this.protocolAt(live.row, APPLICATION);
    if (protocol !== undefined || this.connections.marks[live.row] & MARK_SYN) return protocol;
    const turned = this.protocolAt(live.row, WEB_SERVER);
    live.flipped = turned !== undefined;
    return turned;
  }

  private keepForeign(row: number, side: Side, bytes: Uint8Array, start: number, end: number): void {
    const key = row * 2 + side;
    const kept = this.foreign.get(key);
    if (kept ? kept.length >= FOREIGN_BYTES : this.foreign.size >= MAX_FOREIGN) return;
    const length = Math.min(end - start, FOREIGN_BYTES - (kept?.length ?? 0));
    const joined = new Uint8Array((kept?.length ?? 0) + length);
    if (kept) joined.set(kept);
    joined.set(bytes.subarray(start, start + length), kept?.length ?? 0);
    this.foreign.set(key, joined);
  }

  private attach(row: number, protocol: ProtocolName): void {
    if (protocol === 'fastcgi') {
      const decoder = this.freeFastcgi.pop() ?? new FastcgiConnection(this.log, this);
      decoder.restart(row, !(this.connections.marks[row] & MARK_SYN));
      this.takeSlot(row, decoder);
      this.conversations.protocol[row] = conversation.PROTOCOL_IS_FASTCGI;
    } else {
      const decoder = this.freeScgi.pop() ?? new ScgiConversation(this.log, this);
      decoder.restart(row);
      this.takeSlot(row, decoder);
      this.conversations.protocol[row] = conversation.PROTOCOL_IS_SCGI;
    }
  }

  /** The connection's decoder has done its work and is given back. */
  private detach(row: number, live: FastcgiConnection | ScgiConversation): void {
    if (live instanceof FastcgiConnection) {
      this.noteEnd(row, live);
      live.close();
      this.freeFastcgi.push(live);
    } else {
      this.freeScgi.push(live);
    }
    this.freeSlot(row);
  }

  private takeSlot(row: number, live: Live): void {
    const slot = this.freeSlots.pop() ?? this.live.length;
    this.live[slot] = live;
    this.conversations.slot[row] = slot + 1;
  }

  private freeSlot(row: number): void {
    const slot = this.conversations.slot[row] - 1;
    this.live[slot] = undefined;
    this.freeSlots.push(slot);
    this.conversations.slot[row] = 0;
  }

  private noteEnd(row: number, live: FastcgiConnection): void {
    let marks = this.conversations.marks[row];
    if (live.valuesPending > 0) marks |= conversation.CONVERSATION_GET_VALUES_PENDING;
    if (live.web.stopped) marks |= conversation.CONVERSATION_WEB_STOPPED;
    if (live.application.stopped) marks |= conversation.CONVERSATION_APPLICATION_STOPPED;
    if (!live.web.atBoundary && !live.web.stopped) marks |= conversation.CONVERSATION_RECORD_CUT_WEB;
    if (!live.application.atBoundary && !live.application.stopped)
      marks |= conversation.CONVERSATION_RECORD_CUT_APPLICATION;
    this.conversations.marks[row] = marks;
  }

  /** The protocol of the listener this connection belongs to, if it is known; flips a connection seen the wrong way. */
  private listenerProtocol(row: number): ProtocolName | undefined {
    const protocol = this.protocolAt(row, APPLICATION);
    if (protocol !== undefined) return protocol;
    if (this.connections.marks[row] & MARK_SYN) return undefined;
    return this.protocolAt(row, WEB_SERVER) === undefined ? undefined : this.flipTo(row);
  }

  private flipTo(row: number): ProtocolName | undefined {
    this.flip(row);
    this.flipped = row;
    return this.protocolAt(row, APPLICATION);
  }

  /** The connection that was flipped while a piece of it was being handed on, so that the piece's side is turned too. */
  private flipped = -1;

  private sideNow(row: number, side: Side): Side {
    if (this.flipped !== row) return side;
    this.flipped = -1;
    return otherSide(side);
  }

  private protocolAt(row: number, side: Side): ProtocolName | undefined {
    const known = this.listeners.get(this.listenerKey(row, side));
    if (known !== undefined || this.namedPorts.size === 0) return known;
    const { port0, port1 } = this.connections;
    return this.namedPorts.get(side === APPLICATION ? port1[row] : port0[row]);
  }

  private listenerKey(row: number, side: Side): number {
    const { address0, address1, port0, port1 } = this.connections;
    return side === APPLICATION ? address1[row] * 65536 + port1[row] : address0[row] * 65536 + port0[row];
  }
}
