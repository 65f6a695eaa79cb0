// What an application's end has to send, as records in their order, until somebody takes the bytes: a small answer
// becomes one piece together with its END_REQUEST, large content is passed on where it lies.
import {
  END_REQUEST,
  HEADER_LENGTH,
  MAX_CONTENT,
  REQUEST_COMPLETE,
  STDERR,
  STDOUT,
  VERSION_1,
} from '../fastcgi/constants.js';
import { noPadding, padToEight } from '../fastcgi/encode.js';
import type { AlteredOutput, ApplicationOptions, OutgoingRecord, OutputAlteration } from './application-options.js';

const NO_BYTES = new Uint8Array(0);
const ZEROS = new Uint8Array(255);
const END_BODY = 8;
/** Output up to this size is copied into one piece: cheaper than a vector of pieces. */
const COPIED_TOGETHER = 16_384;
/** In larger output, content up to this size is copied. */
const COPIED_ALONE = 2048;
const TWO_32 = 2 ** 32;

/** Gives a piece of memory of that size, its content undefined. */
export type Allocate = (size: number) => Uint8Array;

export class ApplicationOutput {
  /** Content and headers waiting to be taken. */
  bytes = 0;
  alteration: OutputAlteration | undefined;
  /** An alteration has ended the connection here: nothing after it is sent. */
  cut: 'close' | 'reset' | undefined;
  // Waiting records as columns: type and id, content, and the statuses of an END_REQUEST.
  private readonly heads: number[] = [];
  private readonly contents: Uint8Array[] = [];
  private readonly statuses: number[] = [];
  // Of the output being made: headers and small content go to `target`, of which [segment, at) is no piece yet.
  private pieces: Uint8Array[] = [];
  private target: Uint8Array = NO_BYTES;
  private segment = 0;
  private at = 0;

  constructor(
    private readonly options: ApplicationOptions,
    private readonly allocate: Allocate,
  ) {}

  get isEmpty(): boolean {
    return this.heads.length === 0;
  }

  /** Content of a stream, of any length but 0; kept until it is taken, not copied. */
  stream(type: number, id: number, content: Uint8Array): void {
    this.add(type, id, content, 0);
  }

  /** The empty record that ends a stream. */
  endOfStream(type: number, id: number): void {
    this.add(type, id, NO_BYTES, 0);
  }

  /** @param appStatus 32 bits, as a signed or an unsigned number. */
  endRequest(id: number, appStatus: number, protocolStatus: number = REQUEST_COMPLETE): void {
    this.add(END_REQUEST, id, NO_BYTES, (protocolStatus & 255) * TWO_32 + (appStatus >>> 0));
  }

  /** A management record (id 0) of at most 65,535 bytes. */
  management(type: number, content: Uint8Array): void {
    this.add(type, 0, content, 0);
  }

  private add(type: number, id: number, content: Uint8Array, statuses: number): void {
    if (this.cut) return;
    this.heads.push((type << 16) | id);
    this.contents.push(content);
    this.statuses.push(statuses);
    this.bytes += content.length + HEADER_LENGTH;
  }

  /** All that waits, as bytes in the order of sending. */
  take(): Uint8Array[] {
    if (this.heads.length === 0) return [];
    const pieces: Uint8Array[] = [];
    this.pieces = pieces;
    if (this.alteration) this.writeAltered(this.alteration);
    else this.writeAll();
    this.pieces = [];
    this.heads.length = 0;
    this.contents.length = 0;
    this.statuses.length = 0;
    this.bytes = 0;
    return pieces;
  }

  private writeAll(): void {
    const { heads, contents } = this;
    const { padding, recordSize } = this.options;
    const copied = this.bytes <= COPIED_TOGETHER ? COPIED_TOGETHER : COPIED_ALONE;
    const frame = HEADER_LENGTH + (padding === padToEight || padding === noPadding ? 7 : 255);
    let size = 0;
    for (const { length } of contents) {
      size += length <= recordSize ? frame + END_BODY : Math.ceil(length / recordSize) * frame;
      if (length <= copied) size += length;
    }
    this.target = this.allocate(size);
    this.segment = this.at = 0;
    for (let i = 0; i < heads.length; i++) {
      if (isEnd(heads[i])) {
        this.header(heads[i], END_BODY, 0);
        this.endBody(this.statuses[i]);
      } else if (contents[i].length === 0) {
        this.header(heads[i], 0, 0);
      } else {
        i = this.writeRun(i, copied);
      }
    }
    this.endSegment();
    this.target = NO_BYTES;
  }

  /** Content from `first` on, cut into records; pieces of one stream that come together share them. */
  private writeRun(first: number, copied: number): number {
    const { heads, contents } = this;
    const head = heads[first];
    let last = first;
    let total = contents[first].length;
    if (isStream(head)) {
      while (last + 1 < heads.length && heads[last + 1] === head && contents[last + 1].length > 0)
        total += contents[++last].length;
    }
    const most = isStream(head) ? this.options.recordSize : MAX_CONTENT;
    let from = 0;
    for (let index = first; total > 0; ) {
      const length = Math.min(total, most);
      const padding = this.options.padding(length) & 255;
      this.header(head, length, padding);
      for (let left = length; left > 0; ) {
        const content = contents[index];
        const part = Math.min(left, content.length - from);
        this.content(part === content.length ? content : content.subarray(from, from + part), content.length <= copied);
        left -= part;
        from += part;
        if (from === content.length) {
          index++;
          from = 0;
        }
      }
      if (padding > 0) {
        this.target.fill(0, this.at, this.at + padding);
        this.at += padding;
      }
      total -= length;
    }
    return last;
  }

  private content(part: Uint8Array, copy: boolean): void {
    if (copy) {
      this.target.set(part, this.at);
      this.at += part.length;
    } else {
      this.endSegment();
      this.pieces.push(part);
    }
  }

  private endSegment(): void {
    if (this.at > this.segment) this.pieces.push(this.target.subarray(this.segment, this.at));
    this.segment = this.at;
  }

  /** The eight bytes of a header; the fields are known to fit. */
  private header(head: number, length: number, padding: number): void {
    const { target, at } = this;
    target[at] = VERSION_1;
    target[at + 1] = head >>> 16;
    target[at + 2] = head >>> 8;
    target[at + 3] = head;
    target[at + 4] = length >>> 8;
    target[at + 5] = length;
    target[at + 6] = padding;
    target[at + 7] = 0;
    this.at = at + HEADER_LENGTH;
  }

  private endBody(statuses: number): void {
    const { target, at } = this;
    const appStatus = statuses % TWO_32;
    target[at] = appStatus >>> 24;
    target[at + 1] = appStatus >>> 16;
    target[at + 2] = appStatus >>> 8;
    target[at + 3] = appStatus;
    target[at + 4] = Math.floor(statuses / TWO_32);
    target[at + 5] = target[at + 6] = target[at + 7] = 0;
    this.at = at + END_BODY;
  }

  /** Record by record, each as the alteration wants it. */
  private writeAltered(alteration: OutputAlteration): void {
    const { heads, contents } = this;
    for (let i = 0; i < heads.length; i++) {
      const type = heads[i] >>> 16;
      const requestId = heads[i] & 0xffff;
      let content = contents[i];
      if (type === END_REQUEST) {
        this.target = content = new Uint8Array(END_BODY);
        this.at = 0;
        this.endBody(this.statuses[i]);
      }
      const most = isStream(heads[i]) ? this.options.recordSize : MAX_CONTENT;
      let from = 0;
      do {
        const part = content.length <= most ? content : content.subarray(from, from + most);
        const paddingLength = part.length === 0 || type === END_REQUEST ? 0 : this.options.padding(part.length) & 255;
        const record: OutgoingRecord = { type, requestId, content: part, paddingLength };
        this.writeParts(alteration(record) ?? [record]);
        if (this.cut) return;
        from += most;
      } while (from < content.length);
    }
  }

  private writeParts(parts: readonly AlteredOutput[]): void {
    for (const part of parts) {
      if (part === 'close' || part === 'reset') {
        this.cut = part;
        return;
      }
      if (part instanceof Uint8Array) {
        if (part.length > 0) this.pieces.push(part);
        continue;
      }
      this.target = new Uint8Array(HEADER_LENGTH);
      this.at = 0;
      this.header((part.type << 16) | part.requestId, part.content.length, part.paddingLength);
      this.target[0] = part.version ?? VERSION_1;
      this.pieces.push(this.target);
      if (part.content.length > 0) this.pieces.push(part.content);
      if (part.paddingLength > 0) this.pieces.push(ZEROS.subarray(0, part.paddingLength));
    }
  }
}

function isEnd(head: number): boolean {
  return head >>> 16 === END_REQUEST;
}

function isStream(head: number): boolean {
  const type = head >>> 16;
  return type === STDOUT || type === STDERR;
}
