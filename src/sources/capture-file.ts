// Opens a capture by path, or `-` for standard input: finds out what it is, undoes gzip, and gives a frame reader with
// the way to get more bytes for it. The reading loop is the caller's:
//
//   for (;;) {
//     const code = input.reader.next(frame);
//     if (code === FRAME) use(frame);
//     else if (code === END) break;
//     else { const filled = input.fill(); if (typeof filled !== 'boolean') await filled; }
//   }
import { constants, createReadStream, fstatSync, openSync, type Stats, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { ByteWindow } from '../capture/byte-window.js';
import { describeOther, detectKind, openFrameReader } from '../capture/detect.js';
import type { CaptureFormat, FrameReader } from '../capture/frame-reader.js';
import type { PcapHeader } from '../capture/pcap-header.js';
import { UserError } from '../model/errors.js';
import type { CaptureProblem } from '../model/problem.js';
import { type ByteSource, DEFAULT_BLOCK_SIZE, FileSource, StreamSource } from './capture-bytes.js';
import { GzipSource } from './capture-gzip.js';
import { isReadableByPcapParser, PcapParserReader } from './capture-pcap-parser.js';

export interface CaptureOptions {
  /**
   * Which reader: `own`; `pcap-parser`, which is a UserError for what it cannot read; `auto` (the default) takes
   * pcap-parser for streams it can read, and `own` for files and everything else.
   */
  readonly reader?: 'auto' | 'own' | 'pcap-parser';
  /** Bytes to read at once. */
  readonly blockSize?: number;
  /** Gives the input up, also while its first bytes are waited for. */
  readonly signal?: AbortSignal;
}

/** How an input was read: an entry of the report's input.files. */
export interface CaptureDescription {
  readonly name: string;
  readonly format: CaptureFormat;
  readonly compression: null | 'gzip';
  readonly linkTypes: readonly number[];
  readonly packets: number;
  /** Bytes read, before decompression. */
  readonly bytes: number;
  /** The input ends inside a packet, or inside its compression. */
  readonly cut: boolean;
  /** Not everything could be read: cut, damaged, or packets of unsupported link types. */
  readonly incomplete: boolean;
  readonly problems: readonly CaptureProblem[];
}

interface OpenInput {
  /** As the user gave it: a path, or `-`. */
  readonly name: string;
  readonly compression: null | 'gzip';
  /** Bytes read so far, before decompression, and of how many, where that is known: for progress. */
  readonly bytesRead: number;
  readonly size: number | undefined;
  /**
   * Gets more bytes; false when there are none. Synchronous for files that are not compressed. Ask the reader again
   * after either.
   */
  fill(): boolean | Promise<boolean>;
  close(): void;
}

export interface CapturePlaces {
  readonly position: number;
  seek(position: number): void;
}

export interface CaptureInput extends OpenInput {
  readonly kind: 'capture';
  readonly reader: FrameReader;
  /** Byte offset of the next packet's header, and a way to go on at one; only of classic files that are not compressed. */
  readonly places?: CapturePlaces | undefined;
  /** Milliseconds for which packets may still come after it was asked to stop; a moment unless it says. */
  readonly grace?: number;
  /** The capture as far as it was read. */
  describe(): CaptureDescription;
}

/** Text of some kind, for a text reader: its first bytes are in the window. */
export interface TextInput extends OpenInput {
  readonly kind: 'text';
  readonly window: ByteWindow;
  readonly problems: readonly CaptureProblem[];
  /** The input ends inside its compression. */
  readonly cut: boolean;
}

/**
 * Opens an input.
 * @throws UserError when it cannot be read or is no capture, with one sentence that names it.
 */
export async function openCapture(path: string, options: CaptureOptions = {}): Promise<CaptureInput | TextInput> {
  return openSource(path, isStandardInput(path) ? openStandardInput(options) : await openPath(path, options), options);
}

/** The same for a stream, which is `name` in messages. */
export async function openCaptureStream(
  name: string,
  stream: Readable,
  options: CaptureOptions = {},
): Promise<CaptureInput | TextInput> {
  return openSource(name, new StreamSource(stream), options);
}

/** `/dev/stdin` cannot be opened as a file where standard input is a socket. */
function isStandardInput(path: string): boolean {
  return path === '-' || path === '/dev/stdin';
}

async function openPath(path: string, options: CaptureOptions): Promise<ByteSource> {
  try {
    const stats = statSync(path);
    if (stats.isDirectory())
      throw new UserError(`cannot read ${path}: it is a directory`, 'name the capture files in it');
    if (stats.isFIFO()) return new StreamSource(await openFifo(path));
    if (!stats.isFile()) return new StreamSource(createReadStream(path));
    return fileSource(openSync(path, 'r'), stats, options);
  } catch (error) {
    throw error instanceof UserError ? error : new UserError(`cannot read ${path}: ${reasonOf(error)}`);
  }
}

/**
 * A FIFO as a socket, which waits for readiness: a file stream would block a thread in open() or read() for as long as
 * nobody writes, and the process could not end before.
 */
async function openFifo(path: string): Promise<Readable> {
  const { Socket } = await import('node:net');
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd: descriptor, readable: true, writable: false });
}

function openStandardInput(options: CaptureOptions): ByteSource {
  if (process.stdin.isTTY) {
    const hint = 'for example: tcpdump -U -w - -i lo tcp port 9000 | fcgi-inspect -';
    throw new UserError('cannot read a capture from standard input: it is a terminal', hint);
  }
  const stats = fstatSync(0);
  return stats.isFile() ? fileSource(0, stats, options) : new StreamSource(process.stdin);
}

function fileSource(descriptor: number, stats: Stats, options: CaptureOptions): ByteSource {
  return new FileSource(descriptor, stats.size, options.blockSize ?? DEFAULT_BLOCK_SIZE);
}

async function openSource(
  name: string,
  source: ByteSource,
  options: CaptureOptions,
): Promise<CaptureInput | TextInput> {
  let bytes = source;
  options.signal?.addEventListener('abort', () => bytes.close(), { once: true });
  try {
    let window = new ByteWindow();
    let compression: null | 'gzip' = null;
    let kind = await detect(bytes, window);
    if (kind === 'gzip') {
      bytes = await GzipSource.around(source, window);
      compression = 'gzip';
      window = new ByteWindow();
      kind = await detect(bytes, window);
    }
    if (kind === 'text') return textInput(name, bytes, window, compression);
    if (kind !== 'pcap' && kind !== 'pcapng')
      throw new UserError(`cannot read ${name}: ${reasonAgainst(kind, bytes, window)}`);
    for (;;) {
      const opened = openFrameReader(window, kind);
      if (opened.state === 'refused') throw new UserError(`cannot read ${name}: ${opened.reason}`);
      if (opened.state === 'reader') {
        const live = source instanceof StreamSource;
        const reader = chooseReader(name, window, opened.reader, opened.pcapHeader, options.reader ?? 'auto', live);
        const places = reader === opened.reader && kind === 'pcap' ? placesOf(bytes, window) : undefined;
        return captureInput(name, bytes, window, compression, reader, places);
      }
      await bytes.fill(window);
    }
  } catch (error) {
    bytes.close();
    throw error;
  }
}

async function detect(
  bytes: ByteSource,
  window: ByteWindow,
): Promise<Exclude<ReturnType<typeof detectKind>, 'unknown'>> {
  for (;;) {
    const kind = detectKind(window);
    if (kind !== 'unknown') return kind;
    await bytes.fill(window);
  }
}

function reasonAgainst(kind: 'empty' | 'other' | 'gzip', bytes: ByteSource, window: ByteWindow): string {
  const problem = bytes.problems[0];
  if (problem !== undefined) return problem.detail;
  if (kind === 'empty') return bytes.bytesRead === 0 ? 'it is empty (0 bytes)' : 'there is nothing in the gzip file';
  return kind === 'gzip' ? 'it is compressed with gzip twice' : describeOther(window);
}

function chooseReader(
  name: string,
  window: ByteWindow,
  own: FrameReader,
  header: PcapHeader | undefined,
  wanted: 'auto' | 'own' | 'pcap-parser',
  live: boolean,
): FrameReader {
  if (wanted === 'own' || (wanted === 'auto' && !live)) return own;
  if (header !== undefined && isReadableByPcapParser(header)) return new PcapParserReader(window, header);
  if (wanted === 'auto') return own;
  const message = `cannot read ${name} with pcap-parser: it reads only classic pcap files with microseconds`;
  throw new UserError(message, 'leave out --reader pcap-parser');
}

function captureInput(
  name: string,
  bytes: ByteSource,
  window: ByteWindow,
  compression: null | 'gzip',
  reader: FrameReader,
  places: CapturePlaces | undefined,
): CaptureInput {
  return {
    kind: 'capture',
    name,
    compression,
    reader,
    places,
    size: bytes.size,
    get bytesRead() {
      return bytes.bytesRead;
    },
    fill: () => bytes.fill(window),
    close: () => bytes.close(),
    describe() {
      const cut = reader.cut || bytes.cut;
      const skipped = reader.problems.some((problem) => problem.code === 'unsupported-link-type');
      return {
        name,
        format: reader.format,
        compression,
        linkTypes: [...reader.linkTypes],
        packets: reader.packets,
        bytes: bytes.bytesRead,
        cut,
        incomplete: cut || reader.damaged || skipped,
        problems: [...reader.problems, ...bytes.problems],
      };
    },
  };
}

/** Every record of a classic file can be read without those before it. */
function placesOf(bytes: ByteSource, window: ByteWindow): CapturePlaces | undefined {
  if (!(bytes instanceof FileSource)) return undefined;
  return {
    get position() {
      return window.position;
    },
    seek(position) {
      bytes.seek(position);
      window.start = 0;
      window.end = 0;
      window.origin = position;
      window.finished = false;
    },
  };
}

function textInput(name: string, bytes: ByteSource, window: ByteWindow, compression: null | 'gzip'): TextInput {
  return {
    kind: 'text',
    name,
    compression,
    window,
    size: bytes.size,
    get bytesRead() {
      return bytes.bytesRead;
    },
    get problems() {
      return bytes.problems;
    },
    get cut() {
      return bytes.cut;
    },
    fill: () => bytes.fill(window),
    close: () => bytes.close(),
  };
}

/** What the operating system said, in words. */
function reasonOf(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return 'no such file';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'ENOTDIR':
      return 'part of the path is not a directory';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
