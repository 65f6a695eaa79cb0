// The kernel's settings that decide what happens to connections, and what they come to for an application's listener.
import type { KernelSettings } from '../model/host-sample.js';

/** Files under /proc/sys/net, each with its place in `KernelSettings`. */
export const SETTING_FILES = {
  somaxconn: 'core/somaxconn',
  abortOnOverflow: 'ipv4/tcp_abort_on_overflow',
  timeWaitReuse: 'ipv4/tcp_tw_reuse',
  maxTimeWait: 'ipv4/tcp_max_tw_buckets',
  maxSynBacklog: 'ipv4/tcp_max_syn_backlog',
  synCookies: 'ipv4/tcp_syncookies',
  finTimeout: 'ipv4/tcp_fin_timeout',
  portRange: 'ipv4/ip_local_port_range',
  reservedPorts: 'ipv4/ip_local_reserved_ports',
} as const;

export type SettingName = keyof typeof SETTING_FILES;

/** @param read the content of the file, or undefined where it cannot be read */
export function kernelSettings(read: (name: SettingName) => string | undefined): KernelSettings {
  const single = (name: SettingName): number => {
    const text = read(name)?.trim() ?? '';
    return /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  };
  const range = /^\s*(\d+)\s+(\d+)\s*$/.exec(read('portRange') ?? '');
  const firstPort = range ? Number(range[1]) : Number.NaN;
  const lastPort = range ? Number(range[2]) : Number.NaN;
  return {
    somaxconn: single('somaxconn'),
    abortOnOverflow: single('abortOnOverflow'),
    timeWaitReuse: single('timeWaitReuse'),
    maxTimeWait: single('maxTimeWait'),
    maxSynBacklog: single('maxSynBacklog'),
    synCookies: single('synCookies'),
    finTimeout: single('finTimeout'),
    firstPort,
    lastPort,
    reservedPorts: reservedWithin(read('reservedPorts') ?? '', firstPort, lastPort),
  };
}

/** How many ports of `8080,9000-9010` lie in the range; overlapping parts count once. */
function reservedWithin(text: string, first: number, last: number): number {
  const reserved = new Set<number>();
  for (const part of text.trim().split(',')) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part.trim());
    if (!match) continue;
    const from = Math.max(first, Number(match[1]));
    const to = Math.min(last, Number(match[2] ?? match[1]), 65535);
    for (let port = from; port <= to; port++) reserved.add(port);
  }
  return reserved.size;
}

/** Ephemeral ports that connect() may choose from; NaN where the range is not known. */
export function ephemeralPorts({ firstPort, lastPort, reservedPorts }: KernelSettings): number {
  return lastPort - firstPort + 1 - reservedPorts;
}

/** Whether connect() may take a port whose socket has been in TIME_WAIT for a second. */
export function reusesTimeWait({ timeWaitReuse }: KernelSettings, isLoopback: boolean): boolean {
  return timeWaitReuse === 1 || (timeWaitReuse === 2 && isLoopback);
}

/** The listening queues that are cut off at somaxconn, and other settings that are unusual, a sentence each. */
export function settingRemarks(settings: KernelSettings): string[] {
  const remarks: string[] = [];
  const { somaxconn, abortOnOverflow, timeWaitReuse, synCookies } = settings;
  if (somaxconn <= 128) {
    remarks.push(
      `somaxconn is ${somaxconn}: no accept queue of this network namespace, TCP or unix, is longer than that, whatever listen.backlog says`,
    );
  }
  if (abortOnOverflow === 1) {
    remarks.push('tcp_abort_on_overflow is 1: who meets a full accept queue gets a RST instead of another chance');
  }
  if (timeWaitReuse === 0) {
    remarks.push('tcp_tw_reuse is 0: a port in TIME_WAIT on the web server side is taken for its whole minute');
  }
  if (synCookies === 0) {
    remarks.push('tcp_syncookies is 0: SYNs beyond tcp_max_syn_backlog are dropped');
  }
  const ports = ephemeralPorts(settings);
  if (ports < 10_000) {
    remarks.push(`only ${ports} ephemeral ports: ip_local_port_range is ${settings.firstPort} to ${settings.lastPort}`);
  }
  return remarks;
}
