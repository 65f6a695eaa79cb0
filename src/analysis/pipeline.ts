// From frames to facts: packet decoder, TCP tracker and session put together. One frame at a time, nothing allocated a
// packet; reads no file and no clock.
import { AddressTable } from '../model/address.js';
import type { Frame } from '../model/frame.js';
import { type CaptureProblem, countProblem } from '../model/problem.js';
import { Segment } from '../model/segment.js';
import { FRAGMENT, MALFORMED, TCP } from '../packet/packet-codes.js';
import { PacketDecoder } from '../packet/packet-decoder.js';
import { TcpTracker } from '../tcp/tracker.js';
import { type NamedListener, Session } from './session.js';

/** Absolute time of the first packet. */
export interface Origin {
  readonly seconds: number;
  readonly nanoseconds: number;
}

const STAND_IN = new Uint8Array(1 << 18);

export interface PipelineOptions {
  readonly named?: readonly NamedListener[];
  /** Leave out packets outside: asked once, when the first packet's time is known; nanoseconds since that packet. */
  readonly range?: ((origin: Origin) => { readonly since: number; readonly until: number }) | undefined;
  /** tcpdump text: no payload. */
  readonly withoutPayload?: boolean;
}

export class Pipeline {
  readonly addresses = new AddressTable();
  readonly session: Session;
  readonly tracker: TcpTracker;
  readonly problems: CaptureProblem[] = [];
  packets = 0;
  tcpPackets = 0;
  fragments = 0;
  /** Time of the first packet; undefined before it, or where the input has no date. */
  origin: Origin | undefined;
  /** Nanoseconds since the first packet: the latest packet so far. */
  lastTime = Number.NaN;
  /** Packets outside the wanted range of time. */
  leftOut = 0;
  /** Nanoseconds since the first packet: the latest packet of all, wanted or not. */
  private inputEnd = Number.NaN;
  /** Several interfaces captured: the same packet may be there twice. */
  severalInterfaces = false;
  private readonly decoder: PacketDecoder;
  private readonly segment = new Segment();
  private since = -Infinity;
  private until = Infinity;

  constructor(private readonly options: PipelineOptions = {}) {
    this.lastTime = 0;
    this.inputEnd = 0;
    this.session = new Session(this.addresses, {
      named: options.named ?? [],
      withoutPayload: options.withoutPayload ?? false,
    });
    this.tracker = new TcpTracker(this.session);
    this.session.connections = this.tracker.connections;
    this.session.flip = (row) => this.tracker.flip(row);
    this.decoder = new PacketDecoder(this.addresses);
  }

  /** The next frame, in time order. Returns its connection's row; -1 where it has none. */
  frame(frame: Frame): number {
    this.packets++;
    const origin = this.origin ?? this.begin(frame);
    const time = (frame.seconds - origin.seconds) * 1e9 + (frame.nanoseconds - origin.nanoseconds);
    if (time < this.since || time > this.until) {
      this.leaveOut(time);
      return -1;
    }
    if (time > this.lastTime) this.lastTime = time;
    const segment = this.segment;
    const code = this.decoder.decode(frame, segment);
    if (code === TCP) {
      if (this.severalInterfaces) segment.mayBeDuplicated = true;
      segment.time = time;
      segment.packet = this.packets;
      this.tcpPackets++;
      const row = this.tracker.segment(segment);
      if (frame.connectError !== 0) this.tracker.connections.connectError[row] = frame.connectError;
      return row;
    }
    if (code !== 1) this.notDecoded(code, frame);
    return -1;
  }

  /** A segment that was decoded elsewhere (tcpdump text); its time is already relative. */
  textSegment(segment: Segment): void {
    this.packets++;
    this.tcpPackets++;
    segment.packet = this.packets;
    if (segment.time < this.since || segment.time > this.until) {
      this.leaveOut(segment.time);
      return;
    }
    if (segment.time > this.lastTime) this.lastTime = segment.time;
    // The text says how long the payload was, not what: zeros stand for it, which the session never looks at.
    if (segment.wireLength <= STAND_IN.length) {
      segment.data = STAND_IN;
      segment.payloadOffset = 0;
      segment.payloadLength = segment.wireLength;
    }
    this.tracker.segment(segment);
  }

  /** The input is over. */
  finish(): void {
    this.tracker.finish(this.lastTime);
    this.session.finish();
  }

  private begin(frame: Frame): Origin {
    const origin = { seconds: frame.seconds, nanoseconds: frame.nanoseconds };
    this.origin = origin;
    const range = this.options.range?.(origin);
    if (range) {
      this.since = range.since;
      this.until = range.until;
    }
    return origin;
  }

  /** How long the whole input lasts, packets that were left out included; nanoseconds. */
  get inputDuration(): number {
    return Math.max(this.inputEnd, this.lastTime);
  }

  private leaveOut(time: number): void {
    this.leftOut++;
    if (time > this.inputEnd) this.inputEnd = time;
  }

  /** Packets of unsupported link types are counted by the reader, which knows their names. */
  private notDecoded(code: number, frame: Frame): void {
    if (code === FRAGMENT) {
      this.fragments++;
      countProblem(
        this.problems,
        'ip-fragment',
        this.packets,
        frame.position,
        'IP fragments of TCP packets are not put together: their bytes are missing from the streams',
      );
    } else if (code === MALFORMED) {
      countProblem(
        this.problems,
        'malformed-packet',
        this.packets,
        frame.position,
        'packets whose headers are cut or make no sense are left out',
      );
    }
  }
}
