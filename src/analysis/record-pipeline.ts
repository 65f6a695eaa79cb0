// From frames to records: packet decoder, TCP tracker, session and record stream put together. Rows of connections are
// those that an analysis of the same input gives.
import { AddressTable } from '../model/address.js';
import type { Frame } from '../model/frame.js';
import { Segment } from '../model/segment.js';
import { TCP } from '../packet/packet-codes.js';
import { PacketDecoder } from '../packet/packet-decoder.js';
import { TcpTracker } from '../tcp/tracker.js';
import type { DecodedSink, RequestChain } from './decoded-record.js';
import type { Facts } from './facts.js';
import type { Origin, PipelineOptions } from './pipeline.js';
import { RecordStream } from './record-stream.js';
import { type ProtocolName, Session } from './session.js';

export interface RecordPipelineOptions extends Omit<PipelineOptions, 'withoutPayload'> {
  /** Listeners and requests as an analysis of the same input found them; without it they are found on the way. */
  readonly known?: Pick<Facts, 'listeners' | 'conversations' | 'requests'> | undefined;
}

export class RecordPipeline {
  readonly addresses = new AddressTable();
  readonly session: Session;
  readonly tracker: TcpTracker;
  packets = 0;
  /** Time of the first packet. */
  origin: Origin | undefined;
  /** Several interfaces captured: the same packet may be there twice. */
  severalInterfaces = false;
  private readonly stream: RecordStream;
  private readonly decoder: PacketDecoder;
  private readonly segment = new Segment();
  private since = -Infinity;
  private until = Infinity;
  private lastTime = 0;

  constructor(
    sink: DecodedSink,
    private readonly options: RecordPipelineOptions = {},
  ) {
    const session = new Session(this.addresses, { named: options.named ?? [], withoutPayload: false });
    this.session = session;
    this.stream = new RecordStream(session, chainOf(options.known ?? sessionTables(session)), sink);
    this.tracker = new TcpTracker(this.stream);
    session.connections = this.tracker.connections;
    session.flip = (row) => {
      this.tracker.flip(row);
      this.stream.flip(row);
    };
    for (const { address, port, protocol } of options.known?.listeners ?? []) {
      // Addresses get their numbers in the order in which they appear, so they are the same in a second reading.
      if (protocol !== 'tcp') session.listeners.set(address * 65536 + port, protocol satisfies ProtocolName);
    }
    this.decoder = new PacketDecoder(this.addresses);
  }

  /** The next frame, in time order. */
  frame(frame: Frame): void {
    this.packets++;
    const origin = this.origin ?? this.begin(frame);
    const time = (frame.seconds - origin.seconds) * 1e9 + (frame.nanoseconds - origin.nanoseconds);
    if (time < this.since || time > this.until) return;
    if (time > this.lastTime) this.lastTime = time;
    const { segment } = this;
    if (this.decoder.decode(frame, segment) !== TCP) return;
    if (this.severalInterfaces) segment.mayBeDuplicated = true;
    segment.time = time;
    segment.packet = this.packets;
    this.tracker.segment(segment);
  }

  /** The input is over. */
  finish(): void {
    this.tracker.finish(this.lastTime);
    this.stream.finish();
  }

  /** `host:port` of both ends of a connection. */
  endpoints(connection: number): { webServer: string; application: string } {
    const { address0, address1, port0, port1 } = this.tracker.connections;
    return {
      webServer: this.addresses.endpoint(address0[connection], port0[connection]),
      application: this.addresses.endpoint(address1[connection], port1[connection]),
    };
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

type ChainTables = Pick<Facts, 'conversations' | 'requests'>;

function sessionTables(session: Session): ChainTables {
  return { conversations: session.conversations, requests: session.log.requests };
}

function chainOf({ conversations, requests }: ChainTables): RequestChain {
  return {
    after(connection, previous) {
      // Rows are stored as row + 1, 0 for none.
      if (previous >= 0) return requests.next[previous] - 1;
      return (conversations.firstRequest[connection] ?? 0) - 1;
    },
  };
}
