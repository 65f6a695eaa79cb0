// The processes that belong to a daemon, from /proc: its process group and everything descended from it.
import { readdirSync, readFileSync } from 'node:fs';

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly state: string;
}

function processes(): Process[] {
  const found: Process[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // The command's name stands in parentheses and may hold anything; the fields come after the last one.
      const text = readFileSync(`/proc/${name}/stat`, 'latin1');
      const [state, parent, group] = text.slice(text.lastIndexOf(')') + 2).split(' ');
      found.push({ pid: Number(name), parent: Number(parent), group: Number(group), state });
    } catch {
      // It ended meanwhile.
    }
  }
  return found;
}

/** Zombies have ended: where there is no init, nobody takes them away. */
const isAlive = ({ state }: Process): boolean => state !== 'Z' && state !== 'X';

/** The process, its group and its descendants, as far as they live. */
export function familyOf(pid: number): number[] {
  const all = processes();
  const family = new Set([pid]);
  for (let before = 0; before !== family.size; ) {
    before = family.size;
    for (const process of all) if (process.group === pid || family.has(process.parent)) family.add(process.pid);
  }
  return all.filter((process) => family.has(process.pid) && isAlive(process)).map((process) => process.pid);
}

/** Those of them that still live. */
export function alive(pids: readonly number[]): number[] {
  const wanted = new Set(pids);
  return processes()
    .filter((process) => wanted.has(process.pid) && isAlive(process))
    .map((process) => process.pid);
}

/** The children that live. */
export function childrenOf(pid: number): number[] {
  return processes()
    .filter((process) => process.parent === pid && isAlive(process))
    .map((process) => process.pid);
}
