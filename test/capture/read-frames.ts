// Reads a whole capture with the reader for it and keeps every frame, for tests.
import { ByteWindow } from '../../src/capture/byte-window.js';
import { detectKind, openFrameReader } from '../../src/capture/detect.js';
import { END, FRAME, type FrameReader } from '../../src/capture/frame-reader.js';
import { Frame } from '../../src/model/frame.js';

export interface KeptFrame {
  readonly data: string;
  readonly originalLength: number;
  readonly linkType: number;
  readonly interfaceId: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly number: number;
  readonly position: number;
}

export function keep(frame: Frame): KeptFrame {
  const { data, offset, capturedLength, ...rest } = frame;
  const { originalLength, linkType, interfaceId, seconds, nanoseconds, number, position } = rest;
  const bytes = data.subarray(offset, offset + capturedLength);
  return {
    data: Buffer.from(bytes).toString('hex'),
    originalLength,
    linkType,
    interfaceId,
    seconds,
    nanoseconds,
    number,
    position,
  };
}

export interface ReadResult {
  readonly frames: KeptFrame[];
  /** Undefined when the header was refused. */
  readonly reader: FrameReader | undefined;
  /** Why the header was refused. */
  readonly reason: string | undefined;
}

/** Gives the bytes to the reader in pieces that end at the positions in `cuts`, in any order. */
export function readFrames(bytes: Uint8Array, cuts: readonly number[] = []): ReadResult {
  const window = new ByteWindow(16);
  const ends = [...cuts.filter((cut) => cut < bytes.length), bytes.length].sort((a, b) => a - b);
  let given = 0;
  const more = () => {
    if (window.finished) throw new Error('asked for more after the end');
    const end = ends.shift();
    if (end === undefined) window.finished = true;
    else {
      window.append(bytes.subarray(given, end));
      given = end;
    }
  };
  let kind = detectKind(window);
  for (; kind === 'unknown'; kind = detectKind(window)) more();
  if (kind !== 'pcap' && kind !== 'pcapng') return { frames: [], reader: undefined, reason: kind };
  let opened = openFrameReader(window, kind);
  for (; opened.state === 'more'; opened = openFrameReader(window, kind)) more();
  if (opened.state === 'refused') return { frames: [], reader: undefined, reason: opened.reason };
  const { reader } = opened;
  const frames: KeptFrame[] = [];
  const frame = new Frame();
  for (;;) {
    const code = reader.next(frame);
    if (code === FRAME) frames.push(keep(frame));
    else if (code === END) return { frames, reader, reason: undefined };
    else more();
  }
}

/** What a reader says of its capture when it has ended. */
export function facts(result: ReadResult): object {
  const { reader, reason } = result;
  if (reader === undefined) return { reason };
  const { packets, problems, cut, damaged, linkTypes, interfaceCount } = reader;
  return { packets, problems, cut, damaged, linkTypes, interfaceCount };
}
