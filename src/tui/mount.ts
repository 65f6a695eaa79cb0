// Puts a controller's screen through Ink onto anything that can be painted: the terminal, or the one tests look at.
import { EventEmitter } from 'node:events';
import { render } from 'ink';
import { createElement } from 'react';
import { App } from './app.js';
import type { Controller } from './controller.js';
import { LineMarks, MARK_CELLS } from './drawing/line-marks.js';
import type { Painter } from './painter.js';

export interface Mounted {
  /** Rejects when drawing fails. */
  readonly ended: Promise<unknown>;
  unmount(): void;
}

const SHOW_CURSOR = '\x1b[?25h';
const HIDE_CURSOR = '\x1b[?25l';

/** Stands where Ink expects standard output: hands whole frames to the painter. */
class FrameOutput extends EventEmitter {
  readonly isTTY = true;
  /** Wide enough for marks: Ink makes an object for each cell. */
  readonly columns = MARK_CELLS;

  constructor(
    private readonly painter: Painter,
    private readonly marks: LineMarks,
  ) {
    super();
  }

  get rows(): number {
    return this.painter.rows;
  }

  readonly write = (text: string, ...rest: readonly unknown[]): boolean => {
    const done = rest.at(-1);
    if (typeof done === 'function') (done as () => void)();
    // Ink shows and hides the cursor by itself; that is no frame.
    if (text !== '' && text !== SHOW_CURSOR && text !== HIDE_CURSOR) this.painter.show(this.marks.frame(text));
    return true;
  };
}

export function mount(controller: Controller, painter: Painter): Mounted {
  const marks = new LineMarks();
  // `debug` makes Ink hand over every frame whole and at once; the painter finds out what changed. Keys are read by
  // ourselves, so Ink's input is never touched.
  const instance = render(createElement(App, { controller, marks }), {
    stdout: new FrameOutput(painter, marks) as unknown as NodeJS.WriteStream,
    debug: true,
    exitOnCtrlC: false,
    patchConsole: false,
  });
  return { ended: instance.waitUntilExit(), unmount: () => instance.unmount() };
}
