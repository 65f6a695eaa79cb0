// One relayed connection: the web server's socket and the application's. What arrives on one goes out on the other before
// anybody looks at it; the end of a stream goes on as the end of a stream, a reset as a reset, each at once and for its
// own direction only.
import { type ConnectOpts, type NetConnectOpts, Socket, type SocketConstructorOpts } from 'node:net';
import type { DuplexOptions } from 'node:stream';
import { APPLICATION, otherSide, type Side, WEB_SERVER } from '../../model/side.js';
import type { Clock } from '../clock.js';
import type { BusyPolling } from './busy-polling.js';
import type { FaultyEnds, RelayFault, RelayFaultSource } from './relay-fault-seam.js';
import type { RelayObserver } from './relay-observer.js';
import { MUCH, readingWith, SocketReader } from './socket-reader.js';
import { writeAtOnce } from './write-at-once.js';

/** Bytes that wait to be written to one side before the other is not read any more: as soon as a reader's memory waits. */
export const HIGH_WATER = MUCH;

/** Milliseconds that a side is not read before that is told: a busy connection stops and goes on all the time. */
const PAUSE_TOLD = 20;

const SOCKET_OPTIONS: SocketConstructorOpts & DuplexOptions = { allowHalfOpen: true, highWaterMark: HIGH_WATER };
type ApplicationOptions = SocketConstructorOpts & DuplexOptions & ConnectOpts;
const NOTHING = new Uint8Array(0);

/** What a connection needs of the relay it belongs to. */
export interface RelayContext {
  readonly observer: RelayObserver;
  readonly clock: Clock;
  readonly polling: BusyPolling;
  /** Where faults are made. */
  readonly faults?: RelayFaultSource | undefined;
  /** The connection has ended. */
  gone(connection: RelayConnection): void;
}

/** Times in milliseconds, a pair each: web server, application. */
interface Pauses {
  /** Since when the side is not read; NaN while it is. */
  readonly since: [number, number];
  readonly total: [number, number];
  readonly told: [boolean, boolean];
}

const NO_PAUSES: readonly [number, number] = [0, 0];

/** A socket that knows its connection: handlers are shared functions, so that a connection costs no closures. */
type RelaySocket = Socket & { relayed: RelayConnection; side: Side };

export class RelayConnection {
  readonly web: Socket;
  readonly application: Socket;
  private positionOfWeb = 0;
  private positionOfApplication = 0;
  /** Made when a side is not read for the first time. */
  private pauses: Pauses | undefined;
  private open = 2;
  private connecting = true;
  /** Its end has been told. */
  private ended = false;
  private readonly fault: RelayFault | undefined;
  private readonly readers: readonly [SocketReader, SocketReader];
  /** Of OpenList. */
  place = 0;

  /** @param accepted the web server's socket, of which nothing was read yet; not to be used any more */
  constructor(
    readonly number: number,
    private readonly context: RelayContext,
    accepted: Socket,
    to: NetConnectOpts,
    /** Whether each side speaks TCP: AF_UNIX has no reset. */
    private readonly tcp: readonly [boolean, boolean],
  ) {
    this.fault = context.faults?.connection(this.faultyEnds());
    this.readers = [
      new SocketReader((bytes, stays) => this.arrived(WEB_SERVER, bytes, stays)),
      new SocketReader((bytes, stays) => this.arrived(APPLICATION, bytes, stays)),
    ];
    const [webReader, applicationReader] = this.readers;
    const options: ApplicationOptions = { ...SOCKET_OPTIONS, onread: applicationReader.options };
    this.application = new Socket(options);
    const web = readingWith(webReader, accepted, SOCKET_OPTIONS);
    this.web = web ?? accepted;
    this.attach(this.web, WEB_SERVER);
    if (web === undefined) accepted.on('data', onData).resume();
    this.attach(this.application, APPLICATION);
    this.application.on('connect', onConnect).connect(to);
  }

  /**
   * Asks the sockets that are not read at the moment whether they are still there: a reset is told only to those who
   * read or write. A write of no bytes sends nothing and fails where the peer is gone.
   */
  probe(): void {
    if (this.connecting) return;
    const now = this.context.clock.now();
    for (const side of [WEB_SERVER, APPLICATION] as const) {
      const socket = this.socket(side);
      const { pauses } = this;
      const since = pauses === undefined ? Number.NaN : pauses.since[side];
      const unread = socket.readableEnded || !Number.isNaN(since);
      if (pauses !== undefined && !pauses.told[side] && now - since >= PAUSE_TOLD && !this.ended) {
        pauses.told[side] = true;
        this.context.observer.paused(this.number, side, now);
      }
      if (unread && socket.writable && socket.writableLength === 0) socket.write(NOTHING);
    }
  }

  /** Ends both directions properly; what is on its way is still passed on. */
  end(): void {
    // Who has begun to end it ends it; the tap only does not wait for the other.
    if (!this.web.readableEnded && !this.application.readableEnded) this.tellCut();
    this.stopFaults();
    this.web.end();
    this.application.end();
  }

  /** Closes both sockets at once. */
  destroy(): void {
    this.tellCut();
    this.web.destroy();
    this.application.destroy();
  }

  /** What is read from now on goes nowhere. */
  private stopFaults(): void {
    if (this.fault === undefined) return;
    this.fault.close();
    this.web.resume();
    this.application.resume();
  }

  private tellCut(): void {
    if (this.ended) return;
    this.ended = true;
    this.context.observer.cut(this.number, this.context.clock.now());
  }

  private attach(socket: Socket, side: Side): void {
    const own = socket as RelaySocket;
    own.relayed = this;
    own.side = side;
    own.on('drain', onDrain).on('end', onEnd).on('error', onError).on('close', onClose);
  }

  private socket(side: Side): Socket {
    return side === WEB_SERVER ? this.web : this.application;
  }

  connected(): void {
    this.connecting = false;
    this.context.observer.connected(this.number, this.context.clock.now());
  }

  /** @param stays the bytes stay as they are while this side is not read */
  arrived(side: Side, bytes: Buffer, stays: boolean): void {
    const time = this.context.clock.now();
    this.context.polling.arrived(side, time);
    if (this.fault === undefined) {
      this.forward(side, bytes, stays, time);
      this.tell(side, bytes, time);
    } else {
      // The web server's bytes are told as it sent them, the application's as the web server gets them.
      if (side === WEB_SERVER) this.tell(side, bytes, time);
      this.fault.arrived(side, bytes);
    }
  }

  private forward(side: Side, bytes: Uint8Array, stays: boolean, time: number): void {
    const to = this.socket(otherSide(side));
    if (!to.writable) return;
    if (stays) to.write(bytes);
    else writeAtOnce(to, bytes);
    if (to.writableLength >= HIGH_WATER) this.pause(side, time);
  }

  private tell(side: Side, bytes: Uint8Array, time: number): void {
    const position = side === WEB_SERVER ? this.positionOfWeb : this.positionOfApplication;
    if (side === WEB_SERVER) this.positionOfWeb = position + bytes.length;
    else this.positionOfApplication = position + bytes.length;
    if (!this.ended) this.context.observer.data(this.number, side, bytes, position, time);
  }

  /** Everything for `side` was written: the other one is read again. */
  drained(side: Side): void {
    const from = otherSide(side);
    this.resumed(from);
    if (this.fault?.holds(from) !== true) this.socket(from).resume();
    this.fault?.drained();
  }

  private pause(side: Side, time: number): void {
    this.pauses ??= { since: [Number.NaN, Number.NaN], total: [0, 0], told: [false, false] };
    if (!Number.isNaN(this.pauses.since[side])) return;
    this.pauses.since[side] = time;
    this.socket(side).pause();
  }

  private resumed(side: Side): void {
    const { pauses } = this;
    if (pauses === undefined || Number.isNaN(pauses.since[side])) return;
    pauses.total[side] += this.context.clock.now() - pauses.since[side];
    pauses.since[side] = Number.NaN;
    if (!pauses.told[side]) return;
    pauses.told[side] = false;
    if (!this.ended) this.context.observer.resumed(this.number, side, this.context.clock.now());
  }

  finished(side: Side): void {
    if (this.fault === undefined) {
      this.passEnd(side);
      return;
    }
    if (side === WEB_SERVER) this.tellEnd(side);
    this.fault.ended(side);
  }

  private passEnd(side: Side): void {
    const to = this.socket(otherSide(side));
    // Asked before: ending this side's stream may be what completes the other's.
    const knew = this.socket(side).writableFinished;
    to.end();
    if (this.fault === undefined || side === APPLICATION) this.tellEnd(side, knew);
  }

  private tellEnd(side: Side, knew = this.socket(side).writableFinished): void {
    const length = side === WEB_SERVER ? this.positionOfWeb : this.positionOfApplication;
    if (!this.ended) this.context.observer.finished(this.number, side, knew, length, this.context.clock.now());
  }

  failed(side: Side, error: NodeJS.ErrnoException): void {
    const other = otherSide(side);
    resetSocket(this.socket(other), this.tcp[other]);
    if (this.ended) return;
    this.ended = true;
    const time = this.context.clock.now();
    const code = error.code ?? 'unknown';
    if (side === APPLICATION && this.connecting) this.context.observer.failed(this.number, code, time);
    else this.context.observer.reset(this.number, side, code, time);
  }

  private faultyEnds(): FaultyEnds {
    const time = () => this.context.clock.now();
    return {
      forward: (side, bytes) => {
        this.forward(side, bytes, true, time());
        if (side === APPLICATION) this.tell(side, bytes, time());
      },
      end: (side) => this.passEnd(side),
      reset: () => {
        if (!this.ended) this.context.observer.reset(this.number, APPLICATION, 'ECONNRESET', time());
        this.ended = true;
        resetSocket(this.web, this.tcp[WEB_SERVER]);
        resetSocket(this.application, this.tcp[APPLICATION]);
      },
      cutApplication: () => {
        this.passEnd(APPLICATION);
        this.application.destroy();
        this.web.resume();
      },
      takes: (side) => !this.socket(otherSide(side)).writableNeedDrain,
      read: (side, wanted) => {
        if (!wanted) this.socket(side).pause();
        else if (this.pauses === undefined || Number.isNaN(this.pauses.since[side])) this.socket(side).resume();
      },
      tell: (name) => this.context.observer.fault(this.number, name, time()),
    };
  }

  closed(side: Side): void {
    this.resumed(side);
    if (--this.open > 0) return;
    this.fault?.close();
    for (const reader of this.readers) reader.close();
    this.ended = true;
    this.context.observer.closed(this.number, this.pauses?.total ?? NO_PAUSES, this.context.clock.now());
    this.context.gone(this);
  }
}

/** Sends a RST where there is one, at once, whatever still waits to be written; AF_UNIX (`tcp` false) knows only closing. */
export function resetSocket(socket: Socket, tcp: boolean): void {
  if (!tcp || socket.connecting || socket.destroyed) {
    socket.destroy();
  } else if (socket.writableEnded && !socket.writableFinished && socket.writableLength === 0) {
    // A FIN is being sent, which the system does within this turn; a socket cannot be reset until it is done.
    socket.once('finish', () => resetSocket(socket, tcp));
  } else {
    // resetAndDestroy() waits until everything is written, which a peer that does not read can hold up for ever. The
    // property is what it sets itself; where it has no meaning the socket is only closed.
    (socket as Socket & { resetAndClosing?: boolean }).resetAndClosing = true;
    socket.destroy();
  }
}

function onConnect(this: Socket): void {
  (this as RelaySocket).relayed.connected();
}

function onData(this: Socket, bytes: Buffer): void {
  (this as RelaySocket).relayed.arrived(WEB_SERVER, bytes, true);
}

function onDrain(this: Socket): void {
  (this as RelaySocket).relayed.drained((this as RelaySocket).side);
}

function onEnd(this: Socket): void {
  (this as RelaySocket).relayed.finished((this as RelaySocket).side);
}

function onError(this: Socket, error: NodeJS.ErrnoException): void {
  (this as RelaySocket).relayed.failed((this as RelaySocket).side, error);
}

function onClose(this: Socket): void {
  (this as RelaySocket).relayed.closed((this as RelaySocket).side);
}
