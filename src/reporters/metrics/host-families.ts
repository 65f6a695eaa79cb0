// What the host shows, as metrics: accept queues, TIME_WAIT by side, ports, workers, the kernel's counters.
import { ACTIVITIES } from '../../host/activity.js';
import type { ListenerView } from '../../host/host-view.js';
import { ephemeralPorts } from '../../host/kernel-settings.js';
import { NO_SETTINGS } from '../../model/host-sample.js';
import type { MetricSample, MetricsInput, ValueFamily } from './family.js';

/** Listeners and processes with series of their own. */
const MOST_LISTENERS = 200;
const MOST_PROCESSES = 1000;

function listeners({ host }: MetricsInput): readonly ListenerView[] {
  return (host?.listeners ?? []).slice(0, MOST_LISTENERS);
}

/** A value of each listener; those that are not known are left out. */
function ofListener(
  name: string,
  type: 'gauge' | 'counter',
  help: string,
  value: (listener: ListenerView) => number,
): ValueFamily {
  return {
    name,
    type,
    help,
    labels: ['listener'],
    source: 'host',
    *collect(input) {
      for (const listener of listeners(input)) {
        const known = value(listener);
        if (!Number.isNaN(known)) yield { labels: { listener: listener.address }, value: known };
      }
    },
  };
}

/** A counter of the network namespace: its name, the kernel's, and what it counts. */
function ofNamespace(name: string, counter: string, help: string): ValueFamily {
  return {
    name,
    type: 'counter',
    help: `${help} Of the network namespace: all ports together.`,
    labels: [],
    source: 'host',
    *collect({ host }) {
      const found = host?.counters.find((each) => each.name === counter);
      if (found) yield { labels: {}, value: found.value };
    },
  };
}

/** A value of each process that serves a listener; only where series for processes are asked for. */
function ofProcess(
  name: string,
  help: string,
  value: (process: NonNullable<MetricsInput['host']>['processes'][number]) => number,
): ValueFamily {
  return {
    name,
    type: 'gauge',
    help: `${help} Only with --metrics-per-process.`,
    labels: ['listener', 'pid'],
    source: 'host',
    *collect({ host, perProcess }): Generator<MetricSample> {
      if (!perProcess) return;
      for (const process of (host?.processes ?? []).slice(0, MOST_PROCESSES)) {
        const known = value(process);
        if (process.role !== 'worker' || Number.isNaN(known)) continue;
        for (const listener of process.listeners)
          yield { labels: { listener, pid: String(process.pid) }, value: known };
      }
    },
  };
}

const SIDES = ['application', 'web-server'] as const;

export const HOST_FAMILIES: readonly ValueFamily[] = [
  ofListener(
    'fcgi_listener_up',
    'gauge',
    'Whether somebody listens; absent for addresses of other hosts.',
    ({ state }) => (state === 'elsewhere' ? Number.NaN : state === 'listening' ? 1 : 0),
  ),
  ofListener('fcgi_accept_queue', 'gauge', 'Connections that are established and not accepted.', ({ depth }) => depth),
  ofListener(
    'fcgi_accept_queue_limit',
    'gauge',
    'Limit of the accept queue (Send-Q); it is full at one more.',
    ({ limit }) => limit,
  ),
  ofListener(
    'fcgi_accept_queue_max',
    'gauge',
    'Most connections in the accept queue since the watch began, as far as looks saw it.',
    ({ maxDepth }) => maxDepth,
  ),
  ofListener(
    'fcgi_accept_queue_oldest_seconds',
    'gauge',
    'The longest wait in the accept queue now; 0 while it is empty.',
    ({ depth, longestWait }) => (depth === 0 ? 0 : longestWait / 1e9),
  ),
  ofListener(
    'fcgi_accept_queue_dropped_total',
    'counter',
    'Connection attempts that this listening socket dropped since the watch began. TCP only: AF_UNIX has no such counter.',
    ({ kind, queues, dropsInAll }) =>
      kind === 'tcp' && queues.some(({ drops }) => !Number.isNaN(drops)) ? dropsInAll : Number.NaN,
  ),
  {
    name: 'fcgi_host_connections',
    type: 'gauge',
    help: "Connections at the application's end, by what happens on them.",
    labels: ['listener', 'activity'],
    source: 'host',
    *collect(input) {
      for (const { address, activities } of listeners(input)) {
        for (const activity of ACTIVITIES)
          yield { labels: { listener: address, activity }, value: activities[activity] };
      }
    },
  },
  {
    name: 'fcgi_time_wait',
    type: 'gauge',
    help: 'Sockets in TIME_WAIT by side.',
    labels: ['listener', 'side'],
    source: 'host',
    *collect(input) {
      for (const listener of listeners(input)) {
        if (listener.kind !== 'tcp') continue;
        for (const side of SIDES) {
          const counts = side === 'application' ? listener.application : listener.webServer;
          yield { labels: { listener: listener.address, side }, value: counts['TIME-WAIT'] ?? 0 };
        }
      }
    },
  },
  {
    name: 'fcgi_ephemeral_ports_used_ratio',
    type: 'gauge',
    help: 'Share of the ephemeral ports that connections and TIME_WAIT take, from the source that takes most.',
    labels: ['dst'],
    source: 'host',
    *collect(input) {
      const all = ephemeralPorts(input.host?.settings ?? NO_SETTINGS);
      if (!(all > 0)) return;
      const used = new Map<string, number>();
      for (const { ports } of listeners(input)) {
        for (const { destination, live, timeWait } of ports) {
          used.set(destination, Math.max(used.get(destination) ?? 0, (live + timeWait) / all));
        }
      }
      for (const [dst, value] of [...used].slice(0, MOST_LISTENERS)) yield { labels: { dst }, value };
    },
  },
  ofListener('fcgi_workers', 'gauge', 'Processes that serve the listener.', ({ workers }) => workers.count),
  ofListener('fcgi_workers_busy', 'gauge', 'Those of them that hold a connection.', ({ workers }) => workers.busy),
  ofListener(
    'fcgi_workers_defunct',
    'gauge',
    'Dead children that their parent has not collected.',
    ({ workers }) => workers.defunct,
  ),
  ofNamespace('fcgi_listen_overflows_total', 'TcpExt.ListenOverflows', 'Connections that found an accept queue full.'),
  ofNamespace('fcgi_listen_drops_total', 'TcpExt.ListenDrops', 'Connections dropped by listening sockets.'),
  ofNamespace('fcgi_syn_cookies_sent_total', 'TcpExt.SyncookiesSent', 'SYN cookies sent.'),
  ofNamespace('fcgi_time_wait_overflows_total', 'TcpExt.TCPTimeWaitOverflow', 'TIME_WAIT that could not be kept.'),
  {
    name: 'fcgi_somaxconn',
    type: 'gauge',
    help: 'net.core.somaxconn: no accept queue of the network namespace is longer.',
    labels: [],
    source: 'host',
    *collect({ host }) {
      if (host && !Number.isNaN(host.settings.somaxconn)) yield { labels: {}, value: host.settings.somaxconn };
    },
  },
  ofProcess('fcgi_worker_connections', 'Connections that the worker holds.', ({ connections }) => connections),
  ofProcess('fcgi_worker_resident_bytes', 'Resident memory of the worker.', ({ rss }) => rss),
  ofProcess(
    'fcgi_worker_cpu_ratio',
    'Share of one processor that the worker used since the look before.',
    ({ cpuShare }) => cpuShare,
  ),
];
