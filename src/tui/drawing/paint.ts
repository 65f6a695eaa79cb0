// Spans to the bytes a terminal takes: the sixteen named colours, inverse for what is selected. Whatever the text holds,
// only these sequences leave here: every span passes through the function that makes captured bytes safe.
import { safeText } from '../../reporters/safe-text.js';
import { asciiText } from '../../reporters/symbols.js';
import type { Line, Role } from './spans.js';

export interface Look {
  readonly colour: boolean;
  readonly ascii: boolean;
}

const COLOURED: Readonly<Record<Role, string>> = {
  plain: '',
  strong: '1',
  dim: '2',
  error: '1;31',
  warning: '33',
  note: '36',
  application: '34',
  live: '32',
  paused: '33',
  selected: '7',
};

/** Without colours, weight and inverse remain. */
const PLAIN: Readonly<Record<Role, string>> = {
  plain: '',
  strong: '1',
  dim: '',
  error: '1',
  warning: '',
  note: '',
  application: '',
  live: '',
  paused: '',
  selected: '7',
};

export function paint(line: Line, { colour, ascii }: Look): string {
  const codes = colour ? COLOURED : PLAIN;
  let painted = '';
  for (const { text, role } of line) {
    const safe = safeText(text);
    const shown = ascii ? asciiText(safe) : safe;
    const code = codes[role];
    painted += code === '' || shown === '' ? shown : `\x1b[${code}m${shown}\x1b[0m`;
  }
  return painted;
}
