// Writes captures as bytes: classic pcap in both byte orders and resolutions, and a pcapng of one section. For pcapng
// of any other shape see pcapng-writer.ts.
import { ByteWriter } from './byte-writer.js';
import { type CapturedPacket, type CaptureOptions, DEFAULT_ORIGIN, DEFAULT_SNAP_LENGTH } from './captured-packet.js';
import { LINK_ETHERNET } from './packet-builder.js';
import { PcapngWriter } from './pcapng-writer.js';

/** A classic pcap file. */
export function pcap(packets: Iterable<CapturedPacket>, options: CaptureOptions = {}): Uint8Array {
  const out = new ByteWriter(options.bigEndian ?? false);
  const nanoseconds = options.resolution === 'nanoseconds';
  const snapLength = options.snapLength ?? DEFAULT_SNAP_LENGTH;
  const origin = options.origin ?? DEFAULT_ORIGIN;
  out
    .u32(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4)
    .u16(2)
    .u16(4)
    .u32(0)
    .u32(0);
  out.u32(snapLength).u32(options.linkType ?? LINK_ETHERNET);
  for (const packet of packets) {
    const data = packet.data.subarray(0, snapLength);
    out.u32(origin + Math.floor(packet.time / 1e9));
    out.u32(nanoseconds ? packet.time % 1e9 : Math.floor((packet.time % 1e9) / 1e3));
    out
      .u32(data.length)
      .u32(packet.originalLength ?? packet.data.length)
      .bytes(data);
  }
  return out.take();
}

/** A pcapng file of one section with one interface and enhanced packet blocks. */
export function pcapng(packets: Iterable<CapturedPacket>, options: CaptureOptions = {}): Uint8Array {
  const snapLength = options.snapLength ?? DEFAULT_SNAP_LENGTH;
  const writer = new PcapngWriter(options.origin ?? DEFAULT_ORIGIN);
  writer.section({ bigEndian: options.bigEndian ?? false });
  writer.interface({
    linkType: options.linkType ?? LINK_ETHERNET,
    snapLength,
    ...(options.resolution === 'nanoseconds' ? { resolution: 9 } : {}),
  });
  for (const packet of packets) writer.enhanced(packet);
  return writer.take();
}
