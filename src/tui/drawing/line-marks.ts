// Marks that stand for the painted lines on their way through Ink. Ink takes every text apart into cells, measures each
// of them and puts all together again, on every frame: for a screen of 100 by 30 that took four fifths of a frame's time.
// Our lines are cut to the terminal's width already, so Ink gets a short mark in place of each and hands it back.

/** Cells a mark takes at most. */
export const MARK_CELLS = 12;

export class LineMarks {
  private readonly lines: string[] = [];
  private readonly marks: string[] = [];
  private count = 0;

  /** What Ink is to draw for the line: another text whenever the line is another. */
  mark(row: number, line: string): string {
    if (this.lines[row] !== line) {
      this.lines[row] = line;
      this.marks[row] = `#${(++this.count).toString(36)}`;
    }
    return this.marks[row];
  }

  /** The lines of a frame from Ink. What is no mark (Ink's own account of an error) stays as it is. */
  frame(text: string): string[] {
    return text.split('\n').map((mark, row) => (this.marks[row] === mark ? this.lines[row] : mark));
  }
}
