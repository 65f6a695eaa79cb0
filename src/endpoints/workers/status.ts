// What can be read of a running pool, as plain data.
import type { CacheCounters } from './response-cache.js';
import type { SlotKind } from './slots.js';
import type { StageDepths } from './stages.js';

/**
 * `starting`: loads its handler. `ready`: waits for the worker that it replaces to end. `accepting`: has a free slot.
 * `full`: does not accept until a slot is free. `retiring`: finishes what it has and ends.
 */
export type WorkerState = 'starting' | 'ready' | 'accepting' | 'full' | 'retiring';

/** Sums that only grow. */
export interface WorkTotals {
  /** Connections taken from the accept queue. */
  readonly accepted: number;
  /** Requests whose handlers began, and those answered. */
  readonly requests: number;
  readonly answered: number;
  readonly aborted: number;
  /** Handlers that failed. */
  readonly failed: number;
  /** Milliseconds during which at least one slot was taken. */
  readonly busyTime: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

export interface WorkerStatus extends WorkTotals {
  readonly seat: number;
  /** How many workers had this seat before. */
  readonly generation: number;
  readonly pid: number;
  readonly state: WorkerState;
  /** Milliseconds since it was started. */
  readonly age: number;
  /** Open connections. */
  readonly connections: number;
  readonly slotsTaken: number;
  readonly stages: StageDepths;
  /** Of a cache of its own (see CacheOptions.owner). */
  readonly cache: CacheCounters | undefined;
  /** The request count and age (ms) at which it will be replaced; 0: never. */
  readonly retiresAfter: { readonly requests: number; readonly age: number };
  /** False if it did not answer the question: its handler does not let go, so the figures are those of `age` before. */
  readonly responding: boolean;
}

export interface PoolStatus {
  readonly model: 'event' | 'workers';
  /** Of the primary process. */
  readonly pid: number;
  /** Processes that hold the listening socket while all workers are full. */
  readonly keepers: readonly number[];
  readonly slot: SlotKind;
  /** Of each worker; null: no limit. */
  readonly slots: number | null;
  readonly workers: readonly WorkerStatus[];
  /** Seats that no worker has: of these, `lost` never will again, because of `replaceDead`. */
  readonly empty: number;
  readonly lost: number;
  /** Sums over all workers, those that have ended included. One that was killed takes its last moments with it. */
  readonly totals: WorkTotals;
  readonly stages: StageDepths;
  /** Workers that ended: as they were told to, or in any other way. */
  readonly retired: number;
  readonly died: number;
  /** Of the shared cache, or sums over those of the workers. */
  readonly cache: CacheCounters | undefined;
}

export const NO_WORK: WorkTotals = {
  accepted: 0,
  requests: 0,
  answered: 0,
  aborted: 0,
  failed: 0,
  busyTime: 0,
  bytesReceived: 0,
  bytesSent: 0,
};

export function addWork(one: WorkTotals, other: WorkTotals): WorkTotals {
  return {
    accepted: one.accepted + other.accepted,
    requests: one.requests + other.requests,
    answered: one.answered + other.answered,
    aborted: one.aborted + other.aborted,
    failed: one.failed + other.failed,
    busyTime: one.busyTime + other.busyTime,
    bytesReceived: one.bytesReceived + other.bytesReceived,
    bytesSent: one.bytesSent + other.bytesSent,
  };
}
