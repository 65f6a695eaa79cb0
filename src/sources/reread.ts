// Reads one connection again from its files: its packets and the records in them. The analysis keeps neither; it knows
// when the connection was there and between whom, and that is enough to find it.

import type { DecodedSink } from '../analysis/decoded-record.js';
import { RecordPipeline } from '../analysis/record-pipeline.js';
import type { NamedListener } from '../analysis/session.js';
import { END, FRAME } from '../capture/frame-reader.js';
import { UserError } from '../model/errors.js';
import { Frame } from '../model/frame.js';
import { Segment } from '../model/segment.js';
import { APPLICATION, type Side, WEB_SERVER } from '../model/side.js';
import { TCP } from '../packet/packet-codes.js';
import { PacketDecoder } from '../packet/packet-decoder.js';
import { type CaptureInput, openCapture } from './capture-file.js';
import { MergedReader } from './capture-merge.js';
import { type Clock, systemClock } from './clock.js';
import type { PlaceIndex } from './place-index.js';

/** Where a connection is in the input. */
export interface ConnectionPlace {
  /** `host:port` */
  readonly webServer: string;
  readonly application: string;
  /** The application's port and what is spoken there. */
  readonly listener: NamedListener;
  /** First and last packet that is wanted, in nanoseconds since the first one of the input. */
  readonly from: number;
  readonly until: number;
}

/** Hears of the connection's packets and of the records that they complete, in their order. */
export interface RereadSink extends DecodedSink {
  /** Enough was heard: reading may stop. */
  readonly done: boolean;
  /** The end was heard: what is captured after the time that was asked for is not waited for. */
  readonly ended?: boolean;
  /** A packet, before the records that it completes. Segment and frame are only lent. */
  packet(segment: Segment, side: Side, frame: Frame): void;
  /** After its records. A duplicate is a packet that was captured twice: it counts for nothing. */
  packetEnd(isDuplicate: boolean): void;
}

export interface RereadOptions {
  readonly signal: AbortSignal;
  /** From 0 to 1. */
  readonly onProgress?: (share: number) => void;
  readonly reader?: 'auto' | 'own' | 'pcap-parser';
  readonly clock?: Clock;
  /** Where in the file which time is, as its first reading has noted. */
  readonly places?: PlaceIndex | undefined;
}

/** Milliseconds of reading before others get their turn. */
const TURN = 6;
/** Captures of several interfaces are not strictly in order: so much later may still come what belongs before. */
const DISORDER = 1e9;

/**
 * Reads the files until the connection has ended, the sink has enough, or the signal comes.
 * @throws UserError when a file cannot be read any more
 */
export async function rereadConnection(
  paths: readonly string[],
  place: ConnectionPlace,
  sink: RereadSink,
  options: RereadOptions,
): Promise<void> {
  const inputs: CaptureInput[] = [];
  try {
    for (const path of paths) {
      const input = await openCapture(path, { reader: options.reader ?? 'auto' });
      if (input.kind === 'capture') inputs.push(input);
      else input.close();
    }
    if (inputs.length === 0) throw new UserError('there is no capture to read again');
    await read(inputs, place, sink, options);
  } finally {
    for (const input of inputs) input.close();
  }
}

async function read(
  inputs: readonly CaptureInput[],
  place: ConnectionPlace,
  sink: RereadSink,
  options: RereadOptions,
): Promise<void> {
  const source = inputs.length === 1 ? inputs[0] : new MergedReader(inputs);
  const reader = 'reader' in source ? source.reader : source;
  const pipeline = new RecordPipeline(sink, { named: [place.listener] });
  const finder = new Finder(pipeline, place);
  const clock = options.clock ?? systemClock;
  const frame = new Frame();
  let packets = skip(inputs, place.from, options.places, pipeline);
  let last = clock.now();
  while (!sink.done && !options.signal.aborted) {
    const code = reader.next(frame);
    if (code === FRAME) {
      packets++;
      const origin = (pipeline.origin ??= { seconds: frame.seconds, nanoseconds: frame.nanoseconds });
      const time = (frame.seconds - origin.seconds) * 1e9 + (frame.nanoseconds - origin.nanoseconds);
      if (time < place.from) continue;
      if (time > place.until) {
        if (sink.ended || time > place.until + DISORDER) break;
        continue;
      }
      const side = finder.sideOf(frame);
      if (side === undefined) continue;
      finder.segment.time = time;
      finder.segment.packet = packets;
      sink.packet(finder.segment, side, frame);
      pipeline.packets = packets - 1;
      const { duplicates } = pipeline.tracker.counters;
      pipeline.frame(frame);
      sink.packetEnd(pipeline.tracker.counters.duplicates > duplicates);
      continue;
    }
    if (code === END) break;
    const filled = source.fill();
    if (typeof filled !== 'boolean') await filled;
    pipeline.severalInterfaces = reader.interfaceCount > 1;
    if (clock.now() - last < TURN) continue;
    options.onProgress?.(shareRead(inputs));
    await new Promise((resolve) => setImmediate(resolve));
    last = clock.now();
  }
  pipeline.finish();
}

/** Begins behind what is certainly too early; how many packets that are. */
function skip(
  inputs: readonly CaptureInput[],
  from: number,
  index: PlaceIndex | undefined,
  pipeline: RecordPipeline,
): number {
  const found = index?.before(from);
  const [{ places }] = inputs;
  if (!found || !places || !index?.origin || inputs.length > 1) return 0;
  pipeline.origin = index.origin;
  places.seek(found.position);
  return found.packets;
}

function shareRead(inputs: readonly CaptureInput[]): number {
  let bytes = 0;
  let size = 0;
  for (const input of inputs) {
    bytes += input.bytesRead;
    size += input.size ?? input.bytesRead;
  }
  return size > 0 ? bytes / size : 0;
}

/** Tells whether a frame is the connection's, and who sent it. */
class Finder {
  readonly segment = new Segment();
  private readonly decoder: PacketDecoder;
  private readonly webPort: number;
  private readonly applicationPort: number;

  constructor(
    private readonly pipeline: RecordPipeline,
    private readonly place: ConnectionPlace,
  ) {
    this.decoder = new PacketDecoder(pipeline.addresses);
    this.webPort = portOf(place.webServer);
    this.applicationPort = portOf(place.application);
  }

  sideOf(frame: Frame): Side | undefined {
    const { segment, place } = this;
    if (this.decoder.decode(frame, segment) !== TCP) return undefined;
    const { source, sourcePort, destination, destinationPort } = segment;
    const { addresses } = this.pipeline;
    const isBetween = (from: string, to: string) =>
      addresses.endpoint(source, sourcePort) === from && addresses.endpoint(destination, destinationPort) === to;
    // Ports are compared first: nearly every frame of others ends here.
    if (sourcePort === this.webPort && destinationPort === this.applicationPort) {
      if (isBetween(place.webServer, place.application)) return WEB_SERVER;
    }
    if (sourcePort === this.applicationPort && destinationPort === this.webPort) {
      if (isBetween(place.application, place.webServer)) return APPLICATION;
    }
    return undefined;
  }
}

function portOf(endpoint: string): number {
  return Number(endpoint.slice(endpoint.lastIndexOf(':') + 1));
}
