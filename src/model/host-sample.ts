// What a host was seen to have at one moment, as far as it bears on an application's listener: its accept queue, its
// connections by side, the processes that own them, the kernel's counters and settings. Made by sources, kept over time
// by host/host-tracker. Times are nanoseconds; a number that is not known is NaN.

/** A state of a TCP socket, as ss spells it. */
export type TcpState =
  | 'ESTAB'
  | 'SYN-SENT'
  | 'SYN-RECV'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'TIME-WAIT'
  | 'UNCONN'
  | 'CLOSE-WAIT'
  | 'LAST-ACK'
  | 'LISTEN'
  | 'CLOSING';

/** Something that could not be seen, and why. */
export interface Missing {
  /** Stable: scripts match on it. */
  readonly code: string;
  /** What is not known because of it, in one sentence. */
  readonly text: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** One listening socket. An address has several where each process listens for itself (SO_REUSEPORT). */
export interface QueueSample {
  readonly inode: number;
  /** Connections that are established and not accepted. */
  readonly depth: number;
  /** Recv-Q's limit as ss shows it: the queue is full at limit + 1. */
  readonly limit: number;
  /** Connections that this socket had to drop since it was made. TCP only: AF_UNIX has no such counter. */
  readonly drops: number;
}

/** A connection at the application's end. */
export interface HostConnection {
  /** The same in every sample: the web server's endpoint, or for AF_UNIX `peer INODE` of the web server's socket. */
  readonly key: string;
  readonly state: TcpState;
  /** Some process has it: it is out of the accept queue. */
  readonly accepted: boolean;
  /** Of the application's socket; 0 while it is queued. */
  readonly inode: number;
  /** Of the web server's socket, where it is on this host; 0 where it is not known. */
  readonly peerInode: number;
  /** Bytes that the application has not read. */
  readonly unread: number;
  /** Bytes that the web server has not acknowledged. */
  readonly unsent: number;
  /** Payload in the life of the connection. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** How long ago; of a connection on which nothing was sent or received, since it was established. */
  readonly sinceReceived: number;
  readonly sinceSent: number;
  /** The application has ended its direction (AF_UNIX, where no state says so). */
  readonly halfClosed: boolean;
}

export type StateCounts = Readonly<Partial<Record<TcpState, number>>>;

/** Connections from one address of this host to one destination: they share a range of ephemeral ports. */
export interface PortPair {
  readonly source: string;
  readonly destination: string;
  /** Ports of the range with a connection that is no TIME_WAIT. */
  readonly live: number;
  readonly timeWait: number;
  /** Those in TIME_WAIT for less than a second: no setting lets connect() take them. */
  readonly youngTimeWait: number;
}

/** What the configuration asks for, where it could be read. */
export interface ListenerConfiguration {
  /** The file. */
  readonly source: string;
  readonly pool: string;
  /** `static`, `dynamic`, `ondemand`, or '' . */
  readonly manager: string;
  readonly maxChildren: number;
  /** As asked for; -1 is as much as the kernel gives. NaN where nothing is said. */
  readonly backlog: number;
  /** '' where the status page is off. */
  readonly statusPath: string;
  /** An address of its own for the status page, or ''. */
  readonly statusListen: string;
}

export type ListenerState =
  | 'listening'
  /** An address of this host, and nobody listens there. For AF_UNIX: the socket file is left. */
  | 'closed'
  /** AF_UNIX: there is no such file. */
  | 'missing'
  /** An address of another host: only the web server's side can be seen here. */
  | 'elsewhere';

export interface ListenerSample {
  /** As it is watched: `127.0.0.1:9000`, `unix:/run/app.sock`. */
  readonly address: string;
  readonly kind: 'tcp' | 'unix';
  readonly state: ListenerState;
  /** What the socket is bound to, such as `0.0.0.0:9000`; '' where nobody listens. */
  readonly bound: string;
  /** Owner of the listening socket. */
  readonly uid: number;
  readonly queues: readonly QueueSample[];
  /** At the application's end, TIME_WAIT and half-open ones left out; bounded, `connectionCount` is not. */
  readonly connections: readonly HostConnection[];
  readonly connectionCount: number;
  /** TCP: sockets by state on either side, as far as that side is on this host. */
  readonly application: StateCounts;
  readonly webServer: StateCounts;
  /** Of the application side's TIME_WAIT: those that our questions for the status page left, at most. */
  readonly ownTimeWait: number;
  readonly ports: readonly PortPair[];
  readonly configuration: ListenerConfiguration | undefined;
}

export interface ProcessSample {
  readonly pid: number;
  /** In its own namespace of processes: what it calls itself in a container. */
  readonly innerPid: number;
  readonly parent: number;
  /** As the kernel has it (at most 15 characters). */
  readonly name: string;
  /** What it calls itself, such as `php-fpm: pool www`; '' where it is not known. */
  readonly title: string;
  readonly uid: number;
  /** R, S, D, T, Z, ... */
  readonly state: string;
  readonly threads: number;
  /** Processor time it has used. */
  readonly cpu: number;
  /** Since it was started. */
  readonly age: number;
  /** Ticks since boot: with the pid it names one process. */
  readonly started: number;
  /** Bytes. */
  readonly rss: number;
  readonly descriptors: number;
  readonly descriptorLimit: number;
  /** Where in the kernel its threads wait, each place once; '' entries are left out. */
  readonly waits: readonly string[];
  /** Inodes of the watched listeners' sockets that it holds: listening ones and connections of either side. */
  readonly sockets: readonly number[];
}

/** Settings of the network namespace. */
export interface KernelSettings {
  readonly somaxconn: number;
  readonly abortOnOverflow: number;
  readonly timeWaitReuse: number;
  readonly maxTimeWait: number;
  readonly maxSynBacklog: number;
  readonly synCookies: number;
  readonly finTimeout: number;
  /** First and last ephemeral port. */
  readonly firstPort: number;
  readonly lastPort: number;
  /** Ports of that range that are kept back. */
  readonly reservedPorts: number;
}

/** /proc/net/sockstat: TCP sockets of the network namespace. */
export interface SocketTotals {
  readonly inUse: number;
  readonly orphans: number;
  readonly timeWait: number;
}

export interface HostSample {
  /** Nanoseconds since the watch began. */
  readonly time: number;
  /** `net:[4026531833]`, or '' where it could not be read. */
  readonly namespace: string;
  readonly listeners: readonly ListenerSample[];
  readonly processes: readonly ProcessSample[];
  /** `TcpExt.ListenOverflows` and others: of the network namespace, all ports together. */
  readonly counters: ReadonlyMap<string, number>;
  readonly settings: KernelSettings;
  readonly totals: SocketTotals;
  /** Processes that stand in connect() because an AF_UNIX queue is full; looked for where one is. */
  readonly blockedConnectors: readonly ProcessName[];
  readonly missing: readonly Missing[];
}

export interface ProcessName {
  readonly pid: number;
  readonly name: string;
}

export const NO_SETTINGS: KernelSettings = {
  somaxconn: Number.NaN,
  abortOnOverflow: Number.NaN,
  timeWaitReuse: Number.NaN,
  maxTimeWait: Number.NaN,
  maxSynBacklog: Number.NaN,
  synCookies: Number.NaN,
  finTimeout: Number.NaN,
  firstPort: Number.NaN,
  lastPort: Number.NaN,
  reservedPorts: 0,
};

export const NO_TOTALS: SocketTotals = { inUse: Number.NaN, orphans: Number.NaN, timeWait: Number.NaN };
