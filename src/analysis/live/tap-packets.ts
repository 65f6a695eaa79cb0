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
  readonly position: number;
}

interface Conversation {
  readonly header: readonly [Uint8Array, Uint8Array];
  /** Initial sequence numbers. */
  readonly start: readonly [number, number];
  /** Bytes of each stream so far. */
  readonly sent: [number, number];
  readonly finished: [boolean, boolean];
  /** Data of the side has been acknowledged. */
  readonly acknowledged: [boolean, boolean];
  open: boolean;
  over: boolean;
  held: Held[] | undefined;
  heldBytes: number;
}

export class TapPackets {
  private readonly conversations = new Map<number, Conversation>();
  private readonly frame = new Frame();
  private readonly empty = new Uint8Array(HEADROOM);
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
    const start = Math.imul(connection + 1, 0x9e3779b1) >>> 0;
    const conversation: Conversation = {
      header: [
        headerOf(from, to, webServer.port, application.port),
        headerOf(to, from, application.port, webServer.port),
      ],
      start: [start, Math.imul(start ^ 0x5bd1e995, 0x85ebca6b) >>> 0],
      sent: [0, 0],
      finished: [false, false],
      acknowledged: [false, false],
      open: false,
      over: false,
      held: undefined,
      heldBytes: 0,
    };
    this.conversations.set(connection, conversation);
    this.control(connection, conversation, WEB_SERVER, SYN, time);
  }

  connected(connection: number, time: number): void {
    const conversation = this.conversations.get(connection);
    if (conversation === undefined || conversation.open || conversation.over) return;
    conversation.open = true;
    this.control(connection, conversation, APPLICATION, SYN | ACK, time);
    this.control(connection, conversation, WEB_SERVER, ACK, time);
    const held = conversation.held ?? [];
    conversation.held = undefined;
    for (const { bytes, position } of held) {
      if (bytes === undefined) this.finished(connection, WEB_SERVER, false, time);
      else this.data(connection, WEB_SERVER, bytes, HEADROOM, bytes.length, position, time);
    }
  }

  failed(connection: number, code: string, time: number): void {
    const conversation = this.conversations.get(connection);
    if (conversation === undefined || conversation.open || conversation.over) return;
    conversation.over = true;
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
    if (conversation === undefined || conversation.over) return;
    if (!conversation.open) {
      this.hold(conversation, bytes, start, end, position);
      return;
    }
    const other = otherSide(side);
    for (let at = start; at < end; at += LARGEST) {
      const next = Math.min(end, at + LARGEST);
      conversation.sent[side] = position + (at - start);
      this.write(connection, conversation, side, PSH | ACK, bytes, at, next, time, WINDOW, 0);
    }
    conversation.sent[side] = position + (end - start);
    if (conversation.acknowledged[side] || conversation.finished[other]) return;
    conversation.acknowledged[side] = true;
    this.control(connection, conversation, other, ACK, time);
  }

  /** `side` is not read any more: the other end does not take what it sends, as a window of zero says. */
  paused(connection: number, side: Side, time: number): void {
    this.window(connection, side, 0, time);
  }

  resumed(connection: number, side: Side, time: number): void {
    this.window(connection, side, WINDOW, time);
  }

  /** `knew`: the other side's end had reached this one before. */
  finished(connection: number, side: Side, knew: boolean, time: number): void {
    const conversation = this.conversations.get(connection);
    if (conversation === undefined || conversation.over || conversation.finished[side]) return;
    if (!conversation.open) {
      (conversation.held ??= []).push({ bytes: undefined, position: 0 });
      return;
    }
    const other = otherSide(side);
    this.control(connection, conversation, side, FIN | ACK, time, WINDOW, 0, knew);
    conversation.finished[side] = true;
    if (conversation.finished[other]) this.control(connection, conversation, other, ACK, time, WINDOW, 0, true);
  }

  reset(connection: number, side: Side, time: number): void {
    const conversation = this.conversations.get(connection);
    if (conversation === undefined || conversation.over) return;
    conversation.over = true;
    this.control(connection, conversation, side, conversation.open || side === APPLICATION ? RST | ACK : RST, time);
  }

  /** Nothing more will be told of it. */
  closed(connection: number): void {
    this.conversations.delete(connection);
  }

  private hold(conversation: Conversation, bytes: Uint8Array, start: number, end: number, position: number): void {
    conversation.heldBytes += end - start;
    if (conversation.heldBytes > MOST_HELD) return;
    const kept = new Uint8Array(HEADROOM + end - start);
    kept.set(bytes.subarray(start, end), HEADROOM);
    (conversation.held ??= []).push({ bytes: kept, position });
  }

  private window(connection: number, side: Side, window: number, time: number): void {
    const conversation = this.conversations.get(connection);
    const other = otherSide(side);
    if (!conversation?.open || conversation.over || conversation.finished[other]) return;
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
    const header = conversation.header[side];
    const other = otherSide(side);
    const at = start - header.length;
    bytes.set(header, at);
    const tcp = start - TCP_HEADER;
    const opening = (flags & SYN) !== 0;
    const after = opening ? 0 : 1 + conversation.sent[side] + (conversation.finished[side] ? 1 : 0);
    put32(bytes, tcp + 4, conversation.start[side] + after);
    if ((flags & ACK) !== 0) {
      const known = !conversation.open && side === WEB_SERVER ? 0 : 1;
      const theirEnd = conversation.finished[other] && knew ? 1 : 0;
      put32(bytes, tcp + 8, conversation.start[other] + known + conversation.sent[other] + theirEnd);
    }
    bytes[tcp + 13] = flags;
    bytes[tcp + 14] = window >>> 8;
    bytes[tcp + 15] = window & 255;
    const length = end - at;
    if (header.length === 40) {
      bytes[at + 2] = length >>> 8;
      bytes[at + 3] = length & 255;
      checksum(bytes, at);
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

/** IP and TCP header of one direction, with what changes left 0. */
function headerOf(from: Uint8Array, to: Uint8Array, fromPort: number, toPort: number): Uint8Array {
  const v4 = from.length === 4;
  const ip = v4 ? 20 : 40;
  const header = new Uint8Array(ip + TCP_HEADER);
  if (v4) {
    header.set([0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6]);
    header.set(from, 12);
    header.set(to, 16);
  } else {
    header.set([0x60, 0, 0, 0, 0, 0, 6, 64]);
    header.set(from, 8);
    header.set(to, 24);
  }
  header.set([fromPort >>> 8, fromPort & 255, toPort >>> 8, toPort & 255], ip);
  header[ip + 12] = 0x50;
  return header;
}

/** Of the IPv4 header (RFC 791). */
function checksum(bytes: Uint8Array, at: number): void {
  bytes[at + 10] = bytes[at + 11] = 0;
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += (bytes[at + i] << 8) | bytes[at + i + 1];
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = ~((sum & 0xffff) + (sum >>> 16)) & 0xffff;
  bytes[at + 10] = sum >>> 8;
  bytes[at + 11] = sum & 255;
}

function put32(bytes: Uint8Array, at: number, value: number): void {
  const word = value % 0x100000000;
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
}
