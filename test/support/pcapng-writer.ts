// Writes pcapng block by block: several sections in either byte order, several interfaces with resolutions of their
// own, every kind of packet block, statistics, and blocks nobody knows.
import { ByteWriter } from './byte-writer.js';
import { concat, toBytes } from './bytes.js';
import type { CapturedPacket } from './captured-packet.js';

export interface InterfaceOptions {
  readonly linkType: number;
  readonly snapLength?: number;
  readonly name?: string;
  /** if_tsresol as it stands: n for 10^-n seconds, 0x80 | n for 2^-n. Not written when left out (microseconds). */
  readonly resolution?: number;
  /** if_tsoffset in seconds; times are written relative to it. */
  readonly offset?: number;
  /** if_fcslen. */
  readonly checkSequenceLength?: number;
}

interface WrittenInterface {
  readonly resolution: number;
  readonly offset: number;
  readonly snapLength: number;
}

export class PcapngWriter {
  private readonly parts: Uint8Array[] = [];
  private bigEndian = false;
  private interfaces: WrittenInterface[] = [];

  /** @param origin seconds since 1970 of packet time 0. */
  constructor(private readonly origin: number) {}

  /** Section Header Block; interface numbers start again. A length of -1 (unknown) is written unless given. */
  section(options: { bigEndian?: boolean; length?: bigint; application?: string } = {}): this {
    this.bigEndian = options.bigEndian ?? false;
    this.interfaces = [];
    const body = this.body()
      .u32(0x1a2b3c4d)
      .u16(1)
      .u16(0)
      .u64(options.length ?? -1n);
    if (options.application !== undefined) this.options(body, [[4, toBytes(options.application)]]);
    return this.block(0x0a0d0d0a, body.take());
  }

  /** Interface Description Block. The first one of a section is interface 0. */
  interface(options: InterfaceOptions): this {
    const snapLength = options.snapLength ?? 262_144;
    const body = this.body().u16(options.linkType).u16(0).u32(snapLength);
    const list: [number, Uint8Array][] = [];
    if (options.name !== undefined) list.push([2, toBytes(options.name)]);
    if (options.resolution !== undefined) list.push([9, Uint8Array.of(options.resolution)]);
    if (options.checkSequenceLength !== undefined) list.push([13, Uint8Array.of(options.checkSequenceLength)]);
    if (options.offset !== undefined) list.push([14, this.body().u64(BigInt(options.offset)).take()]);
    this.options(body, list);
    this.interfaces.push({ resolution: options.resolution ?? 6, offset: options.offset ?? 0, snapLength });
    return this.block(1, body.take());
  }

  /** Enhanced Packet Block. */
  enhanced(packet: CapturedPacket, interfaceNumber = 0): this {
    const body = this.body().u32(interfaceNumber);
    this.packet(body, packet, interfaceNumber);
    return this.block(6, body.take());
  }

  /** Packet Block, the obsolete form. */
  obsolete(packet: CapturedPacket, interfaceNumber = 0, drops = 0xffff): this {
    const body = this.body().u16(interfaceNumber).u16(drops);
    this.packet(body, packet, interfaceNumber);
    return this.block(2, body.take());
  }

  /** Simple Packet Block: no time, no interface (0), and the captured length follows from the snapshot length. */
  simple(packet: CapturedPacket): this {
    const data = packet.data.subarray(0, this.interfaces[0]?.snapLength ?? packet.data.length);
    const body = this.body();
    body
      .u32(packet.originalLength ?? packet.data.length)
      .bytes(data)
      .align4();
    return this.block(3, body.take());
  }

  /** Interface Statistics Block. */
  statistics(interfaceNumber: number, counts: { time?: number; received?: number; dropped?: number }): this {
    const body = this.body().u32(interfaceNumber);
    this.time(body, counts.time ?? 0, interfaceNumber);
    const list: [number, Uint8Array][] = [];
    if (counts.received !== undefined) list.push([4, this.body().u64(BigInt(counts.received)).take()]);
    if (counts.dropped !== undefined) list.push([5, this.body().u64(BigInt(counts.dropped)).take()]);
    this.options(body, list);
    return this.block(5, body.take());
  }

  /** A block of any type; the body is padded to 4 bytes. `trailer` writes a wrong length at its end. */
  block(type: number, body: Uint8Array, trailer?: number): this {
    const padded = this.body().bytes(body).align4().take();
    const length = padded.length + 12;
    this.parts.push(
      this.body()
        .u32(type)
        .u32(length)
        .bytes(padded)
        .u32(trailer ?? length)
        .take(),
    );
    return this;
  }

  /** Bytes as they are, for broken files. */
  raw(bytes: Uint8Array): this {
    this.parts.push(bytes);
    return this;
  }

  /** The file so far. */
  take(): Uint8Array {
    return concat(...this.parts);
  }

  private body(): ByteWriter {
    return new ByteWriter(this.bigEndian);
  }

  private packet(body: ByteWriter, packet: CapturedPacket, interfaceNumber: number): void {
    const data = packet.data.subarray(0, this.interfaces[interfaceNumber]?.snapLength ?? packet.data.length);
    this.time(body, packet.time, interfaceNumber);
    body
      .u32(data.length)
      .u32(packet.originalLength ?? packet.data.length)
      .bytes(data)
      .align4();
  }

  private time(body: ByteWriter, time: number, interfaceNumber: number): void {
    const { resolution = 6, offset = 0 } = this.interfaces[interfaceNumber] ?? {};
    const nanoseconds = BigInt(this.origin - offset) * 1_000_000_000n + BigInt(time);
    const units =
      resolution & 0x80
        ? (nanoseconds << BigInt(resolution & 0x7f)) / 1_000_000_000n
        : (nanoseconds * 10n ** BigInt(resolution)) / 1_000_000_000n;
    body.u32(Number((units >> 32n) & 0xffffffffn)).u32(Number(units & 0xffffffffn));
  }

  private options(body: ByteWriter, list: readonly [number, Uint8Array][]): void {
    for (const [code, value] of list) body.u16(code).u16(value.length).bytes(value).align4();
    if (list.length > 0) body.u16(0).u16(0);
  }
}
