// Programs that serve, as processes of their own: with what they inherit, what they print, and how they end.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import type { Server as NetServer } from 'node:net';
import type { TestContext } from 'node:test';
import { requirePeers } from '../../support/paths.js';

const library = new URL('../../../src/endpoints/server/index.js', import.meta.url).href;

/** A module in which `lib` is the server library and `say` prints a line. */
export function programSource(body: string): string {
  return `import * as lib from ${JSON.stringify(library)};
const say = (text) => process.stdout.write(text + '\\n');
${body}`;
}

export interface Program {
  readonly process: ChildProcess;
  /** What it has printed so far. */
  readonly output: () => string;
  /** Waits until it has printed that. */
  says(text: string): Promise<void>;
  readonly exit: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

/** Runs Node with such a module; `stdin` is a listening server whose socket becomes its descriptor 0. */
export function runProgram(
  context: TestContext,
  body: string,
  { stdin, env = {} }: { readonly stdin?: NetServer; readonly env?: Readonly<Record<string, string>> } = {},
): Program {
  const args = ['--input-type=module', '-e', programSource(body)];
  return watch(context, process.execPath, args, stdin === undefined ? 'ignore' : descriptorOf(stdin), env);
}

/** Runs any program. */
export function watch(
  context: TestContext,
  command: string,
  args: readonly string[],
  stdin: 'ignore' | 'pipe' | number = 'ignore',
  env: Readonly<Record<string, string>> = {},
): Program {
  const child = spawn(command, args, { stdio: [stdin, 'pipe', 'inherit'], env: { ...process.env, ...env } });
  context.after(() => child.kill('SIGKILL'));
  let output = '';
  let changed = () => {};
  child.stdout!.on('data', (chunk) => {
    output += chunk;
    changed();
  });
  const exit = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ code, signal });
      changed();
    });
  });
  const says = async (text: string) => {
    while (!output.includes(text)) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`the program ended (${child.exitCode ?? child.signalCode}) without saying ${text}: ${output}`);
      await new Promise<void>((resolve) => (changed = resolve));
    }
  };
  return { process: child, output: () => output, says, exit };
}

/** node:net has no word for it. */
function descriptorOf(server: NetServer): number {
  return (server as unknown as { readonly _handle: { readonly fd: number } })._handle.fd;
}

/** Whether a program is missing; where peers are required that is an error. */
export function isMissing(command: string): boolean {
  const missing = spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status !== 0;
  if (missing && requirePeers) throw new Error(`${command} is required here and is not installed`);
  return missing;
}
