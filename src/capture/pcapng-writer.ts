// Writes pcapng (draft-ietf-opsawg-pcapng), little-endian, one interface, nanoseconds: each function gives one whole
// block.
import type { Frame } from '../model/frame.js';
import {
  BLOCK_ENHANCED_PACKET,
  BLOCK_INTERFACE_DESCRIPTION,
  BLOCK_INTERFACE_STATISTICS,
  BLOCK_SECTION_HEADER,
} from './pcapng-bytes.js';

const OPTION_COMMENT = 1;
const SECTION_APPLICATION = 4; // shb_userappl
const INTERFACE_NAME = 2; // if_name
const INTERFACE_RESOLUTION = 9; // if_tsresol
const STATISTICS_DROPPED = 5; // isb_ifdrop
const NANOSECONDS = 9;

const utf8 = new TextEncoder();

type Option = readonly [code: number, value: Uint8Array];

/** @param application what wrote the file, such as `fcgi-inspect 1.0.0` */
export function sectionHeader(application: string): Uint8Array {
  const options = optionBytes([[SECTION_APPLICATION, utf8.encode(application)]]);
  const body = new Uint8Array(16 + options.length);
  const view = new DataView(body.buffer);
  view.setUint32(0, 0x1a2b3c4d, true);
  view.setUint16(4, 1, true);
  view.setBigUint64(8, 0xffffffffffffffffn, true); // the section's length is not known
  body.set(options, 16);
  return block(BLOCK_SECTION_HEADER, body);
}

export function interfaceDescription(linkType: number, name: string, comment: string): Uint8Array {
  const options = optionBytes([
    [OPTION_COMMENT, utf8.encode(comment)],
    [INTERFACE_NAME, utf8.encode(name)],
    [INTERFACE_RESOLUTION, Uint8Array.of(NANOSECONDS)],
  ]);
  const body = new Uint8Array(8 + options.length);
  new DataView(body.buffer).setUint16(0, linkType, true);
  body.set(options, 8);
  return block(BLOCK_INTERFACE_DESCRIPTION, body);
}

/** Bytes of the block that `putPacket` writes. */
export function packetLength(frame: Frame, comment: Uint8Array | undefined): number {
  return 32 + padded(frame.capturedLength) + commentLength(comment);
}

/** Writes an Enhanced Packet Block of interface 0 at `at`; returns where it ends. `comment`: UTF-8, at most 65535 bytes. */
export function putPacket(into: Uint8Array, at: number, frame: Frame, comment: Uint8Array | undefined): number {
  const length = packetLength(frame, comment);
  const view = new DataView(into.buffer, into.byteOffset + at, length);
  const { capturedLength } = frame;
  view.setUint32(0, BLOCK_ENHANCED_PACKET, true);
  view.setUint32(4, length, true);
  view.setUint32(8, 0, true);
  const time = BigInt(frame.seconds) * 1_000_000_000n + BigInt(frame.nanoseconds);
  view.setUint32(12, Number(time >> 32n), true);
  view.setUint32(16, Number(time & 0xffffffffn), true);
  view.setUint32(20, capturedLength, true);
  view.setUint32(24, frame.originalLength, true);
  const data = at + 28;
  into.set(frame.data.subarray(frame.offset, frame.offset + capturedLength), data);
  into.fill(0, data + capturedLength, data + padded(capturedLength));
  if (comment !== undefined) into.set(optionBytes([[OPTION_COMMENT, comment]]), data + padded(capturedLength));
  view.setUint32(length - 4, length, true);
  return at + length;
}

/** Says how many packets are missing. Time in nanoseconds since 1970. */
export function interfaceStatistics(dropped: number, time: bigint): Uint8Array {
  const count = new Uint8Array(8);
  new DataView(count.buffer).setBigUint64(0, BigInt(dropped), true);
  const options = optionBytes([[STATISTICS_DROPPED, count]]);
  const body = new Uint8Array(12 + options.length);
  const view = new DataView(body.buffer);
  view.setUint32(4, Number(time >> 32n), true);
  view.setUint32(8, Number(time & 0xffffffffn), true);
  body.set(options, 12);
  return block(BLOCK_INTERFACE_STATISTICS, body);
}

function commentLength(comment: Uint8Array | undefined): number {
  return comment === undefined ? 0 : 8 + padded(comment.length);
}

function optionBytes(options: readonly Option[]): Uint8Array {
  let length = 4;
  for (const [, value] of options) length += 4 + padded(value.length);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [code, value] of options) {
    view.setUint16(at, code, true);
    view.setUint16(at + 2, value.length, true);
    bytes.set(value, at + 4);
    at += 4 + padded(value.length);
  }
  return bytes;
}

function block(type: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, bytes.length, true);
  bytes.set(body, 8);
  view.setUint32(bytes.length - 4, bytes.length, true);
  return bytes;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}
