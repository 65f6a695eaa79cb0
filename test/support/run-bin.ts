// Runs bin/fcgi-inspect.js as users do: a process of its own, with its streams, exit code and signals.
import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { projectRoot } from './paths.js';

export const bin = join(projectRoot, 'bin', 'fcgi-inspect.js');

export interface Run {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Goes to standard input through a pipe. */
  readonly input?: Uint8Array | string;
  readonly cwd?: string;
  /** Set over the test's own environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

function environment(given: RunOptions['env'] = {}): NodeJS.ProcessEnv {
  const { NO_COLOR, FORCE_COLOR, NODE_TEST_CONTEXT, ...own } = process.env;
  void [NO_COLOR, FORCE_COLOR, NODE_TEST_CONTEXT];
  return { ...own, TZ: 'UTC', LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', ...given };
}

/** Runs it to its end. */
export function runBin(args: readonly string[], options: RunOptions = {}): Run {
  return finished(
    spawnSync(process.execPath, [bin, ...args], {
      input: options.input ?? '',
      env: environment(options.env),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      maxBuffer: 1 << 28,
    }),
  );
}

/** Runs a shell line with `$NODE` and `$BIN`; bash, with pipefail off and PIPESTATUS. */
export function runShell(line: string, options: RunOptions = {}): Run {
  return finished(
    spawnSync('bash', ['-c', line], {
      input: options.input ?? '',
      env: { ...environment(options.env), NODE: process.execPath, BIN: bin },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      maxBuffer: 1 << 28,
    }),
  );
}

function finished({ status, signal, stdout, stderr, error }: SpawnSyncReturns<Buffer>): Run {
  if (error) throw error;
  return { status, signal, stdout: stdout.toString(), stderr: stderr.toString() };
}

export interface Started {
  readonly process: ChildProcess;
  /** Resolves when it has ended and its output is complete. */
  readonly ended: Promise<Run>;
}

/** Starts it and goes on. */
export function startBin(args: readonly string[], options: Pick<RunOptions, 'env' | 'input'> = {}): Started {
  const child = spawn(process.execPath, [bin, ...args], {
    env: environment(options.env),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {}).end(options.input ?? '');
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const ended = new Promise<Run>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => {
      resolve({ status, signal, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
    });
  });
  return { process: child, ended };
}

/** A folder that is gone when the tests of the file have run. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fcgi-inspect-test-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
