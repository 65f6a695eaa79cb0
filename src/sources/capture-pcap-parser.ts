// The npm package pcap-parser as a frame reader, behind a guard. The package pushes packets as soon as it gets bytes,
// believes every length, copies what it holds whenever more comes, and says nothing of a cut file. So it is given whole
// records only, a batch at a time, after their lengths were checked: nothing piles up in it, and what is left over at
// the end is a cut capture.
import { EventEmitter } from 'node:events';
import { type Packet, type Parser, parse } from 'pcap-parser';
import type { ByteWindow } from '../capture/byte-window.js';
import { END, FRAME, type FrameReader, MAX_CAPTURED_LENGTH, MORE, type ReadCode } from '../capture/frame-reader.js';
import { isSupportedLinkType } from '../capture/link-types.js';
import { LENGTHS_NORMAL, PCAP_HEADER_LENGTH, type PcapHeader } from '../capture/pcap-header.js';
import {
  badPacketLength,
  countBadTime,
  countOddLengths,
  countUnsupportedLink,
  cutShort,
} from '../capture/pcap-problems.js';
import type { Frame } from '../model/frame.js';
import type { CaptureProblem } from '../model/problem.js';

const RECORD_HEADER = 16;
/** Records given to the parser at once. */
const BATCH = 512;

/** Whether pcap-parser understands files with this header: classic pcap with microseconds. */
export function isReadableByPcapParser(header: PcapHeader): boolean {
  return header.fractionUnit === 1000 && header.lengths === LENGTHS_NORMAL;
}

/** The stream the parser listens to. It never flows by itself: data is emitted when the reader is asked for frames. */
class FedStream extends EventEmitter {
  pause(): void {}
  resume(): void {}
}

export class PcapParserReader implements FrameReader {
  readonly format = 'pcap';
  readonly linkTypes: number[];
  readonly interfaceCount = 1;
  packets = 0;
  readonly problems: CaptureProblem[] = [];
  cut = false;
  damaged = false;

  private readonly stream = new FedStream();
  private readonly parser: Parser;
  private readonly supported: boolean;
  private readonly snapLength: number;
  /** Packets the parser gave that were not asked for yet: batch[taken ..]. */
  private batch: Packet[] = [];
  private taken = 0;
  private ended = false;

  /** The window's next byte is the first one after the file header, which is still in the buffer before it. */
  constructor(
    private readonly window: ByteWindow,
    private readonly header: PcapHeader,
  ) {
    this.linkTypes = [header.linkType];
    this.supported = isSupportedLinkType(header.linkType);
    this.snapLength = header.snapLength === 0 ? MAX_CAPTURED_LENGTH : header.snapLength;
    this.parser = parse(this.stream);
    this.parser.on('packet', (packet) => this.batch.push(packet));
    // After an error the parser stays silent; that packets are missing is seen where they are counted.
    this.parser.on('error', () => {});
    const headerStart = window.start - PCAP_HEADER_LENGTH;
    this.stream.emit('data', Buffer.from(window.bytes.slice(headerStart, window.start)));
  }

  next(frame: Frame): ReadCode {
    if (this.taken === this.batch.length) {
      if (this.ended) return END;
      this.batch.length = 0;
      this.taken = 0;
      if (!this.feed()) return this.ended ? END : this.wait();
    }
    const packet = this.batch[this.taken++];
    const { bytes, origin } = this.window;
    const { capturedLength, originalLength, timestampSeconds, timestampMicroseconds } = packet.header;
    const number = ++this.packets;
    // The parser's slices lie in the window's own memory.
    const offset = packet.data.byteOffset - bytes.byteOffset;
    const position = origin + offset;
    frame.data = bytes;
    frame.offset = offset;
    frame.capturedLength = capturedLength;
    frame.originalLength = Math.max(originalLength, capturedLength);
    frame.linkType = this.header.linkType;
    frame.interfaceId = 0;
    frame.seconds = timestampSeconds;
    frame.nanoseconds = timestampMicroseconds * 1000;
    frame.number = number;
    frame.position = position;
    const record = position - RECORD_HEADER;
    if (!this.supported) countUnsupportedLink(this.problems, number, record, this.header.linkType);
    countOddLengths(this.problems, number, record, capturedLength, originalLength, this.snapLength);
    if (timestampMicroseconds >= 1e6) {
      frame.seconds += Math.floor(timestampMicroseconds / 1e6);
      frame.nanoseconds = (timestampMicroseconds % 1e6) * 1000;
      countBadTime(this.problems, number, record);
    }
    return FRAME;
  }

  /** Gives the parser the whole records in the window, up to a batch. False when there was none. */
  private feed(): boolean {
    const { bytes, start, end } = this.window;
    let at = start;
    let records = 0;
    while (records < BATCH && end - at >= RECORD_HEADER) {
      const captured = this.capturedLength(bytes, at);
      if (captured > MAX_CAPTURED_LENGTH) {
        if (records === 0) this.stop(badPacketLength(this.packets + 1, this.window.position, captured));
        break;
      }
      if (end - at < RECORD_HEADER + captured) break;
      at += RECORD_HEADER + captured;
      records++;
    }
    if (records === 0) return false;
    // With an empty buffer left over from the last batch the parser would copy the new one to join them.
    if (this.parser.buffer?.length === 0) this.parser.buffer = null;
    this.stream.emit('data', Buffer.from(bytes.buffer, bytes.byteOffset + start, at - start));
    if (this.batch.length !== records) {
      const offset = this.window.position;
      const detail = `pcap-parser gave ${this.batch.length} packets for ${records} records at offset ${offset}`;
      this.stop({ code: 'reader-failed', packet: this.packets + 1, offset, detail });
      return this.batch.length > 0;
    }
    this.window.start = at;
    return true;
  }

  private wait(): ReadCode {
    if (!this.window.finished) return MORE;
    this.ended = true;
    this.stream.emit('end');
    if (this.window.length > 0) {
      this.cut = true;
      this.problems.push(cutShort(this.packets + 1, this.window.position));
    }
    return END;
  }

  private stop(problem: CaptureProblem): void {
    this.ended = true;
    this.damaged = true;
    this.problems.push(problem);
  }

  private capturedLength(b: Uint8Array, at: number): number {
    return this.header.littleEndian
      ? (b[at + 8] | (b[at + 9] << 8) | (b[at + 10] << 16) | (b[at + 11] << 24)) >>> 0
      : ((b[at + 8] << 24) | (b[at + 9] << 16) | (b[at + 10] << 8) | b[at + 11]) >>> 0;
  }
}
