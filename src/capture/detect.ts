// What an input is, by its first bytes, and the frame reader for it.
import type { ByteWindow } from './byte-window.js';
import type { FrameReader } from './frame-reader.js';
import { PcapReader } from './pcap.js';
import { PCAP_HEADER_LENGTH, type PcapHeader, pcapMagic, readPcapHeader } from './pcap-header.js';
import { PcapngReader } from './pcapng.js';
import { checkFirstSection } from './pcapng-section.js';

export type InputKind = 'pcap' | 'pcapng' | 'gzip' | 'text' | 'other' | 'empty' | 'unknown';

/** Bytes that `detectKind` wants to see; fewer are enough only when the input has ended. */
export const DETECT_LENGTH = 512;

/** Formats that are often given by mistake, by their first bytes. */
const OTHER_FORMATS: readonly (readonly [string, string])[] = [
  ['28b52ffd', 'a zstd-compressed file; decompress it first'],
  ['fd377a585a00', 'an xz-compressed file; decompress it first'],
  ['425a68', 'a bzip2-compressed file; decompress it first'],
  ['04224d18', 'an lz4-compressed file; decompress it first'],
  ['504b0304', 'a zip archive; unpack it first'],
  ['736e6f6f70000000', 'a snoop capture, which is not supported; convert it with editcap -F pcap'],
  ['474d4255', 'a Network Monitor capture, which is not supported; convert it with editcap -F pcap'],
  ['52545353', 'a Network Monitor capture, which is not supported; convert it with editcap -F pcap'],
  ['62746e6f6f7000', 'a btsnoop capture, which is not supported'],
  ['7f454c46', 'a program, not a capture file'],
];

/** `unknown`: too few bytes to say, while more may come. */
export function detectKind(window: ByteWindow): InputKind {
  const { bytes, start } = window;
  const length = window.length;
  if (length === 0) return window.finished ? 'empty' : 'unknown';
  if (length < 4 && !window.finished) return 'unknown';
  if (length >= 2 && bytes[start] === 0x1f && bytes[start + 1] === 0x8b) return 'gzip';
  if (length >= 4) {
    if (pcapMagic(bytes, start) !== undefined) return 'pcap';
    if (bytes[start] === 0x0a && bytes[start + 1] === 0x0d && bytes[start + 2] === 0x0d && bytes[start + 3] === 0x0a)
      return 'pcapng';
  }
  return isText(bytes, start, Math.min(window.end, start + DETECT_LENGTH)) ? 'text' : 'other';
}

/** What an `other` input is, to be put after "cannot read FILE: ". */
export function describeOther(window: ByteWindow): string {
  let hex = '';
  for (let at = window.start; at < window.end && hex.length < 16; at++)
    hex += window.bytes[at].toString(16).padStart(2, '0');
  for (const [prefix, what] of OTHER_FORMATS) if (hex.startsWith(prefix)) return what;
  return `not a capture file (it starts with the bytes ${hex.replace(/(..)(?!$)/g, '$1 ')})`;
}

export type OpenedReader =
  | { readonly state: 'reader'; readonly reader: FrameReader; readonly pcapHeader: PcapHeader | undefined }
  | { readonly state: 'more' }
  | { readonly state: 'refused'; readonly reason: string };

/**
 * The reader for a window that `detectKind` called pcap or pcapng. `more`: its header is not whole yet. A reason is to
 * be put after "cannot read FILE: ".
 */
export function openFrameReader(window: ByteWindow, kind: 'pcap' | 'pcapng'): OpenedReader {
  if (kind === 'pcap') {
    const length = window.length;
    const magic = length >= 4 ? pcapMagic(window.bytes, window.start) : undefined;
    if (magic?.variant === undefined && length < PCAP_HEADER_LENGTH) {
      if (!window.finished) return { state: 'more' };
      return {
        state: 'refused',
        reason: `the file ends inside its header, after ${length} of ${PCAP_HEADER_LENGTH} bytes`,
      };
    }
    const header = readPcapHeader(window.bytes, window.start);
    if (typeof header === 'string') return { state: 'refused', reason: header };
    window.start += PCAP_HEADER_LENGTH;
    return { state: 'reader', reader: new PcapReader(window, header), pcapHeader: header };
  }
  const section = checkFirstSection(window);
  if (section === 'more') return { state: 'more' };
  if (section !== 'ok') return { state: 'refused', reason: section.reason };
  return { state: 'reader', reader: new PcapngReader(window), pcapHeader: undefined };
}

/** Text: no control characters but blanks, escapes and line ends, and mostly ASCII. */
function isText(bytes: Uint8Array, start: number, end: number): boolean {
  let beyondAscii = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d && byte !== 0x0c && byte !== 0x1b) return false;
    if (byte === 0x7f) return false;
    if (byte > 0x7f) beyondAscii++;
  }
  // Much beyond ASCII is text only if it is UTF-8: prose in another script may surround what tcpdump printed.
  // Of a very short input that proves nothing.
  return beyondAscii * 2 <= end - start || (end - start >= 16 && isUtf8(bytes, start, end));
}

/** Whether the bytes are UTF-8, a last character that is cut left aside. */
function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; ) {
    const lead = bytes[at++];
    if (lead < 0x80) continue;
    if (lead < 0xc2 || lead > 0xf4) return false;
    for (let more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1; more > 0 && at < end; more--) {
      if ((bytes[at++] & 0xc0) !== 0x80) return false;
    }
  }
  return true;
}
