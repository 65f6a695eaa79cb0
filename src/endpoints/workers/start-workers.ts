// Starts a pool of either model.
import { startEvent } from './event-model.js';
import { type WorkersOptions, workersSettings } from './options.js';
import type { WorkerPool } from './pool.js';
import { startPrimary } from './primary-handle.js';

/**
 * Starts a pool; it listens, and all its workers accept, when the promise resolves. With the `workers` model its
 * primary, its workers and its keepers are processes of their own, which end when this one does: this process needs
 * no node:cluster, may have several pools, and may be busy.
 * @throws UserError where the options are wrong or the handler can't be loaded, ListenError where it can't listen.
 */
export async function startWorkers(options: WorkersOptions): Promise<WorkerPool> {
  const settings = workersSettings(options);
  return settings.model === 'event' ? startEvent(settings) : startPrimary(settings, options.execArgv ?? []);
}
