// What ss prints about TCP and AF_UNIX sockets: the length and limit of accept queues, and for connections when bytes last
// went which way. Its text is read by its marks, not by columns; what does not fit is passed over.
import type { TcpState } from '../model/host-sample.js';
import { splitEndpoint } from './host-address.js';
import { TCP_STATES } from './tcp-table.js';

/** One TCP socket of `ss -Htnmie`. */
export interface TcpSocket {
  readonly state: TcpState;
  /** Unread bytes; of a listening socket: the connections in its accept queue. */
  readonly receiveQueue: number;
  /** Unacknowledged bytes; of a listening socket: the limit of its accept queue. */
  readonly sendQueue: number;
  readonly local: string;
  readonly localPort: number;
  readonly remote: string;
  readonly remotePort: number;
  /** 0 where no process has it. */
  readonly inode: number;
  readonly uid: number;
  /** Packets, of a listening socket connections, that it dropped. NaN where ss does not say. */
  readonly drops: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Nanoseconds. */
  readonly sinceSent: number;
  readonly sinceReceived: number;
}

const STATES: ReadonlyMap<string, TcpState> = new Map(
  TCP_STATES.filter((state) => state !== undefined).map((state) => [state, state]),
);

const HEAD = /^([A-Z][A-Z0-9-]+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+)(?:\s+(.*))?$/;
const MOST_SOCKETS = 200_000;

/** @param text of `ss -Htnmie`: a line for each socket, and one that is indented with its details */
export function parseTcpSockets(text: string): TcpSocket[] {
  const sockets: TcpSocket[] = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length && sockets.length < MOST_SOCKETS; i++) {
    const match = HEAD.exec(lines[i]);
    const state = match ? STATES.get(match[1]) : undefined;
    const local = match ? splitEndpoint(match[4]) : undefined;
    const remote = match ? splitEndpoint(match[5]) : undefined;
    if (!match || state === undefined || !local || !remote) continue;
    let details = match[6] ?? '';
    while (i + 1 < lines.length && /^\s/.test(lines[i + 1])) details += ` ${lines[++i]}`;
    const isConnection = state !== 'LISTEN';
    sockets.push({
      state,
      receiveQueue: Number(match[2]),
      sendQueue: Number(match[3]),
      local: local.address,
      localPort: local.port,
      remote: remote.address,
      remotePort: remote.port,
      inode: numberAfter(details, /\bino:(\d+)/, 0),
      uid: numberAfter(details, /\buid:(\d+)/, 0),
      drops: numberAfter(details, /\bskmem:\([^)]*,d(\d+)\)/, Number.NaN),
      // ss leaves out what is 0.
      bytesReceived: isConnection ? numberAfter(details, /\bbytes_received:(\d+)/, 0) : Number.NaN,
      bytesSent: isConnection ? numberAfter(details, /\bbytes_sent:(\d+)/, 0) : Number.NaN,
      sinceSent: isConnection ? numberAfter(details, /\blastsnd:(\d+)/, sinceDefault(details)) * 1e6 : Number.NaN,
      sinceReceived: isConnection ? numberAfter(details, /\blastrcv:(\d+)/, sinceDefault(details)) * 1e6 : Number.NaN,
    });
  }
  return sockets;
}

/** Where there are details at all, a time that is left out is 0; half-open sockets have none. */
function sinceDefault(details: string): number {
  return /\bcwnd:/.test(details) ? 0 : Number.NaN;
}

function numberAfter(text: string, pattern: RegExp, otherwise: number): number {
  const match = pattern.exec(text);
  return match ? Number(match[1]) : otherwise;
}

/** One AF_UNIX socket of `ss -Hxae` whose path was asked for. */
export interface UnixSocket {
  readonly path: string;
  readonly isListener: boolean;
  readonly receiveQueue: number;
  readonly sendQueue: number;
  readonly inode: number;
  /** Of the socket at the other end; 0 where it has none. */
  readonly peerInode: number;
  /** Of the sockets that wait in a listener's queue, in the order of their arrival; inodes of the web server's end. */
  readonly queuedPeers: readonly number[];
  /** It sends no more. */
  readonly halfClosed: boolean;
}

const UNIX_HEAD = /^u_(?:str|seq)\s+(LISTEN|ESTAB|UNCONN)\s+(\d+)\s+(\d+)\s/;

/** A path may hold blanks, so it is looked for, not split off. */
export function parseUnixSockets(text: string, paths: readonly string[]): UnixSocket[] {
  const sockets: UnixSocket[] = [];
  for (const line of text.split('\n')) {
    const head = UNIX_HEAD.exec(line);
    if (!head || sockets.length >= MOST_SOCKETS) continue;
    const rest = line.slice(head[0].length).trimStart();
    const path = paths.find((each) => rest.startsWith(`${each} `));
    if (path === undefined) continue;
    const match = /^(\d+)\s+\*\s+(\d+)(?:\s+(.*))?$/.exec(rest.slice(path.length).trim());
    if (!match) continue;
    const details = match[3] ?? '';
    const peers = /\bpeers:((?: \d+)*)/.exec(details)?.[1].trim() ?? '';
    sockets.push({
      path,
      isListener: head[1] === 'LISTEN',
      receiveQueue: Number(head[2]),
      sendQueue: Number(head[3]),
      inode: Number(match[1]),
      peerInode: Number(match[2]),
      queuedPeers: peers === '' ? [] : peers.split(' ').map(Number),
      halfClosed: /(?:^|\s)(?:<--|---)(?:\s|$)/.test(details),
    });
  }
  return sockets;
}
