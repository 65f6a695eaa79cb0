// A relay between two sockets that a test holds in its hands: what one end does, and what the other sees of it.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { EndpointAddress } from '../../../src/model/endpoint-address.js';
import { systemClock } from '../../../src/sources/clock.js';
import { type Relay, startRelay } from '../../../src/sources/tap/relay.js';
import type { RelayObserver } from '../../../src/sources/tap/relay-observer.js';
import { random } from '../../support/random.js';

export type Family = 'tcp' | 'unix';

export const FAMILIES: readonly Family[] = ['tcp', 'unix'];
/** What the web server speaks, and what the application. */
export const MIXES = FAMILIES.flatMap((web) => FAMILIES.map((application) => [web, application] as const));

/** Bytes that look alike nowhere; the same for the same seed. */
export function bytesOf(seed: number, length: number): Buffer {
  const bytes = Buffer.alloc((length + 3) & ~3);
  const { next } = random(seed);
  for (let at = 0; at < length; at += 4) bytes.writeUInt32LE(next(), at);
  return bytes.subarray(0, length);
}

/** What one end has seen of the other. */
export class End {
  readonly received: Buffer[] = [];
  length = 0;
  ended = false;
  error: string | undefined;
  closed = false;
  private waiting: (() => void)[] = [];

  constructor(readonly socket: Socket) {
    socket.on('data', (bytes: Buffer) => {
      this.received.push(Buffer.from(bytes));
      this.length += bytes.length;
      this.changed();
    });
    socket.on('end', () => {
      this.ended = true;
      this.changed();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code;
      this.changed();
    });
    socket.on('close', () => {
      this.closed = true;
      this.changed();
    });
  }

  get bytes(): Buffer {
    return Buffer.concat(this.received);
  }

  /** Resolves as soon as it holds. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private changed(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

export interface Told {
  readonly what: string;
  readonly connection: number;
  readonly detail: readonly unknown[];
}

/** Writes down what the relay tells. */
export function noting(notes: Told[]): RelayObserver {
  const note =
    (what: string) =>
    (connection: number, ...detail: readonly unknown[]): void => {
      const kept = detail.map((value) => (Array.isArray(value) ? [...value] : value));
      notes.push({ what, connection, detail: kept });
    };
  return {
    opened: note('opened'),
    connected: note('connected'),
    failed: note('failed'),
    data: (connection, side, bytes, position) =>
      notes.push({ what: 'data', connection, detail: [side, Buffer.from(bytes), position] }),
    paused: note('paused'),
    resumed: note('resumed'),
    finished: note('finished'),
    reset: note('reset'),
    cut: note('cut'),
    closed: note('closed'),
    fault: note('fault'),
    notAccepted: note('notAccepted'),
  };
}

export type Ends = readonly [web: End, application: End];

export interface RelayScene {
  readonly relay: Relay;
  readonly listen: EndpointAddress;
  readonly to: EndpointAddress;
  readonly application: Server;
  readonly notes: Told[];
  /** The newest connection of a web server, both ends of it. */
  open(): Promise<Ends>;
  /** The same without the relay in between, where web server and application meet in the same family. */
  openDirect(): Promise<Ends>;
}

let paths = 0;

export function addressOf(family: Family, folder: string): EndpointAddress {
  if (family === 'tcp') return { kind: 'tcp', host: '127.0.0.1', port: 0 };
  return { kind: 'unix', path: join(folder, `${++paths}.sock`) };
}

export function connectTo(address: EndpointAddress): Socket {
  const options = { allowHalfOpen: true } as const;
  if (address.kind === 'unix') return connect({ ...options, path: address.path });
  return connect({ ...options, host: address.host, port: address.port, noDelay: true });
}

export async function listenOn(server: Server, address: EndpointAddress, backlog?: number): Promise<EndpointAddress> {
  if (address.kind === 'unix') server.listen({ path: address.path, ...(backlog === undefined ? {} : { backlog }) });
  else server.listen({ host: address.host, port: address.port, ...(backlog === undefined ? {} : { backlog }) });
  await once(server, 'listening');
  const bound = server.address();
  return typeof bound === 'object' && bound !== null && address.kind === 'tcp'
    ? { ...address, port: bound.port }
    : address;
}

/** Starts an application and the relay in front of it. */
export async function scene(
  context: TestContext,
  folder: string,
  web: Family,
  application: Family,
  observer?: RelayObserver,
): Promise<RelayScene> {
  const notes: Told[] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  const accepted: Socket[] = [];
  const waiting: ((socket: Socket) => void)[] = [];
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    const resolve = waiting.shift();
    if (resolve) resolve(socket);
    else accepted.push(socket);
  });
  const to = await listenOn(server, addressOf(application, folder));
  const relay = await startRelay({
    pairs: [{ listen: addressOf(web, folder), to }],
    observer: observer ?? noting(notes),
    clock: systemClock,
  });
  const probing = setInterval(() => relay.probe(), 20);
  context.after(async () => {
    clearInterval(probing);
    await relay.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const [listen] = relay.listening;
  const openTo = async (address: EndpointAddress): Promise<Ends> => {
    const socket = connectTo(address);
    sockets.add(socket);
    const end = new End(socket);
    const other = accepted.shift() ?? (await new Promise<Socket>((resolve) => waiting.push(resolve)));
    if (socket.connecting) await once(socket, 'connect');
    return [end, new End(other)];
  };
  return {
    relay,
    listen,
    to,
    application: server,
    notes,
    open: () => openTo(listen),
    openDirect: () => openTo(to),
  };
}
