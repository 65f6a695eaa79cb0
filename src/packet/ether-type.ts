// EtherTypes (IEEE 802 numbers) and what follows them: IP, VLAN tags of any depth, LLC/SNAP. Shared by Ethernet and the
// Linux cooked headers.
import type { AddressTable } from '../model/address.js';
import type { Segment } from '../model/segment.js';
import { decodeIpv4 } from './ipv4.js';
import { decodeIpv6 } from './ipv6.js';
import { MALFORMED, NOT_TCP, type PacketCode } from './packet-codes.js';

export const ETHER_IPV4 = 0x0800;
export const ETHER_IPV6 = 0x86dd;
const ETHER_VLAN = 0x8100;
const ETHER_PROVIDER_VLAN = 0x88a8;
const ETHER_OLD_QINQ = 0x9100;
const ETHER_OLD_QINQ_2 = 0x9200;
/** Smaller values are an IEEE 802.3 length, and LLC follows. */
const FIRST_ETHER_TYPE = 1536;

/** Decodes what `etherType` says starts at `at`. */
export function decodeEtherType(
  addresses: AddressTable,
  etherType: number,
  data: DataView,
  start: number,
  end: number,
  wireEnd: number,
  segment: Segment,
): PacketCode {
  let type = etherType;
  let at = start;
  while (type === ETHER_VLAN || type === ETHER_PROVIDER_VLAN || type === ETHER_OLD_QINQ || type === ETHER_OLD_QINQ_2) {
    if (end - at < 4) return MALFORMED;
    type = data.getUint16(at + 2);
    at += 4;
  }
  if (type < FIRST_ETHER_TYPE) {
    // LLC unnumbered information with SNAP and no organisation: an EtherType again (RFC 1042).
    if (end - at < 8) return NOT_TCP;
    if (data.getUint8(at) !== 0xaa || data.getUint8(at + 1) !== 0xaa || data.getUint8(at + 2) !== 3) return NOT_TCP;
    if (data.getUint8(at + 3) !== 0 || data.getUint8(at + 4) !== 0 || data.getUint8(at + 5) !== 0) return NOT_TCP;
    type = data.getUint16(at + 6);
    at += 8;
  }
  if (type === ETHER_IPV4) return decodeIpv4(addresses, data, at, end, wireEnd, segment);
  if (type === ETHER_IPV6) return decodeIpv6(addresses, data, at, end, wireEnd, segment);
  return NOT_TCP;
}
