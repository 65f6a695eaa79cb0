// How a live command shows what it sees: the screen on a terminal that can show it, unless something else is asked for.
import { complain } from './output.js';
import { screenImpossible } from './terminal.js';

export interface LiveFormatOptions<Format extends string> {
  readonly format?: Format;
  readonly output?: string;
  readonly once?: boolean;
  readonly quiet?: boolean;
}

export function liveFormat<Format extends string>(
  { format, output, once, quiet }: LiveFormatOptions<Format>,
  /** What was asked for makes sense in text alone. */
  wantsText: boolean,
): Format | 'tui' | 'text' {
  if (format !== undefined && format !== 'tui') return format;
  if (format === undefined && (wantsText || once === true || output !== undefined)) return 'text';
  const against = output === undefined ? screenImpossible(false) : 'the output goes to a file';
  if (against === undefined) return 'tui';
  if (format === 'tui' && quiet !== true) complain(`no screen, as ${against}; this is the text report`);
  return 'text';
}
