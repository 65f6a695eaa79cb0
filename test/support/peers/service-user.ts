// Whom daemons become when the tests run as root.
import { readFileSync } from 'node:fs';

export interface ServiceUser {
  readonly user: string;
  readonly group: string;
}

/** An unprivileged user of this machine, or undefined when we are no root and daemons stay who we are. */
export function serviceUser(): ServiceUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = rows('/etc/passwd');
  const groups = rows('/etc/group');
  for (const name of ['www-data', 'nobody']) {
    const user = users.find(([candidate]) => candidate === name);
    const group = groups.find(([, , id]) => id === user?.[3]);
    if (user && group) return { user: name, group: group[0] };
  }
  throw new Error('neither www-data nor nobody is a user of this machine');
}

function rows(file: string): string[][] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
}
