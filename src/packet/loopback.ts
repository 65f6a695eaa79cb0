// BSD loopback: LINKTYPE_NULL (0), a protocol family in the byte order of the capturing machine, and LINKTYPE_LOOP (108),
// the same in network byte order. Both orders are accepted for both.
import type { AddressTable } from '../model/address.js';
import type { Segment } from '../model/segment.js';
import { decodeIpv4 } from './ipv4.js';
import { decodeIpv6 } from './ipv6.js';
import { MALFORMED, NOT_TCP, type PacketCode } from './packet-codes.js';

const FAMILY_IPV4 = 2;
/** AF_INET6 of Linux and Windows; NetBSD and OpenBSD; FreeBSD and DragonFly; macOS. */
const FAMILY_IPV6_LINUX = 10;
const FAMILY_IPV6_WINDOWS = 23;
const FAMILY_IPV6_NETBSD = 24;
const FAMILY_IPV6_FREEBSD = 28;
const FAMILY_IPV6_DARWIN = 30;

export function decodeLoopback(
  addresses: AddressTable,
  data: DataView,
  at: number,
  end: number,
  wireEnd: number,
  segment: Segment,
): PacketCode {
  if (end - at < 4) return MALFORMED;
  // Families are small numbers: one of the two ends is the number, the rest is 0.
  if (
    data.getUint8(at + 1) !== 0 ||
    data.getUint8(at + 2) !== 0 ||
    (data.getUint8(at) !== 0 && data.getUint8(at + 3) !== 0)
  )
    return NOT_TCP;
  switch (data.getUint8(at) | data.getUint8(at + 3)) {
    case FAMILY_IPV4:
      return decodeIpv4(addresses, data, at + 4, end, wireEnd, segment);
    case FAMILY_IPV6_LINUX:
    case FAMILY_IPV6_WINDOWS:
    case FAMILY_IPV6_NETBSD:
    case FAMILY_IPV6_FREEBSD:
    case FAMILY_IPV6_DARWIN:
      return decodeIpv6(addresses, data, at + 4, end, wireEnd, segment);
    default:
      return NOT_TCP;
  }
}
