// One connection from a web server: the socket and the protocol on it. Decides when bytes are read and sent, when the
// connection ends, and sees that an end never costs the peer what was written before.
import type { Socket } from 'node:net';
import type { AbortCause } from '../../protocol/application-sink.js';
import type { StreamSocket } from '../stream-socket.js';
import type { Driver, DriverOutput } from './driver.js';
import { FastcgiDriver } from './fastcgi-driver.js';
import type { ServerRequest } from './request.js';
import type { RequestHost } from './request-host.js';
import { ScgiDriver } from './scgi-driver.js';

export type ConnectionSocket = StreamSocket & Pick<Socket, 'destroyed' | 'remoteAddress' | 'allowHalfOpen'>;

/** What a connection tells its server. */
export interface ConnectionHost extends RequestHost {
  connectionClosed(connection: ServerConnection): void;
  received(bytes: number): void;
  sent(bytes: number): void;
}

/** Beyond this much unsent output nothing more is read: a web server that asks and never reads can't fill the memory. */
const UNSENT_LIMIT = 1 << 20;
/**
 * A connection that is not read from does not tell of its end. So now and then one more piece is read, in all so many
 * times: a web server that is gone has rarely left more behind.
 */
const MOST_PROBES = 8;
const NO_BYTES = new Uint8Array(0);
const SCGI_FIRST = 0x30;
const SCGI_LAST = 0x39;

export class ServerConnection implements DriverOutput {
  /** When it was accepted, as the server's clock says. */
  readonly openedAt: number;
  bytesReceived = 0;
  bytesSent = 0;
  /** Never closed by this side, whatever the web server asks: for showing what that does. */
  keepsOpen = false;
  /** @internal Of OpenList. */
  place = 0;
  private driver: Driver | undefined;
  /** Half-closed by us: what still comes is thrown away. */
  private finished = false;
  private closedAlready = false;
  private closeWhenServed = false;
  private inPush = false;
  private flushScheduled = false;
  private paused = false;
  private unread = false;
  private probes = 0;
  private probing = false;
  // Most connections never need one.
  private stalled: Set<ServerRequest> | undefined;
  private drainers: Set<ServerRequest> | undefined;
  // For timeouts.
  private boundaryAt: number;
  private idleSince: number;
  private servedBefore = 0;
  private stalledSince = 0;
  private sharedSince = 0;
  private finishedAt = 0;
  private lingerSince = 0;

  constructor(
    /** 1 for a server's first connection. */
    readonly id: number,
    readonly socket: ConnectionSocket,
    private readonly host: ConnectionHost,
  ) {
    this.openedAt = this.boundaryAt = this.idleSince = host.settings.clock.now();
    // The web server's FIN must not close our direction by itself.
    socket.allowHalfOpen = true;
    socket.on('data', (chunk: Buffer) => this.read(chunk));
    socket.on('end', () => this.inputEnded());
    socket.on('drain', () => this.drained());
    // 'close' follows, and says all there is to say.
    socket.on('error', () => {});
    socket.on('close', () => this.closed());
  }

  /** The web server's address; undefined for AF_UNIX. */
  get remoteAddress(): string | undefined {
    return this.socket.remoteAddress;
  }

  /** Known after the first byte. */
  get protocol(): 'fastcgi' | 'scgi' | undefined {
    return this.driver?.protocol;
  }

  /** Requests that are not answered yet. */
  get activeRequests(): number {
    return this.driver?.active ?? 0;
  }

  /** Requests that were. */
  get servedRequests(): number {
    return this.driver?.served ?? 0;
  }

  /** The requests whose handlers have begun and that are not answered yet. */
  requests(): Iterable<ServerRequest> {
    return this.driver?.requests() ?? [];
  }

  /** The web server's end is still open to requests. */
  get isOpen(): boolean {
    return !this.finished && !this.closedAlready;
  }

  /** Reading has stopped because of a body that nobody reads, or output that nobody takes. */
  get isPaused(): boolean {
    return this.paused || this.probing;
  }

  /**
   * Ends it when its requests are answered. New ones get OVERLOADED, and one that waits for its first request gets
   * that answered yet.
   */
  close(): void {
    if (this.driver && (this.driver.served > 0 || this.driver.active > 0)) {
      this.driver.close();
      this.settle();
    } else {
      this.closeWhenServed = true;
    }
  }

  /** Aborts its requests and ends it at once. */
  destroy(cause: AbortCause = 'closing'): void {
    this.driver?.lost(cause);
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    this.bytesReceived += chunk.length;
    this.host.received(chunk.length);
    if (this.finished) {
      this.lingerSince = this.host.settings.clock.now();
      return;
    }
    this.probing = false;
    const driver = (this.driver ??= this.drive(chunk[0]));
    this.inPush = true;
    try {
      driver.push(chunk, this.host.settings.clock.now());
    } finally {
      this.inPush = false;
      this.settle();
    }
  }

  private drive(first: number): Driver {
    const { settings } = this.host;
    const isScgi =
      settings.protocol === 'scgi' || (settings.protocol === 'detect' && first >= SCGI_FIRST && first <= SCGI_LAST);
    return isScgi ? new ScgiDriver(this.host, this) : new FastcgiDriver(this.host, this, settings.alterOutput?.(this));
  }

  private inputEnded(): void {
    if (this.finished) return;
    if (this.driver) {
      this.driver.inputEnded();
      this.settle();
    } else {
      this.finish();
    }
  }

  private drained(): void {
    this.updateReading();
    this.tellDrainers();
  }

  private closed(): void {
    if (this.closedAlready) return;
    this.closedAlready = true;
    this.driver?.lost('connection-lost');
    this.drainers = this.stalled = undefined;
    this.host.connectionClosed(this);
  }

  /** After whatever may have changed something: sends, goes on with what waited, ends. */
  private settle(): void {
    const { driver } = this;
    if (!driver || this.closedAlready) return;
    while (driver.mayResume) {
      this.inPush = true;
      try {
        driver.resume();
      } finally {
        this.inPush = false;
      }
    }
    if (this.closeWhenServed && driver.served > 0) driver.close();
    this.flush();
    if (this.drainers && this.mayWrite) this.tellDrainers();
    this.updateReading();
  }

  private flush(): void {
    const driver = this.driver!;
    const { socket } = this;
    if (driver.pendingOutput > 0 && !this.finished) {
      const pieces = driver.takeOutput();
      let sent = 0;
      for (const piece of pieces) sent += piece.length;
      if (pieces.length > 1) {
        socket.cork();
        for (const piece of pieces) socket.write(piece);
        socket.uncork();
      } else if (pieces.length === 1) {
        socket.write(pieces[0]);
      }
      this.bytesSent += sent;
      this.host.sent(sent);
    }
    if (driver.done && !this.finished) this.finish();
  }

  /** All is said: closes our direction and waits, not for ever, until the web server closes the other. */
  private finish(): void {
    this.finished = true;
    this.finishedAt = this.lingerSince = this.host.settings.clock.now();
    if (this.driver?.outputCut === 'reset') {
      // After what was written before it has reached the system.
      this.socket.write(NO_BYTES, () => this.socket.resetAndDestroy());
      return;
    }
    if (!this.keepsOpen) this.socket.end();
    if (this.paused) {
      this.paused = false;
      this.socket.resume();
    }
  }

  // What the protocol asks.

  get mayWrite(): boolean {
    return !this.socket.writableNeedDrain && (this.driver?.pendingOutput ?? 0) < this.host.settings.outputHighWaterMark;
  }

  outputWaits(): void {
    if (this.inPush || this.flushScheduled) {
      // Whoever writes much in one go shall not have it all wait here.
      if (this.driver!.pendingOutput >= this.host.settings.outputHighWaterMark && !this.closedAlready) this.flush();
      return;
    }
    this.flushScheduled = true;
    process.nextTick(flushLater, this);
  }

  /** @internal */
  flushNow(): void {
    this.flushScheduled = false;
    this.settle();
  }

  awaitDrain(request: ServerRequest): void {
    this.drainers ??= new Set();
    this.drainers.add(request);
  }

  pauseReading(request: ServerRequest): void {
    this.stalled ??= new Set();
    if (this.stalled.size === 0) this.stalledSince = this.host.settings.clock.now();
    this.stalled.add(request);
    this.updateReading();
  }

  resumeReading(request: ServerRequest): void {
    this.stalled?.delete(request);
    this.updateReading();
  }

  private tellDrainers(): void {
    const waiting = this.drainers ?? [];
    this.drainers = undefined;
    for (const request of waiting) request.drain();
  }

  private updateReading(): void {
    if (this.closedAlready || this.finished || !this.driver) return;
    if (!this.socket.writableNeedDrain) this.unread = false;
    else if (this.socket.writableLength > UNSENT_LIMIT) this.unread = true;
    const pause = (this.stalled?.size ?? 0) > 0 || this.unread || !this.driver.wantsInput;
    if (!pause) this.probes = 0;
    if (pause === this.paused || (pause && this.probing)) return;
    this.paused = pause;
    if (pause) this.socket.pause();
    else this.socket.resume();
  }

  /** Ends what has been waiting too long. */
  sweep(now: number): void {
    const { timeouts } = this.host.settings;
    const { driver, socket } = this;
    if (this.finished) {
      if (this.keepsOpen) return;
      // While output is on its way a slow reader takes as long as it takes.
      if (socket.writableLength > 0) this.finishedAt = this.lingerSince = now;
      const quiet = timeouts.linger > 0 && now - this.lingerSince > timeouts.linger;
      const long = timeouts.lingerTotal > 0 && now - this.finishedAt > timeouts.lingerTotal;
      if (quiet || long) socket.destroy();
      return;
    }
    if (!driver) {
      if (timeouts.firstByte > 0 && now - this.openedAt > timeouts.firstByte) this.finish();
      return;
    }
    driver.sweep(now);
    if (this.closeWhenServed && driver.active === 0 && now - this.openedAt > timeouts.firstByte) driver.close();
    if (driver.active > 0 || driver.served !== this.servedBefore) {
      this.boundaryAt = this.idleSince = now;
      this.servedBefore = driver.served;
      this.sweepStalled(now);
    } else {
      if (driver.atBoundary) this.boundaryAt = now;
      if (timeouts.header > 0 && now - this.boundaryAt > timeouts.header) driver.lost('timeout');
      else if (timeouts.idle > 0 && now - this.idleSince > timeouts.idle) driver.close();
    }
    this.settle();
    this.probe();
  }

  /** Reads one piece more than it should, to learn whether the web server is still there. */
  private probe(): void {
    if (!this.paused || this.unread || this.probes >= MOST_PROBES) return;
    this.probes++;
    this.probing = true;
    this.paused = false;
    this.socket.resume();
  }

  /** A request that does not read its body goes: soon where it holds up others, later where it is alone. */
  private sweepStalled(now: number): void {
    const { stalledBody, unreadBody } = this.host.settings.timeouts;
    if (this.driver!.active < 2) this.sharedSince = now;
    if (!this.stalled || this.stalled.size === 0) return;
    const alone = now - this.stalledSince;
    const shared = now - Math.max(this.stalledSince, this.sharedSince);
    if ((stalledBody === 0 || shared <= stalledBody) && (unreadBody === 0 || alone <= unreadBody)) return;
    for (const request of [...this.stalled]) {
      this.driver!.abortRequest(request, 'timeout');
      if (request.appStatus === 0) request.appStatus = 1;
      request.end();
    }
  }
}

function flushLater(connection: ServerConnection): void {
  connection.flushNow();
}
