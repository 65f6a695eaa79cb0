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

/** Follows all TCP connections of the capture at `path`. Throws a UserError for what is no capture. */
export async function trackCapture(path: string, observer: ConnectionObserver): Promise<TrackedCapture> {
  const tracker = new TcpTracker(observer);
  const addresses = new AddressTable();
  const decoder = new PacketDecoder(addresses);
  const frame = new Frame();
  const segment = new Segment();
  const input = await openCapture(path);
  if (input.kind !== 'capture') throw new Error(`${path} is not a packet capture`);
  let seconds = 0;
  let nanoseconds = 0;
  let tcpPackets = 0;
  let time = 0;
  for (;;) {
    const code = input.reader.next(frame);
    if (code === FRAME) {
      if (frame.number === 1) {
        seconds = frame.seconds;
        nanoseconds = frame.nanoseconds;
      }
      if (decoder.decode(frame, segment) !== TCP) continue;
      tcpPackets++;
      time = (frame.seconds - seconds) * 1e9 + (frame.nanoseconds - nanoseconds);
      segment.time = time;
      segment.packet = frame.number;
      tracker.segment(segment);
    } else if (code === END) break;
    else {
      const filled = input.fill();
      if (typeof filled !== 'boolean') await filled;
    }
  }
  tracker.finish(time);
  input.close();
  return { tracker, addresses, tcpPackets };
}
