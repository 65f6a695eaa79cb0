// Process models: one process for everything, or workers on one listening socket. See docs/process-models.md.
export type { CacheOptions } from './cached-responses.js';
export type {
  HandlerFactory,
  HandlerModule,
  HandlerSource,
  NamedHandler,
  WorkerContext,
  WorkerHandlers,
} from './handlers.js';
export type { WorkerServerOptions, WorkersOptions } from './options.js';
export type { PoolEnd, PoolEvents, WorkerEnd, WorkerPool, WorkerRef } from './pool.js';
export type { CacheCounters, CachedResponse } from './response-cache.js';
export { type CgiOptions, runAsCgi } from './run-as-cgi.js';
export type { DeathPolicy } from './seats.js';
export type { SharedCache } from './shared-cache.js';
export type { SlotKind } from './slots.js';
export type { StageDepths } from './stages.js';
export { startWorkers } from './start-workers.js';
export type { PoolStatus, WorkerState, WorkerStatus, WorkTotals } from './status.js';
