// The truth files that lie beside the captures of real servers: their shape, and their names turned into the report's.
// In them `client` is the web server and `server` the application.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sharedRoot } from '../support/paths.js';

export type Counts = Readonly<Record<string, number>>;

export interface TruthConnection {
  readonly client: string;
  readonly server: string;
  /** Seconds since 1970. */
  readonly t_first: number;
  readonly t_last: number;
  readonly syn: number;
  readonly synack: number;
  readonly close: string;
  readonly first_fin: string | null;
  readonly rst_by: readonly string[];
  readonly time_wait: string | null;
  readonly bytes_c2s: number;
  readonly bytes_s2c: number;
  readonly requests: number;
}

export interface TruthRequest {
  readonly conn: number;
  readonly id: number;
  readonly role: number;
  readonly flags: number;
  readonly method?: string | null;
  readonly uri?: string | null;
  readonly script?: string | null;
  readonly t_begin: number;
  readonly t_params_end: number | null;
  readonly t_stdin_end: number | null;
  readonly t_first_stdout: number | null;
  readonly t_end: number | null;
  readonly http_status: number | null;
  readonly app_status: number | null;
  readonly protocol_status: number | null;
  readonly stdin: number;
  readonly stdout: number;
  readonly stderr: number;
  readonly aborted: boolean;
}

export interface VariantFigures {
  readonly packets: number;
  readonly connections: number;
  readonly no_syn_seen: number;
  readonly first_fin: Counts;
  readonly requests: number;
  readonly records_by_type: Counts;
  readonly keep_conn: Counts;
  readonly http_status: Counts;
  readonly unfinished: number;
  readonly stdin_bytes: number;
  readonly stdout_bytes: number;
  readonly stderr_bytes: number;
}

export interface Truth {
  readonly file: string;
  readonly fcgi_ports: readonly number[];
  readonly capture: {
    readonly packets: number;
    readonly tcp_packets: number;
    readonly truncated_file: boolean;
    readonly first: number;
    readonly last: number;
  };
  readonly tcp: {
    readonly connections: number;
    readonly never_established: number;
    readonly no_syn_seen: number;
    readonly extra_syns: number;
    readonly extra_synacks: number;
    readonly first_fin: Counts;
    readonly rst: Counts;
    readonly time_wait_left_on: Counts;
    readonly max_open_connections: number;
  };
  readonly fcgi: {
    readonly requests: number;
    readonly records_by_type: Counts;
    readonly record_content_bytes_by_type: Counts;
    readonly padding_bytes: number;
    readonly keep_conn: Counts;
    readonly roles: Counts;
    readonly methods: Counts;
    readonly http_status: Counts;
    readonly app_status: Counts;
    readonly protocol_status: Counts;
    readonly unfinished: number;
    readonly stdin_bytes: number;
    readonly stdout_bytes: number;
    readonly stderr_bytes: number;
    readonly data_bytes: number;
    readonly max_concurrent_requests: number;
    readonly requests_per_connection: Counts;
  };
  readonly connections: readonly TruthConnection[];
  readonly requests: readonly TruthRequest[];
  readonly variants?: Readonly<
    Record<string, { readonly truncated_file?: boolean; readonly own_parser?: VariantFigures }>
  >;
  readonly extra?: {
    readonly scgi_port: number;
    readonly scgi_requests: number;
    readonly scgi_uris: readonly string[];
  };
}

/** Why these tests do not run here; undefined where they do. */
export const withoutCaptures =
  sharedRoot === undefined ? 'FCGI_INSPECT_SHARED names no folder with captures of real servers' : undefined;

export const capturesFolder = join(sharedRoot ?? '', 'captures');

/** Folders with a capture and its truth. */
export function captureNames(): string[] {
  if (withoutCaptures) return [];
  return readdirSync(capturesFolder)
    .filter((name) => existsSync(join(capturesFolder, name, 'capture.pcap')))
    .sort();
}

export function readTruth(name: string): Truth {
  return JSON.parse(readFileSync(join(capturesFolder, name, 'truth.json'), 'utf8')) as Truth;
}

const SIDES: Readonly<Record<string, string>> = {
  server: 'application',
  client: 'web-server',
  None: 'none',
  null: 'none',
};

/** A side in the report's word. */
export function sideName(side: string | null): string {
  return side === null ? 'none' : (SIDES[side] ?? side);
}

const ROLES: Readonly<Record<string, string>> = { 1: 'responder', 2: 'authorizer', 3: 'filter' };

export function roleName(role: string): string {
  return ROLES[role] ?? role;
}

/** Counts under other names, without those that are zero, in the order of their names: equal counts are deeply equal. */
export function counts(values: Counts, name: (key: string) => string = (key) => key): Counts {
  const renamed = new Map<string, number>();
  for (const [key, value] of Object.entries(values)) {
    if (value !== 0) renamed.set(name(key), (renamed.get(name(key)) ?? 0) + value);
  }
  return Object.fromEntries([...renamed].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export const sides = (values: Counts): Counts => counts(values, sideName);
export const orNone = (values: Counts): Counts =>
  counts(values, (key) => (key === 'None' || key === 'null' ? 'none' : key));
