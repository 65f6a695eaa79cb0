// Looks at a host, made up: an ordinary listener with free workers, of which a test changes what it is about.
import { HostTracker } from '../../src/host/host-tracker.js';
import type { HostView } from '../../src/host/host-view.js';
import { kernelSettings } from '../../src/host/kernel-settings.js';
import {
  type HostConnection,
  type HostSample,
  type ListenerSample,
  NO_TOTALS,
  type ProcessSample,
} from '../../src/model/host-sample.js';

export const SECOND = 1e9;

export function connection(more: Partial<HostConnection> = {}): HostConnection {
  return {
    key: '127.0.0.1:40001',
    state: 'ESTAB',
    accepted: true,
    inode: 100,
    peerInode: 200,
    unread: 0,
    unsent: 0,
    bytesReceived: 500,
    bytesSent: 0,
    sinceReceived: 0.1 * SECOND,
    sinceSent: 0.1 * SECOND,
    halfClosed: false,
    ...more,
  };
}

/** In the accept queue for so many seconds. */
export function waiting(port: number, seconds: number, more: Partial<HostConnection> = {}): HostConnection {
  return connection({
    key: `127.0.0.1:${port}`,
    accepted: false,
    inode: 0,
    peerInode: port,
    unread: 500,
    sinceReceived: seconds * SECOND,
    sinceSent: seconds * SECOND,
    ...more,
  });
}

/** Its queue is as long as there are connections that are not accepted, unless told. */
export function listener(
  more: Partial<ListenerSample> & { readonly limit?: number; readonly drops?: number } = {},
): ListenerSample {
  const { limit = 128, drops = 0, ...rest } = more;
  const connections = more.connections ?? [];
  const depth = connections.filter(({ accepted }) => !accepted).length;
  return {
    address: '127.0.0.1:9000',
    kind: 'tcp',
    state: 'listening',
    bound: '127.0.0.1:9000',
    uid: 33,
    queues: [{ inode: 1, depth, limit, drops }],
    connections,
    connectionCount: connections.length,
    application: {},
    webServer: {},
    ownTimeWait: 0,
    ports: [],
    configuration: undefined,
    ...rest,
  };
}

/** A worker of one thread that listens and holds the connections with these inodes. */
export function worker(pid: number, held: readonly number[] = [], more: Partial<ProcessSample> = {}): ProcessSample {
  return {
    pid,
    innerPid: pid,
    parent: 10,
    name: 'php-fpm8.2',
    title: 'php-fpm: pool www',
    uid: 33,
    state: 'S',
    threads: 1,
    cpu: 0,
    age: 60 * SECOND,
    started: 1000 + pid,
    rss: 10e6,
    descriptors: 8,
    descriptorLimit: 1024,
    waits: held.length > 0 ? ['hrtimer_nanosleep'] : ['inet_csk_accept'],
    sockets: [1, ...held],
    ...more,
  };
}

export function master(more: Partial<ProcessSample> = {}): ProcessSample {
  return worker(10, [], {
    parent: 1,
    title: 'php-fpm: master process (/etc/php-fpm.conf)',
    waits: ['do_epoll_wait'],
    ...more,
  });
}

const SETTINGS: Readonly<Record<string, string>> = {
  somaxconn: '4096',
  abortOnOverflow: '0',
  timeWaitReuse: '0',
  maxTimeWait: '131072',
  portRange: '32768 60999',
  reservedPorts: '',
};

export function sample(
  seconds: number,
  listeners: readonly ListenerSample[],
  more: Partial<Omit<HostSample, 'settings'>> & { readonly settings?: Readonly<Record<string, string>> } = {},
): HostSample {
  const { settings, ...rest } = more;
  const texts = { ...SETTINGS, ...settings };
  return {
    time: seconds * SECOND,
    namespace: 'net:[1]',
    listeners,
    processes: [master(), worker(11), worker(12)],
    counters: new Map(),
    settings: kernelSettings((name) => texts[name]),
    totals: NO_TOTALS,
    blockedConnectors: [],
    missing: [],
    ...rest,
  };
}

/** The view after these looks. */
export function viewOf(...samples: readonly HostSample[]): HostView {
  const tracker = new HostTracker();
  for (const each of samples) tracker.push(each);
  return tracker.view;
}
