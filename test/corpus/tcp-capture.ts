// Reads a capture file into a tracker.
import { END, FRAME } from '../../src/capture/frame-reader.js';
import { AddressTable } from '../../src/model/address.js';
import { Frame } from '../../src/model/frame.js';
import type { ConnectionObserver } from '../../src/model/observations.js';
import { Segment } from '../../src/model/segment.js';
import { TCP } from '../../src/packet/packet-codes.js';
import { PacketDecoder } from '../../src/packet/packet-decoder.js';
import { openCapture } from '../../src/sources/capture-file.js';
import { TcpTracker } from '../../src/tcp/tracker.js';

export interface TrackedCapture {
  readonly tracker: TcpTracker;
  readonly addresses: AddressTable;
  readonly tcpPackets: number;
}

/** Calls `use` with each TCP segment of the capture. Throws a UserError for what is no capture. */
async function readSegments(path: string, addresses: AddressTable, use: (segment: Segment) => void): Promise<void> {
  const decoder = new PacketDecoder(addresses);
  const frame = new Frame();
  const segment = new Segment();
  const input = await openCapture(path);
  if (input.kind !== 'capture') throw new Error(`${path} is not a packet capture`);
  let seconds = 0;
  let nanoseconds = 0;
  for (;;) {
    const code = input.reader.next(frame);
    if (code === FRAME) {
      if (frame.number === 1) {
        seconds = frame.seconds;
        nanoseconds = frame.nanoseconds;
      }
      if (decoder.decode(frame, segment) !== TCP) continue;
      if (input.reader.interfaceCount > 1) segment.mayBeDuplicated = true;
      segment.time = (frame.seconds - seconds) * 1e9 + (frame.nanoseconds - nanoseconds);
      segment.packet = frame.number;
      use(segment);
    } else if (code === END) break;
    else {
      const filled = input.fill();
      if (typeof filled !== 'boolean') await filled;
    }
  }
  input.close();
}

/** Follows all TCP connections of the capture at `path`; `each` is called after each segment with its row. */
export async function trackCapture(
  path: string,
  observer: ConnectionObserver,
  each: (segment: Segment, row: number, tracker: TcpTracker) => void = () => {},
): Promise<TrackedCapture> {
  const tracker = new TcpTracker(observer);
  const addresses = new AddressTable();
  let tcpPackets = 0;
  let last = 0;
  await readSegments(path, addresses, (segment) => {
    tcpPackets++;
    last = segment.time;
    each(segment, tracker.segment(segment), tracker);
  });
  tracker.finish(last);
  return { tracker, addresses, tcpPackets };
}

/**
 * The same with the TCP segments rearranged: `arrange` may exchange, remove, repeat and change the list's entries.
 * Times and packet numbers are those of the new order, as if it had been captured so.
 */
export async function trackSegments(
  path: string,
  observer: ConnectionObserver,
  arrange: (segments: Segment[]) => void = () => {},
): Promise<TcpTracker> {
  const segments: Segment[] = [];
  await readSegments(path, new AddressTable(), (segment) => {
    const { data, payloadOffset, payloadLength } = segment;
    const copy = data.slice(payloadOffset, payloadOffset + payloadLength);
    segments.push(Object.assign(new Segment(), segment, { data: copy, payloadOffset: 0 }));
  });
  const times = segments.map(({ time }) => time);
  arrange(segments);
  const tracker = new TcpTracker(observer);
  segments.forEach((segment, place) => {
    segment.time = times[Math.min(place, times.length - 1)];
    segment.packet = place + 1;
    tracker.segment(segment);
  });
  tracker.finish(times.at(-1) ?? 0);
  return tracker;
}
