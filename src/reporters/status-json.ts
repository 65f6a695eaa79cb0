// A php-fpm pool for programs: the page's numbers, and what was counted from its list.
import { kindOf } from '../status/pool-load.js';
import type { PoolView } from '../status/pool-view.js';
import { safeJson } from './safe-json.js';

/** One JSON value with a line break; on one line where `indent` is 0. */
export function statusJson(view: PoolView, showQueries: boolean, indent = 2): string {
  const { status, load, change } = view;
  const { processes, ...totals } = status;
  const value = {
    address: view.address,
    took: view.took,
    acceptQueue: view.acceptQueue ?? null,
    // php-fpm has no numbers of a unix socket's queue: its zeros mean nothing.
    page: orNull(
      view.isUnix
        ? { ...totals, listenQueue: undefined, maxListenQueue: undefined, listenQueueLength: undefined }
        : totals,
    ),
    counted: load
      ? {
          ...load.workers,
          busy: load.busy,
          total: load.total,
          states: Object.fromEntries(load.states),
          saturation: load.saturation ?? null,
          maxChildren: load.maxChildren ?? null,
          drift: load.drift,
        }
      : null,
    change: change ? orNull(change) : null,
    processes:
      processes?.map((process) => ({
        ...orNull(process),
        uri: showQueries ? process.uri : process.uri.replace(/\?.*$/s, '?'),
        kind: kindOf(process, view.own),
      })) ?? null,
  };
  return `${safeJson(value, indent)}\n`;
}

/** JSON has no undefined: what is not known is null. */
function orNull(object: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, value ?? null]));
}
