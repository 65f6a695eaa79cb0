// The terminal's life: the alternate screen, the cursor, raw keys, and giving it back as it was on every way out: quit,
// signals, an exception, Ctrl-Z and back, a terminal that is gone.
import { openSync, writeSync } from 'node:fs';
import { ReadStream, type WriteStream } from 'node:tty';
import { type Key, KeyParser } from './keys/key-parser.js';

/** Alternate screen, no cursor, no wrapping at the right edge. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J\x1b[H';
const LEAVE = '\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l';
/** Milliseconds after which a lone Escape is the key. */
const ESCAPE_TIME = 30;
/** Milliseconds after which we were not stopped: nobody would wake us. */
const STOP_TIME = 300;

export interface TerminalEvents {
  key(key: Key): void;
  resized(): void;
  /** The screen is given back for a while: nothing may be drawn. */
  suspended(): void;
  /** The screen is ours again and must be drawn anew. */
  resumed(): void;
  /** The terminal is being taken away, or a signal ends us: the exit code. */
  ending(code: number): void;
  crashed(error: unknown): void;
}

/** Signals that end the program, with the code the shell expects. */
const SIGNALS: readonly (readonly [NodeJS.Signals, number])[] = [
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGQUIT', 131],
];

/** Where keys come from: standard input, or the terminal itself where standard input is the capture. */
export function keySource(stdinIsTaken: boolean): ReadStream | undefined {
  if (!stdinIsTaken && process.stdin.isTTY) return process.stdin;
  try {
    return new ReadStream(openSync('/dev/tty', 'r'));
  } catch {
    return undefined;
  }
}

export class Terminal {
  private entered = false;
  private suspended = false;
  private readonly parser = new KeyParser();
  private escapeTimer: NodeJS.Timeout | undefined;
  private stopTimer: NodeJS.Timeout | undefined;
  private readonly undo: (() => void)[] = [];

  constructor(
    private readonly output: WriteStream & { readonly fd: number },
    private readonly input: ReadStream,
    private readonly events: TerminalEvents,
  ) {}

  /** Takes the terminal over. */
  open(): void {
    const { output, input, events } = this;
    for (const [signal, code] of SIGNALS) this.on(process, signal, () => events.ending(code));
    this.on(process, 'SIGTSTP', () => this.stop());
    this.on(process, 'SIGCONT', () => this.resume());
    // Whatever ends the process, this runs.
    this.on(process, 'exit', () => this.leave());
    this.on(process, 'uncaughtException', (error: unknown) => events.crashed(error));
    this.on(process, 'unhandledRejection', (error: unknown) => events.crashed(error));
    this.on(output, 'resize', () => events.resized());
    // The terminal is gone: nothing can be shown any more.
    this.on(output, 'error', () => events.ending(129));
    this.on(input, 'data', (bytes: Buffer) => this.bytes(bytes));
    this.on(input, 'end', () => events.ending(129));
    this.on(input, 'error', () => events.ending(129));
    this.enter();
    input.resume();
  }

  /** Gives it back for good. */
  close(): void {
    this.leave();
    clearTimeout(this.escapeTimer);
    clearTimeout(this.stopTimer);
    for (const undo of this.undo.splice(0)) undo();
    this.input.pause();
    if (this.input !== process.stdin) this.input.destroy();
    else this.input.unref();
  }

  /** Ctrl-Z: the whole job stops, as the shell expects it. */
  suspend(): void {
    process.kill(0, 'SIGTSTP');
  }

  private enter(): void {
    if (this.entered) return;
    this.entered = true;
    this.setRaw(true);
    this.output.write(ENTER);
  }

  private leave(): void {
    if (!this.entered) return;
    this.entered = false;
    this.setRaw(false);
    // Synchronously: the process may be about to end.
    try {
      writeSync(this.output.fd, LEAVE);
    } catch {
      // The terminal is gone, and with it everything to restore.
    }
  }

  private setRaw(raw: boolean): void {
    try {
      this.input.setRawMode(raw);
    } catch {
      // Gone.
    }
  }

  private stop(): void {
    if (this.suspended) return;
    this.suspended = true;
    this.events.suspended();
    this.leave();
    // With our own handler taken away the signal stops the process.
    const handlers = process.listeners('SIGTSTP');
    process.removeAllListeners('SIGTSTP');
    process.kill(process.pid, 'SIGTSTP');
    for (const handler of handlers) process.on('SIGTSTP', handler as NodeJS.SignalsListener);
    // A process without a shell above it is not stopped.
    this.stopTimer = setTimeout(() => this.resume(), STOP_TIME);
  }

  private resume(): void {
    clearTimeout(this.stopTimer);
    if (!this.suspended) return;
    this.suspended = false;
    this.enter();
    this.events.resumed();
  }

  private bytes(bytes: Buffer): void {
    clearTimeout(this.escapeTimer);
    for (const key of this.parser.push(bytes)) this.events.key(key);
    if (!this.parser.waiting) return;
    this.escapeTimer = setTimeout(() => {
      for (const key of this.parser.flush()) this.events.key(key);
    }, ESCAPE_TIME);
  }

  private on(emitter: NodeJS.EventEmitter, event: string, listener: (...values: never[]) => void): void {
    emitter.on(event, listener as (...values: unknown[]) => void);
    this.undo.push(() => emitter.off(event, listener as (...values: unknown[]) => void));
  }
}
