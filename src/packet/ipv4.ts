// IPv4 (RFC 791): header with options, fragments recognised, length 0 of packets captured before segmentation offload.
import type { AddressTable } from '../model/address.js';
import type { Segment } from '../model/segment.js';
import { authenticationHeaderLength, PROTOCOL_AH, PROTOCOL_TCP } from './ip-protocols.js';
import { FRAGMENT, MALFORMED, NOT_TCP, type PacketCode, TCP } from './packet-codes.js';
import { decodeTcp } from './tcp-header.js';

/**
 * `end` is where the captured bytes end, `wireEnd` where the frame ended on the wire; both may include the padding of
 * a short Ethernet frame.
 */
export function decodeIpv4(
  addresses: AddressTable,
  data: DataView,
  at: number,
  end: number,
  wireEnd: number,
  segment: Segment,
): PacketCode {
  if (end - at < 20) return MALFORMED;
  const headerLength = (data.getUint8(at) & 15) << 2;
  if (data.getUint8(at) >>> 4 !== 4 || headerLength < 20) return MALFORMED;
  let protocol = data.getUint8(at + 9);
  if (protocol !== PROTOCOL_TCP && protocol !== PROTOCOL_AH) return NOT_TCP;
  const totalLength = data.getUint16(at + 2);
  // Linux writes 0 for packets that do not fit the field (BIG TCP, segmentation offload): the frame's length holds.
  const ipEnd = totalLength === 0 ? wireEnd : at + totalLength;
  let start = at + headerLength;
  if (start > ipEnd) return MALFORMED;
  const capturedEnd = Math.min(ipEnd, end);
  // More fragments, or an offset. (Two ways around: a fragment of AH is no use either.)
  const fragment = (data.getUint8(at + 6) & 0x3f) !== 0 || data.getUint8(at + 7) !== 0;
  if (protocol === PROTOCOL_AH) {
    if (fragment) return NOT_TCP;
    const length = authenticationHeaderLength(data, start, capturedEnd);
    if (length === 0) return MALFORMED;
    protocol = data.getUint8(start);
    if (protocol !== PROTOCOL_TCP) return NOT_TCP;
    start += length;
  }
  if (fragment) return FRAGMENT;
  const code = decodeTcp(data, start, capturedEnd, ipEnd, segment);
  if (code !== TCP) return code;
  segment.identification = data.getUint16(at + 4);
  segment.source = addresses.ipv4(data.getUint32(at + 12));
  segment.destination = addresses.ipv4(data.getUint32(at + 16));
  return TCP;
}
