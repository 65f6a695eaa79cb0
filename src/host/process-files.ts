// The files of /proc/PID that say how a process fares. Names and titles are the process's own words: anything may be in them.

export interface ProcessStat {
  readonly pid: number;
  readonly name: string;
  readonly state: string;
  readonly parent: number;
  /** Nanoseconds of processor time, in the program and in the kernel. */
  readonly cpu: number;
  readonly threads: number;
  /** Nanoseconds since boot, and the same in the kernel's ticks. */
  readonly startTime: number;
  readonly started: number;
}

/** USER_HZ: 100 on every common machine. */
const TICK = 1e7;

/** /proc/PID/stat; undefined where the text is none. */
export function parseProcessStat(text: string): ProcessStat | undefined {
  const open = text.indexOf('(');
  // The name may hold parentheses and blanks; the fields come after the last one.
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return undefined;
  const pid = Number(text.slice(0, open).trim());
  const fields = text
    .slice(close + 2)
    .trim()
    .split(' ');
  const number = (index: number) => (/^-?\d+$/.test(fields[index] ?? '') ? Number(fields[index]) : Number.NaN);
  const started = number(19);
  if (!Number.isInteger(pid) || pid <= 0 || !/^[A-Za-z]$/.test(fields[0] ?? '') || Number.isNaN(started))
    return undefined;
  return {
    pid,
    name: text.slice(open + 1, close),
    state: fields[0],
    parent: number(1),
    cpu: (number(11) + number(12)) * TICK,
    threads: number(17),
    startTime: started * TICK,
    started,
  };
}

export interface ProcessStatus {
  readonly uid: number;
  /** Bytes of memory that are resident. */
  readonly rss: number;
  /** In its innermost namespace of processes; NaN on kernels that do not say. */
  readonly innerPid: number;
}

/** /proc/PID/status. */
export function parseProcessStatus(text: string): ProcessStatus {
  const uid = /^Uid:\s+\d+\s+(\d+)/m.exec(text);
  const rss = /^VmRSS:\s+(\d+) kB/m.exec(text);
  const inner = /^NSpid:(?:\s+\d+)*\s+(\d+)\s*$/m.exec(text);
  return {
    uid: uid ? Number(uid[1]) : Number.NaN,
    rss: rss ? Number(rss[1]) * 1024 : Number.NaN,
    innerPid: inner ? Number(inner[1]) : Number.NaN,
  };
}

/** The soft limit of open descriptors in /proc/PID/limits; Infinity for `unlimited`. */
export function parseDescriptorLimit(text: string): number {
  const match = /^Max open files\s+(\d+|unlimited)/m.exec(text);
  if (!match) return Number.NaN;
  return match[1] === 'unlimited' ? Number.POSITIVE_INFINITY : Number(match[1]);
}

/** `socket:[1234]`, what an entry of /proc/PID/fd points to; undefined for anything else. */
export function socketInode(link: string): number | undefined {
  const match = /^socket:\[(\d{1,15})\]$/.exec(link);
  return match ? Number(match[1]) : undefined;
}

/** /proc/PID/cmdline as a line: arguments are separated by NUL, titles that programs give themselves end with blanks. */
export function processTitle(text: string): string {
  return text
    .replace(/[\0\s]+$/, '')
    .replaceAll('\0', ' ')
    .slice(0, 300);
}

/** Nanoseconds since boot: the first number of /proc/uptime. */
export function parseUptime(text: string): number {
  const match = /^(\d+(?:\.\d+)?)/.exec(text);
  return match ? Number(match[1]) * 1e9 : Number.NaN;
}
