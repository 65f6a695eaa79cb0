// A program that runs in the background of a test: started in a session of its own, stopped with all its children.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { eventually } from './eventually.js';
import { alive, familyOf } from './process-tree.js';
import { findProgram } from './programs.js';

export interface DaemonOptions {
  /** Where standard output and standard error go. */
  readonly output: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** How it is asked to end: SIGTERM unless it has a gentler way. */
  readonly stopSignal?: NodeJS.Signals;
}

/** Milliseconds that a daemon gets for each of the ways to end it. */
const PATIENCE = 5000;
const setpriv = { name: 'setpriv', package: 'util-linux' };

export class Daemon {
  private readonly ended: Promise<void>;
  private failure: Error | undefined;
  private over = false;

  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
    private readonly options: DaemonOptions,
  ) {
    this.ended = new Promise((resolve) => {
      child.on('error', (error) => {
        this.failure = error;
        this.over = true;
        resolve();
      });
      child.on('exit', () => {
        this.over = true;
        resolve();
      });
    });
  }

  static start(command: string, args: readonly string[], options: DaemonOptions): Daemon {
    // When the test itself is killed nobody is left to stop its daemons but the kernel.
    const wrapper = findProgram(setpriv);
    const [file, ...rest] =
      wrapper === undefined ? [command, ...args] : [wrapper, '--pdeathsig', 'TERM', command, ...args];
    const output = openSync(options.output, 'a');
    const child = spawn(file, rest, {
      detached: true,
      stdio: ['ignore', output, output],
      env: { PATH: process.env.PATH ?? '', TZ: 'UTC', LC_ALL: 'C', ...options.environment },
    });
    closeSync(output);
    return new Daemon(command.replace(/.*\//, ''), child, options);
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.name} did not start: ${this.failure?.message}`);
    return this.child.pid;
  }

  get running(): boolean {
    return !this.over;
  }

  /** What it wrote to standard output and standard error. */
  get output(): string {
    return readFileSync(this.options.output, 'utf8');
  }

  /**
   * Waits until the condition holds.
   * @throws Error with its output when it ends before.
   */
  async until<T>(what: string, ask: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
    return eventually(`${this.name}: ${what}`, () => {
      if (this.over) throw new Error(`${this.name} ended: ${this.failure?.message ?? this.output}`);
      return ask();
    });
  }

  /** Resolves when the program itself has ended. */
  async wait(): Promise<void> {
    await this.ended;
  }

  /** Ends it and every process descended from it: gently, then less so. Does nothing when it has ended. */
  async stop(): Promise<void> {
    if (this.child.pid === undefined) return;
    let family = familyOf(this.child.pid);
    for (const signal of [this.options.stopSignal ?? 'SIGTERM', 'SIGTERM', 'SIGKILL'] as const) {
      // Children that outlive their parent are found by the group, those that left the group by having been its children.
      family = [...new Set([...alive(family), ...familyOf(this.child.pid)])];
      const targets = this.over || signal === 'SIGKILL' ? family : [this.child.pid];
      for (const pid of targets) send(pid, signal);
      if (await this.gone(family)) return this.ended;
    }
    throw new Error(`${this.name} left processes: ${alive(family).join(' ')}`);
  }

  /** Sends a signal to the program alone. */
  signal(signal: NodeJS.Signals): void {
    send(this.pid, signal);
  }

  /** Sends a signal to the program and all it started, as a terminal does at Ctrl-C. */
  signalAll(signal: NodeJS.Signals): void {
    send(-this.pid, signal);
  }

  private async gone(family: readonly number[]): Promise<boolean> {
    const end = Date.now() + PATIENCE;
    while (Date.now() < end) {
      if (alive(family).length === 0 && familyOf(this.child.pid!).length === 0) return true;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return false;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
