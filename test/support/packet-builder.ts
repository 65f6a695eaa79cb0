// Builds captured packets from fields: a TCP segment in IPv4 or IPv6 in one of the link layers the product reads.
// Lengths and checksums are right unless a field says otherwise; every layer is also a function of its own, so that
// wrong or unusual packets (fragments, extension headers, other protocols) can be put together too.
import { ACK, PSH } from '../../src/model/segment.js';
import { type Bytes, bigEndian, concat, toBytes } from './bytes.js';
import type { Address, Endpoint } from './endpoint.js';

export const LINK_NULL = 0;
export const LINK_ETHERNET = 1;
export const LINK_RAW = 101;
export const LINK_LOOP = 108;
export const LINK_SLL = 113;
export const LINK_IPV4 = 228;
export const LINK_IPV6 = 229;
export const LINK_SLL2 = 276;

const PROTOCOL_TCP = 6;
const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;

export interface TcpFields {
  readonly source: Endpoint;
  readonly destination: Endpoint;
  /** Default 0. */
  readonly sequence?: number;
  readonly acknowledgment?: number;
  /** Flag bits of model/segment.ts. Default ACK, and PSH with it where there is payload. */
  readonly flags?: number;
  /** The field as it stands, not scaled. Default 512. */
  readonly window?: number;
  readonly maximumSegmentSize?: number;
  readonly windowScale?: number;
  readonly selectiveAcknowledgment?: boolean;
  /** TSval and TSecr. */
  readonly timestamps?: readonly [number, number];
  readonly payload?: Bytes;
  /** Given to write a wrong one. */
  readonly checksum?: number;
  readonly ip?: IpFields;
}

export interface IpFields {
  /** IPv4 identification. Default 0. */
  readonly identification?: number;
  readonly timeToLive?: number;
  /** Don't-fragment. Default true. */
  readonly dontFragment?: boolean;
  readonly moreFragments?: boolean;
  /** In bytes, a multiple of 8. */
  readonly fragmentOffset?: number;
  /** Given to write a wrong length field (0: as captured before segmentation offload). */
  readonly length?: number;
  /** IPv4 options or IPv6 extension headers, whole; the first extension header's type is `firstExtension`. */
  readonly options?: Uint8Array;
  readonly firstExtension?: number;
}

export interface LinkFields {
  /** LINKTYPE number. Default Ethernet. */
  readonly type?: number;
  /** VLAN ids, outermost first (Ethernet only); two of them are QinQ. */
  readonly vlan?: readonly number[];
  /** Pads Ethernet frames to this length with zeros, as network cards do (60). */
  readonly minimumLength?: number;
  /** LINKTYPE_NULL holds the family in the byte order of the machine that captured. Default little-endian. */
  readonly bigEndian?: boolean;
  /** Packet type of SLL and SLL2: 0 to us, 4 sent by us. Default 0. */
  readonly packetType?: number;
  /** Interface index of SLL2. Default 1. */
  readonly interfaceIndex?: number;
}

/** A whole captured packet. */
export function tcpPacket(fields: TcpFields, link: LinkFields = {}): Uint8Array {
  return linkLayer(tcpDatagram(fields), fields.source.address.length === 16, link);
}

/** An IP datagram with a TCP segment in it. */
export function tcpDatagram(fields: TcpFields): Uint8Array {
  const { source, destination } = fields;
  return ipDatagram(source.address, destination.address, PROTOCOL_TCP, tcpSegment(fields), fields.ip);
}

/** A TCP segment: header, options, payload. */
export function tcpSegment(fields: TcpFields): Uint8Array {
  const payload = toBytes(fields.payload ?? '');
  const options = tcpOptions(fields);
  const headerLength = 20 + options.length;
  const segment = new Uint8Array(headerLength + payload.length);
  const view = new DataView(segment.buffer);
  view.setUint16(0, fields.source.port);
  view.setUint16(2, fields.destination.port);
  view.setUint32(4, fields.sequence ?? 0);
  view.setUint32(8, fields.acknowledgment ?? 0);
  segment[12] = (headerLength / 4) << 4;
  segment[13] = fields.flags ?? (payload.length > 0 ? ACK | PSH : ACK);
  view.setUint16(14, fields.window ?? 512);
  segment.set(options, 20);
  segment.set(payload, headerLength);
  view.setUint16(16, fields.checksum ?? tcpChecksum(fields.source.address, fields.destination.address, segment));
  return segment;
}

/** An IPv4 or IPv6 datagram, after the family of its addresses. */
export function ipDatagram(
  source: Address,
  destination: Address,
  protocol: number,
  payload: Uint8Array,
  fields: IpFields = {},
): Uint8Array {
  const options = fields.options ?? new Uint8Array(0);
  return source.length === 16
    ? ipv6(source, destination, protocol, payload, fields, options)
    : ipv4(source, destination, protocol, payload, fields, options);
}

function ipv4(
  source: Address,
  destination: Address,
  protocol: number,
  payload: Uint8Array,
  fields: IpFields,
  options: Uint8Array,
): Uint8Array {
  const headerLength = 20 + options.length;
  const datagram = new Uint8Array(headerLength + payload.length);
  const view = new DataView(datagram.buffer);
  datagram[0] = 0x40 | (headerLength / 4);
  view.setUint16(2, fields.length ?? (datagram.length > 65535 ? 0 : datagram.length));
  view.setUint16(4, fields.identification ?? 0);
  const fragment = (fields.fragmentOffset ?? 0) / 8;
  const dontFragment = (fields.dontFragment ?? true) ? 0x4000 : 0;
  view.setUint16(6, dontFragment | (fields.moreFragments ? 0x2000 : 0) | fragment);
  datagram[8] = fields.timeToLive ?? 64;
  datagram[9] = protocol;
  datagram.set(source, 12);
  datagram.set(destination, 16);
  datagram.set(options, 20);
  view.setUint16(10, onesComplement(sum16(datagram.subarray(0, headerLength), 0)));
  datagram.set(payload, headerLength);
  return datagram;
}

function ipv6(
  source: Address,
  destination: Address,
  protocol: number,
  payload: Uint8Array,
  fields: IpFields,
  extensions: Uint8Array,
): Uint8Array {
  const length = extensions.length + payload.length;
  const datagram = new Uint8Array(40 + length);
  const view = new DataView(datagram.buffer);
  datagram[0] = 0x60;
  view.setUint16(4, fields.length ?? (length > 65535 ? 0 : length));
  datagram[6] = fields.firstExtension ?? protocol;
  datagram[7] = fields.timeToLive ?? 64;
  datagram.set(source, 8);
  datagram.set(destination, 24);
  datagram.set(extensions, 40);
  datagram.set(payload, 40 + extensions.length);
  return datagram;
}

/** Puts an IP datagram (or anything else) into a link layer. `isIpv6` chooses the protocol number. */
export function linkLayer(datagram: Uint8Array, isIpv6: boolean, link: LinkFields = {}): Uint8Array {
  const etherType = isIpv6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
  switch (link.type ?? LINK_ETHERNET) {
    case LINK_ETHERNET:
      return ethernet(datagram, etherType, link);
    case LINK_NULL: {
      // AF_INET is 2 everywhere; AF_INET6 is 24, 28 or 30 on BSD systems and 10 on Linux.
      const family = bigEndian(isIpv6 ? 30 : 2, 4);
      return concat(link.bigEndian ? family : family.reverse(), datagram);
    }
    case LINK_LOOP:
      return concat(bigEndian(isIpv6 ? 30 : 2, 4), datagram);
    case LINK_SLL:
      // Packet type, ARPHRD_LOOPBACK, address length and address, protocol.
      return concat(
        bigEndian(link.packetType ?? 0, 2),
        bigEndian(772, 2),
        bigEndian(6, 2),
        new Uint8Array(8),
        bigEndian(etherType, 2),
        datagram,
      );
    case LINK_SLL2:
      // Protocol, reserved, interface index, ARPHRD_LOOPBACK, packet type, address length and address.
      return concat(
        bigEndian(etherType, 2),
        bigEndian(0, 2),
        bigEndian(link.interfaceIndex ?? 1, 4),
        bigEndian(772, 2),
        Uint8Array.of(link.packetType ?? 0, 6),
        new Uint8Array(8),
        datagram,
      );
    default:
      return datagram; // LINK_RAW, LINK_IPV4, LINK_IPV6
  }
}

/** An Ethernet frame of any type. */
export function ethernet(payload: Uint8Array, etherType: number, link: LinkFields = {}): Uint8Array {
  const vlan = link.vlan ?? [];
  const tags = vlan.map((id, index) =>
    concat(bigEndian(vlan.length > 1 && index === 0 ? 0x88a8 : 0x8100, 2), bigEndian(id, 2)),
  );
  const frame = concat(
    Uint8Array.of(2, 0, 0, 0, 0, 2),
    Uint8Array.of(2, 0, 0, 0, 0, 1),
    ...tags,
    bigEndian(etherType, 2),
    payload,
  );
  const missing = (link.minimumLength ?? 0) - frame.length;
  return missing > 0 ? concat(frame, new Uint8Array(missing)) : frame;
}

function tcpOptions(fields: TcpFields): Uint8Array {
  const parts: Uint8Array[] = [];
  if (fields.maximumSegmentSize !== undefined)
    parts.push(concat(Uint8Array.of(2, 4), bigEndian(fields.maximumSegmentSize, 2)));
  if (fields.selectiveAcknowledgment) parts.push(Uint8Array.of(1, 1, 4, 2));
  if (fields.timestamps !== undefined) {
    const [value, echo] = fields.timestamps;
    parts.push(concat(Uint8Array.of(1, 1, 8, 10), bigEndian(value, 4), bigEndian(echo, 4)));
  }
  if (fields.windowScale !== undefined) parts.push(Uint8Array.of(1, 3, 3, fields.windowScale));
  return concat(...parts);
}

function tcpChecksum(source: Address, destination: Address, segment: Uint8Array): number {
  const pseudoHeader = concat(source, destination, bigEndian(PROTOCOL_TCP, 4), bigEndian(segment.length, 4));
  return onesComplement(sum16(segment, sum16(pseudoHeader, 0)));
}

function sum16(bytes: Uint8Array, initial: number): number {
  let sum = initial;
  const even = bytes.length & ~1;
  for (let i = 0; i < even; i += 2) sum += (bytes[i] << 8) | bytes[i + 1];
  if (even < bytes.length) sum += bytes[even] << 8;
  return sum;
}

function onesComplement(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
}
