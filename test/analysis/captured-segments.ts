// TCP segments of a capture taken apart and put together again: cut in pieces, moved, repeated. Everything else of the
// capture stays as it is.
import { FIN, PSH, RST, SYN } from '../../src/model/segment.js';
import { pcap } from '../support/capture-writer.js';
import type { CapturedPacket } from '../support/captured-packet.js';
import { eachFrame } from '../support/frames.js';
import { LINK_ETHERNET, LINK_LOOP, LINK_NULL, LINK_RAW, LINK_SLL, LINK_SLL2 } from '../support/packet-builder.js';

export interface Layers {
  readonly ip: number;
  readonly tcp: number;
  readonly payload: number;
  readonly end: number;
}

export interface CapturedSegment extends CapturedPacket {
  /** Undefined for what is no whole TCP segment. */
  readonly layers: Layers | undefined;
  /** Addresses and ports, in this direction. */
  readonly flow: string;
  readonly sequence: number;
  readonly length: number;
  readonly flags: number;
}

export interface Segments {
  readonly linkType: number;
  readonly packets: readonly CapturedSegment[];
}

const LINK_LENGTHS: Readonly<Record<number, number>> = {
  [LINK_NULL]: 4,
  [LINK_LOOP]: 4,
  [LINK_RAW]: 0,
  [LINK_ETHERNET]: 14,
  [LINK_SLL]: 16,
  [LINK_SLL2]: 20,
};

/** The packets of a capture; undefined if they have more than one link type, or one that is not taken apart here. */
export function segmentsOf(capture: Uint8Array): Segments | undefined {
  const packets: CapturedSegment[] = [];
  const linkTypes = new Set<number>();
  let origin: number | undefined;
  eachFrame(capture, (frame) => {
    origin ??= frame.seconds;
    linkTypes.add(frame.linkType);
    const data = frame.data.slice(frame.offset, frame.offset + frame.capturedLength);
    const time = (frame.seconds - origin) * 1e9 + frame.nanoseconds;
    packets.push(segment({ time, data, originalLength: frame.originalLength }, frame.linkType));
  });
  const [linkType] = linkTypes;
  return linkTypes.size === 1 && linkType in LINK_LENGTHS ? { linkType, packets } : undefined;
}

/** One capture again, with nanoseconds. */
export function captureOf(packets: readonly CapturedPacket[], linkType: number): Uint8Array {
  return pcap(packets, { linkType, resolution: 'nanoseconds' });
}

function segment(packet: CapturedPacket, linkType: number): CapturedSegment {
  const layers = layersOf(packet, linkType);
  if (!layers) return { ...packet, layers, flow: '', sequence: 0, length: 0, flags: 0 };
  const { ip, tcp, payload, end } = layers;
  const view = new DataView(packet.data.buffer, packet.data.byteOffset);
  const addresses = packet.data.subarray(ip + (tcp - ip === 40 ? 8 : 12), ip + (tcp - ip === 40 ? 40 : 20));
  const flow = `${Buffer.from(addresses).toString('hex')} ${view.getUint16(tcp)} ${view.getUint16(tcp + 2)}`;
  return {
    ...packet,
    layers,
    flow,
    sequence: view.getUint32(tcp + 4),
    length: end - payload,
    flags: packet.data[tcp + 13],
  };
}

function layersOf({ data, originalLength }: CapturedPacket, linkType: number): Layers | undefined {
  let ip = LINK_LENGTHS[linkType];
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  if (linkType === LINK_ETHERNET)
    while (ip + 4 <= data.length && [0x8100, 0x88a8].includes(view.getUint16(ip - 2))) ip += 4;
  if (data.length < ip + 40 || originalLength !== data.length) return undefined;
  const isV6 = data[ip] >> 4 === 6;
  if (data[ip + (isV6 ? 6 : 9)] !== 6) return undefined;
  const tcp = ip + (isV6 ? 40 : (data[ip] & 15) * 4);
  const end = isV6 ? tcp + view.getUint16(ip + 4) : ip + view.getUint16(ip + 2);
  const payload = tcp + (data[tcp + 12] >> 4) * 4;
  return end <= data.length && payload <= end ? { ip, tcp, payload, end } : undefined;
}

/** The part [from, to) of a segment's payload as a segment of its own; the last part keeps the FIN. */
export function part(packet: CapturedSegment, from: number, to: number): CapturedSegment {
  const { ip, tcp, payload } = packet.layers!;
  const bytes = packet.data.subarray(payload + from, payload + to);
  const data = new Uint8Array(payload + bytes.length);
  data.set(packet.data.subarray(0, payload));
  data.set(bytes, payload);
  const view = new DataView(data.buffer);
  const isV6 = data[ip] >> 4 === 6;
  view.setUint16(ip + (isV6 ? 4 : 2), data.length - (isV6 ? tcp : ip));
  const sequence = (packet.sequence + from) >>> 0;
  view.setUint32(tcp + 4, sequence);
  const flags = to < packet.length ? packet.flags & ~(FIN | PSH) : packet.flags;
  data[tcp + 13] = flags;
  const layers = { ip, tcp, payload, end: data.length };
  return {
    time: packet.time,
    data,
    originalLength: data.length,
    layers,
    flow: packet.flow,
    sequence,
    length: to - from,
    flags,
  };
}

/** Whether the packet is nothing but payload. */
export function isPlainData(packet: CapturedSegment): boolean {
  return packet.layers !== undefined && packet.length > 0 && (packet.flags & (SYN | RST)) === 0;
}

/** Segments whose payload no other segment of the capture repeats: only these can be cut without being sent twice. */
export function sentOnce(packets: readonly CapturedSegment[]): Set<CapturedSegment> {
  const once = new Set<CapturedSegment>();
  const flows = new Map<string, CapturedSegment[]>();
  for (const packet of packets) {
    if (packet.length === 0 || !packet.layers) continue;
    const flow = flows.get(packet.flow);
    if (flow) flow.push(packet);
    else flows.set(packet.flow, [packet]);
  }
  for (const flow of flows.values()) {
    for (const packet of flow) {
      const repeated = flow.some((other) => other !== packet && overlap(packet, other));
      if (!repeated && isPlainData(packet)) once.add(packet);
    }
  }
  return once;
}

function overlap(a: CapturedSegment, b: CapturedSegment): boolean {
  const ahead = (b.sequence - a.sequence) | 0;
  return ahead < a.length && ahead > -b.length;
}
