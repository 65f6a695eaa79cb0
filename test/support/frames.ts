// Every frame of a capture in memory, one after the other.
import { ByteWindow } from '../../src/capture/byte-window.js';
import { detectKind, openFrameReader } from '../../src/capture/detect.js';
import { FRAME, type FrameReader } from '../../src/capture/frame-reader.js';
import { Frame } from '../../src/model/frame.js';

/** @throws Error if the bytes are no capture. */
export function eachFrame(bytes: Uint8Array, visit: (frame: Frame, reader: FrameReader) => void): void {
  const window = new ByteWindow();
  window.append(bytes);
  window.finished = true;
  const kind = detectKind(window);
  if (kind !== 'pcap' && kind !== 'pcapng') throw new Error(`not a capture but ${kind}`);
  const opened = openFrameReader(window, kind);
  if (opened.state !== 'reader') throw new Error(`the capture's header is not readable: ${opened.state}`);
  const frame = new Frame();
  while (opened.reader.next(frame) === FRAME) visit(frame, opened.reader);
}
