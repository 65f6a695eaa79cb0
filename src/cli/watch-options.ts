// What the watch command can be told.
import type { FailOn } from './fail-on.js';
import type { HostOptions } from './host-options.js';

export const WATCH_FORMATS = ['tui', 'text', 'json', 'ndjson'] as const;

export interface WatchOptions extends HostOptions {
  /** Milliseconds. */
  readonly interval: number;
  readonly once?: boolean;
  readonly duration?: number;
  readonly format?: (typeof WATCH_FORMATS)[number];
  readonly failOn: FailOn;
  readonly log?: string;
  readonly logFile?: string;
  readonly limit: number;
  readonly showQueries?: boolean;
  readonly output?: string;
  readonly color: boolean;
  readonly ascii?: boolean;
  readonly quiet?: boolean;
}
