// Paints whole frames: keeps the lines that stand on the terminal and rewrites what of them changed, in place. Ink hands
// over a frame after each change; it would erase and write all of it.
import { lineChanges } from './drawing/line-changes.js';

/** What the painter needs of a terminal's output. */
export interface PaintedTerminal {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

export class Painter {
  private standing: readonly string[] | undefined;
  private enabled = false;
  private frame: readonly string[] = [];

  constructor(private readonly terminal: PaintedTerminal) {}

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

  /** Takes a frame: painted lines, as wide as the terminal at most. */
  show(frame: readonly string[]): void {
    this.frame = frame;
    this.paint();
  }

  private paint(): void {
    if (!this.enabled || this.frame.length === 0) return;
    const lines = this.frame.slice(0, this.rows);
    const { standing, columns } = this;
    let changes = standing ? '' : '\x1b[2J';
    for (let row = 0; row < Math.max(lines.length, standing?.length ?? 0); row++) {
      const line = lines[row] ?? '';
      // After a change of size the frame may still be wider than the terminal: what stands is cut to it all the same.
      changes += lineChanges(standing?.[row] ?? '', line, row, columns);
    }
    this.standing = lines;
    // Between the marks of a synchronised update the terminal shows nothing half done.
    if (changes !== '') this.terminal.write(`\x1b[?2026h${changes}\x1b[?2026l`);
  }
}
