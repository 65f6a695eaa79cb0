// One line on stderr that says how far the reading is: only on a terminal, and only when it takes longer than a moment.
import { formatCount } from '../reporters/format-count.js';
import { type Clock, plainClock } from '../sources/clock.js';
import type { Progress } from '../sources/gather.js';
import { mayBeTerminal } from './terminal.js';

export interface ProgressLine {
  /** To be called as often as one likes. */
  readonly update: (progress: Progress) => void;
  /** Takes the line away. */
  readonly end: () => void;
}

/** Where the line goes; stderr unless told otherwise. */
export interface ProgressTerminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Milliseconds before the line appears, and between two changes of it. */
const MOMENT = 400;
const INTERVAL = 100;
/** Packets a second are told once this much time stands behind them. */
const RATE_TIME = 200;

const silent: ProgressLine = { update: () => {}, end: () => {} };

export function progressLine(
  quiet: boolean,
  terminal: ProgressTerminal = standardError(),
  clock: Clock = plainClock,
): ProgressLine {
  if (quiet || terminal.isTTY !== true || process.env.TERM === 'dumb') return silent;
  const began = clock.now();
  let shown = -Infinity;
  let visible = false;
  return {
    update(progress) {
      const now = clock.now();
      if (now - began < MOMENT || now - shown < INTERVAL) return;
      shown = now;
      visible = true;
      // Carriage return, then erase to the end of the line: the text before may have been longer.
      terminal.write(`\r${progressText(progress, now - began)}\x1b[K`);
    },
    end() {
      if (visible) terminal.write('\r\x1b[K');
      visible = false;
    },
  };
}

/** Only a terminal is written to. */
function standardError(): ProgressTerminal {
  return mayBeTerminal(2) ? process.stderr : { isTTY: false, write: () => {} };
}

/** `reading  42%   1,234,567 packets   830,000 packets/s`; `elapsed` in milliseconds. */
export function progressText({ bytes, size, packets }: Progress, elapsed: number): string {
  const parts = ['reading'];
  if (size !== undefined && size > 0)
    parts.push(`${String(Math.min(100, Math.floor((bytes / size) * 100))).padStart(3)}%`);
  parts.push(`${formatCount(packets)} packets`);
  if (elapsed >= RATE_TIME) {
    const rate = (packets / elapsed) * 1000;
    // The last digits of a rate would only flicker.
    const rounded = rate < 1000 ? Math.round(rate) : Math.round(rate / 1000) * 1000;
    parts.push(`${formatCount(rounded)} packets/s`);
  }
  return parts.join('   ');
}
