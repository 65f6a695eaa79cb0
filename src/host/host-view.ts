// What is known of a host after several looks at it: ages, shares, differences. Plain data, made by HostTracker; times are
// nanoseconds since the watch began, a number that is not known is NaN.
import type {
  HostConnection,
  KernelSettings,
  ListenerConfiguration,
  ListenerState,
  Missing,
  PortPair,
  ProcessName,
  QueueSample,
  SocketTotals,
  StateCounts,
} from '../model/host-sample.js';
import type { PoolView } from '../status/pool-view.js';
import type { Activity } from './activity.js';

export interface ConnectionView extends HostConnection {
  readonly activity: Activity;
  /** How long it has been doing that, at least. NaN where it was seen once and nothing tells. */
  readonly age: number;
  /** Who holds the application's end, and the web server's, where that could be seen. */
  readonly owner: ProcessName | undefined;
  readonly peer: ProcessName | undefined;
}

/** Processes that serve a listener. */
export interface WorkersView {
  /** Those that live, masters left out. */
  readonly count: number;
  /** Those of them that hold a connection. */
  readonly busy: number;
  /** Most that were seen, and how long there have been fewer without a break (0 where there are not). */
  readonly most: number;
  readonly fewerFor: number;
  /** Dead children that nobody collected, and how long there has been one. */
  readonly defunct: number;
  readonly defunctFor: number;
  /** A process serves one connection at a time: several of one thread, or php-fpm. */
  readonly prefork: boolean;
}

/** What asking for php-fpm's status page came to. */
export type StatusLook =
  | { readonly kind: 'answered'; readonly time: number; readonly path: string; readonly pool: PoolView }
  | {
      readonly kind: 'not-asked' | 'failed';
      readonly time: number;
      readonly path: string;
      readonly reason: string;
      /** As the page called the pool when it answered; '' where it never did. */
      readonly poolName: string;
    };

export interface ListenerView {
  readonly address: string;
  readonly kind: 'tcp' | 'unix';
  readonly state: ListenerState;
  readonly bound: string;
  readonly uid: number;
  readonly configuration: ListenerConfiguration | undefined;
  readonly queues: readonly QueueSample[];
  /** Over all of its sockets. */
  readonly depth: number;
  readonly limit: number;
  /** One of its queues is full: no further connection gets in. */
  readonly full: boolean;
  /** Dropped connections since the look before (NaN at the first look), and since the first. */
  readonly drops: number;
  readonly dropsInAll: number;
  readonly maxDepth: number;
  /** How long the queue has not been empty, at least; 0 while it is empty. */
  readonly queuedFor: number;
  /** The longest wait in the queue now; NaN where nobody waits or it is not known. */
  readonly longestWait: number;
  readonly activities: Readonly<Record<Activity, number>>;
  /** At the application's end, what waits longest first; bounded. */
  readonly connections: readonly ConnectionView[];
  readonly application: StateCounts;
  readonly webServer: StateCounts;
  readonly ownTimeWait: number;
  readonly ports: readonly PortPair[];
  readonly workers: WorkersView;
  readonly status: StatusLook | undefined;
}

export type ProcessRole = 'master' | 'worker' | 'web-server' | 'defunct';

export interface ProcessView {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly title: string;
  readonly uid: number;
  readonly role: ProcessRole;
  /** Addresses of the listeners that it serves, and of those that it has connections to. */
  readonly listeners: readonly string[];
  readonly uses: readonly string[];
  /** The kernel's letter, and what it does in words. */
  readonly state: string;
  readonly doing: string;
  /** Places in the kernel where its threads wait. */
  readonly waits: readonly string[];
  readonly threads: number;
  readonly age: number;
  readonly rss: number;
  readonly descriptors: number;
  readonly descriptorLimit: number;
  /** Of one processor, since the look before; NaN at the first. */
  readonly cpuShare: number;
  /** Connections of the application's end that it holds, by what happens on them. */
  readonly connections: number;
  readonly activities: Readonly<Partial<Record<Activity, number>>>;
  /** Share of the looks in which it had a connection that was not parked. */
  readonly busyShare: number;
  /** From the status page: requests served, and the one in progress. */
  readonly requests: number;
  readonly method: string;
  readonly uri: string;
  /** Nanoseconds that its request has taken so far; NaN where it has none or it is not known. */
  readonly requestTime: number;
}

export interface CounterView {
  readonly name: string;
  readonly value: number;
  /** Since the look before; NaN at the first look and after the counter began anew. */
  readonly delta: number;
  /** Since the first look, over resets. */
  readonly since: number;
}

export interface HostView {
  /** Of the last look. */
  readonly time: number;
  readonly looks: number;
  /** Since the look before; NaN at the first. */
  readonly interval: number;
  readonly namespace: string;
  readonly listeners: readonly ListenerView[];
  readonly processes: readonly ProcessView[];
  readonly counters: readonly CounterView[];
  readonly settings: KernelSettings;
  readonly totals: SocketTotals;
  readonly blockedConnectors: readonly ProcessName[];
  readonly missing: readonly Missing[];
}

/** A counter's difference since the look before, or NaN. */
export function counterDelta(view: HostView, name: string): number {
  return view.counters.find((counter) => counter.name === name)?.delta ?? Number.NaN;
}

/** A counter's difference since the first look, or 0. */
export function counterSince(view: HostView, name: string): number {
  return view.counters.find((counter) => counter.name === name)?.since ?? 0;
}
