// Processes from look to look: the share of a processor they used, the share of looks in which they were busy, and what
// they do, from their connections, the kernel and php-fpm's status page.
import type { ProcessSample } from '../model/host-sample.js';
import type { FpmProcess } from '../status/fpm-status.js';
import type { Activity } from './activity.js';
import type { ConnectionView, ListenerView, ProcessRole, ProcessView } from './host-view.js';
import { waitingWords } from './waiting-places.js';
import { KEEPS_SOCKET } from './workers.js';

interface Tracked {
  readonly time: number;
  readonly cpu: number;
  readonly looks: number;
  readonly busyLooks: number;
}

/** A connection on which somebody waits for the application. */
const BUSY: ReadonlySet<Activity> = new Set(['working', 'silent', 'half-closed', 'peer-closed', 'open']);

export class ProcessTracker {
  private tracked = new Map<string, Tracked>();

  push(time: number, processes: readonly ProcessSample[], listeners: readonly ListenerView[]): readonly ProcessView[] {
    const next = new Map<string, Tracked>();
    const ownersOf = new Map<number, { readonly connection: ConnectionView; readonly listener: ListenerView }>();
    const peersOf = new Map<number, ListenerView>();
    const listening = new Map<number, ListenerView>();
    for (const listener of listeners) {
      for (const { inode } of listener.queues) listening.set(inode, listener);
      for (const connection of listener.connections) {
        if (connection.inode !== 0) ownersOf.set(connection.inode, { connection, listener });
        if (connection.peerInode !== 0) peersOf.set(connection.peerInode, listener);
      }
    }
    const pages = new Map<number, FpmProcess>();
    for (const { status } of listeners) {
      if (status?.kind !== 'answered') continue;
      for (const process of status.pool.status.processes ?? []) pages.set(process.pid, process);
    }
    const parents = new Set(processes.map(({ parent }) => parent));
    const views = processes.map((process): ProcessView => {
      const key = `${process.pid}:${process.started}`;
      const before = this.tracked.get(key);
      const connections = process.sockets.flatMap((inode) => ownersOf.get(inode)?.connection ?? []);
      const activities: Partial<Record<Activity, number>> = {};
      for (const { activity } of connections) activities[activity] = (activities[activity] ?? 0) + 1;
      const isBusy = connections.some(({ activity }) => BUSY.has(activity));
      const tracked = {
        time,
        cpu: process.cpu,
        looks: (before?.looks ?? 0) + 1,
        busyLooks: (before?.busyLooks ?? 0) + (isBusy ? 1 : 0),
      };
      next.set(key, tracked);
      const serves = process.sockets.flatMap((inode) => listening.get(inode) ?? ownersOf.get(inode)?.listener ?? []);
      const uses = process.sockets.flatMap((inode) => peersOf.get(inode) ?? []);
      const page = pages.get(process.innerPid) ?? pages.get(process.pid);
      const current = page && page.state !== 'Idle' ? page : undefined;
      return {
        pid: process.pid,
        parent: process.parent,
        name: process.name,
        title: process.title,
        uid: process.uid,
        role: roleOf(process, serves.length > 0, connections.length > 0, parents),
        listeners: addressesOf(serves),
        uses: addressesOf(uses),
        state: process.state,
        doing: doingOf(process, connections, current),
        waits: process.waits,
        threads: process.threads,
        age: process.age,
        rss: process.rss,
        descriptors: process.descriptors,
        descriptorLimit: process.descriptorLimit,
        cpuShare:
          before && time > before.time ? Math.max(0, process.cpu - before.cpu) / (time - before.time) : Number.NaN,
        connections: connections.length,
        activities,
        busyShare: tracked.busyLooks / tracked.looks,
        requests: page?.requests ?? Number.NaN,
        method: current?.method ?? '',
        uri: current?.uri ?? '',
        requestTime: (current?.requestDuration ?? Number.NaN) * 1e3,
      };
    });
    this.tracked = next;
    return views;
  }
}

function addressesOf(listeners: readonly ListenerView[]): string[] {
  return [...new Set(listeners.map(({ address }) => address))];
}

function roleOf(process: ProcessSample, serves: boolean, holds: boolean, parents: ReadonlySet<number>): ProcessRole {
  if (process.state === 'Z') return 'defunct';
  if (!serves) return 'web-server';
  const isMaster = !holds && (parents.has(process.pid) || KEEPS_SOCKET.test(process.title));
  return isMaster ? 'master' : 'worker';
}

function doingOf(process: ProcessSample, connections: readonly ConnectionView[], page: FpmProcess | undefined): string {
  if (process.state === 'Z') return 'dead, not collected by its parent';
  if (process.state === 'T' || process.state === 't') return 'stopped';
  const has = (activity: Activity) => connections.find((connection) => connection.activity === activity);
  const pinned = has('half-closed');
  if (pinned) return `waits for the web server to close (${pinned.state === 'ESTAB' ? 'half-closed' : pinned.state})`;
  if (page) return page.state.toLowerCase();
  const wait = process.waits[0];
  if (has('working')) return wait === undefined ? 'has a request' : `has a request, ${waitingWords(wait)}`;
  if (has('silent')) return 'waits for the first byte of a connection';
  if (has('parked')) return 'holds a kept connection';
  if (has('peer-closed')) return 'holds a connection that the web server closed';
  if (process.state === 'R') return 'runs';
  if (process.waits.length > 1) return process.waits.map(waitingWords).join(', ');
  return wait === undefined ? (process.state === 'D' ? 'waits for the disk' : 'sleeps') : waitingWords(wait);
}
