// From frames to the events of a case: packet decoder, TCP tracker and case maker put together. Rows of connections are those
// that an analysis of the same input gives.
import type { Facts } from '../analysis/facts.js';
import type { Origin, PipelineOptions } from '../analysis/pipeline.js';
import { AddressTable } from '../model/address.js';
import type { Frame } from '../model/frame.js';
import type { ConnectionObserver } from '../model/observations.js';
import { Segment } from '../model/segment.js';
import { TCP } from '../packet/packet-codes.js';
import { PacketDecoder } from '../packet/packet-decoder.js';
import { TcpTracker } from '../tcp/tracker.js';
import { CaseMaker, type CaseSink } from './case-maker.js';

export interface CasePipelineOptions {
  readonly facts: Facts;
  /** As in the first reading. */
  readonly range?: PipelineOptions['range'];
  readonly selected: (row: number) => boolean;
  readonly maskSecrets: boolean;
  readonly sink: CaseSink;
}

export class CasePipeline {
  readonly maker: CaseMaker;
  /** Several interfaces captured: the same packet may be there twice. */
  severalInterfaces = false;
  private readonly addresses = new AddressTable();
  private readonly tracker: TcpTracker;
  private readonly decoder: PacketDecoder;
  private readonly segment = new Segment();
  private packets = 0;
  private origin: Origin | undefined;
  private since = -Infinity;
  private until = Infinity;
  private lastTime = 0;

  constructor(private readonly options: CasePipelineOptions) {
    // The maker needs the tracker's tables, and the tracker the maker.
    const observer: ConnectionObserver = {
      opened: (...told) => this.maker.opened(told[0], told[1]),
      data: (...told) => this.maker.data(told[0], told[1], told[2], told[3], told[4], told[5]),
      gap: (...told) => this.maker.gap(told[0], told[1], told[2], told[3]),
      finished: (...told) => this.maker.finished(told[0], told[1], told[2]),
      reset: (...told) => this.maker.reset(told[0], told[1], told[2]),
      closed: (...told) => this.maker.closed(told[0]),
    };
    this.tracker = new TcpTracker(observer);
    this.maker = new CaseMaker({ ...options, connections: this.tracker.connections, addresses: this.addresses });
    this.decoder = new PacketDecoder(this.addresses);
  }

  /** The next frame, in time order. Returns its connection's row; -1 where it has none. */
  frame(frame: Frame): number {
    this.packets++;
    const origin = this.origin ?? this.begin(frame);
    const time = (frame.seconds - origin.seconds) * 1e9 + (frame.nanoseconds - origin.nanoseconds);
    if (time < this.since || time > this.until) return -1;
    if (time > this.lastTime) this.lastTime = time;
    const { segment } = this;
    if (this.decoder.decode(frame, segment) !== TCP) return -1;
    if (this.severalInterfaces) segment.mayBeDuplicated = true;
    segment.time = time;
    segment.packet = this.packets;
    return this.tracker.segment(segment);
  }

  /** The input is over. */
  finish(): void {
    this.tracker.finish(this.lastTime);
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
}
