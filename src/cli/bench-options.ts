// What the bench command can be told.

export const BENCH_FORMATS = ['text', 'json'] as const;
export const DEFAULT_CONCURRENCY = 10;
/** Milliseconds. */
export const DEFAULT_DURATION = 10_000;
/** Requests with a connection each, where the user names no number: the system has about 28,000 local ports. */
export const MOST_CONNECTIONS = 20_000;

export interface BenchCommandOptions {
  readonly concurrency: number;
  readonly duration?: number;
  readonly count?: number;
  readonly rate?: number;
  readonly keepConn?: boolean;
  readonly multiplex: number;
  readonly request?: string;
  readonly data?: string;
  readonly header?: readonly (readonly [string, string])[];
  readonly root?: string;
  readonly script?: string;
  readonly param?: readonly (readonly [string, string | undefined])[];
  readonly timeout: number;
  readonly scgi?: boolean;
  readonly fault?: readonly string[];
  readonly format?: (typeof BENCH_FORMATS)[number];
  readonly json?: boolean;
  readonly output?: string;
  readonly color: boolean;
  readonly ascii?: boolean;
  readonly quiet?: boolean;
}
