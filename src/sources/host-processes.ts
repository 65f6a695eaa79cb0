// What /proc tells about single processes: how they fare and where their threads wait.

import {
  parseDescriptorLimit,
  parseProcessStat,
  parseProcessStatus,
  parseUptime,
  processTitle,
} from '../host/process-files.js';
import type { ProcessSample } from '../model/host-sample.js';
import { listNames, readSmall } from './host-files.js';
import type { Owners } from './host-sockets.js';

/** Told one by one. */
const MOST_PROCESSES = 2000;
const MOST_THREADS = 64;

/** Those that hold sockets, and dead relatives of theirs. */
export function readProcesses(root: string, owners: Owners): ProcessSample[] {
  const uptime = parseUptime(readSmall(`${root}/uptime`) ?? '');
  const processes: ProcessSample[] = [];
  for (const [pid, sockets] of owners.sockets) {
    if (processes.length >= MOST_PROCESSES) break;
    const process = readProcess(root, pid, sockets, uptime);
    if (process) processes.push(process);
  }
  for (const pid of owners.relatives) {
    if (processes.length >= MOST_PROCESSES) break;
    const stat = parseProcessStat(readSmall(`${root}/${pid}/stat`) ?? '');
    const process = stat?.state === 'Z' ? readProcess(root, pid, [], uptime) : undefined;
    if (process) processes.push(process);
  }
  return processes.sort((a, b) => a.pid - b.pid);
}

function readProcess(root: string, pid: number, sockets: readonly number[], uptime: number): ProcessSample | undefined {
  const folder = `${root}/${pid}`;
  const stat = parseProcessStat(readSmall(`${folder}/stat`) ?? '');
  if (!stat) return undefined;
  const { uid, rss, innerPid } = parseProcessStatus(readSmall(`${folder}/status`) ?? '');
  const descriptors = listNames(`${folder}/fd`);
  return {
    pid,
    innerPid: Number.isNaN(innerPid) ? pid : innerPid,
    parent: stat.parent,
    name: stat.name,
    title: processTitle(readSmall(`${folder}/cmdline`) ?? ''),
    uid,
    state: stat.state,
    threads: stat.threads,
    cpu: stat.cpu,
    age: uptime - stat.startTime,
    started: stat.started,
    rss,
    descriptors: typeof descriptors === 'string' ? Number.NaN : descriptors.length,
    descriptorLimit: parseDescriptorLimit(readSmall(`${folder}/limits`) ?? ''),
    waits: waitsOf(folder, stat.threads),
    sockets,
  };
}

/** Where its threads wait: the first one's place first, each place once. */
function waitsOf(folder: string, threads: number): string[] {
  const waits = new Set<string>();
  const add = (text: string | undefined) => {
    // 0 where a thread runs, or where we may not know.
    if (text !== undefined && text !== '' && text !== '0') waits.add(text.trim());
  };
  add(readSmall(`${folder}/wchan`));
  if (threads > 1) {
    const tasks = listNames(`${folder}/task`);
    for (const task of typeof tasks === 'string' ? [] : tasks.slice(0, MOST_THREADS)) {
      add(readSmall(`${folder}/task/${task}/wchan`));
    }
  }
  return [...waits];
}
