// An application whose every byte a test decides: a listening socket, its connections in order, what arrived on each as
// records, and functions to answer.
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concat } from './bytes.js';
import { type ReadRecord, readPairs, readRecords, streamOf } from './read-records.js';

export class ScriptedConnection {
  /** Everything that arrived. */
  private readonly chunks: Uint8Array[] = [];
  private length = 0;
  private waiters: { test: () => boolean; resolve: () => void; reject: (error: Error) => void }[] = [];
  /** The client's FIN came, or the socket is gone. */
  ended = false;
  /** It was reset. */
  wasReset = false;

  constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Uint8Array) => {
      this.chunks.push(chunk);
      this.length += chunk.length;
      this.look();
    });
    socket.on('end', () => {
      this.ended = true;
      this.look();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') this.wasReset = true;
    });
    socket.on('close', () => {
      this.ended = true;
      this.look();
    });
  }

  get bytes(): Uint8Array {
    if (this.chunks.length > 1) this.chunks.splice(0, this.chunks.length, concat(...this.chunks));
    return this.chunks[0] ?? new Uint8Array(0);
  }

  /** The whole records so far. */
  get records(): ReadRecord[] {
    return readRecords(this.bytes).records;
  }

  /** Records of one type so far. */
  of(type: number): ReadRecord[] {
    return this.records.filter((record) => record.type === type);
  }

  /** Waits until the records fulfil the condition. */
  async until(condition: (records: readonly ReadRecord[]) => boolean): Promise<readonly ReadRecord[]> {
    await this.wait(() => condition(this.records));
    return this.records;
  }

  /** Waits for so many bytes. */
  bytesArrived(count: number): Promise<void> {
    return this.wait(() => this.length >= count);
  }

  /** Waits until the STDIN of `count` requests has ended: then they were sent whole. */
  async requests(count: number): Promise<readonly ReadRecord[]> {
    return this.until(
      (records) => records.filter((record) => record.type === 5 && record.content.length === 0).length >= count,
    );
  }

  /** Waits for the client's FIN. */
  end(): Promise<void> {
    return this.wait(() => this.ended);
  }

  send(...parts: readonly (Uint8Array | string)[]): void {
    this.socket.write(concat(...parts));
  }

  /** Sends and closes. */
  finish(...parts: readonly (Uint8Array | string)[]): void {
    this.socket.end(concat(...parts));
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  private wait(test: () => boolean): Promise<void> {
    if (test()) return Promise.resolve();
    return new Promise((resolve, reject) => this.waiters.push({ test, resolve, reject }));
  }

  private look(): void {
    const ready = this.waiters.filter((waiter) => waiter.test());
    this.waiters = this.waiters.filter((waiter) => !ready.includes(waiter));
    for (const waiter of ready) waiter.resolve();
    if (!this.socket.destroyed) return;
    for (const waiter of this.waiters) waiter.reject(new Error('the connection is gone before what a test waits for'));
    this.waiters = [];
  }
}

export type ConnectionScript = (connection: ScriptedConnection, number: number) => void | Promise<void>;

export class ScriptedApplication {
  readonly connections: ScriptedConnection[] = [];
  /** What a script threw. */
  readonly failures: unknown[] = [];
  private waiters: (() => void)[] = [];

  private constructor(
    private readonly server: Server,
    readonly address: string,
    private readonly folder: string | undefined,
    script: ConnectionScript | undefined,
  ) {
    server.on('connection', (socket) => {
      const connection = new ScriptedConnection(socket);
      const number = this.connections.push(connection);
      for (const waiter of this.waiters) waiter();
      Promise.resolve(script?.(connection, number)).catch((error: unknown) => this.failures.push(error));
    });
  }

  /** Listens on a port that the kernel chooses, or on a socket in a folder of its own. */
  static async start(script?: ConnectionScript, kind: 'tcp' | 'unix' = 'tcp'): Promise<ScriptedApplication> {
    const server = createServer({ noDelay: true, allowHalfOpen: true });
    const folder = kind === 'unix' ? mkdtempSync(join(tmpdir(), 'fcgi-inspect-test-')) : undefined;
    const path = folder === undefined ? undefined : join(folder, 'application.sock');
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      if (path === undefined) server.listen(0, '127.0.0.1', resolve);
      else server.listen(path, resolve);
    });
    const address = path === undefined ? `127.0.0.1:${(server.address() as AddressInfo).port}` : `unix:${path}`;
    return new ScriptedApplication(server, address, folder, script);
  }

  /** The connection of that number, from 1, when it is there. */
  async connection(number: number): Promise<ScriptedConnection> {
    while (this.connections.length < number) await new Promise<void>((resolve) => this.waiters.push(resolve));
    return this.connections[number - 1];
  }

  async stop(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
    if (this.folder !== undefined) rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Runs a test against a scripted application and ends it; an error in the script fails the test. */
export async function withApplication(
  script: ConnectionScript | undefined,
  run: (application: ScriptedApplication) => Promise<void>,
  kind: 'tcp' | 'unix' = 'tcp',
): Promise<void> {
  const application = await ScriptedApplication.start(script, kind);
  try {
    await run(application);
  } finally {
    await application.stop();
  }
  if (application.failures.length > 0) throw application.failures[0];
}

/** A request as it arrived. */
export interface ArrivedRequest {
  readonly id: number;
  readonly flags: number;
  readonly role: number;
  readonly params: ReadonlyMap<string, string>;
  readonly stdin: Uint8Array;
  /** From 1, on its connection. */
  readonly number: number;
  readonly connection: ScriptedConnection;
}

/**
 * A script that answers each request when it has arrived whole, one after the other; closes where KEEP_CONN is not set.
 * What `answer` returns is sent; nothing is done for undefined.
 */
export function answering(
  answer: (request: ArrivedRequest) => Uint8Array | undefined | Promise<Uint8Array | undefined>,
): ConnectionScript {
  return async (connection) => {
    for (let number = 1; ; number++) {
      try {
        await connection.requests(number);
      } catch {
        return; // the connection is gone: no more requests
      }
      if (connection.ended && connection.of(5).filter(({ content }) => content.length === 0).length < number) return;
      const { records } = connection;
      const begin = records.filter(({ type }) => type === 1)[number - 1];
      const start = records.indexOf(begin);
      const rest = records.slice(start).filter(({ id }) => id === begin.id);
      const next = rest.findIndex(({ type }, index) => type === 1 && index > 0);
      const own = next === -1 ? rest : rest.slice(0, next);
      const request: ArrivedRequest = {
        id: begin.id,
        role: begin.content[0] * 256 + begin.content[1],
        flags: begin.content[2],
        params: new Map(readPairs(streamOf(own, 4, begin.id))),
        stdin: streamOf(own, 5, begin.id),
        number,
        connection,
      };
      const reply = await answer(request);
      if (reply === undefined) continue;
      if (request.flags & 1) connection.send(reply);
      else connection.finish(reply);
    }
  };
}
