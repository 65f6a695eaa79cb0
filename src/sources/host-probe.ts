// One look at this host: the kernel's tables, ss, the processes that hold the sockets, the settings. Works with the rights
// it has: what cannot be seen is told as missing, and the rest is there.
import { statSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { addCounters, parseSocketTotals } from '../host/kernel-counters.js';
import { kernelSettings, SETTING_FILES, type SettingName } from '../host/kernel-settings.js';
import { localIpv4, localIpv6 } from '../host/local-addresses.js';
import { unseen } from '../host/missing.js';
import { processTitle } from '../host/process-files.js';
import { parseTcpSockets, parseUnixSockets, type TcpSocket, type UnixSocket } from '../host/socket-statistics.js';
import { TcpTable } from '../host/tcp-table.js';
import { parseUnixTable } from '../host/unix-table.js';
import { lookAtTcp } from '../host/watched-tcp.js';
import { lookAtUnix } from '../host/watched-unix.js';
import { UserError } from '../model/errors.js';
import type {
  HostSample,
  KernelSettings,
  ListenerConfiguration,
  ListenerSample,
  Missing,
} from '../model/host-sample.js';
import { type Clock, systemClock } from './clock.js';
import { inNamespaceOf, type RunCommand, runCommand } from './host-command.js';
import { HostConfigurations } from './host-configurations.js';
import { readLink, readPieces, readSmall, readTable } from './host-files.js';
import { readProcesses } from './host-processes.js';
import { SocketOwners } from './host-sockets.js';

/** Milliseconds that settings are taken for unchanged. */
const SETTINGS_LAST = 5000;
const ENTERING = 'entering the network namespace of another process takes root and nsenter';
/** A routing table may be huge; local addresses come first. */
const MOST_ROUTES = 4 * 1024 * 1024;

/** What is watched. `host` is an IP address, `path` begins with `/` or, in the abstract namespace, with `@`. */
export type WatchedAddress =
  | { readonly kind: 'tcp'; readonly address: string; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly address: string; readonly path: string };

export interface HostProbeOptions {
  /** May be changed between looks. */
  readonly addresses: readonly WatchedAddress[];
  /** Looks at the network namespace of this process. */
  readonly pid?: number;
  /** How our own process is called, where it is one of those that use the application; else it is left out. */
  readonly ownName?: string | undefined;
  /** For tests: where /proc is, how commands are run, the clock. */
  readonly root?: string;
  readonly run?: RunCommand;
  readonly clock?: Clock;
}

export class HostProbe {
  addresses: readonly WatchedAddress[];
  /** Questions for the status page within the last minute, by address. */
  readonly ownQuestions = new Map<string, number>();
  private readonly root: string;
  private readonly net: string;
  private readonly run: RunCommand;
  private readonly clock: Clock;
  private readonly pid: number | undefined;
  private readonly begun: number;
  private readonly owners: SocketOwners;
  private readonly ownName: string | undefined;
  private readonly configurations: HostConfigurations;
  private settings:
    | { readonly at: number; readonly value: KernelSettings; readonly missing: readonly Missing[] }
    | undefined;

  /** @throws UserError where the process of `pid` is not there, or this is no Linux. */
  constructor(options: HostProbeOptions) {
    const { root = '/proc', run = runCommand, clock = systemClock, pid } = options;
    this.addresses = options.addresses;
    this.root = root;
    this.pid = pid;
    this.net = pid === undefined ? `${root}/net` : `${root}/${pid}/net`;
    this.run = pid === undefined ? run : inNamespaceOf(pid, run);
    this.clock = clock;
    this.begun = clock.now();
    this.ownName = options.ownName;
    this.owners = new SocketOwners(root, clock, options.ownName === undefined ? process.pid : 0);
    this.configurations = new HostConfigurations(pid === undefined ? '' : `${root}/${pid}/root`);
    if (pid !== undefined && readSmall(`${root}/${pid}/stat`) === undefined) {
      throw new UserError(
        `there is no process ${pid}`,
        '--pid takes the pid of a process of the container, as the host counts',
      );
    }
    if (readSmall(`${this.net}/sockstat`) === undefined) {
      throw new UserError(
        `${this.net} cannot be read`,
        pid === undefined
          ? 'watching a host takes Linux and its /proc'
          : 'run it as root, or as the user of that process',
      );
    }
  }

  /** Nanoseconds since the probe was made. */
  get now(): number {
    return (this.clock.now() - this.begun) * 1e6;
  }

  async sample(): Promise<HostSample> {
    const missing: Missing[] = [];
    const time = this.now;
    const tcp = this.addresses.filter((each) => each.kind === 'tcp');
    const unix = this.addresses.filter((each) => each.kind === 'unix');
    const [settings, tcpSockets, unixSockets] = await Promise.all([
      this.readSettings(),
      tcp.length > 0 ? this.tcpSockets(tcp.map(({ port }) => port)) : undefined,
      unix.length > 0 ? this.unixSockets(unix.map(({ path }) => path)) : undefined,
    ]);
    missing.push(...settings.missing);
    const failure = [tcpSockets, unixSockets].find((each) => each !== undefined && !Array.isArray(each)) as
      | Missing
      | undefined;
    if (failure) missing.push(failure);
    const listeners: ListenerSample[] = [];
    if (tcp.length > 0) listeners.push(...(await this.tcpListeners(tcp, tcpSockets, settings.value, missing)));
    if (unix.length > 0) listeners.push(...(await this.unixListeners(unix, unixSockets)));
    const order = new Map(this.addresses.map(({ address }, index) => [address, index]));
    listeners.sort((a, b) => order.get(a.address)! - order.get(b.address)!);
    const processes = await this.processes(listeners, missing);
    const counters = new Map<string, number>();
    for (const name of ['netstat', 'snmp']) addCounters(readSmall(`${this.net}/${name}`) ?? '', counters);
    return {
      time,
      namespace:
        readLink(this.pid === undefined ? `${this.root}/self/ns/net` : `${this.root}/${this.pid}/ns/net`) ?? '',
      // Who listens is known now, and so is whose configuration says how.
      listeners: listeners.map((each) => ({ ...each, configuration: this.configurationOf(each.address) })),
      processes,
      counters,
      settings: settings.value,
      blockedConnectors: listeners.some(isFullUnix) ? this.owners.blockedConnectors() : [],
      totals: parseSocketTotals(readSmall(`${this.net}/sockstat`) ?? ''),
      missing,
    };
  }

  private async tcpListeners(
    tcp: readonly (WatchedAddress & { kind: 'tcp' })[],
    sockets: readonly TcpSocket[] | Missing | undefined,
    settings: KernelSettings,
    missing: Missing[],
  ): Promise<ListenerSample[]> {
    const table = new TcpTable(new Set(tcp.map(({ port }) => port)));
    let read = 0;
    for (const name of ['tcp', 'tcp6']) {
      if (await readPieces(`${this.net}/${name}`, (piece) => table.push(piece))) read++;
      table.end();
    }
    if (read === 0) missing.push(unseen('socket-table', `${this.net}/tcp cannot be read: nothing is known of TCP`));
    if (table.leftOut > 0) {
      missing.push(unseen('too-many-sockets', `${table.leftOut} sockets of these ports were not looked at`));
    }
    const look = {
      rows: table.rows,
      sockets: Array.isArray(sockets) ? (sockets as readonly TcpSocket[]) : undefined,
      localAddresses: this.localAddresses(),
      settings,
    };
    return tcp.map(({ address, host, port }) =>
      lookAtTcp(
        {
          address,
          host,
          port,
          configuration: this.configurationOf(address),
          ownQuestions: this.ownQuestions.get(address) ?? 0,
        },
        look,
      ),
    );
  }

  private async unixListeners(
    unix: readonly (WatchedAddress & { kind: 'unix' })[],
    sockets: readonly UnixSocket[] | Missing | undefined,
  ): Promise<ListenerSample[]> {
    // ss tells all that the table does, in one moment.
    const known = Array.isArray(sockets) ? (sockets as readonly UnixSocket[]) : undefined;
    const table = known ? undefined : parseUnixTable((await readTable(`${this.net}/unix`)) ?? '');
    return unix.map(({ address, path }) => {
      const file = path.startsWith('@') ? undefined : this.fileOf(path);
      return lookAtUnix(
        { address, path, configuration: this.configurationOf(address) },
        {
          listener: table?.get(path),
          sockets: known?.filter((socket) => socket.path === path),
          fileExists: file !== undefined,
          uid: file ?? Number.NaN,
        },
      );
    });
  }

  /** The owner of a socket's file; undefined where there is none. */
  private fileOf(path: string): number | undefined {
    try {
      return statSync(this.pid === undefined ? path : `${this.root}/${this.pid}/root${path}`).uid;
    } catch {
      return undefined;
    }
  }

  private async tcpSockets(ports: readonly number[]): Promise<readonly TcpSocket[] | Missing> {
    const filter = [...new Set(ports)].map((port) => `sport = :${port}`).join(' or ');
    const output = await this.run('ss', ['-Htnmie', 'exclude', 'time-wait', `( ${filter} )`]);
    return output.kind === 'output' ? parseTcpSockets(output.text) : this.withoutSs(output.kind, output.reason);
  }

  private async unixSockets(paths: readonly string[]): Promise<readonly UnixSocket[] | Missing> {
    const output = await this.run('ss', ['-Hxae']);
    return output.kind === 'output' ? parseUnixSockets(output.text, paths) : this.withoutSs(output.kind, output.reason);
  }

  private withoutSs(kind: 'missing' | 'failed', reason: string): Missing {
    const text =
      'without ss the limits of accept queues are not known, nor how long connections have waited before they were first seen';
    if (this.pid !== undefined) return unseen('queue-limits', `${text} (${reason})`, ENTERING);
    return kind === 'missing'
      ? unseen('queue-limits', text, 'install iproute2')
      : unseen('queue-limits', `${text} (${reason})`);
  }

  private async processes(listeners: readonly ListenerSample[], missing: Missing[]) {
    const wanted = new Set<number>();
    for (const { queues, connections } of listeners) {
      for (const { inode } of queues) wanted.add(inode);
      for (const { inode, peerInode } of connections) wanted.add(inode).add(peerInode);
    }
    wanted.delete(0);
    const owners = await this.owners.find(wanted);
    if (owners.unowned > 0 && owners.denied > 0) {
      const text =
        `which processes hold ${owners.unowned} of the sockets is not known: ` +
        `the descriptors of ${owners.denied} processes of other users cannot be read`;
      missing.push(unseen('socket-owners', text, 'run it as root, or as the user that the application runs as'));
    }
    const processes = readProcesses(this.root, owners).map((each) =>
      this.ownName !== undefined && each.pid === process.pid ? { ...each, name: this.ownName } : each,
    );
    this.configurations.learn([
      ...processes,
      ...owners.masters.map((pid) => ({ title: processTitle(readSmall(`${this.root}/${pid}/cmdline`) ?? '') })),
    ]);
    return processes;
  }

  private async readSettings() {
    const now = this.clock.now();
    if (this.settings && now - this.settings.at < SETTINGS_LAST) return this.settings;
    const texts = new Map<SettingName, string>();
    const missing: Missing[] = [];
    const names = Object.entries(SETTING_FILES) as [SettingName, string][];
    if (this.pid === undefined) {
      for (const [name, file] of names) {
        const text = readSmall(`${this.root}/sys/net/${file}`);
        if (text !== undefined) texts.set(name, text);
      }
    } else {
      // /proc/sys/net is that of whoever reads it.
      const files = names.map(([, file]) => `/proc/sys/net/${file}`);
      const output = await this.run('grep', ['-H', '', ...files]);
      if (output.kind === 'output') {
        for (const line of output.text.split('\n')) {
          const name = names.find(([, file]) => line.startsWith(`/proc/sys/net/${file}:`));
          if (name) texts.set(name[0], line.slice(line.indexOf(':') + 1));
        }
      } else {
        const text = `the kernel settings of that network namespace are not known (${output.reason})`;
        missing.push(unseen('settings', text, ENTERING));
      }
    }
    this.settings = { at: now, value: kernelSettings((name) => texts.get(name)), missing };
    return this.settings;
  }

  private localAddresses(): Set<string> {
    if (this.pid === undefined) {
      return new Set(Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address)));
    }
    const four = localIpv4((readSmall(`${this.net}/fib_trie`) ?? '').slice(0, MOST_ROUTES));
    for (const address of localIpv6(readSmall(`${this.net}/if_inet6`) ?? '')) four.add(address);
    return four;
  }

  private configurationOf(address: string): ListenerConfiguration | undefined {
    return this.configurations.of(address);
  }
}

function isFullUnix({ kind, queues }: ListenerSample): boolean {
  return kind === 'unix' && queues.some(({ depth, limit }) => depth > limit);
}
