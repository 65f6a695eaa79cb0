// Programs of other people that can stand in a scenario: where they are, and what to say when they are not installed.
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { UserError } from '../../model/errors.js';

export interface Program {
  /** As it is called on the command line. */
  readonly name: string;
  /** Debian's package. */
  readonly package: string;
  /** For programs with a version in their name: which names will do. */
  readonly pattern?: RegExp;
}

export const NGINX: Program = { name: 'nginx', package: 'nginx' };
export const LIGHTTPD: Program = { name: 'lighttpd', package: 'lighttpd' };
export const APACHE: Program = { name: 'apache2', package: 'apache2-bin', pattern: /^httpd$/ };
export const HAPROXY: Program = { name: 'haproxy', package: 'haproxy' };
export const PHP_FPM: Program = { name: 'php-fpm', package: 'php-fpm', pattern: /^php-fpm\d+(\.\d+)?$/ };
export const GCC: Program = { name: 'gcc', package: 'gcc libc6-dev' };
export const LIBFCGI_PACKAGE = 'libfcgi-dev';

/**
 * The path of the program, or undefined.
 * @param path the environment's PATH; daemons lie in sbin folders, which are in no ordinary user's
 */
export function findProgram({ name, pattern }: Pick<Program, 'name' | 'pattern'>, path: string): string | undefined {
  const folders = [...new Set([...path.split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'])].filter(Boolean);
  for (const folder of folders) {
    const names = [name, ...(pattern === undefined ? [] : versions(folder, pattern))];
    for (const candidate of names) if (isExecutable(join(folder, candidate))) return join(folder, candidate);
  }
  return undefined;
}

/** @throws UserError where it is not installed */
export function programPath(program: Program, path: string): string {
  const found = findProgram(program, path);
  if (found !== undefined) return found;
  throw new UserError(`${program.name} is not installed`, `apt-get install --no-install-recommends ${program.package}`);
}

/** Whether a header lies where the compiler looks. */
export function hasHeader(name: string): boolean {
  return ['/usr/include', '/usr/local/include'].some((folder) => existsSync(`${folder}/${name}`));
}

/** Whom daemons become that would run as root otherwise; undefined where we are no root. */
export function serviceUser(): { readonly user: string; readonly group: string } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = rows('/etc/passwd');
  const groups = rows('/etc/group');
  for (const name of ['www-data', 'nobody']) {
    const user = users.find(([candidate]) => candidate === name);
    const group = groups.find(([, , id]) => id === user?.[3]);
    if (user && group) return { user: name, group: group[0] };
  }
  throw new UserError('neither www-data nor nobody is a user of this machine', 'daemons do not run as root here');
}

function rows(file: string): string[][] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
}

/** The highest version first. */
function versions(folder: string, pattern: RegExp): string[] {
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
