// Which process holds which socket: the descriptors of processes are links to `socket:[inode]`. Looking through all
// processes takes long on a large host, so it is done in slices, and again only where a socket has no known owner.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseProcessStat, socketInode } from '../host/process-files.js';
import { waitingPlace } from '../host/waiting-places.js';
import type { ProcessName } from '../model/host-sample.js';
import type { Clock } from './clock.js';
import { listNames, readLink, readSmall } from './host-files.js';

/** Milliseconds of reading before others get their turn. */
const SLICE = 4;
/** Milliseconds between two looks through all processes. */
const AGAIN = 2000;
/** A process with more descriptors is looked through only when all are. */
const MANY = 2000;
/** Processes that are looked at. */
const MOST_PROCESSES = 50_000;
/** Threads that are asked where they wait. */
const MOST_THREADS = 5000;

interface Known {
  readonly started: number;
  readonly parent: number;
  readonly name: string;
}

export interface Owners {
  /** Wanted sockets of each process that has some. */
  readonly sockets: ReadonlyMap<number, readonly number[]>;
  /** Processes whose parent is one of those, or has the same parent as one of those. */
  readonly relatives: readonly number[];
  /** php-fpm's masters, whether their descriptors may be read or not. */
  readonly masters: readonly number[];
  /** Processes whose descriptors may not be read. */
  readonly denied: number;
  /** Wanted sockets that no readable process holds. */
  readonly unowned: number;
}

export class SocketOwners {
  private known = new Map<number, Known>();
  private family = new Set<number>();
  private denied = new Set<number>();
  private heavy = new Map<number, readonly number[]>();
  private lastScan = Number.NEGATIVE_INFINITY;
  private sliceEnd = 0;

  /** @param self our own process, which is left out; 0: it is not */
  constructor(
    private readonly root: string,
    private readonly clock: Clock,
    private readonly self: number,
  ) {}

  async find(wanted: ReadonlySet<number>): Promise<Owners> {
    this.sliceEnd = this.clock.now() + SLICE;
    const fresh = await this.listProcesses();
    const sockets = new Map<number, number[]>();
    const missing = new Set(wanted);
    const look = (pid: number, all: boolean) => {
      const found = this.socketsOf(pid, wanted, all);
      if (found.length === 0) return;
      sockets.set(pid, found);
      for (const inode of found) missing.delete(inode);
    };
    // A worker is there before it has been handed the socket that its relatives hold.
    const first = new Set([...this.family, ...fresh, ...this.relatives()]);
    for (const pid of first) {
      look(pid, false);
      await this.pause();
    }
    if (missing.size > 0 && this.clock.now() - this.lastScan >= AGAIN) {
      for (const pid of this.known.keys()) {
        if (!first.has(pid) || this.heavy.has(pid)) look(pid, true);
        await this.pause();
      }
      this.lastScan = this.clock.now();
    }
    this.family = new Set(sockets.keys());
    return {
      sockets,
      relatives: this.relatives(),
      masters: this.masters(),
      denied: this.denied.size,
      unowned: missing.size,
    };
  }

  /** Takes in who came and who went. Returns who came. */
  private async listProcesses(): Promise<number[]> {
    const names = listNames(this.root);
    const fresh: number[] = [];
    const next = new Map<number, Known>();
    for (const name of typeof names === 'string' ? [] : names) {
      if (next.size >= MOST_PROCESSES) break;
      if (!/^\d+$/.test(name)) continue;
      const pid = Number(name);
      if (pid === this.self) continue;
      const known = this.known.get(pid);
      // The family is asked again: a pid may be used a second time, a parent may have changed.
      if (known && !this.family.has(pid)) {
        next.set(pid, known);
        continue;
      }
      const stat = parseProcessStat(readSmall(`${this.root}/${pid}/stat`) ?? '');
      if (!stat) continue;
      if (known?.started !== stat.started) fresh.push(pid);
      next.set(pid, { started: stat.started, parent: stat.parent, name: stat.name });
      await this.pause();
    }
    this.known = next;
    for (const pid of this.denied) if (!next.has(pid)) this.denied.delete(pid);
    for (const pid of this.heavy.keys()) if (!next.has(pid)) this.heavy.delete(pid);
    return fresh;
  }

  private socketsOf(pid: number, wanted: ReadonlySet<number>, all: boolean): number[] {
    const folder = `${this.root}/${pid}/fd`;
    const names = listNames(folder);
    if (names === 'denied') this.denied.add(pid);
    else this.denied.delete(pid);
    if (typeof names === 'string') return [];
    const heavy = this.heavy.get(pid);
    if (heavy && !all) return heavy.filter((inode) => wanted.has(inode));
    const found = new Set<number>();
    for (const name of names) {
      const inode = socketInode(readLink(`${folder}/${name}`) ?? '');
      if (inode !== undefined && wanted.has(inode)) found.add(inode);
    }
    if (names.length > MANY && found.size > 0) this.heavy.set(pid, [...found]);
    else this.heavy.delete(pid);
    return [...found];
  }

  /** Processes with a thread that waits in connect() for room in an AF_UNIX queue, as far as that may be read. */
  blockedConnectors(): ProcessName[] {
    const blocked: ProcessName[] = [];
    let threads = 0;
    for (const [pid, { name }] of this.known) {
      const tasks = listNames(`${this.root}/${pid}/task`);
      for (const task of typeof tasks === 'string' ? [] : tasks) {
        if (++threads > MOST_THREADS) return blocked;
        if (waitingPlace(readSmall(`${this.root}/${pid}/task/${task}/wchan`) ?? '') !== 'unix-connect') continue;
        blocked.push({ pid, name });
        break;
      }
    }
    return blocked;
  }

  /** Those called php-fpm whose parent is not: children carry the same name. */
  private masters(): number[] {
    const isFpm = (pid: number) => /^php-fpm/.test(this.known.get(pid)?.name ?? '');
    return [...this.known].flatMap(([pid, { parent }]) => (isFpm(pid) && !isFpm(parent) ? [pid] : []));
  }

  private relatives(): number[] {
    const parents = new Set<number>(this.family);
    for (const pid of this.family) {
      const parent = this.known.get(pid)?.parent ?? 0;
      if (parent > 1) parents.add(parent);
    }
    const relatives: number[] = [];
    for (const [pid, { parent }] of this.known) if (parents.has(parent) && !this.family.has(pid)) relatives.push(pid);
    return relatives;
  }

  private async pause(): Promise<void> {
    if (this.clock.now() < this.sliceEnd) return;
    await nextTurn();
    this.sliceEnd = this.clock.now() + SLICE;
  }
}
