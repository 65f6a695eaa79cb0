// The TCP header (RFC 9293, section 3.1) and the two options that matter here (RFC 7323). Checksums are not verified:
// with offloading they are wrong in most captures made on the sending machine.
import type { Segment } from '../model/segment.js';
import { MALFORMED, type PacketCode, TCP } from './packet-codes.js';

const OPTION_END = 0;
const OPTION_NOP = 1;
const OPTION_WINDOW_SCALE = 3;
const OPTION_TIMESTAMPS = 8;
/** NOP, NOP, and the first two bytes of timestamps (RFC 7323, appendix A). */
const ALIGNED_TIMESTAMPS = 0x0101080a;
/** RFC 7323, section 2.3: larger shift counts are taken as 14. */
const MAX_WINDOW_SCALE = 14;

/**
 * Fills the TCP fields and the payload of the segment. `end` is where the captured bytes of the IP payload end,
 * `wireEnd` where it ended on the wire (at or past `end`).
 */
export function decodeTcp(data: DataView, at: number, end: number, wireEnd: number, segment: Segment): PacketCode {
  if (end - at < 20) return MALFORMED;
  const headerLength = (data.getUint8(at + 12) >>> 4) << 2;
  const payload = at + headerLength;
  if (headerLength < 20 || payload > wireEnd) return MALFORMED;
  segment.sourcePort = data.getUint16(at);
  segment.destinationPort = data.getUint16(at + 2);
  segment.sequence = data.getUint32(at + 4);
  segment.acknowledgment = data.getUint32(at + 8);
  segment.flags = data.getUint8(at + 13);
  segment.window = data.getUint16(at + 14);
  segment.checksum = data.getUint16(at + 16);
  segment.windowScale = -1;
  segment.timestampValue = -1;
  if (payload <= end) {
    segment.payloadOffset = payload;
    segment.payloadLength = end - payload;
  } else {
    segment.payloadOffset = end;
    segment.payloadLength = 0;
  }
  segment.wireLength = wireEnd - payload;
  if (headerLength > 20) {
    // NOP NOP timestamps is what nearly every segment of an established connection carries.
    if (headerLength === 32 && end - at >= 32 && data.getUint32(at + 20) === ALIGNED_TIMESTAMPS)
      segment.timestampValue = data.getUint32(at + 24);
    else decodeOptions(data, at + 20, Math.min(payload, end), segment);
  }
  return TCP;
}

function decodeOptions(data: DataView, start: number, end: number, segment: Segment): void {
  let at = start;
  while (at < end) {
    const kind = data.getUint8(at);
    if (kind === OPTION_END) return;
    if (kind === OPTION_NOP) {
      at++;
      continue;
    }
    if (at + 1 >= end) return;
    const length = data.getUint8(at + 1);
    if (length < 2 || at + length > end) return;
    if (kind === OPTION_WINDOW_SCALE && length === 3) {
      const scale = data.getUint8(at + 2);
      segment.windowScale = Math.min(scale, MAX_WINDOW_SCALE);
    } else if (kind === OPTION_TIMESTAMPS && length === 10) {
      segment.timestampValue = data.getUint32(at + 2);
    }
    at += length;
  }
}
