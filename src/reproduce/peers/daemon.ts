// A program of other people that runs while a scenario does: in a process group of its own that the place's guardian knows, its
// output in a file of the place's folder.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { EndpointAddress } from '../../model/endpoint-address.js';
import { UserError } from '../../model/errors.js';
import type { Place } from '../place.js';

/** Milliseconds that it may take to listen, and to end. */
const STARTING = 10_000;
const ENDING = 3000;
const LOOK = 30;

export class Daemon {
  private readonly ended: Promise<void>;
  private over: string | undefined;

  private constructor(
    private readonly child: ChildProcess,
    private readonly name: string,
    private readonly place: Place,
    private readonly stopSignal: NodeJS.Signals,
  ) {
    this.ended = new Promise((resolve) => {
      child.on('error', (error) => {
        this.over ??= error.message;
        resolve();
      });
      child.on('exit', (code, signal) => {
        this.over ??= signal ?? `exit status ${code}`;
        resolve();
      });
    });
  }

  /** @param stopSignal how it is asked to end */
  static start(
    place: Place,
    command: string,
    args: readonly string[],
    stopSignal: NodeJS.Signals = 'SIGTERM',
    environment: Readonly<Record<string, string>> = {},
  ): Daemon {
    const name = command.replace(/.*\//, '');
    const output = openSync(place.path(`${name}.output`), 'a');
    const child = spawn(command, [...args], {
      detached: true,
      stdio: ['ignore', output, output],
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        TZ: 'UTC',
        LC_ALL: 'C',
        ...environment,
      },
    });
    closeSync(output);
    if (child.pid !== undefined) place.protect(child.pid);
    return new Daemon(child, name, place, stopSignal);
  }

  /** Why it has ended; undefined while it runs. */
  get end(): string | undefined {
    return this.over === undefined ? undefined : `${this.name} ended (${this.over})`;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** What it wrote to standard output and standard error. */
  get output(): string {
    return readFileSync(this.place.path(`${this.name}.output`), 'utf8');
  }

  /** @throws UserError if it ends before, or takes too long */
  async listening(address: EndpointAddress): Promise<void> {
    const until = performance.now() + STARTING;
    while (!(await answers(address))) {
      if (this.over !== undefined) throw new UserError(`${this.name} did not start`, this.output.trim().slice(-500));
      if (performance.now() > until) throw new UserError(`${this.name} does not listen after ${STARTING / 1000} s`);
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
  }

  /** Ends it and its children: gently, then less so. */
  async stop(): Promise<void> {
    for (const signal of [this.stopSignal, 'SIGTERM', 'SIGKILL'] as const) {
      send(signal === 'SIGKILL' ? -this.pid : this.pid, signal);
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, ENDING);
      });
      await Promise.race([this.ended, patience]);
      clearTimeout(timer);
      if (this.over !== undefined) break;
    }
    // Children that outlived it.
    send(-this.pid, 'SIGKILL');
    this.place.release(this.pid);
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  if (pid === 0) return;
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

function answers(address: EndpointAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const socket =
      address.kind === 'unix' ? connect({ path: address.path }) : connect({ host: address.host, port: address.port });
    socket.once('connect', () => {
      // With RST, so that nothing of it is left in TIME_WAIT.
      if (address.kind === 'tcp') socket.resetAndDestroy();
      else socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      socket.destroy();
      resolve(false);
    });
  });
}
