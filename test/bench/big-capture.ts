// Writes captures of any size straight to disk: classic pcap, Ethernet, IPv4, TCP with timestamps, as a loopback
// interface shows them (checksums of TCP left to the hardware, so not filled in).
import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import { SYN } from '../../src/model/segment.js';

const CHUNK = 1 << 22;
const ORIGIN = 1_700_000_000;
const LARGEST_PACKET = 16 + 14 + 20 + 40 + 65535;
const RECORD_AND_LINK = 16 + 14;

/** One direction's addresses; `sequence` and `acknowledgment` move on as packets are written. */
export interface Flow {
  sourceAddress: number;
  destinationAddress: number;
  sourcePort: number;
  destinationPort: number;
  sequence: number;
  acknowledgment: number;
}

export class BigCapture {
  packets = 0;
  bytes = 0;
  private readonly file: number;
  private readonly chunk = Buffer.alloc(CHUNK);
  private filled = 0;

  /** The file appears under its name only when it is finished. */
  constructor(private readonly path: string) {
    this.file = openSync(`${path}.part`, 'w');
    const header = this.chunk;
    header.writeUInt32LE(0xa1b2c3d4, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(262_144, 16);
    header.writeUInt32LE(1, 20);
    this.filled = 24;
  }

  /** One packet; `time` in microseconds. The flow's sequence number moves past the payload and a SYN or FIN. */
  packet(time: number, flow: Flow, flags: number, payload: Uint8Array, start = 0, end = payload.length): void {
    if (this.filled + LARGEST_PACKET > CHUNK) this.flush();
    const out = this.chunk;
    const at = this.filled;
    const length = end - start;
    const isSyn = (flags & SYN) !== 0;
    const tcpHeader = isSyn ? 40 : 32;
    const frame = 14 + 20 + tcpHeader + length;
    out.writeUInt32LE(ORIGIN + Math.floor(time / 1e6), at);
    out.writeUInt32LE(time % 1e6, at + 4);
    out.writeUInt32LE(frame, at + 8);
    out.writeUInt32LE(frame, at + 12);
    out.fill(0, at + 16, at + 28);
    out.writeUInt16BE(0x0800, at + 28);
    this.ip(at + RECORD_AND_LINK, flow, 20 + tcpHeader + length);
    this.tcp(at + RECORD_AND_LINK + 20, flow, flags, isSyn, time);
    const payloadAt = at + 16 + frame - length;
    if (length > 0) out.set(start === 0 && end === payload.length ? payload : payload.subarray(start, end), payloadAt);
    this.filled = payloadAt + length;
    this.packets++;
    flow.sequence = (flow.sequence + length + (flags & 3 ? 1 : 0)) >>> 0;
  }

  /** Writes what is left and gives the file its name. */
  finish(): void {
    this.flush();
    closeSync(this.file);
    renameSync(`${this.path}.part`, this.path);
  }

  private ip(at: number, flow: Flow, length: number): void {
    const out = this.chunk;
    out.writeUInt16BE(0x4500, at);
    out.writeUInt16BE(length, at + 2);
    out.writeUInt16BE(this.packets & 0xffff, at + 4);
    out.writeUInt16BE(0x4000, at + 6);
    out.writeUInt16BE(0x4006, at + 8);
    out.writeUInt16BE(0, at + 10);
    out.writeUInt32BE(flow.sourceAddress, at + 12);
    out.writeUInt32BE(flow.destinationAddress, at + 16);
    let sum = 0;
    for (let i = 0; i < 20; i += 2) sum += out.readUInt16BE(at + i);
    sum = (sum & 0xffff) + (sum >>> 16);
    out.writeUInt16BE(~((sum & 0xffff) + (sum >>> 16)) & 0xffff, at + 10);
  }

  private tcp(at: number, flow: Flow, flags: number, isSyn: boolean, time: number): void {
    const out = this.chunk;
    out.writeUInt16BE(flow.sourcePort, at);
    out.writeUInt16BE(flow.destinationPort, at + 2);
    out.writeUInt32BE(flow.sequence, at + 4);
    out.writeUInt32BE(flow.acknowledgment, at + 8);
    out[at + 12] = isSyn ? 0xa0 : 0x80;
    out[at + 13] = flags;
    out.writeUInt16BE(isSyn ? 65495 : 512, at + 14);
    out.writeUInt32BE(0xfe280000, at + 16); // checksum as left to the hardware, urgent pointer
    let option = at + 20;
    if (isSyn) {
      out.writeUInt32BE(0x0204ffcb, option); // maximum segment size 65,483
      out.writeUInt32BE(0x0402080a, option + 4); // selective acknowledgment, timestamps
    } else {
      out.writeUInt32BE(0x0101080a, option);
      option -= 4;
    }
    const clock = Math.floor(time / 1e3) >>> 0;
    out.writeUInt32BE(clock, option + 8);
    out.writeUInt32BE(clock, option + 12);
    if (isSyn) out.writeUInt32BE(0x01030307, option + 16); // window scale 7
  }

  private flush(): void {
    for (let at = 0; at < this.filled; ) at += writeSync(this.file, this.chunk, at, this.filled - at);
    this.bytes += this.filled;
    this.filled = 0;
  }
}

/** The flow of the other direction. */
export function opposite(flow: Flow, sequence: number): Flow {
  return {
    sourceAddress: flow.destinationAddress,
    destinationAddress: flow.sourceAddress,
    sourcePort: flow.destinationPort,
    destinationPort: flow.sourcePort,
    sequence,
    acknowledgment: 0,
  };
}
