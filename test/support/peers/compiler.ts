// Compiles programs in C that tests run.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { type Program, programPath } from './programs.js';

export const gcc: Program = { name: 'gcc', package: 'gcc libc6-dev' };

const run = promisify(execFile);

/** @param output the path of the program. @throws Error with the compiler's words. */
export async function compile(source: string, output: string, libraries: readonly string[] = []): Promise<string> {
  await run(programPath(gcc), [
    '-O1',
    '-Wall',
    '-Werror',
    '-pthread',
    '-o',
    output,
    source,
    ...libraries.map((name) => `-l${name}`),
  ]);
  return output;
}

/** Whether a header lies where the compiler looks. */
export function hasHeader(name: string): boolean {
  return ['/usr/include', '/usr/local/include'].some((folder) => existsSync(`${folder}/${name}`));
}
