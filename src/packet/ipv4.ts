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
  data: Uint8Array,
  at: number,
  end: number,
  wireEnd: number,
  segment: Segment,
): PacketCode {
  if (end - at < 20) return MALFORMED;
  const headerLength = (data[at] & 15) << 2;
  if (data[at] >>> 4 !== 4 || headerLength < 20) return MALFORMED;
  let protocol = data[at + 9];
  if (protocol !== PROTOCOL_TCP && protocol !== PROTOCOL_AH) return NOT_TCP;
  const totalLength = (data[at + 2] << 8) | data[at + 3];
  // Linux writes 0 for packets that do not fit the field (BIG TCP, segmentation offload): the frame's length holds.
  const ipEnd = totalLength === 0 ? wireEnd : at + totalLength;
  let start = at + headerLength;
  if (start > ipEnd) return MALFORMED;
  const capturedEnd = Math.min(ipEnd, end);
  // More fragments, or an offset. (Two ways around: a fragment of AH is no use either.)
  const fragment = (data[at + 6] & 0x3f) !== 0 || data[at + 7] !== 0;
  if (protocol === PROTOCOL_AH) {
    if (fragment) return NOT_TCP;
    const length = authenticationHeaderLength(data, start, capturedEnd);
    if (length === 0) return MALFORMED;
    protocol = data[start];
    if (protocol !== PROTOCOL_TCP) return NOT_TCP;
    start += length;
  }
  if (fragment) return FRAGMENT;
  const code = decodeTcp(data, start, capturedEnd, ipEnd, segment);
  if (code !== TCP) return code;
  segment.identification = (data[at + 4] << 8) | data[at + 5];
  segment.source = addresses.ipv4(
    ((data[at + 12] << 24) | (data[at + 13] << 16) | (data[at + 14] << 8) | data[at + 15]) >>> 0,
  );
  segment.destination = addresses.ipv4(
    ((data[at + 16] << 24) | (data[at + 17] << 16) | (data[at + 18] << 8) | data[at + 19]) >>> 0,
  );
  return TCP;
}
