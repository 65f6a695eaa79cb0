// The characters that screens are drawn with, each with its ASCII form of the same width.
import { type Symbols, symbolsFor } from '../../reporters/symbols.js';

export interface ScreenSymbols extends Symbols {
  /** Corners, horizontal and vertical line of a panel. */
  readonly corners: readonly [string, string, string, string];
  readonly horizontal: string;
  readonly vertical: string;
  /** In front of the selected row. */
  readonly marker: string;
  readonly prompt: string;
  readonly cursor: string;
  /** Of arrows in the ladder. */
  readonly arrowRight: string;
  readonly arrowLeft: string;
  readonly shaft: string;
  /** Bars, from an eighth of a cell to a whole one. */
  readonly bar: string;
  readonly axis: readonly [string, string];
  readonly enter: string;
  readonly upDown: string;
  readonly leftRight: string;
  readonly ascending: string;
  readonly descending: string;
  /** Stands for a hidden value. */
  readonly hidden: string;
}

const UNICODE: Omit<ScreenSymbols, keyof Symbols> = {
  corners: ['╭', '╮', '╰', '╯'],
  horizontal: '─',
  vertical: '│',
  marker: '▌',
  prompt: '❯',
  cursor: '▏',
  arrowRight: '▶',
  arrowLeft: '◀',
  shaft: '─',
  bar: '▏▎▍▌▋▊▉█',
  axis: ['┤', '┼'],
  enter: '⏎',
  upDown: '↑↓',
  leftRight: '←→',
  ascending: '▲',
  descending: '▼',
  hidden: '••••••••',
};

const ASCII: Omit<ScreenSymbols, keyof Symbols> = {
  corners: ['+', '+', '+', '+'],
  horizontal: '-',
  vertical: '|',
  marker: '>',
  prompt: '>',
  cursor: '_',
  arrowRight: '>',
  arrowLeft: '<',
  shaft: '-',
  bar: '#',
  axis: ['|', '+'],
  enter: 'Enter',
  upDown: 'Up Dn',
  leftRight: 'Lt Rt',
  ascending: '^',
  descending: 'v',
  hidden: '********',
};

export function screenSymbols(ascii: boolean): ScreenSymbols {
  return { ...symbolsFor(ascii), ...(ascii ? ASCII : UNICODE) };
}

/** A bar of `share` (0 to 1) of `cells` cells; something above 0 is never shown as nothing. */
export function barOf(share: number, cells: number, symbols: ScreenSymbols): string {
  const steps = [...symbols.bar];
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * cells * steps.length);
  const whole = Math.floor(eighths / steps.length);
  const rest = eighths % steps.length;
  const full = steps[steps.length - 1].repeat(whole);
  if (whole === 0 && rest === 0) return share > 0 ? steps[0] : '';
  return rest === 0 ? full : full + steps[rest - 1];
}
