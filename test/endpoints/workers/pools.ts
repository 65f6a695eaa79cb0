// Pools of real processes in tests: started, looked at from outside, and gone when the test is over.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { NetConnectOpts } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { WorkersOptions } from '../../../src/endpoints/workers/options.js';
import type { PoolEnd, WorkerEnd, WorkerPool, WorkerRef } from '../../../src/endpoints/workers/pool.js';
import { startWorkers } from '../../../src/endpoints/workers/start-workers.js';
import type { PoolStatus } from '../../../src/endpoints/workers/status.js';
import { type RequestFields, request, stdin } from '../../support/fastcgi-messages.js';
import { WebServer } from '../server/web-server.js';

/** However slow the machine is, this is a failure. */
const PATIENCE = 20_000;

export const HANDLERS = new URL('./handlers.js', import.meta.url);

let paths = 0;

/** A path for an AF_UNIX socket that nobody else uses. */
export function socketPath(): string {
  return join(tmpdir(), `fcgi-inspect-test-${process.pid}-${++paths}.sock`);
}

export interface TestPool {
  readonly pool: WorkerPool;
  readonly started: WorkerRef[];
  readonly accepting: WorkerRef[];
  readonly ended: WorkerEnd[];
  readonly failures: string[];
  readonly messages: unknown[];
  /** A new connection from a web server. */
  connect(context: TestContext): Promise<WebServer>;
  /** A status in which that is so. */
  until(condition: (status: PoolStatus) => boolean, what: string): Promise<PoolStatus>;
}

/** Starts a pool with the handlers of handlers.ts unless others are named. One keeper: the cheapest. */
export async function startPool(
  context: TestContext,
  options: Partial<WorkersOptions> & { readonly handlerOptions?: unknown } = {},
): Promise<TestPool> {
  const { handlerOptions, ...given } = options;
  const pool = await startWorkers({
    handler: { module: HANDLERS, options: handlerOptions },
    listen: { port: 0 },
    keepers: 1,
    ...given,
  });
  const result: TestPool = {
    pool,
    started: [],
    accepting: [],
    ended: [],
    failures: [],
    messages: [],
    connect: (test) => WebServer.connect(test, whereTo(pool)),
    until: (condition, what) => untilStatus(pool, condition, what),
  };
  pool.on('started', (worker) => result.started.push(worker));
  pool.on('accepting', (worker) => result.accepting.push(worker));
  pool.on('ended', (end) => result.ended.push(end));
  pool.on('failure', (text) => result.failures.push(text));
  pool.on('message', (message) => result.messages.push(message));
  context.after(() => endOf(pool));
  return result;
}

/** Ends it whatever it is doing. */
export async function endOf(pool: WorkerPool): Promise<PoolEnd> {
  void pool.close({ graceful: false });
  const late = setTimeout(() => process.kill(pool.pid, 'SIGKILL'), PATIENCE);
  const end = await pool.closed;
  clearTimeout(late);
  return end;
}

function whereTo({ address }: WorkerPool): NetConnectOpts {
  return typeof address === 'string' ? { path: address } : { host: address.address, port: address.port };
}

async function untilStatus(
  pool: WorkerPool,
  condition: (status: PoolStatus) => boolean,
  what: string,
): Promise<PoolStatus> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    const status = await pool.status();
    if (condition(status)) return status;
    assert.ok(performance.now() < end, `waited in vain for ${what}: ${JSON.stringify(status)}`);
    await pause();
  }
}

/** Waits until something outside is so. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!condition()) {
    assert.ok(performance.now() < end, `waited in vain for ${what}`);
    await pause();
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}

/** One request on a connection of its own, to its answer's body. */
export async function ask(context: TestContext, { connect }: TestPool, fields: RequestFields = {}): Promise<string> {
  const web = await connect(context);
  const { stdout } = await web.send(request(fields)).answer();
  web.end();
  return bodyOf(stdout);
}

export function bodyOf(stdout: string): string {
  return stdout.slice(stdout.indexOf('\r\n\r\n') + 4);
}

/** Begins a request that is answered when `finish` is called. */
export function begin(web: WebServer, fields: RequestFields = {}): { finish(): Promise<string> } {
  web.send(request({ uri: '/held', method: 'POST', contentLength: 1, stdinEnd: false, ...fields }));
  return {
    finish: async () => {
      web.send(stdin('x', { id: fields.id ?? 1, end: true }));
      return bodyOf((await web.answer(fields.id)).stdout);
    },
  };
}

/** Whether the handler of a request that was begun with `begin` has begun. */
export function hasBegun(web: WebServer): boolean {
  return web.records.some(({ content }) => content.includes('begun'));
}

/** Connections in the accept queue, as the system tells. */
export function acceptQueue({ address }: WorkerPool): number {
  if (typeof address !== 'string') {
    const port = address.port.toString(16).toUpperCase().padStart(4, '0');
    for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n')) {
      const [, local, , state, queues] = line.trim().split(/\s+/);
      if (state === '0A' && local?.endsWith(`:${port}`)) return Number.parseInt(queues.split(':')[1], 16);
    }
    throw new Error(`nobody listens on port ${address.port}`);
  }
  const rows = readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[7] === address);
  assert.ok(
    rows.some((columns) => columns[3] === '00010000'),
    `nobody listens on ${address}`,
  );
  // Connections that nobody has accepted have no inode yet.
  return rows.filter((columns) => columns[5] === '02' && columns[6] === '0').length;
}

/** The accept queue can be read on Linux only. */
export const needsLinux = process.platform === 'linux' ? false : 'needs /proc';

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
