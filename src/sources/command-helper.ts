// A shell that starts small programs for this process. To start one is to fork, and after a fork every page of memory that any
// thread writes to is copied first: for a tap at work that costs more than the program does. The shell is small, and is
// forked from this process only once.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';

/** Takes a word and a command, and says the word and how the command ended behind what it printed, on both streams. */
const SCRIPT = `while IFS= read -r word && IFS= read -r command; do
eval "$command" </dev/null
printf '\\n%s %d\\n' "$word" $?
printf '\\n%s\\n' "$word" >&2
done`;

export interface CommandEnd {
  /** Exit status of the command (127: there is no such program); undefined where it was not waited for. */
  readonly status: number | undefined;
  /** What it printed, a character for each byte. */
  readonly output: string;
  readonly errors: string;
  /** Why it was given up. */
  readonly reason?: string;
}

interface Job {
  readonly line: string;
  readonly resolve: (end: CommandEnd) => void;
  /** Nobody can print it who does not know it. */
  readonly word: string;
}

export class CommandHelper {
  private shell: ChildProcessByStdio<Writable, Readable, Readable> | undefined;
  private readonly waiting: Job[] = [];
  private job: Job | undefined;
  private timer: NodeJS.Timeout | undefined;
  private output = '';
  private errors = '';

  /** @param most milliseconds and characters of output that a command may take */
  constructor(private readonly most: { readonly time: number; readonly output: number }) {}

  /** Runs the commands that it is given one after the other. */
  run(command: string, args: readonly string[]): Promise<CommandEnd> {
    const line = [command, ...args].map(quoted).join(' ');
    return new Promise((resolve) => {
      this.waiting.push({ line, resolve, word: randomBytes(12).toString('hex') });
      if (this.job === undefined) this.next();
    });
  }

  private next(): void {
    const job = this.waiting.shift();
    this.job = job;
    const shell = job === undefined ? this.shell : this.started();
    // Only while somebody waits for it does it keep this process alive.
    const output = shell?.stdout as Socket | undefined;
    if (job === undefined) output?.unref();
    else {
      output?.ref();
      this.output = this.errors = '';
      this.timer = setTimeout(() => this.giveUp('did not end in time'), this.most.time);
      shell?.stdin.write(`${job.word}\n${job.line}\n`);
    }
  }

  private started(): ChildProcessByStdio<Writable, Readable, Readable> {
    if (this.shell !== undefined) return this.shell;
    // A group of its own: what it started can be ended with it, and Ctrl-C is not for it.
    const shell = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    this.shell = shell;
    shell.unref();
    for (const stream of [shell.stdin, shell.stdout, shell.stderr] as unknown as Socket[]) stream.unref();
    /** `keep` returns how much has come so far. */
    const hear = (stream: Readable, keep: (text: string) => number) => {
      stream.setEncoding('latin1').on('data', (text: string) => {
        if (this.shell !== shell) return;
        if (keep(text) > this.most.output) this.giveUp('printed too much');
        else this.look();
      });
    };
    hear(shell.stdout, (text) => (this.output += text).length);
    hear(shell.stderr, (text) => (this.errors += text).length);
    const gone = (reason: string) => {
      if (this.shell === shell) this.forget(reason);
    };
    shell.stdin.on('error', () => {});
    shell.on('error', (error) => gone(`cannot be run: ${error.message}`));
    shell.on('close', () => gone('cannot be run: the shell has ended'));
    return shell;
  }

  /** Whether the command has ended. */
  private look(): void {
    const { job } = this;
    if (job === undefined || !this.errors.endsWith(`\n${job.word}\n`)) return;
    const at = this.output.lastIndexOf(`\n${job.word} `);
    if (at < 0 || !this.output.endsWith('\n')) return;
    this.done({
      status: Number(this.output.slice(at + job.word.length + 2)),
      output: this.output.slice(0, at),
      errors: this.errors.slice(0, -job.word.length - 2),
    });
  }

  /** Ends the command and the shell. */
  private giveUp(reason: string): void {
    try {
      if (this.shell?.pid !== undefined) process.kill(-this.shell.pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
    this.forget(reason);
  }

  /** The next command gets another shell. */
  private forget(reason: string): void {
    this.shell = undefined;
    if (this.job !== undefined) this.done({ status: undefined, output: this.output, errors: this.errors, reason });
  }

  private done(end: CommandEnd): void {
    clearTimeout(this.timer);
    this.job?.resolve(end);
    this.next();
  }
}

/** The word as the shell takes it for itself. */
function quoted(word: string): string {
  if (word.includes('\n')) throw new Error('a command has no line breaks');
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
