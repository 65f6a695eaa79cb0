// A TCP connection between a web server and an application as a dialogue: each line says who sends what and when, and
// the builder keeps sequence numbers, acknowledgments, timestamps and a virtual clock.
//
//   const c = conversation({ webServer: '127.0.0.1:40001', application: '127.0.0.1:9000', start: 0 });
//   c.connect();
//   c.web(request({ uri: '/slow' }));
//   c.app(response({ body: 'hello' }), { after: 1.2 });
//   c.finApp().finWeb();
//   const bytes = capture([c]);
//
// Times are seconds since the capture's origin. Every packet comes one `step` after the one before unless `at` or
// `after` says otherwise. Data and FINs are acknowledged at once unless `acknowledge` is false.
import { ACK, FIN, PSH, RST, SYN } from '../../src/model/segment.js';
import { APPLICATION, type Side, WEB_SERVER } from '../../src/model/side.js';
import { type Bytes, toBytes } from './bytes.js';
import type {
  ConversationOptions,
  ConversationPacket,
  DataOptions,
  PacketOptions,
  SendOptions,
  When,
} from './conversation-options.js';
import { type Endpoint, endpoint } from './endpoint.js';
import type { TcpFields } from './packet-builder.js';

export type { ConversationOptions, ConversationPacket, DataOptions, PacketOptions, SendOptions, When };

interface SentSegment {
  readonly sequence: number;
  readonly payload: Uint8Array;
  readonly flags: number;
}

interface Party {
  readonly side: Side;
  readonly endpoint: Endpoint;
  readonly initialSequence: number;
  /** Next sequence number to send, and next to receive: what the acknowledgment field says. */
  next: number;
  received: number;
  window: number;
  /** Whether anything arrived yet. */
  heard: boolean;
  timestampEcho: number;
  identification: number;
  /** Whether it sent its SYN. */
  open: boolean;
  /** The segments of its last data or FIN. */
  last: SentSegment[];
}

const OPEN_WINDOW = 512;
const SYN_WINDOW = 65495;

export class Conversation {
  readonly packets: ConversationPacket[] = [];
  private readonly parties: readonly [Party, Party];
  private readonly options: ConversationOptions;
  private readonly step: number;
  /** Nanoseconds. */
  private clock: number;
  /** False until the first packet, which comes at the start itself. */
  private moved = false;

  constructor(options: ConversationOptions) {
    this.options = options;
    this.step = nanoseconds(options.step ?? 0.00002);
    this.clock = nanoseconds(options.start ?? 0);
    const web = endpoint(options.webServer);
    const app = endpoint(options.application);
    const mixed = Math.imul(web.port ^ (app.port << 16), 0x9e3779b1) ^ Math.imul(this.clock / 1e6, 0x85ebca6b);
    this.parties = [
      party(WEB_SERVER, web, options.webSequence ?? mixed >>> 0),
      party(APPLICATION, app, options.appSequence ?? Math.imul(mixed, 0xc2b2ae35) >>> 0),
    ];
  }

  /** The clock in seconds: the time of the last packet, or where `wait` and `at` put it. */
  get now(): number {
    return this.clock / 1e9;
  }

  /** Lets time pass; the next packet comes a step later. */
  wait(seconds: number): this {
    this.clock += nanoseconds(seconds);
    return this;
  }

  /** The three packets of the handshake; with `captured: false` the capture starts in mid-stream. */
  connect(options: PacketOptions = {}): this {
    const { at: _at, after: _after, ...rest } = options;
    return this.syn(options).synAck(rest).ackWeb(rest);
  }

  /** The web server's SYN; called again it is the same SYN repeated. */
  syn(options: PacketOptions = {}): this {
    return this.handshake(WEB_SERVER, SYN, options);
  }

  /** The application's SYN-ACK; called again it is the same one repeated. */
  synAck(options: PacketOptions = {}): this {
    return this.handshake(APPLICATION, SYN | ACK, options);
  }

  /** A SYN and its repetitions, each after twice the pause of the one before (1, 2, 4 ... seconds), never answered. */
  synUnanswered(times = 3, when: When = {}): this {
    this.syn({ ...when, delivered: false });
    for (let i = 1, pause = 1; i < times; i++, pause *= 2) this.syn({ after: pause, delivered: false });
    return this;
  }

  /** A SYN answered by RST: nobody listens. */
  refused(when: When = {}): this {
    return this.syn(when).rstApp();
  }

  /** Payload of the web server. */
  web(data: Bytes, options: DataOptions = {}): this {
    return this.data(WEB_SERVER, data, options);
  }

  /** Payload of the application. */
  app(data: Bytes, options: DataOptions = {}): this {
    return this.data(APPLICATION, data, options);
  }

  /** The web server acknowledges what it received. */
  ackWeb(options: PacketOptions = {}): this {
    return this.acknowledgment(WEB_SERVER, options);
  }

  ackApp(options: PacketOptions = {}): this {
    return this.acknowledgment(APPLICATION, options);
  }

  /** The web server sends FIN, which the application acknowledges. */
  finWeb(options: SendOptions = {}): this {
    return this.segments(WEB_SERVER, new Uint8Array(0), { ...options, fin: true });
  }

  finApp(options: SendOptions = {}): this {
    return this.segments(APPLICATION, new Uint8Array(0), { ...options, fin: true });
  }

  /** Both sides send FIN before either has the other's. */
  finBoth(when: When = {}): this {
    this.finWeb({ ...when, delivered: false }).finApp({ delivered: false });
    return this.deliver().ackWeb().ackApp();
  }

  /** RST of the web server; with `ack: false` one without acknowledgment, as for data to a closed socket. */
  rstWeb(options: PacketOptions & { readonly ack?: boolean } = {}): this {
    return this.reset(WEB_SERVER, options);
  }

  /** RST of the application; it refuses the connection if it has not sent SYN-ACK yet. */
  rstApp(options: PacketOptions & { readonly ack?: boolean } = {}): this {
    return this.reset(APPLICATION, options);
  }

  /** The web server's last data (or FIN) again: all its segments, or those given (counted from 0). */
  retransmitWeb(options: SendOptions & { readonly segments?: readonly number[] } = {}): this {
    return this.retransmit(WEB_SERVER, options);
  }

  retransmitApp(options: SendOptions & { readonly segments?: readonly number[] } = {}): this {
    return this.retransmit(APPLICATION, options);
  }

  /** The web server announces that it takes no more data (it does not read). */
  zeroWindowWeb(options: PacketOptions = {}): this {
    return this.windowWeb(0, options);
  }

  zeroWindowApp(options: PacketOptions = {}): this {
    return this.windowApp(0, options);
  }

  /** The web server announces a window (the field, not scaled); it stays until changed. */
  windowWeb(window: number = OPEN_WINDOW, options: PacketOptions = {}): this {
    this.parties[WEB_SERVER].window = window;
    return this.ackWeb(options);
  }

  windowApp(window: number = OPEN_WINDOW, options: PacketOptions = {}): this {
    this.parties[APPLICATION].window = window;
    return this.ackApp(options);
  }

  /** A TCP keep-alive probe of the web server and its answer. */
  keepAliveWeb(options: SendOptions = {}): this {
    return this.keepAlive(WEB_SERVER, options);
  }

  keepAliveApp(options: SendOptions = {}): this {
    return this.keepAlive(APPLICATION, options);
  }

  /** What was sent with `delivered: false` arrives now; nothing is sent. */
  deliver(): this {
    const [web, app] = this.parties;
    if (web.open) this.receive(app, web.next);
    if (app.open) this.receive(web, app.next);
    return this;
  }

  private handshake(side: Side, flags: number, options: PacketOptions): this {
    const sender = this.parties[side];
    sender.open = true;
    sender.next = later(sender.next, sender.initialSequence + 1);
    const { windowScale = 7, mss = 65483 } = this.options;
    const fields: Partial<TcpFields> = {
      window: SYN_WINDOW,
      maximumSegmentSize: mss,
      selectiveAcknowledgment: true,
      ...(windowScale === false ? {} : { windowScale }),
    };
    const segment = { sequence: sender.initialSequence, payload: new Uint8Array(0), flags };
    this.emit(side, segment, { ...options, fields: { ...fields, ...options.fields } });
    return this;
  }

  private data(side: Side, data: Bytes, options: DataOptions): this {
    const bytes = toBytes(data);
    if (bytes.length === 0) throw new Error('no data to send');
    return this.segments(side, bytes, options);
  }

  private segments(side: Side, bytes: Uint8Array, options: DataOptions): this {
    const sender = this.parties[side];
    const mss = options.mss ?? this.options.mss ?? 65483;
    const sent: SentSegment[] = [];
    let at = 0;
    do {
      const payload = bytes.subarray(at, at + mss);
      at += payload.length;
      const last = at === bytes.length;
      const flags = ACK | (last && bytes.length > 0 ? PSH : 0) | (last && options.fin ? FIN : 0);
      sent.push({ sequence: sender.next, payload, flags });
      sender.next = (sender.next + payload.length + (flags & FIN)) >>> 0;
    } while (at < bytes.length);
    sender.last = sent;
    return this.sendAll(side, sent, options);
  }

  private retransmit(side: Side, options: SendOptions & { readonly segments?: readonly number[] }): this {
    const { last } = this.parties[side];
    const chosen = options.segments?.map((index) => last[index]) ?? last;
    if (chosen.length === 0 || chosen.includes(undefined as never)) throw new Error('no such segment to send again');
    this.sendAll(side, chosen, { ...options, acknowledge: false });
    if (options.delivered === false) return this;
    const receiver = this.parties[other(side)];
    this.receive(receiver, this.parties[side].next); // the hole is filled
    return options.acknowledge === false ? this : this.acknowledgment(receiver.side, {});
  }

  private sendAll(side: Side, sent: readonly SentSegment[], options: DataOptions): this {
    const lost = options.lose ?? [];
    const order = options.order ?? sent.map((_, index) => index);
    const { at: _at, after: _after, ...rest } = options;
    let packetOptions: PacketOptions = options;
    for (const index of order) {
      const segment = sent[index];
      if (segment === undefined) throw new Error(`there is no segment ${index}, only ${sent.length}`);
      const captured = (options.captured ?? true) && !lost.includes(index);
      this.emit(side, segment, { ...packetOptions, captured, delivered: false });
      packetOptions = rest;
    }
    if (options.delivered === false) return this;
    const receiver = this.parties[other(side)];
    for (let i = 0; i < sent.length && !lost.includes(i); i++) this.receive(receiver, end(sent[i]));
    return options.acknowledge === false ? this : this.acknowledgment(receiver.side, {});
  }

  private acknowledgment(side: Side, options: PacketOptions): this {
    const segment = { sequence: this.parties[side].next, payload: new Uint8Array(0), flags: ACK };
    this.emit(side, segment, options);
    return this;
  }

  private keepAlive(side: Side, options: SendOptions): this {
    const sequence = (this.parties[side].next - 1) >>> 0;
    this.emit(side, { sequence, payload: new Uint8Array(0), flags: ACK }, options);
    return options.acknowledge === false ? this : this.acknowledgment(other(side), {});
  }

  private reset(side: Side, options: PacketOptions & { readonly ack?: boolean }): this {
    const sender = this.parties[side];
    const sequence = sender.open ? sender.next : 0;
    const flags = RST | (options.ack === false ? 0 : ACK);
    this.emit(side, { sequence, payload: new Uint8Array(0), flags }, options);
    return this;
  }

  private emit(side: Side, segment: SentSegment, options: PacketOptions): void {
    const sender = this.parties[side];
    const receiver = this.parties[other(side)];
    this.advance(options);
    sender.identification = (sender.identification + 1) & 0xffff;
    const hasTimestamps = (this.options.timestamps ?? true) && !(segment.flags & RST);
    const fields: TcpFields = {
      source: sender.endpoint,
      destination: receiver.endpoint,
      sequence: segment.sequence,
      acknowledgment: segment.flags & ACK ? sender.received : 0,
      flags: segment.flags,
      window: segment.flags & RST ? 0 : sender.window,
      payload: segment.payload,
      ip: { identification: sender.identification },
      ...(hasTimestamps ? { timestamps: [this.timestamp(), sender.timestampEcho] as const } : {}),
      ...options.fields,
    };
    if (options.captured !== false) {
      for (let i = 0; i < (options.copies ?? 1); i++) this.packets.push({ time: this.clock, side, fields });
    }
    if (options.delivered !== false) this.receive(receiver, end(segment));
  }

  private receive(receiver: Party, upTo: number): void {
    receiver.received = receiver.heard ? later(receiver.received, upTo) : upTo;
    receiver.heard = true;
    receiver.timestampEcho = this.timestamp();
  }

  private timestamp(): number {
    return (1_000_000 + Math.floor(this.clock / 1e6)) >>> 0;
  }

  private advance(when: When): void {
    const before = this.clock;
    if (when.at !== undefined) this.clock = nanoseconds(when.at);
    else if (when.after !== undefined) this.clock += nanoseconds(when.after);
    else if (this.moved) this.clock += this.step;
    if (this.clock < before) throw new Error(`time goes back from ${before / 1e9} s to ${this.clock / 1e9} s`);
    this.moved = true;
  }
}

/** A conversation, to be written line by line. */
export function conversation(options: ConversationOptions): Conversation {
  return new Conversation(options);
}

function party(side: Side, at: Endpoint, initialSequence: number): Party {
  return {
    side,
    endpoint: at,
    initialSequence,
    next: initialSequence,
    received: 0,
    window: OPEN_WINDOW,
    heard: false,
    timestampEcho: 0,
    identification: at.port,
    open: false,
    last: [],
  };
}

function other(side: Side): Side {
  return side === WEB_SERVER ? APPLICATION : WEB_SERVER;
}

function end(segment: SentSegment): number {
  const control = segment.flags & (SYN | FIN) ? 1 : 0;
  return (segment.sequence + segment.payload.length + control) >>> 0;
}

/** The later of two sequence numbers, which wrap at 2^32. */
function later(a: number, b: number): number {
  return ((b - a) | 0) > 0 ? b >>> 0 : a >>> 0;
}

function nanoseconds(seconds: number): number {
  return Math.round(seconds * 1e9);
}
