// Decodes bytes as one captured frame, for the packet tests.
import { AddressTable } from '../../src/model/address.js';
import { Frame } from '../../src/model/frame.js';
import { Segment } from '../../src/model/segment.js';
import type { PacketCode } from '../../src/packet/packet-codes.js';
import { PacketDecoder } from '../../src/packet/packet-decoder.js';

export interface Decoded {
  readonly code: PacketCode;
  readonly segment: Segment;
  readonly source: string;
  readonly destination: string;
  readonly payload: string;
}

/** Where the frame lies in its buffer and in its file: neither is 0, so that a mixed-up offset shows. */
export const FRAME_OFFSET = 7;
export const FILE_POSITION = 1000;

/** @param captured bytes that were captured; default all of them. @param wire length on the wire; default the same. */
export function decode(
  packet: Uint8Array,
  linkType = 1,
  captured = packet.length,
  wire = packet.length,
  segment = new Segment(),
): Decoded {
  const addresses = new AddressTable();
  const frame = new Frame();
  // What lies around the frame must not matter.
  const buffer = new Uint8Array(FRAME_OFFSET + captured + 64).fill(0xee);
  buffer.set(packet.subarray(0, captured), FRAME_OFFSET);
  frame.data = buffer;
  frame.offset = FRAME_OFFSET;
  frame.capturedLength = captured;
  frame.originalLength = wire;
  frame.linkType = linkType;
  frame.position = FILE_POSITION;
  const code = new PacketDecoder(addresses).decode(frame, segment);
  const { payloadOffset, payloadLength } = segment;
  return {
    code,
    segment,
    source: code === 0 ? addresses.endpoint(segment.source, segment.sourcePort) : '',
    destination: code === 0 ? addresses.endpoint(segment.destination, segment.destinationPort) : '',
    payload:
      code === 0
        ? Buffer.from(segment.data.subarray(payloadOffset, payloadOffset + payloadLength)).toString('latin1')
        : '',
  };
}
