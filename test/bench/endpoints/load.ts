// Who makes the load on a server, in a process of its own: a program in C for new connections, which spends far less on
// one than any server here, and one in Node where there is no compiler, and for kept connections.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectRoot } from '../../support/paths.js';
import { compile, gcc } from '../../support/peers/compiler.js';
import { findProgram } from '../../support/peers/programs.js';
import { output, type RunningServer } from './processes.js';
import { cannedRequest } from './wire.js';

const SOURCE = join(projectRoot, 'test', 'bench', 'endpoints', 'connection-load.c');
const GENERATOR = fileURLToPath(new URL('./generator.js', import.meta.url));

export interface LoadResult {
  readonly requests: number;
  readonly failures: number;
}

/** @param time milliseconds */
export type Load = (
  server: Pick<RunningServer, 'port' | 'script'>,
  connections: number,
  time: number,
) => Promise<LoadResult>;

/** @param keep whether connections are kept, or made anew for each request */
export function loadFromNode(keep: boolean): Load {
  return ({ port, script }, connections, time) => {
    const args = ['--no-deprecation', GENERATOR, '127.0.0.1', port, connections, time, keep ? 1 : 0, script];
    return output(process.execPath, args.map(String));
  };
}

/**
 * New connections only. Undefined where there is no compiler.
 * @param folder for the program and for what it sends
 */
export async function loadFromC(folder: string): Promise<Load | undefined> {
  if (findProgram(gcc) === undefined) return undefined;
  const program = await compile(SOURCE, join(folder, 'connection-load'));
  return ({ port, script }, connections, time) => {
    const request = join(folder, `request-${port}`);
    writeFileSync(request, cannedRequest(false, script));
    return output(program, ['127.0.0.1', port, connections, time, request].map(String));
  };
}
