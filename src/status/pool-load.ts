// What a pool really does, counted from its process list: the page's own totals drift, its "active" has connections in it
// that only wait, and one of the workers answers the page itself.
import type { FpmProcess, FpmStatus } from './fpm-status.js';

/** What a worker does, in our words. */
export type WorkerKind =
  /** Waits in accept(). */
  | 'idle'
  /** Has a request. */
  | 'running'
  /** Holds a connection and has no request on it: an idle keep-alive connection, or one that sent nothing yet. */
  | 'parked'
  /** Sends the rest of the answer or closes the connection: `Ending`, `Finishing`. */
  | 'ending'
  /** Answers the question that brought this page. */
  | 'own'
  | 'other';

export interface PoolLoad {
  /** Workers by what they do; the one that answers the page is in `own` alone. */
  readonly workers: Readonly<Record<WorkerKind, number>>;
  /** Workers by the state that the page gives them, the own one included. */
  readonly states: ReadonlyMap<string, number>;
  /** Workers that no new connection can get at the moment: all but the idle ones and the own one. */
  readonly busy: number;
  readonly total: number;
  /** Where the page's totals and its list disagree; a worker more or less is a matter of the moment. */
  readonly drift: readonly Drift[];
  /** busy / max_children in percent; undefined where the most is not known. */
  readonly saturation: number | undefined;
  /** Where the most workers come from: told by the user, the list of a static pool, or a limit that was reached. */
  readonly maxChildren: { readonly value: number; readonly source: 'given' | 'static' | 'reached' } | undefined;
}

export interface Drift {
  readonly name: 'active processes' | 'idle processes' | 'total processes';
  readonly said: number;
  readonly counted: number;
}

/** Differences up to this come from workers that change while the page is written. */
const MOMENTARY = 1;

/**
 * @param own a part of the URI of our own question that no other has
 * @param maxChildren what the user says; php-fpm's page does not have it
 */
export function poolLoad(status: FpmStatus, own: string, maxChildren?: number): PoolLoad | undefined {
  const { processes } = status;
  if (!processes) return undefined;
  const workers: Record<WorkerKind, number> = { idle: 0, running: 0, parked: 0, ending: 0, own: 0, other: 0 };
  const states = new Map<string, number>();
  for (const process of processes) {
    workers[kindOf(process, own)]++;
    states.set(process.state, (states.get(process.state) ?? 0) + 1);
  }
  const total = processes.length;
  const busy = total - workers.idle - workers.own;
  const most = mostChildren(status, total, maxChildren);
  return {
    workers,
    states,
    busy,
    total,
    drift: driftOf(status, total, workers),
    saturation: most && most.value > 0 ? (busy / most.value) * 100 : undefined,
    maxChildren: most,
  };
}

/** What a worker does. `own` as in `poolLoad`. */
export function kindOf({ state, uri }: FpmProcess, own: string): WorkerKind {
  switch (state.toLowerCase()) {
    case 'idle':
      return 'idle';
    case 'running':
    case 'info':
    case 'getting request informations':
    case 'getting request information':
      return own !== '' && uri.includes(own) ? 'own' : 'running';
    case 'reading headers':
      return 'parked';
    case 'ending':
    case 'finishing':
      return 'ending';
    default:
      return 'other';
  }
}

function driftOf(status: FpmStatus, total: number, workers: Readonly<Record<WorkerKind, number>>): Drift[] {
  const pairs: [Drift['name'], number | undefined, number][] = [
    ['active processes', status.active, total - workers.idle],
    ['idle processes', status.idle, workers.idle],
    ['total processes', status.total, total],
  ];
  return pairs.flatMap(([name, said, counted]) =>
    said !== undefined && Math.abs(said - counted) > MOMENTARY ? [{ name, said, counted }] : [],
  );
}

function mostChildren(status: FpmStatus, total: number, given: number | undefined): PoolLoad['maxChildren'] {
  if (given !== undefined) return { value: given, source: 'given' };
  // A static pool always has all of its workers.
  if (status.processManager === 'static') return { value: total, source: 'static' };
  if ((status.maxChildrenReached ?? 0) > 0 && status.maxActive) return { value: status.maxActive, source: 'reached' };
  return undefined;
}
