// Which processes serve a listener: those that hold its listening socket or one of its connections, without the master
// that only keeps the socket for its children.
import type { ListenerSample, ProcessSample } from '../model/host-sample.js';

/** Titles of processes that hold a listening socket and never accept: php-fpm's master, and the keepers of our own pools. */
export const KEEPS_SOCKET = /^(?:php-fpm: master process|fcgi-inspect: keeper)/;

export interface Servers {
  readonly masters: readonly ProcessSample[];
  readonly workers: readonly ProcessSample[];
  /** Dead children of either that nobody has collected. */
  readonly defunct: readonly ProcessSample[];
  readonly prefork: boolean;
}

export function serversOf(listener: ListenerSample, processes: readonly ProcessSample[]): Servers {
  const listening = new Set(listener.queues.map(({ inode }) => inode));
  const held = new Set(listener.connections.flatMap(({ inode }) => (inode === 0 ? [] : [inode])));
  const living = processes.filter(({ state }) => state !== 'Z' && state !== 'X');
  const owners = living.filter(({ sockets }) => sockets.some((inode) => listening.has(inode) || held.has(inode)));
  const parents = new Set(owners.map(({ parent }) => parent));
  const holds = ({ sockets }: ProcessSample) => sockets.some((inode) => held.has(inode));
  const isMaster = (process: ProcessSample) =>
    !holds(process) && (parents.has(process.pid) || KEEPS_SOCKET.test(process.title));
  const masters = owners.filter(isMaster);
  const workers = owners.filter((process) => !isMaster(process));
  const families = new Set([...owners.map(({ pid }) => pid), ...masters.map(({ pid }) => pid), ...parents]);
  families.delete(1);
  families.delete(0);
  const names = new Set(owners.map(({ name }) => name));
  // A parent above the owners may have children of other kinds: a dead one counts if it is called like them.
  const owned = new Set(owners.map(({ pid }) => pid));
  const defunct = processes.filter(
    ({ state, parent, name }) => state === 'Z' && (owned.has(parent) || (families.has(parent) && names.has(name))),
  );
  return { masters, workers, defunct, prefork: isPrefork(listener, workers) };
}

function isPrefork({ configuration }: ListenerSample, workers: readonly ProcessSample[]): boolean {
  if (workers.length === 0) return false;
  if (configuration || workers.every(({ title }) => /^php-fpm: pool /.test(title))) return true;
  // One process of one thread may be anything: an event loop serves many connections at once.
  return workers.length > 1 && workers.every(({ threads, waits }) => threads === 1 && !waits.some(isEventLoop));
}

function isEventLoop(wait: string): boolean {
  return /^(ep_poll|do_epoll)/.test(wait);
}
