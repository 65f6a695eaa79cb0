// The host's view for scripts: raw numbers, seconds, null for what is not known.
import type { SeenFinding } from '../analysis/finding-history.js';
import type { ConnectionView, HostView, ListenerView, ProcessView, StatusLook } from '../host/host-view.js';
import { redactText } from './redact.js';

export const WATCH_SCHEMA = 'fcgi-inspect/watch/1';

/** Connections of a listener that are listed. */
const MOST_CONNECTIONS = 200;

export function hostObject(view: HostView) {
  return {
    time: seconds(view.time),
    looks: view.looks,
    interval: seconds(view.interval),
    namespace: view.namespace,
    listeners: view.listeners.map(listenerObject),
    processes: view.processes.map(processObject),
    counters: Object.fromEntries(
      view.counters.map(({ name, value, delta, since }) => [name, { value, delta: known(delta), since }]),
    ),
    settings: Object.fromEntries(Object.entries(view.settings).map(([name, value]) => [name, known(value)])),
    sockets: Object.fromEntries(Object.entries(view.totals).map(([name, value]) => [name, known(value)])),
    missing: view.missing,
  };
}

function listenerObject(listener: ListenerView) {
  const { workers, configuration } = listener;
  return {
    address: listener.address,
    kind: listener.kind,
    state: listener.state,
    bound: listener.bound,
    uid: known(listener.uid),
    acceptQueue: {
      source: 'host',
      depth: known(listener.depth),
      limit: known(listener.limit),
      full: listener.full,
      maxDepth: listener.maxDepth,
      longestWait: seconds(listener.longestWait),
      notEmptyFor: seconds(listener.queuedFor),
      dropped: known(listener.drops),
      droppedInAll: listener.dropsInAll,
      sockets: listener.queues.map(({ inode, depth, limit, drops }) => ({
        inode,
        depth: known(depth),
        limit: known(limit),
        dropped: known(drops),
      })),
    },
    activities: listener.activities,
    connections: listener.connections.slice(0, MOST_CONNECTIONS).map(connectionObject),
    sockets: { application: listener.application, 'web-server': listener.webServer, ownTimeWait: listener.ownTimeWait },
    timeWait: {
      application: listener.application['TIME-WAIT'] ?? 0,
      'web-server': listener.webServer['TIME-WAIT'] ?? 0,
    },
    ports: listener.ports,
    workers: {
      count: known(workers.count),
      busy: known(workers.busy),
      most: workers.most,
      fewerFor: seconds(workers.fewerFor),
      defunct: workers.defunct,
      defunctFor: seconds(workers.defunctFor),
      prefork: workers.prefork,
    },
    configuration: configuration
      ? {
          source: configuration.source,
          pool: configuration.pool,
          manager: configuration.manager,
          maxChildren: known(configuration.maxChildren),
          backlog: known(configuration.backlog),
          statusPath: configuration.statusPath,
          statusListen: configuration.statusListen,
        }
      : null,
    status: statusObject(listener.status),
  };
}

function connectionObject(connection: ConnectionView) {
  return {
    key: connection.key,
    state: connection.state,
    activity: connection.activity,
    accepted: connection.accepted,
    age: seconds(connection.age),
    inode: connection.inode,
    owner: connection.owner ?? null,
    peer: connection.peer ?? null,
    unread: known(connection.unread),
    unsent: known(connection.unsent),
    bytesReceived: known(connection.bytesReceived),
    bytesSent: known(connection.bytesSent),
  };
}

function processObject(process: ProcessView) {
  return {
    pid: process.pid,
    parent: process.parent,
    name: process.name,
    title: process.title,
    uid: known(process.uid),
    role: process.role,
    listeners: process.listeners,
    uses: process.uses,
    state: process.state,
    doing: process.doing,
    waits: process.waits,
    threads: known(process.threads),
    age: seconds(process.age),
    rss: known(process.rss),
    descriptors: known(process.descriptors),
    descriptorLimit: known(process.descriptorLimit),
    cpuShare: known(process.cpuShare),
    busyShare: known(process.busyShare),
    connections: process.connections,
    activities: process.activities,
    requests: known(process.requests),
    method: process.method,
    uri: process.uri.replace(/\?.*$/s, '?...'),
    requestTime: seconds(process.requestTime),
  };
}

function statusObject(status: StatusLook | undefined) {
  if (!status) return null;
  if (status.kind !== 'answered') return { kind: status.kind, time: seconds(status.time), reason: status.reason };
  const { pool } = status;
  return {
    kind: status.kind,
    time: seconds(status.time),
    took: pool.took / 1000,
    pool: pool.status.pool,
    manager: pool.status.processManager,
    acceptedConnections: pool.status.acceptedConnections ?? null,
    slowRequests: pool.status.slowRequests ?? null,
    maxChildrenReached: pool.status.maxChildrenReached ?? null,
    counted: pool.load ? { ...pool.load.workers, total: pool.load.total, busy: pool.load.busy } : null,
    saturation: pool.load?.saturation ?? null,
    requestsPerSecond: pool.change?.requests ?? null,
    connectionsPerSecond: pool.change?.connections ?? null,
    restarted: pool.change?.restarted ?? null,
  };
}

export function seenObject({ finding, firstSeen, lastSeen, active, returns, worst }: SeenFinding) {
  return {
    id: finding.id,
    severity: finding.severity,
    worst,
    active,
    firstSeen: seconds(firstSeen),
    lastSeen: seconds(lastSeen),
    returns,
    title: redactText(finding.title),
    detail: redactText(finding.detail),
    count: finding.count,
    scope: finding.scope,
    evidence: finding.evidence.map((evidence) => ({ ...evidence, text: redactText(evidence.text) })),
    advice: finding.advice,
  };
}

function known(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function seconds(nanoseconds: number): number | null {
  return Number.isFinite(nanoseconds) ? nanoseconds / 1e9 : null;
}
