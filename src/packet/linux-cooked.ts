// Linux cooked capture, as `tcpdump -i any` writes: SLL (LINKTYPE 113) and SLL2 (276).
import type { AddressTable } from '../model/address.js';
import type { Segment } from '../model/segment.js';
import { decodeEtherType } from './ether-type.js';
import { MALFORMED, NOT_TCP, type PacketCode } from './packet-codes.js';

const SLL_HEADER = 16;
const SLL2_HEADER = 20;

export function decodeSll(
  addresses: AddressTable,
  data: DataView,
  at: number,
  end: number,
  wireEnd: number,
  segment: Segment,
): PacketCode {
  if (end - at < SLL_HEADER) return MALFORMED;
  if (!hasEtherType(data.getUint16(at + 2))) return NOT_TCP;
  const type = data.getUint16(at + 14);
  return decodeEtherType(addresses, type, data, at + SLL_HEADER, end, wireEnd, segment);
}

export function decodeSll2(
  addresses: AddressTable,
  data: DataView,
  at: number,
  end: number,
  wireEnd: number,
  segment: Segment,
): PacketCode {
  if (end - at < SLL2_HEADER) return MALFORMED;
  if (!hasEtherType(data.getUint16(at + 8))) return NOT_TCP;
  const type = data.getUint16(at);
  return decodeEtherType(addresses, type, data, at + SLL2_HEADER, end, wireEnd, segment);
}

/** For these ARPHRD_ types the protocol field means something else: Frame Relay, IEEE 802.11 in three forms, netlink. */
function hasEtherType(arphrd: number): boolean {
  return arphrd !== 770 && arphrd !== 801 && arphrd !== 802 && arphrd !== 803 && arphrd !== 824;
}
