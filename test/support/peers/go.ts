// Go's net/http/fcgi: a program of our own in Go as a FastCGI application, which multiplexes.
import { execFile } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../paths.js';
import type { Daemon } from './daemon.js';
import { type Program, programPath } from './programs.js';
import type { Stage } from './stage.js';

export const go: Program = { name: 'go', package: 'golang-go' };

const run = promisify(execFile);

export interface GoApplication {
  /** `host:port`, or `unix:/path`. */
  readonly address: string;
  readonly daemon: Daemon;
}

/**
 * Compiles test/e2e/programs/`name`.go into the stage's folder and starts it.
 * @param kind where it listens.
 */
export async function startGo(stage: Stage, name: string, kind: 'tcp' | 'unix' = 'tcp'): Promise<GoApplication> {
  const program = stage.path(name);
  const source = join(projectRoot, 'test', 'e2e', 'programs', `${name}.go`);
  await run(programPath(go), ['build', '-o', program, source], {
    env: { ...process.env, GO111MODULE: 'off', GOFLAGS: '', GOCACHE: stage.path('go-cache') },
  });
  chmodSync(program, 0o755);
  const address = kind === 'unix' ? `unix:${stage.path(`${name}.sock`)}` : await stage.endpoint();
  const daemon = stage.start(program, kind === 'unix' ? ['unix', address.slice(5)] : ['tcp', address]);
  await daemon.until('listening', () => /^listening$/m.test(daemon.output));
  return { address, daemon };
}
