// Plays a case: the web server's side, and the application's too unless a real one is there. Everything happens in the order of
// the capture and not before its time: nothing is done before what came before it has arrived at the other end. So
// requests, concurrency and closes are those of the capture also where one side is slower than it was.
import { connect as connectSocket } from 'node:net';
import type { EndpointAddress } from '../../model/endpoint-address.js';
import { UserError } from '../../model/errors.js';
import { APPLICATION, otherSide, type Side, WEB_SERVER } from '../../model/side.js';
import type { CaseEvent, CaseHeader } from '../../replay/event.js';
import type { Clock } from '../clock.js';
import type { Door } from './door.js';
import { Pace } from './pace.js';
import { PlayedConnection, resetSocket } from './played-connection.js';

/** What is played. */
export interface PlayedCase {
  readonly header: CaseHeader;
  events(): Iterable<CaseEvent>;
  read(side: Side, from: number, length: number): Uint8Array;
}

export interface PlayOptions {
  readonly clock: Clock;
  /** How many times faster than it was. */
  readonly speed: number;
  /** Where the web server's side connects, by the place of the listener in the case. */
  readonly addresses: readonly EndpointAddress[];
  /** Where the application's side listens; undefined where a real application answers. */
  readonly doors: readonly Door[] | undefined;
  /** Milliseconds that are waited for something to arrive, and for a real application's answer. */
  readonly patience: number;
  readonly signal: AbortSignal;
}

/** What went otherwise than in the capture; each is counted. */
export type Divergence =
  /** No connection could be made; or one could where none was. */
  | 'not-connected'
  | 'not-refused'
  /** A side could not send, end or reset: the other had closed. */
  | 'closed-before'
  /** What was sent did not arrive. */
  | 'not-arrived'
  /** A real application did not answer a request, or did not close. */
  | 'no-answer'
  | 'connected-again'
  | 'not-closed';

export interface Played {
  readonly events: number;
  readonly divergences: ReadonlyMap<Divergence, number>;
  /** Milliseconds that the whole took longer than it should have. */
  readonly late: number;
  /** Connections that the web server's side has begun, and those of them that are open. */
  readonly begun: number;
  readonly open: number;
  /** Ends what is still open. */
  close(): void;
}

/** Connections that are open at once at most: each takes four descriptors. */
export const MOST_OPEN = 4000;
/** Bytes that are on their way before more are sent. */
const MOST_ON_THE_WAY = 1 << 18;
/** Milliseconds that are waited for a real application to close: one that keeps its connections never does. */
const CLOSE_PATIENCE = 1000;
/** Milliseconds between two looks whether a socket that is not read any more is still there. */
const PROBE = 50;
/**
 * What is later than this sets the time back, so that pauses stay as long as they were: because a real application is slower,
 * or the machine, or because so much happened at once. Milliseconds.
 */
const MOST_LATE = 100;

export async function playCase(played: PlayedCase, options: PlayOptions): Promise<Played> {
  const player = new Player(played, options);
  let failed = true;
  try {
    await player.play();
    failed = false;
  } finally {
    if (failed) player.close();
  }
  return player;
}

class Player implements Played {
  events = 0;
  begun = 0;
  readonly divergences = new Map<Divergence, number>();
  private readonly connections = new Map<number, PlayedConnection>();
  private readonly pace: Pace;
  /** The last milestone, and when it has arrived. */
  private pending: { readonly connection: PlayedConnection; readonly holds: () => boolean } | undefined;

  constructor(
    private readonly played: PlayedCase,
    private readonly options: PlayOptions,
  ) {
    this.pace = new Pace(options.clock, options.speed);
  }

  get late(): number {
    return this.pace.late;
  }

  get open(): number {
    let open = 0;
    for (const connection of this.connections.values()) if (!connection.isOver()) open++;
    return open;
  }

  async play(): Promise<void> {
    const { signal } = this.options;
    for (const event of this.played.events()) {
      if (signal.aborted) return;
      await this.event(event);
    }
    await this.pace.until(this.played.header.duration, signal);
    await this.settle();
  }

  close(): void {
    for (const connection of this.connections.values()) connection.destroy();
    this.connections.clear();
  }

  private async event(event: CaseEvent): Promise<void> {
    const { pace, options } = this;
    await pace.until(event.time, options.signal);
    if (isMilestone(event)) await this.settle();
    if (options.signal.aborted) return;
    if (-pace.left(event.time) > MOST_LATE) pace.setBack(event.time);
    this.events++;
    if (event.kind === 'open') return this.connect(event.connection, event.listener);
    if (event.kind === 'refused') return this.refused(event.listener);
    const connection = await this.connectionFor(event);
    if (connection === undefined) return;
    if (event.side === APPLICATION && options.doors === undefined) await this.expect(connection, event);
    else await this.act(connection, event);
    if (connection.closed[WEB_SERVER] && (connection.closed[APPLICATION] || options.doors === undefined))
      this.connections.delete(event.connection);
  }

  /**
   * The event's connection. Where a real application has closed one that had been kept, the next request goes over a new
   * one, as a web server would do it.
   */
  private async connectionFor(event: Exclude<CaseEvent, { kind: 'open' | 'refused' }>) {
    const connection = this.connections.get(event.connection);
    if (connection === undefined || this.options.doors !== undefined) return connection;
    const begins = event.kind === 'send' && event.side === WEB_SERVER && event.begins > 0;
    if (!begins || !(connection.ended[APPLICATION] || connection.closed[WEB_SERVER])) return connection;
    this.diverge('connected-again');
    connection.sockets[WEB_SERVER]?.end();
    await this.connect(event.connection, connection.listener);
    return this.connections.get(event.connection);
  }

  /** Waits until the last milestone has arrived: nothing that counts happens before. */
  private async settle(): Promise<void> {
    const { pending } = this;
    this.pending = undefined;
    if (pending !== undefined) await this.arrive(pending.connection, pending.holds);
  }

  private async connect(number: number, listener: number): Promise<void> {
    const { clock, addresses, doors, patience, signal } = this.options;
    if (this.connections.size >= MOST_OPEN)
      throw new UserError(
        `more than ${MOST_OPEN} connections would be open at once`,
        'take a part: --filter or --until',
      );
    const connection = new PlayedConnection(clock, listener);
    this.connections.get(number)?.destroy();
    this.begun++;
    const socket = connectSocket({ ...target(addresses[listener]), allowHalfOpen: true, noDelay: true });
    connection.attach(socket, WEB_SERVER);
    this.connections.set(number, connection);
    const accepted = doors?.[listener].next(patience, signal);
    if (accepted !== undefined) {
      const other = await accepted;
      if (other !== undefined) {
        connection.attach(other, APPLICATION);
        other.resume();
      } else this.diverge('not-connected');
      return;
    }
    await connection.until(() => !socket.connecting, patience, signal);
    if (socket.connecting || socket.destroyed) this.diverge('not-connected');
  }

  private async refused(listener: number): Promise<void> {
    const { clock, addresses, doors, patience, signal } = this.options;
    const door = doors?.[listener];
    door?.close();
    const connection = new PlayedConnection(clock, listener);
    this.begun++;
    connection.attach(connectSocket({ ...target(addresses[listener]), allowHalfOpen: true }), WEB_SERVER);
    await connection.until(() => connection.closed[WEB_SERVER] || connection.ended[APPLICATION], patience, signal);
    if (!connection.closed[WEB_SERVER]) this.diverge('not-refused');
    connection.destroy();
    await door?.open();
  }

  /** Does what a side of ours did. */
  private async act(connection: PlayedConnection, event: Extract<CaseEvent, { side: Side }>): Promise<void> {
    const { side } = event;
    const other = otherSide(side);
    const real = connection.sockets[other] === undefined;
    // It knew what the other side had sent before.
    if (!real) await this.arrive(connection, () => connection.hasArrived(other));
    const socket = connection.sockets[side];
    if (socket === undefined || socket.destroyed || (socket.writableEnded && event.kind !== 'reset')) {
      this.diverge('closed-before');
      return;
    }
    let holds = () => connection.isDeaf(other);
    if (event.kind === 'send') {
      connection.sent[side] += event.length;
      socket.write(this.played.read(side, event.from, event.length));
      if (real) await this.written(connection, side);
      else if (connection.sent[side] - connection.arrived[side] > MOST_ON_THE_WAY)
        await this.arrive(connection, () => connection.hasArrived(side));
      const until = connection.sent[side];
      holds = () => connection.arrived[side] >= until || connection.isDeaf(other);
    } else if (event.kind === 'end') {
      if (event.crossing && !real) {
        // Both ends are on their way at once: with the other one.
        connection.crossing = socket;
        return;
      }
      connection.crossing?.end();
      socket.end();
      holds = () => connection.ended[side] || connection.isDeaf(other);
    } else resetSocket(socket);
    if (isMilestone(event) && !real) this.pending = { connection, holds };
  }

  /** Waits for what a real application is to do. */
  private async expect(connection: PlayedConnection, event: Extract<CaseEvent, { side: Side }>): Promise<void> {
    const { options } = this;
    const over = () => connection.ended[APPLICATION] || connection.closed[WEB_SERVER];
    if (event.kind === 'send') {
      if (event.ends === 0) return;
      connection.sent[APPLICATION] += event.ends;
      const wanted = connection.sent[APPLICATION];
      const holds = () => connection.ends >= wanted || over();
      if (!(await connection.until(holds, options.patience, options.signal))) this.diverge('no-answer');
    } else if (!(await connection.until(over, Math.min(options.patience, CLOSE_PATIENCE), options.signal)))
      this.diverge('not-closed');
  }

  /** A real application may take its time to read: so much is not held in memory. */
  private async written(connection: PlayedConnection, side: Side): Promise<void> {
    const socket = connection.sockets[side];
    if (socket === undefined || socket.writableLength < MOST_ON_THE_WAY) return;
    const { patience, signal } = this.options;
    const holds = () => socket.writableLength < MOST_ON_THE_WAY || connection.closed[side];
    await connection.until(holds, patience, signal);
  }

  private async arrive(connection: PlayedConnection, holds: () => boolean): Promise<void> {
    const { patience, signal, clock } = this.options;
    if (holds()) return;
    const until = clock.now() + patience;
    while (!signal.aborted) {
      if (await connection.until(holds, Math.min(PROBE, patience), signal)) return;
      if (clock.now() >= until) {
        this.diverge('not-arrived');
        return;
      }
      connection.probe();
    }
  }

  private diverge(what: Divergence): void {
    this.divergences.set(what, (this.divergences.get(what) ?? 0) + 1);
  }
}

/** What order and concurrency are made of: everything but bytes in the middle of a request. */
function isMilestone(event: CaseEvent): boolean {
  return event.kind !== 'send' || event.begins > 0 || event.ends > 0;
}

function target(address: EndpointAddress) {
  return address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port };
}
