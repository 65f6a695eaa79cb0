// What the watch command can be told.
import { FAIL_ON_WORDS, type FailOn } from './fail-on.js';

export const WATCH_FORMATS = ['text', 'json', 'ndjson'] as const;
export { FAIL_ON_WORDS, type FailOn };

/** Prometheus' port for OpenTelemetry's exporters. */
export const METRICS_ADDRESS = '127.0.0.1:9464';

export interface WatchOptions {
  /** Milliseconds. */
  readonly interval: number;
  readonly once?: boolean;
  readonly duration?: number;
  readonly format?: (typeof WATCH_FORMATS)[number];
  readonly failOn: FailOn;
  readonly pid?: number;
  readonly status: boolean;
  readonly statusPath?: string;
  readonly statusTimeout: number;
  readonly maxChildren?: number;
  /** True: at the usual address. */
  readonly metrics?: string | true;
  readonly metricsPerProcess?: boolean;
  readonly log?: string;
  readonly limit: number;
  readonly showQueries?: boolean;
  readonly output?: string;
  readonly color: boolean;
  readonly ascii?: boolean;
  readonly quiet?: boolean;
}
