// A CGI program (RFC 3875) answers: PARAMS become its environment, STDIN its standard input, its output STDOUT and STDERR,
// its exit status the appStatus. It can be neither more numerous nor slower than it is allowed to be.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Clock, systemClock } from '../clock.js';
import type { RequestHandler } from '../server/options.js';
import type { ServerRequest } from '../server/request.js';
import { cgiEnvironment } from './cgi-environment.js';
import { headOf } from './demo.js';

export interface CgiProgramOptions {
  /** A path; executed without a shell. */
  readonly program: string;
  readonly args?: readonly string[];
  /** Programs at once; a request beyond gets 503. Default 32. */
  readonly limit?: number;
  /** Milliseconds a program may take; 0: as long as it likes. Default 60,000. */
  readonly timeout?: number;
  /** Milliseconds between SIGTERM and SIGKILL. Default 1,000. */
  readonly grace?: number;
  /** What the program gets beside PARAMS. Default: nothing but PATH. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** Where programs are looked for if their environment has no PATH. */
const PATH = '/usr/local/bin:/usr/bin:/bin';

export class CgiProgram {
  /** Answers a request; for Responders. */
  readonly handler: RequestHandler = (request) => this.answer(request);
  private readonly running = new Set<Child>();

  constructor(private readonly options: CgiProgramOptions) {}

  /** Programs that are running. */
  get active(): number {
    return this.running.size;
  }

  /** Ends those that are. */
  close(): void {
    for (const child of this.running) kill(child, 'SIGKILL');
  }

  private async answer(request: ServerRequest): Promise<number | undefined> {
    const { limit = 32, clock = systemClock, timeout = 60_000 } = this.options;
    if (this.running.size >= limit) {
      request.writeError(`${limit} programs are running already\n`);
      tell(request, 503);
      return undefined;
    }
    const child = this.start(request);
    const ended = new Promise<number>((done) => {
      child.once('error', (error) => {
        request.writeError(`cannot run ${this.options.program}: ${error.message}\n`);
        done(127);
      });
      // Not `exit`: its output may still be on its way.
      child.once('close', (code, signal) => done(code ?? 128 + (signal ? constants.signals[signal] : 0)));
    });
    this.running.add(child);
    let late = false;
    const timer =
      timeout === 0
        ? undefined
        : clock.after(
            timeout,
            () => {
              late = true;
              this.stop(child);
            },
            false,
          );
    request.onAbort(() => this.stop(child));
    try {
      await this.exchange(request, child);
      const status = await ended;
      if (request.aborted) return undefined;
      if (late) request.writeError(`${this.options.program} was ended after ${timeout} ms\n`);
      if (request.outputBytes === 0) tell(request, late ? 504 : 500);
      return status;
    } finally {
      timer?.cancel();
      this.running.delete(child);
    }
  }

  private start(request: ServerRequest): Child {
    const program = resolve(this.options.program);
    return spawn(program, this.options.args ?? [], {
      cwd: dirname(program),
      env: { PATH, ...this.options.environment, ...cgiEnvironment(request.params, request.contentLength) },
      stdio: ['pipe', 'pipe', 'pipe'],
      // A group of its own: what it starts is ended with it.
      detached: true,
    });
  }

  /** All three streams, each as fast as the other end takes it. A program need not read its input. */
  private async exchange(request: ServerRequest, child: Child): Promise<void> {
    const input = pipeline(request.stdin, child.stdin).catch(() => {});
    const output = pipeline(child.stdout, request.stdout).catch(() => this.stop(child));
    const errors = pipeline(child.stderr, request.stderr).catch(() => {});
    await Promise.all([output, errors]);
    child.stdin.destroy();
    await input;
  }

  private stop(child: Child): void {
    const { clock = systemClock, grace = 1000 } = this.options;
    if (!this.running.has(child)) return;
    kill(child, 'SIGTERM');
    clock.after(
      grace,
      () => {
        if (this.running.has(child)) kill(child, 'SIGKILL');
      },
      false,
    );
  }
}

function kill({ pid }: Child, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

function tell(request: ServerRequest, status: number): void {
  const body = `${status}\n`;
  request.write(headOf(status, 'text/plain; charset=utf-8', body.length) + body);
}
