// What one look at the kernel's tables says of an AF_UNIX listener. Its connections have no TCP states, no times and no
// TIME_WAIT; who waits is known where ss tells the peers of the sockets in the queue.
import type { HostConnection, ListenerConfiguration, ListenerSample, ListenerState } from '../model/host-sample.js';
import type { UnixSocket } from './socket-statistics.js';
import type { UnixListener } from './unix-table.js';
import { MOST_CONNECTIONS } from './watched-tcp.js';

export interface WatchedUnix {
  /** As it is watched: `unix:/run/app.sock`. */
  readonly address: string;
  /** `/run/app.sock`, or `@name`. */
  readonly path: string;
  readonly configuration: ListenerConfiguration | undefined;
}

export interface UnixLook {
  readonly listener: UnixListener | undefined;
  /** What ss says of this path; undefined where it could not be asked. */
  readonly sockets: readonly UnixSocket[] | undefined;
  readonly fileExists: boolean;
  /** Owner of the socket's file; NaN where it is not known. */
  readonly uid: number;
}

export function lookAtUnix(watched: WatchedUnix, { listener, sockets, fileExists, uid }: UnixLook): ListenerSample {
  const listening = (sockets ?? []).filter(({ isListener }) => isListener);
  const accepted = new Map<number, UnixSocket>();
  for (const socket of sockets ?? []) if (!socket.isListener) accepted.set(socket.inode, socket);
  const queued = listening.flatMap(({ queuedPeers }) => queuedPeers);
  const connections: HostConnection[] = [];
  if (sockets !== undefined) for (const inode of queued) connections.push(queuedConnection(`peer ${inode}`, inode));
  else {
    const counts = new Map<string, number>();
    for (const address of listener?.queued ?? []) {
      const again = counts.get(address) ?? 0;
      counts.set(address, again + 1);
      // Zeros: the kernel does not tell an ordinary user which is which.
      connections.push(queuedConnection(/^0+$/.test(address) ? `unknown ${again}` : `socket ${address}`, 0));
    }
  }
  for (const inode of sockets === undefined ? (listener?.accepted ?? []) : accepted.keys()) {
    connections.push(acceptedConnection(inode, accepted.get(inode)));
  }
  const inodes = sockets === undefined ? (listener?.inodes ?? []) : listening.map(({ inode }) => inode);
  return {
    address: watched.address,
    kind: 'unix',
    state: stateOf(inodes.length > 0, fileExists),
    bound: inodes.length > 0 ? `unix:${watched.path}` : '',
    uid,
    queues: inodes.map((inode) => {
      const socket = listening.find((each) => each.inode === inode);
      return {
        inode,
        depth: socket?.receiveQueue ?? listener?.queued.length ?? Number.NaN,
        limit: socket?.sendQueue ?? Number.NaN,
        drops: Number.NaN,
      };
    }),
    connections: connections.slice(0, MOST_CONNECTIONS),
    connectionCount: connections.length,
    application: {},
    webServer: {},
    ownTimeWait: 0,
    ports: [],
    configuration: watched.configuration,
  };
}

function stateOf(listening: boolean, fileExists: boolean): ListenerState {
  if (listening) return 'listening';
  return fileExists ? 'closed' : 'missing';
}

const UNKNOWN = {
  bytesReceived: Number.NaN,
  bytesSent: Number.NaN,
  sinceReceived: Number.NaN,
  sinceSent: Number.NaN,
};

function queuedConnection(key: string, peerInode: number): HostConnection {
  return {
    key,
    state: 'ESTAB',
    accepted: false,
    inode: 0,
    peerInode,
    unread: Number.NaN,
    unsent: Number.NaN,
    ...UNKNOWN,
    halfClosed: false,
  };
}

function acceptedConnection(inode: number, socket: UnixSocket | undefined): HostConnection {
  const peerInode = socket?.peerInode ?? 0;
  return {
    key: peerInode === 0 ? `socket ${inode}` : `peer ${peerInode}`,
    state: 'ESTAB',
    accepted: true,
    inode,
    peerInode,
    unread: socket?.receiveQueue ?? Number.NaN,
    unsent: socket?.sendQueue ?? Number.NaN,
    ...UNKNOWN,
    halfClosed: socket?.halfClosed ?? false,
  };
}
