// Programs of other people that tests run beside ours: where they are, and what to say when they are not installed.
import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { requirePeers } from '../paths.js';

export interface Program {
  /** As it is called on the command line. */
  readonly name: string;
  /** Debian's package. */
  readonly package: string;
  /** For programs with a version in their name: which names will do. */
  readonly pattern?: RegExp;
  /** For what is no program: whether it is there. */
  readonly found?: () => boolean;
  /** Why it cannot be used here although it is there. */
  readonly hindrance?: () => string | undefined;
}

/** Daemons lie in sbin folders, which are in no ordinary user's PATH. */
const FOLDERS = [
  ...new Set([...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin']),
].filter(Boolean);

/** The path of the program, or undefined. */
export function findProgram({ name, pattern }: Program): string | undefined {
  for (const folder of FOLDERS) {
    const names = [name, ...(pattern === undefined ? [] : versioned(folder, pattern))];
    for (const candidate of names) if (isExecutable(join(folder, candidate))) return join(folder, candidate);
  }
  return undefined;
}

/** @throws Error when it is not installed. */
export function programPath(program: Program): string {
  const path = findProgram(program);
  if (path === undefined) throw new Error(`${program.name} is not installed`);
  return path;
}

/**
 * What node:test takes as `skip`: false when all can be used, else which are missing and how to install them.
 * @throws Error instead, where peers are required.
 */
export function missingPrograms(...programs: readonly Program[]): string | false {
  const missing = programs.filter((program) =>
    program.found === undefined ? findProgram(program) === undefined : !program.found(),
  );
  const reason = missing.length > 0 ? howToInstall(missing) : hindranceOf(programs);
  if (reason === undefined) return false;
  if (requirePeers) throw new Error(`required here: ${reason}`);
  return reason;
}

function howToInstall(missing: readonly Program[]): string {
  const names = missing.map(({ name }) => name).join(', ');
  const packages = [...new Set(missing.map((program) => program.package))].join(' ');
  return `not installed: ${names} (apt-get install --no-install-recommends ${packages})`;
}

function hindranceOf(programs: readonly Program[]): string | undefined {
  for (const { hindrance } of programs) {
    const found = hindrance?.();
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The highest version first. */
function versioned(folder: string, pattern: RegExp): string[] {
  try {
    return readdirSync(folder)
      .filter((file) => pattern.test(file))
      .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  } catch {
    return [];
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
