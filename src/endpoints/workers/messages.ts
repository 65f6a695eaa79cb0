// What a pool's processes say to each other. Sent with Node's IPC channel and the structured clone algorithm.
import type { AddressInfo } from 'node:net';
import type { ListenErrorCode } from '../server/errors.js';
import type { ListenAddress } from '../server/listen-address.js';
import type { WorkersSettings } from './options.js';
import type { PoolEvents, WorkerRef } from './pool.js';
import type { CacheCounters, CachedResponse } from './response-cache.js';
import type { RetirementLimits } from './retirement.js';
import type { StageDepths } from './stages.js';
import type { PoolStatus, WorkTotals } from './status.js';

/** To a worker. */
export type ToWorker =
  | {
      readonly kind: 'serve';
      readonly seat: number;
      readonly generation: number;
      readonly settings: WorkersSettings;
      readonly limits: RetirementLimits;
      readonly listen: ListenAddress;
    }
  | { readonly kind: 'accept' }
  | { readonly kind: 'close'; readonly graceful: boolean; readonly timeout: number }
  | { readonly kind: 'report'; readonly id: number }
  | { readonly kind: 'cached'; readonly id: number; readonly response: CachedResponse | undefined }
  | { readonly kind: 'cacheCounters'; readonly id: number; readonly counters: CacheCounters };

/** What a worker tells of itself. */
export interface WorkerReport extends WorkTotals {
  readonly accepting: boolean;
  readonly connections: number;
  readonly slotsTaken: number;
  readonly stages: StageDepths;
  /** Of a cache of its own. */
  readonly cache: CacheCounters | undefined;
}

/** From a worker. */
export type FromWorker =
  /** It hears: what is sent before, node:cluster takes for nobody's. */
  | { readonly kind: 'up' }
  /** It has loaded its handler. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'accepting' }
  /** It can't begin. */
  | { readonly kind: 'unable'; readonly error: ErrorText }
  | { readonly kind: 'retiring' }
  | { readonly kind: 'failure'; readonly text: string }
  | { readonly kind: 'message'; readonly message: unknown }
  /** `id` of the question, 0 if it was not asked. */
  | { readonly kind: 'report'; readonly id: number; readonly report: WorkerReport }
  /** It is about to end. */
  | { readonly kind: 'finished'; readonly uncut: boolean; readonly report: WorkerReport }
  | { readonly kind: 'cacheGet'; readonly id: number; readonly key: string }
  | {
      readonly kind: 'cacheSet';
      readonly key: string;
      readonly response: CachedResponse;
      readonly timeToLive: number;
    }
  | { readonly kind: 'cacheDelete'; readonly key: string }
  | { readonly kind: 'cacheCounters'; readonly id: number };

/** To a keeper, the first thing it hears. */
export interface ToKeeper {
  readonly kind: 'keep';
  readonly listen: ListenAddress;
  /** Whose end is its end. */
  readonly primary: number;
}

/** From a keeper: it hears; it listens, the last thing it says; or it can't. */
export type FromKeeper =
  | { readonly kind: 'up' }
  | { readonly kind: 'listening'; readonly address: AddressInfo | string }
  | { readonly kind: 'unable'; readonly error: ErrorText };

/** To the primary, from whoever started the pool. */
export type ToPrimary =
  | { readonly kind: 'start'; readonly settings: WorkersSettings; readonly execArgv: readonly string[] }
  | { readonly kind: 'status'; readonly id: number }
  | { readonly kind: 'close'; readonly graceful: boolean; readonly timeout: number };

/** From the primary. */
export type FromPrimary =
  /** All workers accept. */
  | { readonly kind: 'started'; readonly address: AddressInfo | string }
  | { readonly kind: 'unable'; readonly error: ErrorText }
  | { readonly kind: 'status'; readonly id: number; readonly status: PoolStatus }
  | PoolEventMessage
  /** The last thing it says. */
  | { readonly kind: 'finished'; readonly uncut: boolean };

type WorkerEventName = Exclude<keyof PoolEvents, 'closed'>;

export type PoolEventMessage = {
  readonly [Name in WorkerEventName]: {
    readonly kind: 'event';
    readonly name: Name;
    readonly values: PoolEvents[Name];
  };
}[WorkerEventName];

/** An error on its way to another process. */
export interface ErrorText {
  /** What the user can do something about, see UserError. */
  readonly isUserError: boolean;
  readonly listenCode?: ListenErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly stack?: string;
}

export type { WorkerRef };
