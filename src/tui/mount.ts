// Puts a controller's screen through Ink onto anything that can be painted: the terminal, or the one tests look at.
import { render } from 'ink';
import { createElement } from 'react';
import { App } from './app.js';
import type { Controller } from './controller.js';
import type { Painter } from './painter.js';

export interface Mounted {
  /** Rejects when drawing fails. */
  readonly ended: Promise<unknown>;
  unmount(): void;
}

export function mount(controller: Controller, painter: Painter): Mounted {
  // `debug` makes Ink hand over every frame whole and at once; the painter finds out what changed. Keys are read by
  // ourselves, so Ink's input is never touched.
  const instance = render(createElement(App, { controller }), {
    stdout: painter as unknown as NodeJS.WriteStream,
    debug: true,
    exitOnCtrlC: false,
    patchConsole: false,
  });
  return { ended: instance.waitUntilExit(), unmount: () => instance.unmount() };
}
