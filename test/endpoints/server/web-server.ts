// A web server in tests: one connection to our server, on which it sends whatever a test wants and keeps what comes.
import assert from 'node:assert/strict';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { createServer, Server, type ServerOptions } from '../../../src/endpoints/server/index.js';
import { END_REQUEST, protocolStatusName } from '../../../src/fastcgi/constants.js';
import { type ReplyRecord, stderrOf, stdoutOf, wholeRecords } from '../../support/reply-records.js';

/** However slow the machine is, this is a failure. */
const PATIENCE = 20_000;

/** A server that listens on a port of its own until the test is over. */
export async function serve(context: TestContext, options: ServerOptions): Promise<Server> {
  const server = createServer(options);
  context.after(() => server.close({ graceful: false }));
  await server.listen({ port: 0 });
  return server;
}

export function portOf(server: Server): number {
  const address = server.address();
  assert.ok(address && typeof address === 'object');
  return address.port;
}

export interface Answer {
  readonly stdout: string;
  readonly stderr: string;
  readonly appStatus: number;
  readonly protocolStatus: string;
}

export class WebServer {
  /** Whole records that came, in their order. */
  readonly records: ReplyRecord[] = [];
  bytesReceived = 0;
  /** The application has closed its direction. */
  ended = false;
  closed = false;
  error: NodeJS.ErrnoException | undefined;
  private rest: Buffer = Buffer.alloc(0);
  private waiting: (() => void)[] = [];
  private answered = 0;

  private constructor(
    readonly socket: Socket,
    private readonly isFastcgi: boolean,
  ) {
    socket.on('data', (chunk) => this.read(chunk));
    socket.on('end', () => {
      this.ended = true;
      this.changed();
    });
    socket.on('error', (error) => {
      this.error = error;
      this.changed();
    });
    socket.on('close', () => {
      this.closed = true;
      this.changed();
    });
  }

  /** Connects. `isFastcgi` false keeps what comes in `text`. */
  static connect(context: TestContext, to: Server | NetConnectOpts, { isFastcgi = true } = {}): Promise<WebServer> {
    const options = to instanceof Server ? { host: '127.0.0.1', port: portOf(to) } : to;
    const socket = connect({ ...options, allowHalfOpen: true });
    const web = new WebServer(socket, isFastcgi);
    context.after(() => socket.destroy());
    return new Promise((resolve, reject) => {
      socket.once('connect', () => resolve(web));
      socket.once('error', reject);
    });
  }

  send(...parts: readonly Uint8Array[]): this {
    for (const part of parts) this.socket.write(part);
    return this;
  }

  /** Everything that came and is no whole record. */
  get text(): string {
    return this.rest.toString('latin1');
  }

  /** Waits until something is so. */
  async until(condition: (web: this) => boolean, what: string): Promise<void> {
    const late = setTimeout(() => this.changed(), PATIENCE);
    const end = performance.now() + PATIENCE;
    try {
      while (!condition(this)) {
        assert.ok(performance.now() < end, `waited in vain for ${what}`);
        await new Promise<void>((resolve) => this.waiting.push(resolve));
      }
    } finally {
      clearTimeout(late);
    }
  }

  /** The next END_REQUEST that was not asked for, with what came for its request; of a certain id if one is given. */
  async answer(id?: number): Promise<Answer> {
    const find = () =>
      this.records.findIndex(
        (record, index) => index >= this.answered && record.type === END_REQUEST && (id ?? record.id) === record.id,
      );
    await this.until(() => find() !== -1 || this.closed, 'END_REQUEST');
    const index = find();
    assert.notEqual(index, -1, 'the connection was closed without END_REQUEST');
    const { id: answered, content } = this.records[index];
    const own = this.records.slice(this.answered, index + 1).filter((record) => record.id === answered);
    // Records of other requests are left for their own answers.
    const others = this.records.slice(this.answered, index + 1).filter((record) => record.id !== answered);
    this.records.splice(this.answered, index + 1 - this.answered, ...own, ...others);
    this.answered += own.length;
    return {
      stdout: stdoutOf(own, answered),
      stderr: stderrOf(own, answered),
      appStatus: content.readUInt32BE(),
      protocolStatus: protocolStatusName(content[4]),
    };
  }

  /** Waits until the application has closed its direction. */
  whenEnded(): Promise<void> {
    return this.until((web) => web.ended || web.closed, 'the end of the connection');
  }

  whenClosed(): Promise<void> {
    return this.until((web) => web.closed, 'the close of the connection');
  }

  /** Closes its own direction. */
  end(): this {
    this.socket.end();
    return this;
  }

  private read(chunk: Buffer): void {
    this.bytesReceived += chunk.length;
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    if (this.isFastcgi) {
      const { records, length } = wholeRecords(bytes);
      this.records.push(...records);
      this.rest = bytes.subarray(length);
    } else {
      this.rest = bytes;
    }
    this.changed();
  }

  private changed(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const go of waiting) go();
  }
}

/** Waits until something outside of the connection is so. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!condition()) {
    assert.ok(performance.now() < end, `waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
