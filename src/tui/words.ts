// How a state's texts are written: symbols, durations, moments, and captured text made safe to print.

import { formatDuration } from '../reporters/format-duration.js';
import type { TimeOrigin } from '../reporters/format-time.js';
import { formatTime } from '../reporters/format-time.js';
import { redactText } from '../reporters/redact.js';
import { safeText } from '../reporters/safe-text.js';
import { asciiText } from '../reporters/symbols.js';
import { type ScreenSymbols, screenSymbols } from './drawing/symbols.js';
import { perValue } from './memo.js';
import type { State } from './state.js';

export interface Words {
  readonly symbols: ScreenSymbols;
  /** Text that nobody captured, safe to print. */
  safe(text: string): string;
  /** Captured text, or a sentence with some in it: safe to print, secrets left out unless they are asked for. */
  captured(text: string): string;
  duration(nanoseconds: number): string;
  /** For columns: seconds since the first packet, or the time of day. */
  clock(nanoseconds: number): string;
  /** For sentences. */
  moment(nanoseconds: number): string;
}

export const wordsOf = perValue((state: State): Words => {
  const { ascii } = state.look;
  const origin: TimeOrigin | undefined = state.data.shown?.snapshot.input.firstTime;
  const safe = ascii ? (text: string) => asciiText(safeText(text)) : (text: string) => safeText(text);
  const ofDay = state.time === 'clock' && origin !== undefined;
  const clock = (time: number) =>
    ofDay ? formatTime(time, 'u', { origin, digits: 3 }) : formatTime(time, 'r', { digits: 6 }).replace(/\d\d$/, '');
  return {
    symbols: screenSymbols(ascii),
    safe,
    captured: state.secrets ? safe : (text) => safe(redactText(text)),
    duration: (time) => formatDuration(time, ascii),
    clock,
    moment: (time) => (ofDay ? clock(time) : `${formatTime(time, 'r', { digits: 3 })} s`),
  };
});
