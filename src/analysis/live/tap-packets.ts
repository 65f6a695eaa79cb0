// What a tap saw, as the packets of one TCP conversation between web server and application: a SYN when the web server
// connected, a SYN-ACK when the application's kernel had, the bytes as they came, FIN and RST as they were seen. So one
// analysis serves captures and taps, and a recording is a capture. AF_UNIX is written the same way.
import { connectErrorNumber } from '../../model/connect-errors.js';
import { Frame } from '../../model/frame.js';
import { ACK, FIN, PSH, RST, SYN } from '../../model/segment.js';
import { APPLICATION, otherSide, type Side, WEB_SERVER } from '../../model/side.js';
import { LINK_RAW } from '../../packet/link-numbers.js';
import { sameFamily, type TapEnd } from './tap-addresses.js';

/** Bytes that must be free in front of a payload, for the headers. */
export const HEADROOM = 60;
/** Bytes of a payload at most: what the length field of IPv4 has room for, with its headers. */
const LARGEST = 65_472;
/** Bytes that are kept of a connection that is not open yet. */
const MOST_HELD = 1 << 20;
/** Room for what most web servers send at first, and how many such buffers are kept for the next ones. */
const HELD_SIZE = HEADROOM + 4096;
const MOST_SPARE = 64;
/** Pairs of addresses whose headers are remembered. */
const MOST_HEADERS = 1000;
const TCP_HEADER = 20;
const WINDOW = 65_535;

/** Hears the packets. The frame is reused. */
export interface PacketSink {
  /** `connectError`: an index of CONNECT_ERRORS, at the packet that stands for a connection that was not opened. */
  packet(connection: number, frame: Frame, connectError: number): void;
}

/** Something that came before the connection to the application was open. */
interface Held {
  readonly bytes: Uint8Array | undefined; // undefined: the end of the web server's stream
  readonly end: number;
  readonly position: number;
}

/** There may be thousands at once: numbers rather than pairs. */
interface Conversation {
  /** IP and TCP header of the web server's packets, but for its port: shared by all connections between two addresses. */
  readonly header: Uint8Array;
  readonly port: number;
  /** Initial sequence number of the web server. */
  readonly start: number;
  /** Bytes of each stream so far. */
  sentByWeb: number;
  sentByApplication: number;
  /** Bits, see below. */
  marks: number;
  held: Held[] | undefined;
  heldBytes: number;
}

const OPEN = 1;
const OVER = 2;
/** And the next bit for the application. */
const FINISHED = 4;
/** Data of the side has been acknowledged; and the next bit for the application. */
const ACKNOWLEDGED = 16;

export class TapPackets {
  private readonly conversations = new Map<number, Conversation>();
  private readonly headers = new Map<string, Uint8Array>();
  /** That of the connection before, whose addresses are mostly the same objects. */
  private last: { from: Uint8Array; to: Uint8Array; port: number; header: Uint8Array } | undefined;
  private readonly frame = new Frame();
  private readonly empty = new Uint8Array(HEADROOM);
  /** Buffers of HELD_SIZE that nobody uses: a web server that sends at once needs one for each connection. */
  private readonly spare: Uint8Array[] = [];
  private readonly originSeconds: number;
  private readonly originNanoseconds: number;

  /** @param origin milliseconds since 1970 at time 0 of the events */
  constructor(
    private readonly sink: PacketSink,
    origin: number,
  ) {
    this.originSeconds = Math.floor(origin / 1000);
    this.originNanoseconds = Math.round((origin - this.originSeconds * 1000) * 1e6);
    this.frame.linkType = LINK_RAW;
  }

  /** Times are milliseconds since the origin. */
  opened(connection: number, webServer: TapEnd, application: TapEnd, time: number): void {
    const [from, to] = sameFamily(webServer.address, application.address);
    const conversation: Conversation = {
      header: this.header(from, to, application.port),
      port: webServer.port,
      start: Math.imul(connection + 1, 0x9e3779b1) >>> 0,
      sentByWeb: 0,
      sentByApplication: 0,
      marks: 0,
      held: undefined,
      heldBytes: 0,
    };
    this.conversations.set(connection, conversation);
    this.control(connection, conversation, WEB_SERVER, SYN, time);
  }

  connected(connection: number, time: number): void {
    const conversation = this.conversations.get(connection);
    if (conversation === undefined || (conversation.marks & (OPEN | OVER)) !== 0) return;
    conversation.marks |= OPEN;
    this.control(connection, conversation, APPLICATION, SYN | ACK, time);
    this.control(connection, conversation, WEB_SERVER, ACK, time);
    const held = conversation.held ?? [];
    conversation.held = undefined;
    for (const { bytes, end, position } of held) {
      if (bytes === undefined) this.finished(connection, WEB_SERVER, false, position, time);
      else {
        this.data(connection, WEB_SERVER, bytes, HEADROOM, end, position, time);
        if (bytes.length === HELD_SIZE && this.spare.length < MOST_SPARE) this.spare.push(bytes);
      }
    }
  }

  failed(connection: number, code: string, time: number): void {
    const conversation = this.conversations.get(connection);
    if (conversation === undefined || (conversation.marks & (OPEN | OVER)) !== 0) return;
    conversation.marks |= OVER;
    conversation.held = undefined;
    this.control(connection, conversation, APPLICATION, RST | ACK, time, WINDOW, connectErrorNumber(code));
  }

  /** bytes[start..end), with HEADROOM in front of start that is written over. `position` is that in the stream. */
  data(
    connection: number,
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    position: number,
    time: number,
  ): void {
    const conversation = this.conversations.get(connection);
    if (conversation === undefined || (conversation.marks & OVER) !== 0) return;
    if ((conversation.marks & OPEN) === 0) {
      this.hold(conversation, bytes, start, end, position);
      return;
    }
    const other = otherSide(side);
    for (let at = start; at < end; at += LARGEST) {
      const next = Math.min(end, at + LARGEST);
      setSent(conversation, side, position + (at - start));
      this.write(connection, conversation, side, PSH | ACK, bytes, at, next, time, WINDOW, 0);
    }
    setSent(conversation, side, position + (end - start));
    if ((conversation.marks & ((ACKNOWLEDGED << side) | (FINISHED << other))) !== 0) return;
    conversation.marks |= ACKNOWLEDGED << side;
    this.control(connection, conversation, other, ACK, time);
  }

  /** `side` is not read any more: the other end does not take what it sends, as a window of zero says. */
  paused(connection: number, side: Side, time: number): void {
    this.window(connection, side, 0, time);
  }

  resumed(connection: number, side: Side, time: number): void {
    this.window(connection, side, WINDOW, time);
  }

  /**
   * `knew`: the other side's end had reached this one before. `length`: of the side's stream; where its last bytes were left
   * out, the FIN stands behind them, so that they are missing and not taken for never sent.
   */
  finished(connection: number, side: Side, knew: boolean, length: number, time: number): void {
    const conversation = this.conversations.get(connection);
    if (conversation === undefined || (conversation.marks & (OVER | (FINISHED << side))) !== 0) return;
    if ((conversation.marks & OPEN) === 0) {
      (conversation.held ??= []).push({ bytes: undefined, end: 0, position: length });
      return;
    }
    const other = otherSide(side);
    if (length > sent(conversation, side)) setSent(conversation, side, length);
    this.control(connection, conversation, side, FIN | ACK, time, WINDOW, 0, knew);
    conversation.marks |= FINISHED << side;
    if ((conversation.marks & (FINISHED << other)) !== 0)
      this.control(connection, conversation, other, ACK, time, WINDOW, 0, true);
  }

  reset(connection: number, side: Side, time: number): void {
    const conversation = this.conversations.get(connection);
    if (conversation === undefined || (conversation.marks & OVER) !== 0) return;
    conversation.marks |= OVER;
    this.control(
      connection,
      conversation,
      side,
      (conversation.marks & OPEN) !== 0 || side === APPLICATION ? RST | ACK : RST,
      time,
    );
  }

  /** Nothing more will be told of it. */
  closed(connection: number): void {
    this.conversations.delete(connection);
  }

  private header(from: Uint8Array, to: Uint8Array, port: number): Uint8Array {
    const { last } = this;
    if (last !== undefined && last.from === from && last.to === to && last.port === port) return last.header;
    const key = `${from} ${to} ${port}`;
    let header = this.headers.get(key);
    if (header === undefined) {
      if (this.headers.size >= MOST_HEADERS) this.headers.clear();
      header = headerOf(from, to, port);
      this.headers.set(key, header);
    }
    this.last = { from, to, port, header };
    return header;
  }

  private hold(conversation: Conversation, bytes: Uint8Array, start: number, end: number, position: number): void {
    conversation.heldBytes += end - start;
    if (conversation.heldBytes > MOST_HELD) return;
    const size = HEADROOM + end - start;
    // Many small pieces may come: only the first has more room than it needs.
    const isSpare = conversation.held === undefined && size <= HELD_SIZE;
    const kept = isSpare ? (this.spare.pop() ?? new Uint8Array(HELD_SIZE)) : new Uint8Array(size);
    kept.set(bytes.subarray(start, end), HEADROOM);
    (conversation.held ??= []).push({ bytes: kept, end: size, position });
  }

  private window(connection: number, side: Side, window: number, time: number): void {
    const conversation = this.conversations.get(connection);
    const other = otherSide(side);
    if (conversation === undefined || (conversation.marks & (OPEN | OVER | (FINISHED << other))) !== OPEN) return;
    this.control(connection, conversation, other, ACK, time, window);
  }

  private control(
    connection: number,
    conversation: Conversation,
    side: Side,
    flags: number,
    time: number,
    window = WINDOW,
    connectError = 0,
    knew = true,
  ): void {
    this.write(connection, conversation, side, flags, this.empty, HEADROOM, HEADROOM, time, window, connectError, knew);
  }

  private write(
    connection: number,
    conversation: Conversation,
    side: Side,
    flags: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    window: number,
    connectError: number,
    knew = true,
  ): void {
    const { header, marks } = conversation;
    const other = otherSide(side);
    const at = start - header.length;
    bytes.set(header, at);
    bytes[start - TCP_HEADER] = conversation.port >>> 8;
    bytes[start - TCP_HEADER + 1] = conversation.port & 255;
    if (side === APPLICATION) turn(bytes, at, header.length - TCP_HEADER);
    const tcp = start - TCP_HEADER;
    const opening = (flags & SYN) !== 0;
    const after = opening ? 0 : 1 + sent(conversation, side) + ((marks & (FINISHED << side)) === 0 ? 0 : 1);
    put32(bytes, tcp + 4, startOf(conversation, side) + after);
    if ((flags & ACK) !== 0) {
      const known = (marks & OPEN) === 0 && side === WEB_SERVER ? 0 : 1;
      const theirEnd = (marks & (FINISHED << other)) !== 0 && knew ? 1 : 0;
      put32(bytes, tcp + 8, startOf(conversation, other) + known + sent(conversation, other) + theirEnd);
    }
    bytes[tcp + 13] = flags;
    bytes[tcp + 14] = window >>> 8;
    bytes[tcp + 15] = window & 255;
    const length = end - at;
    if (header.length === 40) {
      bytes[at + 2] = length >>> 8;
      bytes[at + 3] = length & 255;
      // That of the header without a length is in its place, in either direction.
      const sum = ((header[10] << 8) | header[11]) + length;
      const checksum = ~((sum & 0xffff) + (sum >>> 16));
      bytes[at + 10] = checksum >>> 8;
      bytes[at + 11] = checksum;
    } else {
      bytes[at + 4] = (length - 40) >>> 8;
      bytes[at + 5] = (length - 40) & 255;
    }
    const { frame } = this;
    frame.data = bytes;
    frame.offset = at;
    frame.capturedLength = frame.originalLength = length;
    frame.position = 0;
    const nanoseconds = this.originNanoseconds + Math.round(time * 1e6);
    const seconds = Math.floor(nanoseconds / 1e9);
    frame.seconds = this.originSeconds + seconds;
    frame.nanoseconds = nanoseconds - seconds * 1e9;
    this.sink.packet(connection, frame, connectError);
  }
}

function sent(conversation: Conversation, side: Side): number {
  return side === WEB_SERVER ? conversation.sentByWeb : conversation.sentByApplication;
}

function setSent(conversation: Conversation, side: Side, bytes: number): void {
  if (side === WEB_SERVER) conversation.sentByWeb = bytes;
  else conversation.sentByApplication = bytes;
}

function startOf({ start }: Conversation, side: Side): number {
  return side === WEB_SERVER ? start : Math.imul(start ^ 0x5bd1e995, 0x85ebca6b) >>> 0;
}

/** Exchanges source and destination of the headers at `at`, of which those of IP are `ip` bytes. */
function turn(bytes: Uint8Array, at: number, ip: number): void {
  const length = ip === 20 ? 4 : 16;
  const addresses = at + ip - 2 * length;
  for (let i = 0; i < length; i++) swap(bytes, addresses + i, addresses + length + i);
  for (let i = 0; i < 2; i++) swap(bytes, at + ip + i, at + ip + 2 + i);
}

function swap(bytes: Uint8Array, a: number, b: number): void {
  const kept = bytes[a];
  bytes[a] = bytes[b];
  bytes[b] = kept;
}

/** IP and TCP header of one direction, with what changes left 0, but the sum of IPv4's other words where its checksum goes. */
function headerOf(from: Uint8Array, to: Uint8Array, port: number): Uint8Array {
  const v4 = from.length === 4;
  const ip = v4 ? 20 : 40;
  const header = new Uint8Array(ip + TCP_HEADER);
  if (v4) {
    header.set([0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6]);
    header.set(from, 12);
    header.set(to, 16);
    header.set(sumOf(header), 10);
  } else {
    header.set([0x60, 0, 0, 0, 0, 0, 6, 64]);
    header.set(from, 8);
    header.set(to, 24);
  }
  header.set([0, 0, port >>> 8, port & 255], ip);
  header[ip + 12] = 0x50;
  return header;
}

/** The sum of which IPv4's checksum is the complement (RFC 791), of a header whose checksum and length are 0. */
function sumOf(header: Uint8Array): [number, number] {
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += (header[i] << 8) | header[i + 1];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return [sum >>> 8, sum & 255];
}

function put32(bytes: Uint8Array, at: number, value: number): void {
  const word = value % 0x100000000;
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
}
