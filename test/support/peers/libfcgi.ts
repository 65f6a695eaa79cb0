// Programs of our own in C as FastCGI applications, started by spawn-fcgi: with the SDK's library, or without.
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../paths.js';
import { compile, hasHeader } from './compiler.js';
import type { Daemon } from './daemon.js';
import { logLines } from './log-file.js';
import { type Program, programPath } from './programs.js';
import { isListening } from './sockets.js';
import { endpointParts, type Stage } from './stage.js';

export const spawnFcgi: Program = { name: 'spawn-fcgi', package: 'spawn-fcgi' };
/** The library's development files. */
export const libfcgi: Program = { name: 'libfcgi', package: 'libfcgi-dev', found: () => hasHeader('fcgiapp.h') };

export interface ApplicationOptions {
  readonly endpoint?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Application {
  readonly endpoint: string;
  readonly daemon: Daemon;
}

/** Compiles test/e2e/programs/`name`.c into the stage's folder. Returns the program's path. */
export async function compileApplication(
  stage: Stage,
  name: string,
  libraries: readonly string[] = [],
): Promise<string> {
  const program = await compile(join(projectRoot, 'test', 'e2e', 'programs', `${name}.c`), stage.path(name), libraries);
  chmodSync(program, 0o755);
  return program;
}

/** Starts a program that listens on descriptor 0. */
export async function spawnApplication(
  stage: Stage,
  program: string,
  options: ApplicationOptions = {},
): Promise<Application> {
  const endpoint = options.endpoint ?? (await stage.endpoint());
  const { host, port } = endpointParts(endpoint);
  // -n: the program stays in the foreground and takes spawn-fcgi's place.
  const args = ['-n', '-a', host, '-p', String(port), '--', program];
  const daemon = stage.start(programPath(spawnFcgi), args, {
    ...(options.environment === undefined ? {} : { environment: options.environment }),
    // The library takes SIGTERM as a wish, to be looked at when the next request comes.
    stopSignal: 'SIGKILL',
  });
  await daemon.until('listening', () => isListening(endpoint));
  return { endpoint, daemon };
}

/** One request, as threaded.c logs it. */
export interface ThreadedRequest {
  readonly pid: number;
  readonly method: string;
  readonly uri: string;
  readonly stdin: number;
}

/** threaded.c: how to start it, and what it says of its requests. */
export interface ThreadedProgram {
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Waits until this many requests are logged, and returns all that are. */
  requests(count: number): Promise<ThreadedRequest[]>;
}

/** @param lock takes turns in FCGX_Accept_r, as the SDK's example does. */
export async function threadedProgram(
  stage: Stage,
  { threads, lock = false }: { readonly threads: number; readonly lock?: boolean },
): Promise<ThreadedProgram> {
  const log = stage.file('threaded.log', '');
  chmodSync(log, 0o666);
  return {
    path: await compileApplication(stage, 'threaded', ['fcgi']),
    environment: { APP_THREADS: String(threads), APP_LOG: log, ...(lock ? { APP_LOCK: '1' } : {}) },
    requests: async (count) => (await logLines(log, count)).map((line) => JSON.parse(line) as ThreadedRequest),
  };
}
