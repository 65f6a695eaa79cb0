// A tap, an application and a load in processes of their own, and what the kernel says of the tap's memory meanwhile.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { bin } from '../support/run-bin.js';
import type { LoadProgress } from './load.js';

const program = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export interface TappedLoad {
  /** The tap's process. */
  readonly tap: ChildProcess & { readonly pid: number };
  readonly application: ChildProcess;
  readonly load: ChildProcess;
  /** What the load tells, a line a second, until it is done or gone. */
  progress(): AsyncGenerator<LoadProgress>;
  /** Ends the tap as a user does; its report as it was printed. */
  report(): Promise<string>;
  /** Ends everything. */
  close(): void;
}

export interface TappedLoadOptions {
  readonly connections: number;
  readonly requests: number;
  readonly each?: number;
  /** Bytes of an answer's body. */
  readonly body?: number;
  /** Further options of the tap. */
  readonly tap?: readonly string[];
}

export async function startTappedLoad(options: TappedLoadOptions): Promise<TappedLoad> {
  const started: ChildProcess[] = [];
  const start = (args: readonly string[], stdio: 'inherit' | 'pipe' = 'inherit'): ChildProcess => {
    const child = spawn(process.execPath, [...args], { stdio: ['ignore', 'pipe', stdio] });
    started.push(child);
    return child;
  };
  const application = start([program('./application.js'), String(options.body ?? 64)]);
  const to = await firstLine(application.stdout!);
  const tapOptions = ['--format', 'json', '--limit', '0', '--grace', '5s', ...(options.tap ?? [])];
  const tap = start([bin, 'tap', '--listen', '127.0.0.1:0', '--to', `127.0.0.1:${to}`, ...tapOptions], 'pipe');
  const output: Buffer[] = [];
  tap.stdout!.on('data', (piece: Buffer) => output.push(piece));
  const [, port] = /listening on 127\.0\.0\.1:(\d+)/.exec(await firstLine(tap.stderr!)) ?? [];
  tap.stderr!.resume();
  const { connections, requests, each = 0 } = options;
  const load = start([
    program('./load.js'),
    ...['--through', port, '--direct', to, '--connections', String(connections)],
    ...['--requests', String(requests), '--each', String(each)],
  ]);
  return {
    tap: tap as TappedLoad['tap'],
    application,
    load,
    async *progress() {
      for await (const line of createInterface({ input: load.stdout! })) {
        const progress = JSON.parse(line) as LoadProgress;
        yield progress;
        if (progress.done) return;
      }
    },
    async report() {
      const closed = once(tap, 'close');
      tap.kill('SIGINT');
      await closed;
      return Buffer.concat(output).toString();
    },
    close() {
      for (const child of started) child.kill('SIGKILL');
    },
  };
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  const lines = createInterface({ input: stream });
  const [line] = (await once(lines, 'line')) as [string];
  return line;
}

/** Resident memory of a process in bytes; NaN where it is gone. */
export function residentMemory(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
  } catch {
    return Number.NaN;
  }
}

export function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
