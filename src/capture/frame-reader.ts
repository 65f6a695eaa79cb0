// The interface of capture readers: they pull frames out of a ByteWindow and do no IO. When the window has no whole
// record any more they say MORE; the caller fills the window (or marks it finished) and asks again.
import type { Frame } from '../model/frame.js';
import type { CaptureProblem } from '../model/problem.js';

/** What `next` returns. */
export const FRAME = 0;
/** The window has no whole record: fill it, or set its `finished`, and call again. */
export const MORE = 1;
/** Nothing more will come. */
export const END = 2;
export type ReadCode = typeof FRAME | typeof MORE | typeof END;

export type CaptureFormat = 'pcap' | 'pcapng';

/** Larger captured lengths are taken for damage: what libpcap and Wireshark allow too. */
export const MAX_CAPTURED_LENGTH = 262_144;

export interface FrameReader {
  readonly format: CaptureFormat;
  /** LINKTYPE numbers that occur, in order of appearance; complete at the end. */
  readonly linkTypes: number[];
  /** Capturing interfaces so far: more than one may have captured the same packet twice. */
  readonly interfaceCount: number;
  /** Frames given so far. */
  readonly packets: number;
  readonly problems: CaptureProblem[];
  /** What taps say of themselves that made packets of this input (analysis/live/tap-notes.ts). */
  readonly tapComments?: readonly string[];
  /** The input ended inside a record. All whole packets before it were given. */
  readonly cut: boolean;
  /** Reading stopped before the end because what follows makes no sense; `problems` says where. */
  readonly damaged: boolean;
  /** Fills the frame and returns FRAME; or MORE; or END, and END again ever after. Never throws. */
  next(frame: Frame): ReadCode;
}
