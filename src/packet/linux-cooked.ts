// Linux cooked capture, as `tcpdump -i any` writes: SLL (LINKTYPE 113) and SLL2 (276).
import type { AddressTable } from '../model/address.js';
import type { Segment } from '../model/segment.js';
import { decodeEtherType } from './ether-type.js';
import { MALFORMED, NOT_TCP, type PacketCode } from './packet-codes.js';

const SLL_HEADER = 16;
const SLL2_HEADER = 20;

export function decodeSll(
  addresses: AddressTable,
  data: Uint8Array,
  at: number,
  end: number,
  wireEnd: number,
  segment: Segment,
): PacketCode {
  if (end - at < SLL_HEADER) return MALFORMED;
  if (!hasEtherType((data[at + 2] << 8) | data[at + 3])) return NOT_TCP;
  const type = (data[at + 14] << 8) | data[at + 15];
  return decodeEtherType(addresses, type, data, at + SLL_HEADER, end, wireEnd, segment);
}

export function decodeSll2(
  addresses: AddressTable,
  data: Uint8Array,
  at: number,
  end: number,
  wireEnd: number,
  segment: Segment,
): PacketCode {
  if (end - at < SLL2_HEADER) return MALFORMED;
  if (!hasEtherType((data[at + 8] << 8) | data[at + 9])) return NOT_TCP;
  const type = (data[at] << 8) | data[at + 1];
  return decodeEtherType(addresses, type, data, at + SLL2_HEADER, end, wireEnd, segment);
}

/** For these ARPHRD_ types the protocol field means something else: Frame Relay, IEEE 802.11 in three forms, netlink. */
function hasEtherType(arphrd: number): boolean {
  return arphrd !== 770 && arphrd !== 801 && arphrd !== 802 && arphrd !== 803 && arphrd !== 824;
}
