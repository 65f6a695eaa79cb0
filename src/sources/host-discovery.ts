// Finds listening sockets of this host that look like FastCGI applications, without connecting to any: from the kernel's
// tables, the processes that hold them, and the configurations of web servers and php-fpm.
import { readdirSync, statSync } from 'node:fs';
import { type Candidate, type ListeningProcess, type ListeningSocket, rankCandidates } from '../host/candidates.js';
import { endpointText, isWildcard, splitEndpoint } from '../host/host-address.js';
import { poolAddress } from '../host/php-fpm-configuration.js';
import { parseProcessStat, processTitle } from '../host/process-files.js';
import { TcpTable } from '../host/tcp-table.js';
import { parseUnixTable } from '../host/unix-table.js';
import { applicationAddresses, type WebServer } from '../host/web-server-configuration.js';
import { type Clock, systemClock } from './clock.js';
import { HostConfigurations } from './host-configurations.js';
import { readLink, readPieces, readSmall, readTable } from './host-files.js';
import { SocketOwners } from './host-sockets.js';

const FOLDERS: readonly (readonly [WebServer, string])[] = [
  ['nginx', '/etc/nginx'],
  ['apache', '/etc/apache2'],
  ['apache', '/etc/httpd'],
  ['lighttpd', '/etc/lighttpd'],
  ['haproxy', '/etc/haproxy'],
  ['caddy', '/etc/caddy'],
];
const MOST_FILES = 500;
const LARGEST_FILE = 1 << 20;

export interface DiscoveryOptions {
  readonly pid?: number;
  /** For tests: where /proc is, and the folder above /etc. */
  readonly root?: string;
  readonly files?: string;
  readonly clock?: Clock;
}

export interface Discovery {
  readonly candidates: readonly Candidate[];
  /** Processes of other users, whose sockets are not known. */
  readonly denied: number;
}

export async function discoverApplications(options: DiscoveryOptions = {}): Promise<Discovery> {
  const { root = '/proc', pid, clock = systemClock } = options;
  const net = pid === undefined ? `${root}/net` : `${root}/${pid}/net`;
  const files = options.files ?? (pid === undefined ? '' : `${root}/${pid}/root`);
  const table = new TcpTable(undefined);
  for (const name of ['tcp', 'tcp6']) {
    await readPieces(`${net}/${name}`, (piece) => table.push(piece));
    table.end();
  }
  const unix = parseUnixTable((await readTable(`${net}/unix`)) ?? '');
  const inodes = new Map<string, number[]>();
  const add = (address: string, inode: number) => inodes.set(address, [...(inodes.get(address) ?? []), inode]);
  for (const { local, localPort, inode } of table.rows) add(endpointText(local, localPort), inode);
  for (const { path, inodes: listening } of unix.values()) for (const inode of listening) add(`unix:${path}`, inode);
  const owners = await new SocketOwners(root, clock, process.pid).find(new Set([...inodes.values()].flat()));
  const configurations = new HostConfigurations(files);
  configurations.learn(owners.masters.map((master) => ({ title: titleOf(root, master) })));
  const named = namedAddresses(files);
  const sockets = [...inodes].map(([address, wanted]): ListeningSocket => {
    const endpoint = address.startsWith('unix:') ? undefined : splitEndpoint(address);
    return {
      address: endpoint ? endpointText(reachable(endpoint.address), endpoint.port) : address,
      port: endpoint?.port,
      processes: processesOf(root, owners.sockets, wanted),
      namedBy: named
        .filter((each) => isSame(each.address, address))
        .map(({ file, directive }) => `${file}: ${directive}`),
      isPool: configurations.pools.some(({ listen }) => isSame(poolAddress(listen) ?? '', address)),
    };
  });
  return { candidates: rankCandidates(merged(sockets)), denied: owners.denied };
}

/** Where to connect to a socket that is bound to every address. */
function reachable(address: string): string {
  if (!isWildcard(address)) return address;
  return '127.0.0.1';
}

/** `0.0.0.0:9000` and `[::]:9000` are one to whoever watches. */
function merged(sockets: readonly ListeningSocket[]): ListeningSocket[] {
  const byAddress = new Map<string, ListeningSocket>();
  for (const socket of sockets) {
    const before = byAddress.get(socket.address);
    byAddress.set(
      socket.address,
      before
        ? {
            ...before,
            processes: [...before.processes, ...socket.processes],
            namedBy: [...new Set([...before.namedBy, ...socket.namedBy])],
            isPool: before.isPool || socket.isPool,
          }
        : socket,
    );
  }
  return [...byAddress.values()];
}

function titleOf(root: string, pid: number): string {
  return processTitle(readSmall(`${root}/${pid}/cmdline`) ?? '');
}

function processesOf(
  root: string,
  sockets: ReadonlyMap<number, readonly number[]>,
  wanted: readonly number[],
): ListeningProcess[] {
  const links = new Set(wanted.map((inode) => `socket:[${inode}]`));
  return [...sockets]
    .filter(([, held]) => held.some((inode) => wanted.includes(inode)))
    .map(([pid]) => ({
      pid,
      name: parseProcessStat(readSmall(`${root}/${pid}/stat`) ?? '')?.name ?? '',
      title: titleOf(root, pid),
      onDescriptor0: links.has(readLink(`${root}/${pid}/fd/0`) ?? ''),
    }));
}

function namedAddresses(root: string): { address: string; file: string; directive: string }[] {
  return FOLDERS.flatMap(([program, folder]) =>
    configurationFiles(root + folder).flatMap((path) => {
      const file = path.slice(root.length);
      return applicationAddresses(readSmall(path) ?? '', program).map(({ address, directive }) => ({
        address,
        file,
        directive,
      }));
    }),
  );
}

function configurationFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true })
      .map((name) => `${folder}/${name}`)
      .filter((path) => {
        const stat = statSync(path, { throwIfNoEntry: false });
        return stat?.isFile() === true && stat.size <= LARGEST_FILE;
      })
      .slice(0, MOST_FILES);
  } catch {
    return [];
  }
}

/** A name such as `localhost` may be any address of this host. */
function isSame(named: string, listening: string): boolean {
  if (named === listening) return true;
  if (named.startsWith('unix:') || listening.startsWith('unix:')) return false;
  const one = splitEndpoint(named);
  const other = splitEndpoint(listening);
  if (!one || !other || one.port !== other.port) return false;
  return (
    one.address === 'localhost' || isWildcard(other.address) || isWildcard(one.address) || one.address === other.address
  );
}
