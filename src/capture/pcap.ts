// Classic pcap records (draft-ietf-opsawg-pcap, section 5) as frames, both byte orders and both resolutions.
import { viewOf } from '../model/byte-view.js';
import type { Frame } from '../model/frame.js';
import type { CaptureProblem } from '../model/problem.js';
import type { ByteWindow } from './byte-window.js';
import { END, FRAME, type FrameReader, MAX_CAPTURED_LENGTH, MORE, type ReadCode } from './frame-reader.js';
import { isSupportedLinkType } from './link-types.js';
import { LENGTHS_EITHER, LENGTHS_NORMAL, LENGTHS_SWAPPED, type PcapHeader } from './pcap-header.js';
import { badPacketLength, countBadTime, countOddLengths, countUnsupportedLink, cutShort } from './pcap-problems.js';

const RECORD_HEADER = 16;

export class PcapReader implements FrameReader {
  readonly format = 'pcap';
  readonly linkTypes: number[];
  readonly interfaceCount = 1;
  packets = 0;
  readonly problems: CaptureProblem[] = [];
  cut = false;
  damaged = false;

  private ended = false;
  private readonly little: boolean;
  private readonly fractionUnit: number;
  private readonly lengths: number;
  private readonly linkType: number;
  private readonly supported: boolean;
  private readonly snapLength: number;

  /** The window's next byte is the first one after the file header. */
  constructor(
    private readonly window: ByteWindow,
    header: PcapHeader,
  ) {
    this.little = header.littleEndian;
    this.fractionUnit = header.fractionUnit;
    this.lengths = header.lengths;
    this.linkType = header.linkType;
    this.supported = isSupportedLinkType(header.linkType);
    this.snapLength = header.snapLength === 0 ? MAX_CAPTURED_LENGTH : header.snapLength;
    this.linkTypes = [header.linkType];
  }

  next(frame: Frame): ReadCode {
    const window = this.window;
    const at = window.start;
    const left = window.end - at;
    const b = window.bytes;
    let seconds = 0;
    let fraction = 0;
    let captured = 0;
    let original = 0;
    if (left >= RECORD_HEADER) {
      const { little } = this;
      const view = viewOf(b);
      seconds = view.getUint32(at, little);
      fraction = view.getUint32(at + 4, little);
      captured = view.getUint32(at + 8, little);
      original = view.getUint32(at + 12, little);
      if (
        this.lengths !== LENGTHS_NORMAL &&
        (this.lengths === LENGTHS_SWAPPED || (this.lengths === LENGTHS_EITHER && captured > original))
      ) {
        const swap = captured;
        captured = original;
        original = swap;
      }
    }
    // One call for all that keeps a record from being read: machine code made without a call is thrown away when it comes.
    if (left < RECORD_HEADER + captured || captured > MAX_CAPTURED_LENGTH || this.ended)
      return this.wait(left, captured);
    window.start = at + RECORD_HEADER + captured;
    const number = ++this.packets;
    if (captured > this.snapLength || !this.supported || captured > original) this.note(captured, original, at);
    let nanoseconds = fraction * this.fractionUnit;
    if (nanoseconds >= 1e9) {
      const carry = Math.floor(nanoseconds / 1e9);
      seconds += carry;
      nanoseconds -= carry * 1e9;
      countBadTime(this.problems, number, window.origin + at);
    }
    frame.data = b;
    frame.offset = at + RECORD_HEADER;
    frame.capturedLength = captured;
    frame.originalLength = Math.max(original, captured);
    frame.linkType = this.linkType;
    frame.interfaceId = 0;
    frame.seconds = seconds;
    frame.nanoseconds = nanoseconds;
    frame.number = number;
    frame.position = window.origin + at + RECORD_HEADER;
    return FRAME;
  }

  /**
   * No whole record is there: more may come, or the input ended between two records or inside one, or the record claims
   * an impossible length.
   */
  private wait(left: number, captured: number): ReadCode {
    if (this.ended) return END;
    if (captured > MAX_CAPTURED_LENGTH) return this.stop(captured);
    if (!this.window.finished) return MORE;
    this.ended = true;
    if (left > 0) {
      this.cut = true;
      this.problems.push(cutShort(this.packets + 1, this.window.position));
    }
    return END;
  }

  private stop(captured: number): ReadCode {
    this.ended = true;
    this.damaged = true;
    this.problems.push(badPacketLength(this.packets + 1, this.window.position, captured));
    return END;
  }

  /** Things that are odd but do not stop the reading. */
  private note(captured: number, original: number, at: number): void {
    const offset = this.window.origin + at;
    if (!this.supported) countUnsupportedLink(this.problems, this.packets, offset, this.linkType);
    countOddLengths(this.problems, this.packets, offset, captured, original, this.snapLength);
  }
}
