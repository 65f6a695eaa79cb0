// Lines of text for a terminal of a given width: widths in cells, wrapping, tables. Text that comes in is already safe to
// print and has no colours yet.

/** Cells that a text takes on a terminal: East Asian wide characters and emoji take two, combining marks none. */
export function textWidth(text: string): number {
  let ascii = true;
  for (let i = 0; i < text.length && ascii; i++) ascii = text.charCodeAt(i) < 0x300;
  if (ascii) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character.codePointAt(0)!);
  return width;
}

function characterWidth(code: number): number {
  if (code < 0x300) return 1;
  if (code <= 0x36f || code === 0x200b || code === 0x200d || (code >= 0x20d0 && code <= 0x20ff)) return 0;
  if ((code >= 0xfe00 && code <= 0xfe0f) || (code >= 0xe0100 && code <= 0xe01ef)) return 0;
  const wide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf && code !== 0x303f) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd);
  return wide ? 2 : 1;
}

/** The text in exactly `cells` cells: padded, or cut with `ellipsis` as its last character. */
export function fit(text: string, cells: number, ellipsis: string, align: 'left' | 'right' = 'left'): string {
  const cut = cutTo(text, cells, ellipsis);
  const padding = ' '.repeat(Math.max(0, cells - textWidth(cut)));
  return align === 'left' ? cut + padding : padding + cut;
}

/** The text in at most `cells` cells. */
export function cutTo(text: string, cells: number, ellipsis: string): string {
  if (textWidth(text) <= cells) return text;
  const room = cells - textWidth(ellipsis);
  if (room < 0) return ellipsis.slice(0, Math.max(0, cells));
  let kept = '';
  let width = 0;
  for (const character of text) {
    width += characterWidth(character.codePointAt(0)!);
    if (width > room) break;
    kept += character;
  }
  return kept + ellipsis;
}

/** Keeps two words on one line in `wrap`; printed as a space. */
export const HARD_SPACE = '\u00a0';

/** Wraps at spaces to lines of at most `cells` cells; a word longer than a line is broken. Line breaks stay. */
export function wrap(text: string, cells: number): string[] {
  const room = Math.max(8, cells);
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(' ')) {
      const joined = line === '' ? word : `${line} ${word}`;
      if (textWidth(joined) <= room) {
        line = joined;
        continue;
      }
      if (line !== '') lines.push(line);
      const pieces = broken(word, room);
      lines.push(...pieces.slice(0, -1));
      line = pieces[pieces.length - 1];
    }
    lines.push(line);
  }
  return lines.map((line) => line.replaceAll(HARD_SPACE, ' ').trimEnd());
}

function broken(word: string, cells: number): string[] {
  const pieces: string[] = [''];
  let width = 0;
  for (const character of word) {
    const more = characterWidth(character.codePointAt(0)!);
    if (width + more > cells) {
      pieces.push('');
      width = 0;
    }
    pieces[pieces.length - 1] += character;
    width += more;
  }
  return pieces;
}

/** A label and a text that wraps beside it: `label` in `cells` cells, then the text's lines. */
export function beside(label: string, cells: number, text: string, width: number): string[] {
  const lines = wrap(text, width - cells);
  const tight = textWidth(label) >= cells;
  const first = tight ? [label] : [];
  return [
    ...first,
    ...lines.map((line, i) => (i === 0 && !tight ? fit(label, cells, '') : ' '.repeat(cells)) + line),
  ].map((line) => line.trimEnd());
}

export interface Column<Row> {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Takes the width that is left over; its text is cut to it. One column of a table at most. */
  readonly flexible?: boolean;
  /** Left out first where the table is too wide: the highest number first; without one never. */
  readonly expendable?: number;
  text(row: Row): string;
}

/** Least width of the flexible column. */
const LEAST_FLEXIBLE = 16;

/** A table: its head line, then a line for each row. Columns are left out until it fits. */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
  ellipsis: string,
): string[] {
  let shown = columns.map((column) => {
    const cells = rows.map((row) => column.text(row));
    const widest = cells.reduce((most, cell) => Math.max(most, textWidth(cell)), textWidth(column.title));
    return { column, cells, widest, least: column.flexible ? Math.min(widest, LEAST_FLEXIBLE) : widest };
  });
  const needed = () => shown.reduce((sum, { least }) => sum + least + 2, -2);
  while (needed() > width) {
    const most = Math.max(...shown.map(({ column }) => column.expendable ?? 0));
    if (most === 0) break;
    shown = shown.filter(({ column }) => (column.expendable ?? 0) !== most);
  }
  const spare = Math.max(0, width - needed());
  const widths = shown.map(({ column, widest, least }) => (column.flexible ? Math.min(widest, least + spare) : widest));
  const line = (cell: (index: number) => string) =>
    shown
      .map(({ column }, i) => fit(cell(i), widths[i], ellipsis, column.align))
      .join('  ')
      .trimEnd();
  return [line((i) => shown[i].column.title), ...rows.map((_, row) => line((i) => shown[i].cells[row]))];
}
