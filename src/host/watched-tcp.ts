// What one look at the kernel's tables says of a TCP listener: its queue, the connections at the application's end, and
// the sockets and ports at the web server's end as far as it is on this host.
import type {
  HostConnection,
  KernelSettings,
  ListenerConfiguration,
  ListenerSample,
  ListenerState,
  PortPair,
  QueueSample,
  TcpState,
} from '../model/host-sample.js';
import { endpointText, isLoopback, isWildcard } from './host-address.js';
import type { TcpSocket } from './socket-statistics.js';
import type { TcpRow } from './tcp-table.js';

/** Connections told one by one; `connectionCount` has all. */
export const MOST_CONNECTIONS = 10_000;
/** TIME_WAIT lasts this long. */
const MINUTE = 60e9;
/** With tcp_tw_reuse a port can be taken again after this. */
const SECOND = 1e9;

export interface WatchedTcp {
  /** As it is watched. */
  readonly address: string;
  /** Its host as an IP address, and its port. */
  readonly host: string;
  readonly port: number;
  readonly configuration: ListenerConfiguration | undefined;
  /** Questions for the status page within the last minute: each leaves a socket in TIME_WAIT. */
  readonly ownQuestions: number;
}

export interface TcpLook {
  /** Rows of the watched ports, listening ones among them. */
  readonly rows: readonly TcpRow[];
  /** What ss says of sockets whose local port is a watched one; undefined where it could not be asked. */
  readonly sockets: readonly TcpSocket[] | undefined;
  /** Addresses of this host, loopback aside. */
  readonly localAddresses: ReadonlySet<string>;
  readonly settings: KernelSettings;
}

export function lookAtTcp(watched: WatchedTcp, look: TcpLook): ListenerSample {
  const { host, port } = watched;
  const listening = listeningRows(look.rows, host, port);
  // An address that everything is bound to has connections at every address of the host.
  const bound = listening[0]?.local ?? host;
  const isHere = (address: string) => isLoopback(address) || look.localAddresses.has(address);
  const isOurs = (address: string) => (isWildcard(bound) ? isHere(address) : address === bound);
  const application: Partial<Record<TcpState, number>> = {};
  const webServer: Partial<Record<TcpState, number>> = {};
  const peers = new Map<string, number>();
  const ends: TcpRow[] = [];
  const ports = new PortTally(look.settings);
  for (const row of look.rows) {
    if (row.localPort === port && row.state !== 'LISTEN' && (isWildcard(bound) || row.local === bound)) {
      application[row.state] = (application[row.state] ?? 0) + 1;
      ends.push(row);
    }
    if (row.remotePort === port && isOurs(row.remote)) {
      webServer[row.state] = (webServer[row.state] ?? 0) + 1;
      if (row.inode !== 0) peers.set(endpointText(row.local, row.localPort), row.inode);
      ports.add(row);
    }
  }
  const matches = (socket: TcpSocket) => socket.localPort === port && (isWildcard(bound) || socket.local === bound);
  const sockets = look.sockets?.filter(matches);
  const connections = sockets
    ? heldConnections(sockets, peers, (socket) => socket)
    : heldConnections(ends, peers, () => NO_DETAILS);
  return {
    address: watched.address,
    kind: 'tcp',
    state: stateOf(listening, host, isHere),
    bound: listening.length > 0 ? endpointText(bound, port) : '',
    uid: listening[0]?.uid ?? Number.NaN,
    queues: listening.map((row) => queueOf(row, sockets)),
    connections: connections.slice(0, MOST_CONNECTIONS),
    connectionCount: connections.length,
    application,
    webServer,
    ownTimeWait: Math.min(watched.ownQuestions, application['TIME-WAIT'] ?? 0),
    ports: ports.pairs(),
    configuration: watched.configuration,
  };
}

/** Those bound to the very address, else those bound to every address. */
export function listeningRows(rows: readonly TcpRow[], host: string, port: number): TcpRow[] {
  const all = rows.filter((row) => row.state === 'LISTEN' && row.localPort === port);
  const exact = all.filter((row) => row.local === host);
  if (exact.length > 0) return exact;
  const wild = all.filter((row) => isWildcard(row.local));
  // `::` takes IPv4 too; `0.0.0.0` takes no IPv6.
  return host.includes(':') && !isWildcard(host) ? wild.filter((row) => row.local === '::') : wild;
}

function stateOf(listening: readonly TcpRow[], host: string, isHere: (address: string) => boolean): ListenerState {
  if (listening.length > 0) return 'listening';
  return isWildcard(host) || isHere(host) ? 'closed' : 'elsewhere';
}

function queueOf(row: TcpRow, sockets: readonly TcpSocket[] | undefined): QueueSample {
  const socket = sockets?.find(({ state, inode }) => state === 'LISTEN' && inode === row.inode);
  return {
    inode: row.inode,
    depth: socket?.receiveQueue ?? row.receiveQueue,
    limit: socket?.sendQueue ?? Number.NaN,
    drops: socket?.drops ?? Number.NaN,
  };
}

/** Established and not accepted, or accepted and held by a process; what the kernel finishes by itself is neither. */
function isHeld(state: TcpState, inode: number): boolean {
  if (state === 'LISTEN' || state === 'SYN-RECV' || state === 'SYN-SENT' || state === 'TIME-WAIT') return false;
  return inode !== 0 || state === 'ESTAB' || state === 'CLOSE-WAIT';
}

/** What ss tells of a connection beyond the kernel's table. */
type ConnectionDetails = Pick<TcpSocket, 'bytesReceived' | 'bytesSent' | 'sinceReceived' | 'sinceSent'>;

const NO_DETAILS: ConnectionDetails = {
  bytesReceived: Number.NaN,
  bytesSent: Number.NaN,
  sinceReceived: Number.NaN,
  sinceSent: Number.NaN,
};

/** @param detailsOf what more is known of each of these ends */
function heldConnections<End extends Pick<TcpSocket, keyof TcpSocket & keyof TcpRow>>(
  ends: readonly End[],
  peers: ReadonlyMap<string, number>,
  detailsOf: (end: End) => ConnectionDetails,
): HostConnection[] {
  return ends
    .filter(({ state, inode }) => isHeld(state, inode))
    .map((end) => {
      const key = endpointText(end.remote, end.remotePort);
      const { bytesReceived, bytesSent, sinceReceived, sinceSent } = detailsOf(end);
      return {
        key,
        state: end.state,
        accepted: end.inode !== 0,
        inode: end.inode,
        peerInode: peers.get(key) ?? 0,
        unread: end.receiveQueue,
        unsent: end.sendQueue,
        bytesReceived,
        bytesSent,
        sinceReceived,
        sinceSent,
        halfClosed: false,
      };
    });
}

/** Ephemeral ports in use, by source and destination. */
class PortTally {
  private readonly tallies = new Map<string, { -readonly [Name in keyof PortPair]: PortPair[Name] }>();

  constructor(private readonly settings: KernelSettings) {}

  add({ local, localPort, remote, remotePort, state, timer }: TcpRow): void {
    const { firstPort, lastPort } = this.settings;
    if (localPort < firstPort || localPort > lastPort) return;
    const destination = endpointText(remote, remotePort);
    const key = `${local} ${destination}`;
    let tally = this.tallies.get(key);
    if (!tally) this.tallies.set(key, (tally = { source: local, destination, live: 0, timeWait: 0, youngTimeWait: 0 }));
    if (state !== 'TIME-WAIT') tally.live++;
    else {
      tally.timeWait++;
      if (MINUTE - timer < SECOND) tally.youngTimeWait++;
    }
  }

  /** The fullest first. */
  pairs(): PortPair[] {
    return [...this.tallies.values()].sort((a, b) => b.live + b.timeWait - a.live - a.timeWait).slice(0, 100);
  }
}
