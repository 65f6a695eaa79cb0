// From a captured frame to its TCP segment, in one pass over the headers where they lie.
import type { AddressTable } from '../model/address.js';
import { viewOf } from '../model/byte-view.js';
import type { Frame } from '../model/frame.js';
import type { Segment } from '../model/segment.js';
import { decodeEtherType, ETHER_IPV4 } from './ether-type.js';
import { decodeIpv4 } from './ipv4.js';
import { decodeIpv6 } from './ipv6.js';
import {
  LINK_ETHERNET,
  LINK_IPV4,
  LINK_IPV6,
  LINK_LOOP,
  LINK_NULL,
  LINK_RAW,
  LINK_RAW_BSD,
  LINK_RAW_OPENBSD,
  LINK_SLL,
  LINK_SLL2,
} from './link-numbers.js';
import { decodeSll, decodeSll2 } from './linux-cooked.js';
import { decodeLoopback } from './loopback.js';
import { MALFORMED, type PacketCode, TCP, UNSUPPORTED_LINK } from './packet-codes.js';
import { decodeRawIp } from './raw-ip.js';

const ETHERNET_HEADER = 14;

/** No packet is longer (BIG TCP makes 512 KB of them at most): a claim beyond it is damage. */
const LONGEST = 1 << 24;

export class PacketDecoder {
  constructor(private readonly addresses: AddressTable) {}

  /**
   * Decodes the frame. With TCP every field of the segment is set but `time` and `packet`; `mayBeDuplicated` says only
   * what the link type tells. With any other code the segment is undefined. Never throws.
   */
  decode(frame: Frame, segment: Segment): PacketCode {
    const data = viewOf(frame.data);
    const at = frame.offset;
    const end = at + frame.capturedLength;
    const wireEnd = frame.originalLength > frame.capturedLength ? at + Math.min(frame.originalLength, LONGEST) : end;
    let code: PacketCode;
    if (frame.linkType === LINK_ETHERNET) {
      if (end - at < ETHERNET_HEADER) return MALFORMED;
      const type = data.getUint16(at + 12);
      code =
        type === ETHER_IPV4
          ? decodeIpv4(this.addresses, data, at + ETHERNET_HEADER, end, wireEnd, segment)
          : decodeEtherType(this.addresses, type, data, at + ETHERNET_HEADER, end, wireEnd, segment);
      segment.mayBeDuplicated = false;
    } else {
      code = this.decodeOther(frame.linkType, data, at, end, wireEnd, segment);
    }
    if (code === TCP) {
      segment.data = frame.data;
      segment.position = frame.position + (segment.payloadOffset - at);
    }
    return code;
  }

  private decodeOther(
    linkType: number,
    data: DataView,
    at: number,
    end: number,
    wireEnd: number,
    segment: Segment,
  ): PacketCode {
    const addresses = this.addresses;
    segment.mayBeDuplicated = linkType === LINK_SLL || linkType === LINK_SLL2;
    switch (linkType) {
      case LINK_SLL:
        return decodeSll(addresses, data, at, end, wireEnd, segment);
      case LINK_SLL2:
        return decodeSll2(addresses, data, at, end, wireEnd, segment);
      case LINK_NULL:
      case LINK_LOOP:
        return decodeLoopback(addresses, data, at, end, wireEnd, segment);
      case LINK_RAW:
      case LINK_RAW_BSD:
      case LINK_RAW_OPENBSD:
        return decodeRawIp(addresses, data, at, end, wireEnd, segment);
      case LINK_IPV4:
        return decodeIpv4(addresses, data, at, end, wireEnd, segment);
      case LINK_IPV6:
        return decodeIpv6(addresses, data, at, end, wireEnd, segment);
      default:
        return UNSUPPORTED_LINK;
    }
  }
}
