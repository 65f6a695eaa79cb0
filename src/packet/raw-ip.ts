// Raw IP: the packet begins with an IP header, and its first four bits say of which version.
import type { AddressTable } from '../model/address.js';
import type { Segment } from '../model/segment.js';
import { decodeIpv4 } from './ipv4.js';
import { decodeIpv6 } from './ipv6.js';
import { MALFORMED, type PacketCode } from './packet-codes.js';

export function decodeRawIp(
  addresses: AddressTable,
  data: DataView,
  at: number,
  end: number,
  wireEnd: number,
  segment: Segment,
): PacketCode {
  if (end - at < 1) return MALFORMED;
  const version = data.getUint8(at) >>> 4;
  if (version === 4) return decodeIpv4(addresses, data, at, end, wireEnd, segment);
  if (version === 6) return decodeIpv6(addresses, data, at, end, wireEnd, segment);
  return MALFORMED;
}
