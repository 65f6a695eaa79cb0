// Opens the screen on this process's terminal and runs it until the user leaves, or something ends it.

import type { Remapping } from '../analysis/live/fold.js';
import { systemTurns } from './clock.js';
import { Controller, type Services, type Subject } from './controller.js';
import type { ReadingProgress, SourceInfo } from './data.js';
import { mount } from './mount.js';
import { Painter } from './painter.js';
import { initialState } from './state.js';
import { keySource, Terminal } from './terminal.js';

export interface ScreenOptions {
  readonly source: SourceInfo;
  readonly filter: string;
  readonly look: { readonly ascii: boolean; readonly colour: boolean };
  /** Cookies, passwords and tokens are shown from the beginning. */
  readonly secrets: boolean;
  /** Standard input is the capture: keys come from the terminal itself. */
  readonly stdinIsTaken: boolean;
  readonly services: Pick<Services, 'reread'> & {
    write: Services['command'];
  };
  /** An error of ours: the terminal has been given back. */
  crashed(error: unknown): never;
}

/** How the screen was left. */
export interface ScreenEnd {
  /** By Ctrl-C. */
  readonly interrupted: boolean;
  /** By a signal, or because the terminal went away: the exit code. */
  readonly code: number | undefined;
}

export interface OpenScreen {
  readonly ended: Promise<ScreenEnd>;
  opened(subject: Subject): void;
  read(progress: Omit<ReadingProgress, 'elapsed'>): void;
  hold(): Promise<void> | undefined;
  /** Rows have new numbers (Controller.renumbered). */
  renumbered(rows: Remapping): void;
  finished(warnings: readonly string[]): Promise<void>;
  /** Gives the terminal back without waiting for the user. */
  close(): void;
}

/** Undefined where there is no terminal to read keys from. */
export function openScreen(options: ScreenOptions): OpenScreen | undefined {
  const input = keySource(options.stdinIsTaken);
  if (!input) return undefined;
  const output = process.stdout;
  const painter = new Painter(output);
  let end: (end: ScreenEnd) => void = () => {};
  const ended = new Promise<ScreenEnd>((resolve) => {
    end = resolve;
  });
  const size = () => ({ columns: painter.columns, rows: painter.rows });
  const { source } = options;
  const nothing = { packets: 0, bytes: 0, size: undefined, elapsed: 0 };
  const data = {
    source,
    phase: source.live ? 'live' : 'reading',
    progress: nothing,
    shown: undefined,
    warnings: [],
  } as const;
  const crashed = (error: unknown): void => {
    close();
    options.crashed(error);
  };
  const services: Services = {
    reread: options.services.reread,
    failed: crashed,
    async command(command, shown) {
      switch (command.kind) {
        case 'quit':
          end({ interrupted: command.interrupted, code: undefined });
          return undefined;
        case 'suspend':
          terminal.suspend();
          return undefined;
        case 'redraw':
          painter.repaint();
          return undefined;
        case 'write':
          return options.services.write(command, shown);
      }
    },
  };
  const controller = new Controller(
    { ...initialState(data, size(), options.look, options.filter), secrets: options.secrets },
    services,
    systemTurns,
  );
  const terminal = new Terminal(output, input, {
    key: (key) => controller.dispatch({ kind: 'key', key }),
    resized() {
      painter.repaint();
      controller.dispatch({ kind: 'size', size: size() });
    },
    suspended: () => painter.end(),
    resumed() {
      controller.dispatch({ kind: 'size', size: size() });
      painter.begin();
    },
    ending: (code) => end({ interrupted: false, code }),
    crashed,
  });
  terminal.open();
  const mounted = mount(controller, painter);
  painter.begin();
  mounted.ended.catch(crashed);
  let isClosed = false;
  function close(): void {
    if (isClosed) return;
    isClosed = true;
    controller.close();
    painter.end();
    terminal.close();
    mounted.unmount();
  }
  return {
    ended,
    opened: (subject) => controller.opened(subject),
    read: (progress) => controller.read(progress),
    hold: () => controller.hold(),
    renumbered: (rows) => controller.renumbered(rows),
    finished: (warnings) => controller.finished(warnings),
    close,
  };
}
