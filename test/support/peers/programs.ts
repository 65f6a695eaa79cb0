// Programs of other people that tests run beside ours: where they are, and what to say when they are not installed.
import { findProgram as findIn, type Program as PeerProgram } from '../../../src/reproduce/peers/programs.js';
import { requirePeers } from '../paths.js';

export interface Program extends PeerProgram {
  /** For what is no program: whether it is there. */
  readonly found?: () => boolean;
  /** Why it cannot be used here although it is there. */
  readonly hindrance?: () => string | undefined;
}

/** The path of the program, or undefined. */
export function findProgram(program: Program): string | undefined {
  return findIn(program, process.env.PATH ?? '');
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
