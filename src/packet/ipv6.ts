// IPv6 (RFC 8200) with its extension headers, jumbograms (RFC 2675) and atomic fragments (RFC 6946).
import type { AddressTable } from '../model/address.js';
import type { Segment } from '../model/segment.js';
import {
  authenticationHeaderLength,
  PROTOCOL_AH,
  PROTOCOL_DESTINATION_OPTIONS,
  PROTOCOL_FRAGMENT,
  PROTOCOL_HIP,
  PROTOCOL_HOP_BY_HOP,
  PROTOCOL_MOBILITY,
  PROTOCOL_ROUTING,
  PROTOCOL_SHIM6,
  PROTOCOL_TCP,
} from './ip-protocols.js';
import { FRAGMENT, MALFORMED, NOT_TCP, type PacketCode, TCP } from './packet-codes.js';
import { decodeTcp } from './tcp-header.js';

const HEADER = 40;
const OPTION_PAD1 = 0x00;
const OPTION_JUMBO_PAYLOAD = 0xc2;

/** As decodeIpv4: `end` is where the captured bytes end, `wireEnd` where the frame ended on the wire. */
export function decodeIpv6(
  addresses: AddressTable,
  data: DataView,
  at: number,
  end: number,
  wireEnd: number,
  segment: Segment,
): PacketCode {
  if (end - at < HEADER || data.getUint8(at) >>> 4 !== 6) return MALFORMED;
  const payloadLength = data.getUint16(at + 4);
  let protocol = data.getUint8(at + 6);
  let start = at + HEADER;
  // Payload length 0: a jumbogram says its length in an option, a packet before segmentation offload nowhere.
  let ipEnd = payloadLength === 0 ? wireEnd : start + payloadLength;
  if (payloadLength === 0 && protocol === PROTOCOL_HOP_BY_HOP) {
    const jumbo = jumboPayloadLength(data, start, end);
    if (jumbo !== 0) ipEnd = Math.min(start + jumbo, wireEnd);
  }
  const capturedEnd = Math.min(ipEnd, end);
  // Every header moves `start` on by at least 8 bytes, so the frame's length bounds this.
  while (protocol !== PROTOCOL_TCP) {
    let length: number;
    switch (protocol) {
      case PROTOCOL_HOP_BY_HOP:
      case PROTOCOL_ROUTING:
      case PROTOCOL_DESTINATION_OPTIONS:
      case PROTOCOL_MOBILITY:
      case PROTOCOL_HIP:
      case PROTOCOL_SHIM6:
        if (capturedEnd - start < 8) return MALFORMED;
        length = (data.getUint8(start + 1) + 1) << 3;
        break;
      case PROTOCOL_FRAGMENT:
        if (capturedEnd - start < 8) return MALFORMED;
        // Offset and more-fragments are 0 in an atomic fragment, which is whole.
        if (data.getUint8(start + 2) !== 0 || (data.getUint8(start + 3) & 0xf9) !== 0)
          return data.getUint8(start) === PROTOCOL_TCP ? FRAGMENT : NOT_TCP;
        length = 8;
        break;
      case PROTOCOL_AH:
        length = authenticationHeaderLength(data, start, capturedEnd);
        if (length === 0) return MALFORMED;
        break;
      default:
        return NOT_TCP;
    }
    protocol = data.getUint8(start);
    start += length;
    if (start > capturedEnd) return MALFORMED;
  }
  const code = decodeTcp(data, start, capturedEnd, ipEnd, segment);
  if (code !== TCP) return code;
  segment.identification = 0;
  segment.source = address(addresses, data, at + 8);
  segment.destination = address(addresses, data, at + 24);
  return TCP;
}

function address(addresses: AddressTable, data: DataView, at: number): number {
  return addresses.ipv6(word(data, at), word(data, at + 4), word(data, at + 8), word(data, at + 12));
}

function word(data: DataView, at: number): number {
  return data.getUint32(at);
}

/** The jumbo payload option's length, or 0 when there is none (RFC 2675, section 2). */
function jumboPayloadLength(data: DataView, start: number, end: number): number {
  if (end - start < 8) return 0;
  const headerEnd = Math.min(start + ((data.getUint8(start + 1) + 1) << 3), end);
  let at = start + 2;
  while (at + 1 < headerEnd) {
    if (data.getUint8(at) === OPTION_PAD1) {
      at++;
      continue;
    }
    const length = data.getUint8(at + 1);
    if (data.getUint8(at) === OPTION_JUMBO_PAYLOAD && length === 4 && at + 6 <= headerEnd) return word(data, at + 2);
    at += 2 + length;
  }
  return 0;
}
