// What the status command can be told.

export const STATUS_FORMATS = ['text', 'json', 'ndjson'] as const;

export interface StatusCommandOptions {
  readonly path: string;
  readonly timeout: number;
  readonly maxChildren?: number;
  readonly interval?: number;
  readonly count?: number;
  readonly format?: (typeof STATUS_FORMATS)[number];
  readonly json?: boolean;
  readonly param?: readonly (readonly [string, string | undefined])[];
  readonly showQueries?: boolean;
  readonly output?: string;
  readonly color: boolean;
  readonly ascii?: boolean;
}
