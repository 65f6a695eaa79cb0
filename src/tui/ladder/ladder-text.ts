// One line of a ladder: when, how long after the line before, and an arrow from side to side.

import { APPLICATION, WEB_SERVER } from '../../model/side.js';
import { cutTo, textWidth } from '../../reporters/text-layout.js';
import { type Line, line, type Role, span } from '../drawing/spans.js';
import type { ScreenSymbols } from '../drawing/symbols.js';
import type { LadderEntry } from './contents.js';

export interface LadderTexts {
  readonly symbols: ScreenSymbols;
  /** Already safe to print. */
  label(entry: LadderEntry): string;
  time(entry: LadderEntry): string;
  gap(entry: LadderEntry): string;
}

const TIME = 9;
const GAP = 8;

/** Cells from the left of a line to the first side's bar. */
export const LADDER_LEFT = 2 + TIME + 1 + GAP + 2;

/** `unit`: of the first column. */
export function ladderHead(width: number, unit: string): Line {
  const room = Math.max(0, width - LADDER_LEFT - 21);
  return line(
    span(
      `${' '.repeat(2)}${unit.padStart(TIME)} ${'gap'.padStart(GAP)}  web server${' '.repeat(room)}application`,
      'dim',
    ),
  );
}

export function ladderText(
  entry: LadderEntry,
  width: number,
  selected: boolean,
  focused: boolean,
  texts: LadderTexts,
): Line {
  const { symbols } = texts;
  const head = `${texts.time(entry).padStart(TIME)} ${texts.gap(entry).padStart(GAP)}  `;
  const room = Math.max(10, width - LADDER_LEFT - 2);
  const body = arrow(entry, room, texts);
  const role: Role = entry.kind === 'record' ? (entry.side === APPLICATION ? 'application' : 'plain') : 'dim';
  const marker = span(selected ? symbols.marker : ' ', 'strong');
  if (selected && focused)
    return [marker, span(' '), span(`${head}${symbols.vertical}${body}${symbols.vertical}`, 'selected')];
  return [
    marker,
    span(' '),
    span(head),
    span(symbols.vertical, 'dim'),
    span(body, role),
    span(symbols.vertical, 'dim'),
  ];
}

/** The label with its arrow, in exactly `room` cells. */
function arrow(entry: LadderEntry, room: number, { symbols, label }: LadderTexts): string {
  const text = cutTo(label(entry), room - 3, symbols.ellipsis);
  const rest = room - textWidth(text);
  if (entry.kind === 'note') {
    if (entry.side === APPLICATION) return `${' '.repeat(rest - 1)}${text} `;
    if (entry.side === WEB_SERVER) return ` ${text}${' '.repeat(rest - 1)}`;
    const left = Math.floor(rest / 2);
    return `${' '.repeat(left)}${text}${' '.repeat(rest - left)}`;
  }
  if (entry.side === WEB_SERVER) return ` ${text} ${symbols.shaft.repeat(rest - 3)}${symbols.arrowRight}`;
  return `${symbols.arrowLeft}${symbols.shaft.repeat(rest - 3)} ${text} `;
}
