// One listener from look to look: how long connections wait or are held, how full the queue was, whether workers got fewer.
import type { HostConnection, ListenerSample, ProcessName, ProcessSample } from '../model/host-sample.js';
import { ACTIVITIES, type Activity, activityOf } from './activity.js';
import type { ConnectionView, ListenerView, StatusLook, WorkersView } from './host-view.js';
import { type Servers, serversOf } from './workers.js';

/** Connections in the view; all are counted. */
const MOST_SHOWN = 1000;

/** Who is told first where not all are. */
const ORDER: readonly Activity[] = [
  'abandoned',
  'queued',
  'half-closed',
  'silent',
  'peer-closed',
  'working',
  'parked',
  'open',
];

interface Seen {
  readonly activity: Activity;
  readonly since: number;
  /** It was there at the first look: it may have begun long before. */
  readonly fromStart: boolean;
}

export class ListenerTracker {
  private seen = new Map<string, Seen>();
  private looks = 0;
  private maxDepth = 0;
  private queuedSince = Number.NaN;
  private drops = new Map<number, number>();
  private dropsInAll = 0;
  private mostWorkers = 0;
  private fewerSince = Number.NaN;
  private defunctSince = Number.NaN;
  private status: StatusLook | undefined;

  answered(status: StatusLook): void {
    this.status = status;
  }

  push(sample: ListenerSample, time: number, processes: readonly ProcessSample[]): ListenerView {
    const servers = serversOf(sample, processes);
    const names = namesBySocket(processes);
    const activities = Object.fromEntries(ACTIVITIES.map((activity) => [activity, 0])) as Record<Activity, number>;
    const next = new Map<string, Seen>();
    const connections: ConnectionView[] = [];
    for (const connection of sample.connections) {
      const activity = activityOf(connection);
      activities[activity]++;
      const before = this.seen.get(connection.key);
      const seen =
        before && before.activity === activity ? before : { activity, since: time, fromStart: this.looks === 0 };
      next.set(connection.key, seen);
      connections.push({
        ...connection,
        activity,
        age: ageOf(connection, activity, seen, time),
        owner: names.get(connection.inode),
        peer: names.get(connection.peerInode),
      });
    }
    this.seen = next;
    this.looks++;
    const depth = sum(sample.queues.map((queue) => queue.depth));
    this.maxDepth = Math.max(this.maxDepth, depth || 0);
    if (!(depth > 0)) this.queuedSince = Number.NaN;
    else if (Number.isNaN(this.queuedSince)) this.queuedSince = time;
    const waits = connections.filter(({ accepted, age }) => !accepted && !Number.isNaN(age)).map(({ age }) => age);
    const longestWait = waits.length > 0 ? Math.max(...waits.slice(0, MOST_SHOWN)) : Number.NaN;
    const drops = this.dropped(sample);
    connections.sort((a, b) => ORDER.indexOf(a.activity) - ORDER.indexOf(b.activity) || (b.age || 0) - (a.age || 0));
    return {
      address: sample.address,
      kind: sample.kind,
      state: sample.state,
      bound: sample.bound,
      uid: sample.uid,
      configuration: sample.configuration,
      queues: sample.queues,
      depth,
      limit: sum(sample.queues.map((queue) => queue.limit)),
      full: sample.queues.some((queue) => queue.depth > queue.limit),
      drops,
      dropsInAll: this.dropsInAll,
      maxDepth: this.maxDepth,
      queuedFor: Number.isNaN(this.queuedSince) ? 0 : Math.max(time - this.queuedSince, longestWait || 0),
      longestWait,
      activities,
      connections: connections.slice(0, MOST_SHOWN),
      application: sample.application,
      webServer: sample.webServer,
      ownTimeWait: sample.ownTimeWait,
      ports: sample.ports,
      workers: this.workers(sample, servers, time),
      status: this.status,
    };
  }

  /** Dropped since the look before, by the sockets that were there then. */
  private dropped({ queues }: ListenerSample): number {
    let dropped = Number.NaN;
    const next = new Map<number, number>();
    for (const { inode, drops } of queues) {
      if (Number.isNaN(drops)) continue;
      next.set(inode, drops);
      const before = this.drops.get(inode);
      if (before === undefined) continue;
      // A counter of 32 bits that may be written anew.
      dropped = (Number.isNaN(dropped) ? 0 : dropped) + Math.max(0, drops - before);
    }
    this.drops = next;
    this.dropsInAll += dropped || 0;
    return dropped;
  }

  private workers(sample: ListenerSample, { workers, masters, defunct, prefork }: Servers, time: number): WorkersView {
    const known = workers.length + masters.length > 0;
    const held = new Set(sample.connections.flatMap(({ inode }) => (inode === 0 ? [] : [inode])));
    const { manager = '', maxChildren = Number.NaN } = sample.configuration ?? {};
    // Pools that grow and shrink have fewer workers on purpose.
    const comesAndGoes = manager !== '' && manager !== 'static';
    const configured = manager === 'static' && maxChildren > 0 ? maxChildren : 0;
    this.mostWorkers = Math.max(this.mostWorkers, workers.length, configured);
    if (!known || comesAndGoes || workers.length >= this.mostWorkers) this.fewerSince = Number.NaN;
    else if (Number.isNaN(this.fewerSince)) this.fewerSince = time;
    if (defunct.length === 0) this.defunctSince = Number.NaN;
    else if (Number.isNaN(this.defunctSince)) this.defunctSince = time;
    return {
      count: known ? workers.length : Number.NaN,
      busy: known ? workers.filter(({ sockets }) => sockets.some((inode) => held.has(inode))).length : Number.NaN,
      most: this.mostWorkers,
      fewerFor: Number.isNaN(this.fewerSince) ? 0 : time - this.fewerSince,
      defunct: defunct.length,
      defunctFor: Number.isNaN(this.defunctSince) ? 0 : time - this.defunctSince,
      prefork,
    };
  }
}

/** The kernel's own times where they tell, else how long it has been seen. */
function ageOf(connection: HostConnection, activity: Activity, seen: Seen, time: number): number {
  const watched = time - seen.since;
  const { sinceSent, sinceReceived } = connection;
  let told = Number.NaN;
  // The kernel sets both times when a connection is established.
  if (activity === 'queued' || activity === 'abandoned' || activity === 'parked') told = sinceSent;
  else if (activity === 'silent' || activity === 'working') told = sinceReceived;
  if (!Number.isNaN(told)) return Math.max(told, watched);
  return seen.fromStart && watched === 0 ? Number.NaN : watched;
}

/** A socket may be held by several processes: the one with the highest pid, a child rather than its parent. */
function namesBySocket(processes: readonly ProcessSample[]): Map<number, ProcessName> {
  const names = new Map<number, ProcessName>();
  for (const { pid, name, sockets } of processes) {
    for (const inode of sockets) if ((names.get(inode)?.pid ?? 0) < pid) names.set(inode, { pid, name });
  }
  return names;
}

/** NaN where any of them is, or none is there. */
function sum(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((total, value) => total + value, 0);
}
