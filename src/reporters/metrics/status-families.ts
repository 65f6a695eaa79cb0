// php-fpm's status page under the names that hipages/php-fpm_exporter and php-fpm itself (?openmetrics) use, so that
// dashboards made for them go on working. What their page gets wrong is counted from its process list.
import type { ListenerView } from '../../host/host-view.js';
import type { FpmProcess, FpmStatus } from '../../status/fpm-status.js';
import type { PoolView } from '../../status/pool-view.js';
import type { MetricSample, MetricsInput, ValueFamily } from './family.js';

/** Children with series of their own. */
const MOST_CHILDREN = 500;

interface Page {
  readonly listener: ListenerView;
  /** Undefined where the page did not answer this time: what the kernel tells is there all the same. */
  readonly pool: PoolView | undefined;
  readonly labels: { readonly pool: string; readonly scrape_uri: string };
}

const POOL = ['pool', 'scrape_uri'] as const;
const CHILD = ['pool', 'scrape_uri', 'child'] as const;

function* pages({ host }: MetricsInput): Generator<Page> {
  for (const listener of host?.listeners ?? []) {
    const { status, configuration } = listener;
    if (!status) continue;
    const uri =
      listener.kind === 'unix'
        ? `${listener.address.replace(/^unix:/, 'unix://')};${status.path}`
        : `tcp://${listener.address}${status.path}`;
    const pool = status.kind === 'answered' ? status.pool : undefined;
    const name = status.kind === 'answered' ? status.pool.status.pool : status.poolName || (configuration?.pool ?? '');
    yield { listener, pool, labels: { pool: name, scrape_uri: uri } };
  }
}

function ofPage(
  name: string,
  type: 'gauge' | 'counter',
  help: string,
  value: (page: Page) => number | undefined,
): ValueFamily {
  return {
    name,
    type,
    help,
    labels: POOL,
    source: 'status page',
    givenName: true,
    *collect(input) {
      for (const page of pages(input)) yield* sample(page.labels, value(page));
    },
  };
}

function ofChild(
  name: string,
  type: 'gauge' | 'counter',
  help: string,
  value: (process: FpmProcess) => number | undefined,
): ValueFamily {
  return {
    name,
    type,
    help,
    labels: CHILD,
    source: 'status page',
    givenName: true,
    *collect(input) {
      for (const { pool, labels } of pages(input)) {
        for (const [index, process] of children(pool))
          yield* sample({ ...labels, child: String(index) }, value(process));
      }
    },
  };
}

function children(pool: PoolView | undefined): [number, FpmProcess][] {
  return (pool?.status.processes ?? []).slice(0, MOST_CHILDREN).map((process, index) => [index, process]);
}

function* sample(labels: MetricSample['labels'], value: number | undefined): Generator<MetricSample> {
  if (value !== undefined && !Number.isNaN(value)) yield { labels, value };
}

const page =
  (field: keyof FpmStatus) =>
  ({ pool }: Page): number | undefined => {
    const value = pool?.status[field];
    return typeof value === 'number' ? value : undefined;
  };

/** States as the page spells them, each with a series, so that one that ends is seen to end. */
const STATES = ['Idle', 'Running', 'Finishing', 'Reading headers', 'Getting request informations', 'Ending'] as const;

export const STATUS_FAMILIES: readonly ValueFamily[] = [
  {
    name: 'phpfpm_up',
    type: 'gauge',
    help: 'Whether the status page answered.',
    labels: POOL,
    source: 'status page',
    givenName: true,
    *collect(input) {
      for (const { listener, labels } of pages(input)) {
        // Not asked is not the same as not answered: fcgi_listener_up says whether somebody listens.
        if (listener.status?.kind !== 'not-asked')
          yield { labels, value: listener.status?.kind === 'answered' ? 1 : 0 };
      }
    },
  },
  ofPage('phpfpm_start_since', 'counter', 'Seconds since the pool was started.', page('startSince')),
  ofPage(
    'phpfpm_accepted_connections',
    'counter',
    'Connections accepted by the pool, the questions for this page among them.',
    page('acceptedConnections'),
  ),
  ofPage(
    'phpfpm_listen_queue',
    'gauge',
    "Connections in the accept queue: the kernel's number, because the page says 0 for every unix socket.",
    ({ listener, pool }) => (Number.isNaN(listener.depth) ? pool?.status.listenQueue : listener.depth),
  ),
  ofPage(
    'phpfpm_max_listen_queue',
    'gauge',
    'Most connections in the accept queue: of the page or of our looks, whichever saw more.',
    ({ listener, pool }) => Math.max(listener.maxDepth, pool?.status.maxListenQueue ?? 0),
  ),
  ofPage(
    'phpfpm_listen_queue_length',
    'gauge',
    "Limit of the accept queue: the kernel's number.",
    ({ listener, pool }) => (Number.isNaN(listener.limit) ? pool?.status.listenQueueLength : listener.limit),
  ),
  ofPage('phpfpm_idle_processes', 'gauge', 'Idle workers, counted from the list.', ({ listener, pool }) =>
    pool ? (pool.load?.workers.idle ?? pool.status.idle) : listener.workers.count - listener.workers.busy,
  ),
  ofPage(
    'phpfpm_active_processes',
    'gauge',
    'Workers that are not idle, counted from the list without the one that answers the page; where the page is starved, those that hold a connection.',
    ({ listener, pool }) => (pool ? (pool.load?.busy ?? pool.status.active) : listener.workers.busy),
  ),
  ofPage('phpfpm_total_processes', 'gauge', 'Workers, counted from the list.', ({ listener, pool }) =>
    pool ? (pool.load?.total ?? pool.status.total) : listener.workers.count,
  ),
  ofPage(
    'phpfpm_max_active_processes',
    'counter',
    'Most workers that were active at a time, as the page has it.',
    page('maxActive'),
  ),
  ofPage(
    'phpfpm_max_children_reached',
    'counter',
    'How often pm.max_children was reached; always 0 with pm = static.',
    page('maxChildrenReached'),
  ),
  ofPage('phpfpm_slow_requests', 'counter', 'Requests beyond request_slowlog_timeout.', page('slowRequests')),
  {
    name: 'phpfpm_process_state',
    type: 'gauge',
    help: 'The state of each worker: 1 for the one that it is in.',
    labels: ['pool', 'scrape_uri', 'child', 'state'],
    source: 'status page',
    givenName: true,
    *collect(input) {
      for (const { pool, labels } of pages(input)) {
        for (const [index, process] of children(pool)) {
          for (const state of STATES) {
            yield { labels: { ...labels, child: String(index), state }, value: process.state === state ? 1 : 0 };
          }
        }
      }
    },
  },
  ofChild('phpfpm_process_requests', 'counter', 'Requests that the worker has served.', ({ requests }) => requests),
  ofChild(
    'phpfpm_process_request_duration',
    'gauge',
    'Microseconds of the request in progress, or of the last one.',
    ({ requestDuration }) => requestDuration,
  ),
  ofChild(
    'phpfpm_process_last_request_cpu',
    'gauge',
    'Percent of a processor that the last request took.',
    ({ lastCpu }) => lastCpu,
  ),
  ofChild(
    'phpfpm_process_last_request_memory',
    'gauge',
    'Bytes of memory that the last request took at most.',
    ({ lastMemory }) => lastMemory,
  ),
  {
    name: 'phpfpm_process_states',
    type: 'gauge',
    help: 'Workers by state, the one that answers the page left out.',
    labels: ['pool', 'scrape_uri', 'state'],
    source: 'status page',
    *collect(input) {
      for (const { pool, labels } of pages(input)) {
        const { workers } = pool?.load ?? {};
        for (const [state, count] of Object.entries(workers ?? {})) {
          if (state !== 'own') yield { labels: { ...labels, state }, value: count };
        }
      }
    },
  },
  {
    name: 'phpfpm_max_children',
    type: 'gauge',
    help: 'Most workers the pool may have: from its configuration, as told, or as observed.',
    labels: ['pool', 'scrape_uri', 'source'],
    source: 'status page',
    *collect(input) {
      for (const { listener, pool, labels } of pages(input)) {
        const { configuration } = listener;
        const told = pool?.load?.maxChildren;
        if (told?.source === 'given') yield { labels: { ...labels, source: 'flag' }, value: told.value };
        else if (configuration && configuration.maxChildren > 0) {
          yield { labels: { ...labels, source: 'config' }, value: configuration.maxChildren };
        } else if (told) yield { labels: { ...labels, source: 'observed' }, value: told.value };
      }
    },
  },
];
