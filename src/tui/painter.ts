// Paints whole frames: keeps the lines that stand on the terminal and rewrites what of them changed, in place. Ink hands
// over a frame after each change; it would erase and write all of it.
import { EventEmitter } from 'node:events';
import { lineChanges } from './drawing/line-changes.js';

/** What the painter needs of a terminal's output. */
export interface PaintedTerminal {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

const SHOW_CURSOR = '\x1b[?25h';
const HIDE_CURSOR = '\x1b[?25l';
const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

/** Stands where Ink expects standard output. */
export class Painter extends EventEmitter {
  readonly isTTY = true;
  private standing: string[] | undefined;
  private enabled = false;
  private frame = '';

  constructor(private readonly terminal: PaintedTerminal) {
    super();
  }

  get columns(): number {
    return this.terminal.columns || DEFAULT_COLUMNS;
  }

  get rows(): number {
    return this.terminal.rows || DEFAULT_ROWS;
  }

  /** From now on frames are painted; what stands on the terminal is not known. */
  begin(): void {
    this.enabled = true;
    this.repaint();
  }

  /** Frames are kept, and not painted until `begin`. */
  end(): void {
    this.enabled = false;
  }

  /** Paints all lines anew. */
  repaint(): void {
    this.standing = undefined;
    this.paint();
  }

  /** Takes a frame from Ink. */
  readonly write = (text: string, ...rest: readonly unknown[]): boolean => {
    const done = rest.at(-1);
    if (typeof done === 'function') (done as () => void)();
    // Ink shows and hides the cursor by itself; that is no frame.
    if (text === '' || text === SHOW_CURSOR || text === HIDE_CURSOR) return true;
    this.frame = text;
    this.paint();
    return true;
  };

  private paint(): void {
    if (!this.enabled || this.frame === '') return;
    const lines = this.frame.split('\n').slice(0, this.rows);
    const { standing, columns } = this;
    let changes = standing ? '' : '\x1b[2J';
    for (let row = 0; row < Math.max(lines.length, standing?.length ?? 0); row++) {
      const line = lines[row] ?? '';
      if (standing) changes += lineChanges(standing[row] ?? '', line, row, columns);
      else if (line !== '') changes += `\x1b[${row + 1};1H${line}\x1b[0m`;
    }
    this.standing = lines;
    // Between the marks of a synchronised update the terminal shows nothing half done.
    if (changes !== '') this.terminal.write(`\x1b[?2026h${changes}\x1b[?2026l`);
  }
}
