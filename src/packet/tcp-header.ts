// The TCP header (RFC 9293, section 3.1) and the two options that matter here (RFC 7323). Checksums are not verified:
// with offloading they are wrong in most captures made on the sending machine.
import type { Segment } from '../model/segment.js';
import { MALFORMED, type PacketCode, TCP } from './packet-codes.js';

const OPTION_END = 0;
const OPTION_NOP = 1;
const OPTION_WINDOW_SCALE = 3;
const OPTION_TIMESTAMPS = 8;
/** RFC 7323, section 2.3: larger shift counts are taken as 14. */
const MAX_WINDOW_SCALE = 14;

/**
 * Fills the TCP fields and the payload of the segment. `end` is where the captured bytes of the IP payload end,
 * `wireEnd` where it ended on the wire (at or past `end`).
 */
export function decodeTcp(data: Uint8Array, at: number, end: number, wireEnd: number, segment: Segment): PacketCode {
  if (end - at < 20) return MALFORMED;
  const headerLength = (data[at + 12] >>> 4) << 2;
  const payload = at + headerLength;
  if (headerLength < 20 || payload > wireEnd) return MALFORMED;
  segment.sourcePort = (data[at] << 8) | data[at + 1];
  segment.destinationPort = (data[at + 2] << 8) | data[at + 3];
  segment.sequence = ((data[at + 4] << 24) | (data[at + 5] << 16) | (data[at + 6] << 8) | data[at + 7]) >>> 0;
  segment.acknowledgment = ((data[at + 8] << 24) | (data[at + 9] << 16) | (data[at + 10] << 8) | data[at + 11]) >>> 0;
  segment.flags = data[at + 13];
  segment.window = (data[at + 14] << 8) | data[at + 15];
  segment.checksum = (data[at + 16] << 8) | data[at + 17];
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
    if (
      headerLength === 32 &&
      end - at >= 32 &&
      data[at + 20] === OPTION_NOP &&
      data[at + 21] === OPTION_NOP &&
      data[at + 22] === OPTION_TIMESTAMPS &&
      data[at + 23] === 10
    )
      segment.timestampValue =
        ((data[at + 24] << 24) | (data[at + 25] << 16) | (data[at + 26] << 8) | data[at + 27]) >>> 0;
    else decodeOptions(data, at + 20, Math.min(payload, end), segment);
  }
  return TCP;
}

function decodeOptions(data: Uint8Array, start: number, end: number, segment: Segment): void {
  let at = start;
  while (at < end) {
    const kind = data[at];
    if (kind === OPTION_END) return;
    if (kind === OPTION_NOP) {
      at++;
      continue;
    }
    if (at + 1 >= end) return;
    const length = data[at + 1];
    if (length < 2 || at + length > end) return;
    if (kind === OPTION_WINDOW_SCALE && length === 3) {
      const scale = data[at + 2];
      segment.windowScale = Math.min(scale, MAX_WINDOW_SCALE);
    } else if (kind === OPTION_TIMESTAMPS && length === 10) {
      segment.timestampValue = ((data[at + 2] << 24) | (data[at + 3] << 16) | (data[at + 4] << 8) | data[at + 5]) >>> 0;
    }
    at += length;
  }
}
