// pcapng (draft-ietf-opsawg-pcapng) as frames: several sections in either byte order, several interfaces, enhanced,
// simple and obsolete packet blocks, statistics. Other blocks are passed over. What follows a block whose length makes
// no sense cannot be read; a block that is wrong inside is left out and reading goes on.
import type { Frame } from '../model/frame.js';
import { type CaptureProblem, countProblem } from '../model/problem.js';
import type { ByteWindow } from './byte-window.js';
import { END, FRAME, type FrameReader, MAX_CAPTURED_LENGTH, MORE, type ReadCode } from './frame-reader.js';
import { countOddLengths, countUnsupportedLink } from './pcap-problems.js';
import {
  BLOCK_ENHANCED_PACKET,
  BLOCK_INTERFACE_DESCRIPTION,
  BLOCK_INTERFACE_STATISTICS,
  BLOCK_PACKET,
  BLOCK_SECTION_HEADER,
  BLOCK_SIMPLE_PACKET,
  LARGEST_BLOCK,
  SMALLEST_BLOCK,
  u16,
  u32,
} from './pcapng-bytes.js';
import { type CaptureInterface, CaptureInterfaces } from './pcapng-interfaces.js';
import { findBadOption } from './pcapng-options.js';
import { checkSection, SECTION_CHECK_LENGTH, SMALLEST_SECTION_HEADER } from './pcapng-section.js';
import { connectErrorOf } from './pcapng-tap.js';
import { setFrameTime } from './pcapng-time.js';

export class PcapngReader implements FrameReader {
  readonly format = 'pcapng';
  readonly linkTypes: number[];
  packets = 0;
  readonly problems: CaptureProblem[] = [];
  cut = false;
  damaged = false;

  private readonly interfaces: CaptureInterfaces;
  private little = true;
  private ended = false;
  /** Simple packets have no time: they get that of the packet before them. */
  private seconds = 0;
  private nanoseconds = 0;

  /** The window's next byte is the first one of the file. */
  constructor(private readonly window: ByteWindow) {
    this.interfaces = new CaptureInterfaces(this.problems);
    this.linkTypes = this.interfaces.linkTypes;
  }

  get interfaceCount(): number {
    return this.interfaces.list.length;
  }

  /** The interfaces described so far; Frame.interfaceId is the index. */
  get interfaceList(): readonly CaptureInterface[] {
    return this.interfaces.list;
  }

  /** What taps say of themselves that made packets of this input. */
  get tapComments(): readonly string[] {
    return this.interfaces.list.flatMap(({ tap }) => tap ?? []);
  }

  next(frame: Frame): ReadCode {
    const window = this.window;
    while (!this.ended) {
      const at = window.start;
      const left = window.end - at;
      if (left < SMALLEST_BLOCK) return this.wait(left);
      const bytes = window.bytes;
      const type = u32(bytes, at, this.little);
      // The section header's type reads the same in both byte orders; its length needs the order it announces.
      if (type === BLOCK_SECTION_HEADER) {
        if (left < SECTION_CHECK_LENGTH) return this.wait(left);
        if (!this.startSection(bytes, at)) return END;
      }
      const length = u32(bytes, at + 4, this.little);
      if (length < SMALLEST_BLOCK || length > LARGEST_BLOCK || (length & 3) !== 0)
        return this.stop(
          'bad-block-length',
          `the block at offset ${window.position} claims a length of ${length} bytes`,
        );
      if (left < length) return this.wait(left);
      const end = at + length - 4;
      if (u32(bytes, end, this.little) !== length) {
        const detail = `the block at offset ${window.position} begins with a length of ${length} bytes and ends with another one`;
        return this.stop('bad-block-length', detail);
      }
      window.start = at + length;
      if (type === BLOCK_ENHANCED_PACKET) {
        if (this.packet(frame, bytes, at, end, u32(bytes, at + 8, this.little))) return FRAME;
      } else if (this.otherBlock(type, frame, bytes, at, end)) return FRAME;
    }
    return END;
  }

  /** True when the frame was filled. */
  private otherBlock(type: number, frame: Frame, bytes: Uint8Array, at: number, end: number): boolean {
    const offset = this.window.origin + at;
    switch (type) {
      case BLOCK_SIMPLE_PACKET:
        return this.simplePacket(frame, bytes, at, end);
      case BLOCK_PACKET: {
        // Obsolete: a 16-bit interface number, and how many packets were dropped before this one.
        const dropped = u16(bytes, at + 10, this.little);
        if (end - at >= 28 && dropped !== 0 && dropped !== 0xffff) this.interfaces.dropped(dropped, offset);
        return this.packet(frame, bytes, at, end, u16(bytes, at + 8, this.little));
      }
      case BLOCK_SECTION_HEADER:
        if (end + 4 - at < SMALLEST_SECTION_HEADER) return this.badBlock(at, 'section header is too short');
        this.checkOptions(bytes, at + 24, end);
        this.interfaces.startSection();
        return false;
      case BLOCK_INTERFACE_DESCRIPTION:
        if (end - at < 16) return this.badBlock(at, 'interface description is too short');
        this.checkOptions(bytes, at + 16, end);
        this.interfaces.describe(bytes, at, end, this.little, offset);
        return false;
      case BLOCK_INTERFACE_STATISTICS:
        if (end - at < 20) return this.badBlock(at, 'interface statistics block is too short');
        this.checkOptions(bytes, at + 20, end);
        this.interfaces.statistics(bytes, at, end, this.little, offset);
        return false;
      default:
        return false;
    }
  }

  /** Enhanced Packet Block (section 4.3) and the obsolete Packet Block (appendix A): they differ before the time. */
  private packet(frame: Frame, bytes: Uint8Array, at: number, end: number, interfaceNumber: number): boolean {
    if (end - at < 28) return this.badBlock(at, 'packet block is too short');
    const from = this.interfaces.at(interfaceNumber);
    if (from === undefined) return this.unknownInterface(at);
    const captured = u32(bytes, at + 20, this.little);
    if (captured > MAX_CAPTURED_LENGTH || at + 28 + captured > end) return this.badPacketLength(at);
    const high = u32(bytes, at + 12, this.little);
    setFrameTime(frame, high, u32(bytes, at + 16, this.little), from.resolution, from.timeOffset);
    this.fill(frame, bytes, at + 28, captured, u32(bytes, at + 24, this.little), from);
    frame.connectError =
      from.tap === undefined ? 0 : connectErrorOf(bytes, at + 28 + ((captured + 3) & ~3), end, this.little);
    return true;
  }

  /** Simple Packet Block (section 4.4): interface 0, no time, and the captured length follows from the snapshot length. */
  private simplePacket(frame: Frame, bytes: Uint8Array, at: number, end: number): boolean {
    if (end - at < 12) return this.badBlock(at, 'simple packet block is too short');
    const from = this.interfaces.at(0);
    if (from === undefined) return this.unknownInterface(at);
    const original = u32(bytes, at + 8, this.little);
    const captured = from.snapLength === 0 ? original : Math.min(original, from.snapLength);
    if (captured > MAX_CAPTURED_LENGTH || at + 12 + captured > end) return this.badPacketLength(at);
    frame.seconds = this.seconds;
    frame.nanoseconds = this.nanoseconds;
    this.fill(frame, bytes, at + 12, captured, original, from);
    this.count('no-timestamp', at, 'simple packet blocks have no time; the time of the packet before them is used');
    return true;
  }

  private fill(
    frame: Frame,
    bytes: Uint8Array,
    data: number,
    captured: number,
    original: number,
    from: CaptureInterface,
  ): void {
    this.packets++;
    this.seconds = frame.seconds;
    this.nanoseconds = frame.nanoseconds;
    frame.data = bytes;
    frame.offset = data;
    frame.capturedLength = captured;
    frame.originalLength = Math.max(original, captured);
    frame.linkType = from.linkType;
    frame.interfaceId = from.id;
    frame.number = this.packets;
    frame.position = this.window.origin + data;
    if (!from.supported || captured > original || (captured > from.snapLength && from.snapLength !== 0))
      this.note(captured, original, from, data);
  }

  /** Things that are odd but do not keep a packet from being read. */
  private note(captured: number, original: number, from: CaptureInterface, at: number): void {
    const offset = this.window.origin + at;
    if (!from.supported) countUnsupportedLink(this.problems, this.packets, offset, from.linkType);
    const snapLength = from.snapLength === 0 ? MAX_CAPTURED_LENGTH : from.snapLength;
    countOddLengths(this.problems, this.packets, offset, captured, original, snapLength);
  }

  private startSection(bytes: Uint8Array, at: number): boolean {
    const check = checkSection(bytes, at, this.window.position);
    if (typeof check !== 'string') {
      this.stop(check.code, check.detail);
      return false;
    }
    this.little = check === 'little';
    return true;
  }

  private checkOptions(bytes: Uint8Array, start: number, end: number): void {
    const bad = findBadOption(bytes, start, end, this.little);
    if (bad < 0) return;
    this.damaged = true;
    this.count('bad-option', bad, 'options that do not fit their block; they and those after them were not read');
  }

  private badBlock(at: number, what: string): false {
    this.damaged = true;
    this.count('bad-block', at, `a block was left out: its ${what}`);
    return false;
  }

  private unknownInterface(at: number): false {
    this.damaged = true;
    this.count('unknown-interface', at, 'packets of interfaces that are not described were left out');
    return false;
  }

  private badPacketLength(at: number): false {
    this.damaged = true;
    this.count('bad-packet-length', at, 'packets were left out whose captured length does not fit their block');
    return false;
  }

  private count(code: string, at: number, detail: string): void {
    countProblem(this.problems, code, this.packets, this.window.origin + at, detail);
  }

  /** No whole block is there: more may come, or the input ended between two blocks or inside one. */
  private wait(left: number): ReadCode {
    if (!this.window.finished) return MORE;
    this.ended = true;
    if (left > 0) {
      this.cut = true;
      const offset = this.window.position;
      const detail = `the file ends inside the block at offset ${offset}, after packet ${this.packets}`;
      this.problems.push({ code: 'cut-short', packet: this.packets + 1, offset, detail });
    }
    return END;
  }

  private stop(code: string, what: string): ReadCode {
    this.ended = true;
    this.damaged = true;
    const detail = `${what}; the rest of the file was not read`;
    this.problems.push({ code, packet: this.packets + 1, offset: this.window.position, detail });
    return END;
  }
}
