// What must be written to turn one painted line into another: only the cells that differ. A line is text with colour
// sequences (as paint.ts writes them and Ink rewrites them); nothing else of a terminal's language is in it.
import { textWidth } from '../../reporters/text-layout.js';

interface Cell {
  readonly text: string;
  /** The colour sequence before it, '' for none. */
  readonly style: string;
  /** 2 of a wide character, which has a cell with width 0 and no text behind it. */
  readonly width: number;
}

const RESET = '\x1b[0m';
/** Cells between two changes that are written along: moving the cursor costs more. */
const NEAR = 6;

/** The bytes for row `row` (from 0); '' where nothing differs. */
export function lineChanges(before: string, after: string, row: number, columns: number): string {
  if (before === after) return '';
  const old = cellsOf(before, columns);
  const next = cellsOf(after, columns);
  let changes = '';
  for (let at = 0; at < columns; at++) {
    if (same(old[at], next[at])) continue;
    let end = at + 1;
    for (let look = end; look < columns && look - end <= NEAR; look++) if (!same(old[look], next[look])) end = look + 1;
    changes += `\x1b[${row + 1};${at + 1}H${styled(next.slice(at, end))}`;
    at = end - 1;
  }
  return changes;
}

function same(one: Cell, other: Cell): boolean {
  return one.text === other.text && one.style === other.style && one.width === other.width;
}

function styled(cells: readonly Cell[]): string {
  let text = '';
  let style = '';
  for (const cell of cells) {
    if (cell.width === 0) continue;
    if (cell.style !== style) {
      text += style === '' ? cell.style : RESET + cell.style;
      style = cell.style;
    }
    text += cell.text;
  }
  return style === '' ? text : text + RESET;
}

const BLANK: Cell = { text: ' ', style: '', width: 1 };
const COVERED: Cell = { text: '', style: '', width: 0 };

function cellsOf(line: string, columns: number): Cell[] {
  const cells: Cell[] = [];
  const style = new Style();
  for (let at = 0; at < line.length && cells.length < columns; ) {
    if (line[at] === '\x1b') {
      const end = line.indexOf('m', at);
      if (end < 0) break;
      style.apply(line.slice(at + 2, end));
      at = end + 1;
      continue;
    }
    const character = String.fromCodePoint(line.codePointAt(at)!);
    at += character.length;
    const width = textWidth(character);
    const last = cells.length - 1;
    if (width === 0 && last >= 0) cells[last] = { ...cells[last], text: cells[last].text + character };
    else cells.push({ text: character, style: style.sequence, width });
    if (width === 2) cells.push(COVERED);
  }
  while (cells.length < columns) cells.push(BLANK);
  return cells.slice(0, columns);
}

/** The colours and weights in force, whichever sequences led there. */
class Style {
  sequence = '';
  private readonly on = new Set<number>();

  /** @param codes what stands between `ESC [` and `m` */
  apply(codes: string): void {
    for (const word of codes.split(';')) {
      const code = Number(word);
      if (code === 0) this.on.clear();
      else if (code === 22) this.off(1, 2);
      else if (code === 27) this.off(7);
      else if (code === 39) this.off(30, 31, 32, 33, 34, 35, 36, 37);
      else {
        if (code >= 30 && code <= 37) this.off(30, 31, 32, 33, 34, 35, 36, 37);
        this.on.add(code);
      }
    }
    this.sequence = this.on.size === 0 ? '' : `\x1b[${[...this.on].sort((a, b) => a - b).join(';')}m`;
  }

  private off(...codes: readonly number[]): void {
    for (const code of codes) this.on.delete(code);
  }
}
