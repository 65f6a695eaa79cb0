// An application that is held still while watch and ss look at it: php-fpm with few children, scripts that wait for a
// file, and connections that a test opens one by one.
import { execFile } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { serviceUser } from '../../src/reproduce/peers/programs.js';
import { request } from '../support/fastcgi-messages.js';
import { eventually } from '../support/peers/eventually.js';
import { phpFpm } from '../support/peers/php-fpm.js';
import { missingPrograms, programPath } from '../support/peers/programs.js';
import { ss } from '../support/peers/sockets.js';
import type { Stage } from '../support/peers/stage.js';
import { endpointParts } from '../support/peers/stage.js';
import { startBin } from '../support/run-bin.js';
import { layScripts } from './scripts.js';

/** What node:test takes as `skip`. */
export const missingPeers = missingPrograms(phpFpm, ss);

const run = promisify(execFile);

export interface Pool {
  /** `host:port` or `unix:/path`. */
  readonly address: string;
  readonly root: string;
  /** Its master's pid. */
  readonly master: number;
  /** Lets the scripts that wait go on. */
  release(): void;
}

export interface PoolOptions {
  readonly children: number;
  readonly backlog?: number;
  readonly unix?: boolean;
  readonly statusPath?: string;
  readonly lines?: string;
}

export async function startPool(stage: Stage, options: PoolOptions): Promise<Pool> {
  const path = stage.path('pool.sock');
  const listen = options.unix ? path : await stage.endpoint();
  const user = serviceUser();
  const configuration = stage.file(
    'pool.conf',
    `[global]
daemonize = no
error_log = ${stage.path('pool-error.log')}
[held]
${user === undefined ? '' : `user = ${user.user}\ngroup = ${user.group}\nlisten.mode = 0666`}
listen = ${listen}
${options.backlog === undefined ? '' : `listen.backlog = ${options.backlog}`}
pm = static
pm.max_children = ${options.children}
${options.statusPath === undefined ? '' : `pm.status_path = ${options.statusPath}`}
${options.lines ?? ''}
`,
  );
  const daemon = stage.start(programPath(phpFpm), ['--nodaemonize', '-n', '--fpm-config', configuration], {
    stopSignal: 'SIGTERM',
  });
  const address = options.unix ? `unix:${path}` : listen;
  await daemon.until('listening', async () => (await listening(address)) !== undefined);
  return {
    address,
    root: layScripts(stage),
    master: daemon.pid,
    release: () => {
      stage.file('go', '');
    },
  };
}

export interface ListenRow {
  readonly depth: number;
  readonly limit: number;
  readonly inode: number;
}

/** The listening socket as ss shows it. */
export async function listening(address: string): Promise<ListenRow | undefined> {
  const unix = address.startsWith('unix:');
  const args = unix ? ['-Hxle', `src ${address}`] : ['-Htlne', `src ${address}`];
  const { stdout } = await run(programPath(ss), args);
  const row = unix
    ? /LISTEN\s+(\d+)\s+(\d+)\s+\S+\s+(\d+)/.exec(stdout)
    : /LISTEN\s+(\d+)\s+(\d+)\s[\s\S]*?\bino:(\d+)/.exec(stdout);
  return row ? { depth: Number(row[1]), limit: Number(row[2]), inode: Number(row[3]) } : undefined;
}

/** Rows of ss for one expression, as lines. */
export async function ssRows(args: readonly string[]): Promise<string[]> {
  const { stdout } = await run(programPath(ss), [...args]);
  return stdout.split('\n').filter((line) => line !== '');
}

/**
 * Opens a connection and sends the bytes. Closed at the end of the test, whatever happens, and before that when the other
 * side closes unless it is `stubborn`.
 */
export function hold(stage: Stage, address: string, bytes?: Uint8Array, stubborn = false): Promise<Socket> {
  const target = address.startsWith('unix:') ? { path: address.slice(5) } : endpointParts(address);
  const socket = connect({ ...target, allowHalfOpen: stubborn });
  stage.atEnd(() => socket.destroy());
  socket.on('error', () => {});
  socket.resume();
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => {
      if (bytes) socket.write(bytes);
      resolve(socket);
    });
  });
}

/** A request for a script of the pool. */
export function scriptRequest(pool: Pool, uri: string, keepConn = false): Uint8Array {
  const script = `${pool.root}${uri.replace(/\?.*$/, '')}`;
  return request({ uri, script, keepConn });
}

export interface WatchReport {
  readonly looks: number;
  readonly listeners: readonly WatchListener[];
  readonly processes: readonly {
    readonly pid: number;
    readonly name: string;
    readonly role: string;
    readonly connections: number;
    readonly doing: string;
    readonly descriptors: number | null;
    readonly rss: number | null;
    readonly requests: number | null;
    readonly uri: string;
  }[];
  readonly counters: Readonly<
    Record<string, { readonly value: number; readonly delta: number | null; readonly since: number }>
  >;
  readonly missing: readonly { readonly code: string; readonly text: string }[];
  readonly findings: readonly {
    readonly id: string;
    readonly severity: string;
    readonly active: boolean;
    readonly title: string;
    readonly evidence: readonly { readonly text: string }[];
  }[];
}

export interface WatchListener {
  readonly address: string;
  readonly state: string;
  readonly acceptQueue: {
    readonly depth: number | null;
    readonly limit: number | null;
    readonly full: boolean;
    readonly longestWait: number | null;
    readonly droppedInAll: number;
    readonly sockets: readonly { readonly inode: number; readonly dropped: number | null }[];
  };
  readonly activities: Readonly<Record<string, number>>;
  readonly connections: readonly {
    readonly key: string;
    readonly accepted: boolean;
    readonly activity: string;
    readonly age: number | null;
    readonly peer: { readonly pid: number } | null;
    readonly owner: { readonly pid: number } | null;
  }[];
  readonly timeWait: { readonly application: number; readonly 'web-server': number };
  readonly sockets: { readonly application: Readonly<Record<string, number>> };
  readonly workers: { readonly count: number | null; readonly busy: number | null };
  readonly ports: readonly { readonly live: number; readonly timeWait: number }[];
  readonly configuration: { readonly maxChildren: number; readonly backlog: number } | null;
  readonly status: {
    readonly kind: string;
    readonly reason?: string;
    readonly counted?: { readonly idle: number; readonly total: number };
  } | null;
}

/** Runs `watch ARGUMENTS --format json` and returns its report. */
export async function watched(args: readonly string[]): Promise<WatchReport> {
  const { stdout, stderr, status } = await startBin(['watch', ...args, '--format', 'json']).ended;
  if (stdout === '') throw new Error(`watch ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as WatchReport;
}

/** Waits until the accept queue has this many connections. */
export async function queued(address: string, count: number): Promise<ListenRow> {
  return eventually(`${count} connections in the accept queue of ${address}`, async () => {
    const row = await listening(address);
    return row?.depth === count ? row : undefined;
  });
}

export function idsOf({ findings }: WatchReport): string[] {
  return findings.filter(({ active }) => active).map(({ id }) => id);
}
