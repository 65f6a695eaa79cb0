// The interfaces of a pcapng input over all its sections (draft-ietf-opsawg-pcapng, sections 4.2 and 4.6): descriptions
// and the drop counts of their statistics.
import { type CaptureProblem, countProblem } from '../model/problem.js';
import { isSupportedLinkType } from './link-types.js';
import { i64, u16, u32, u64 } from './pcapng-bytes.js';
import { findOption, optionLength } from './pcapng-options.js';
import { TAP_COMMENT } from './pcapng-tap.js';
import { MICROSECONDS, type TimeResolution, timeResolution } from './pcapng-time.js';

const OPTION_COMMENT = 1;
const OPTION_NAME = 2;
const OPTION_TIME_RESOLUTION = 9;
const OPTION_TIME_OFFSET = 14;
const OPTION_INTERFACE_DROPPED = 5;
const OPTION_SYSTEM_DROPPED = 7;

/** More interfaces than this are not kept: the list must not grow with a hostile file. */
const MAX_INTERFACES = 65_536;
const MAX_NAME = 256;
/** Comments of taps that are kept: each is 64 KiB at most. */
const MAX_TAPS = 64;

const utf8 = new TextDecoder();

export interface CaptureInterface {
  /** Index over the whole input. */
  readonly id: number;
  /** if_name, or ''. */
  readonly name: string;
  readonly linkType: number;
  /** 0: no limit. */
  readonly snapLength: number;
  readonly supported: boolean;
  readonly resolution: TimeResolution;
  /** if_tsoffset: seconds to add to every time. */
  readonly timeOffset: number;
  /** What the tap that made these packets says of itself, or undefined: the interface's comment. */
  readonly tap: string | undefined;
  /** Packets dropped, as the newest statistics say. */
  dropped: number;
}

export class CaptureInterfaces {
  /** Every interface of every section, in order of appearance: Frame.interfaceId is the index. */
  readonly list: CaptureInterface[] = [];
  readonly linkTypes: number[] = [];
  /** Index of the section's interface 0. */
  private first = 0;
  private taps = 0;

  constructor(private readonly problems: CaptureProblem[]) {}

  startSection(): void {
    this.first = this.list.length;
  }

  /** The interface a block of this section names, or undefined. */
  at(number: number): CaptureInterface | undefined {
    return this.list[this.first + number];
  }

  /** Takes the description at `at`, at least 20 bytes with `end` past its options. */
  describe(bytes: Uint8Array, at: number, end: number, little: boolean, offset: number): void {
    if (this.list.length >= MAX_INTERFACES) {
      const detail = `more than ${MAX_INTERFACES} interfaces; packets of the others are not read`;
      countProblem(this.problems, 'too-many-interfaces', 0, offset, detail);
      return;
    }
    const linkType = u16(bytes, at + 8, little);
    const options = at + 16;
    const resolution = findOption(bytes, options, end, little, OPTION_TIME_RESOLUTION, 1);
    const timeOffset = findOption(bytes, options, end, little, OPTION_TIME_OFFSET, 8);
    const name = findOption(bytes, options, end, little, OPTION_NAME, -1);
    this.list.push({
      id: this.list.length,
      name: name < 0 ? '' : text(bytes, name, optionLength(bytes, name, little)),
      linkType,
      snapLength: u32(bytes, at + 12, little),
      supported: isSupportedLinkType(linkType),
      resolution: resolution < 0 ? MICROSECONDS : timeResolution(bytes[resolution]),
      timeOffset: timeOffset < 0 ? 0 : i64(bytes, timeOffset, little),
      tap: this.tapComment(bytes, options, end, little),
      dropped: 0,
    });
    if (!this.linkTypes.includes(linkType)) this.linkTypes.push(linkType);
  }

  private tapComment(bytes: Uint8Array, options: number, end: number, little: boolean): string | undefined {
    const at = findOption(bytes, options, end, little, OPTION_COMMENT, -1);
    if (at < 0 || this.taps >= MAX_TAPS) return undefined;
    const comment = utf8.decode(bytes.subarray(at, at + optionLength(bytes, at, little)));
    if (!comment.startsWith(TAP_COMMENT)) return undefined;
    this.taps++;
    return comment;
  }

  /** Takes the statistics at `at`, at least 20 bytes with `end` past their options. Counts run from the start. */
  statistics(bytes: Uint8Array, at: number, end: number, little: boolean, offset: number): void {
    const described = this.at(u32(bytes, at + 8, little));
    if (described === undefined) return;
    let dropped = 0;
    for (const code of [OPTION_INTERFACE_DROPPED, OPTION_SYSTEM_DROPPED]) {
      const value = findOption(bytes, at + 20, end, little, code, 8);
      const count = value < 0 ? 0 : u64(bytes, value, little);
      if (count <= Number.MAX_SAFE_INTEGER) dropped += count;
    }
    if (dropped <= described.dropped) return;
    this.dropped(dropped - described.dropped, offset);
    described.dropped = dropped;
  }

  /** `count` packets were dropped while capturing. */
  dropped(count: number, offset: number): void {
    const detail = 'packets were dropped while capturing';
    countProblem(this.problems, 'packets-dropped', 0, offset, detail, count);
  }
}

function text(bytes: Uint8Array, at: number, length: number): string {
  return utf8.decode(bytes.subarray(at, at + Math.min(length, MAX_NAME)));
}
