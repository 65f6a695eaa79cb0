// Processes of the benchmark: started, waited for, their CPU time and memory read from /proc, and ended.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { PeerCommand } from './peers.js';

export interface RunningServer {
  readonly child: ChildProcess;
  readonly port: number;
  readonly script: string;
}

export async function startServer(command: PeerCommand): Promise<RunningServer> {
  const child = spawn(command.program, command.args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let { port } = command;
  if (port === undefined) {
    const [line] = (await Promise.race([
      once(child.stdout!, 'data'),
      once(child, 'close').then(() => {
        throw new Error(`${command.program} did not start`);
      }),
    ])) as [Buffer];
    port = Number(line.toString());
  } else {
    child.stdout!.resume();
    await untilListening(port);
  }
  return { child, port, script: command.script ?? '/srv/www/index.php' };
}

export async function stopServer({ child }: RunningServer): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const pids = family(child.pid!);
  child.kill('SIGTERM');
  const closed = once(child, 'close');
  const timer = setTimeout(() => {
    for (const pid of pids) killQuietly(pid);
  }, 2000);
  await closed;
  clearTimeout(timer);
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** Runs a program and reads the line of JSON that it prints. */
export async function output<T>(program: string, args: readonly string[]): Promise<T> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await once(child, 'close');
  if (text === '') throw new Error(`${program} ${args.join(' ')} printed nothing`);
  return JSON.parse(text) as T;
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const socket = connect({ host: '127.0.0.1', port });
    const there = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (there) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`nobody listens on port ${port}`);
}

/** Microseconds of CPU that the process and its children have used. */
export function cpuOf(pid: number): number {
  let ticks = 0;
  for (const member of family(pid)) {
    const fields = statOf(member);
    // utime and stime, the fields 14 and 15 of proc(5), in ticks of 10 ms.
    if (fields) ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * 10_000;
}

/** Bytes in memory. */
export function memoryOf(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return match ? Number(match[1]) * 1024 : Number.NaN;
}

function family(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const fields = statOf(Number(name));
    if (fields) parents.set(Number(name), Number(fields[1]));
  }
  const members = [pid];
  for (let at = 0; at < members.length; at++) {
    for (const [child, parent] of parents) if (parent === members[at]) members.push(child);
  }
  return members;
}

/** The fields of /proc/PID/stat from the third on: the name may have spaces. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
