// A socket with faults in both directions, to be used in place of the real one: bytes pass through StreamShapers.
import type { Socket } from 'node:net';
import { Duplex, type DuplexOptions } from 'node:stream';
import type { FaultStream } from '../../faults/fault.js';
import type { FaultSchedule } from '../../faults/fault-schedule.js';
import { type Shaped, StreamShaper } from '../../faults/stream-shaper.js';
import type { Clock, Timer } from '../clock.js';

/** Bytes that may wait in a shaper before whoever writes has to wait. */
const HELD_BACK = 65_536;
const NO_BYTES = new Uint8Array(0);

export class FaultySocket extends Duplex {
  readonly remoteAddress: string | undefined;
  /** Requests on it that are in progress, and those that have ended. */
  active = 0;
  served = 0;
  /** RST when a further request comes. */
  resetsReused = false;
  private readonly outgoing = new StreamShaper();
  private readonly incoming = new StreamShaper();
  private applied = 0;
  private timer: Timer | undefined;
  private written: (() => void) | undefined;
  private finished: (() => void) | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly clock: Clock,
    /** The direction of what is written to it: an application's answers are `downstream`. */
    private readonly writes: FaultStream = 'downstream',
    options: DuplexOptions = { allowHalfOpen: true },
  ) {
    super(options);
    this.remoteAddress = socket.remoteAddress;
    socket.allowHalfOpen = true;
    socket.on('data', (chunk: Buffer) => this.received(chunk));
    socket.on('end', () => {
      this.incoming.end(clock.now());
      this.pass();
    });
    socket.on('drain', () => this.pass());
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  /** The fault holds on this connection from now on, until `calm`. */
  apply(schedule: FaultSchedule): void {
    this.applied++;
    const shaper = schedule.fault.stream === this.writes ? this.outgoing : this.incoming;
    shaper.apply(schedule, this.clock.now());
    this.pass();
  }

  /** The request that had faults has ended: they hold for what the server has written so far, and is about to write now. */
  calm(): void {
    const { applied } = this;
    process.nextTick(() => {
      if (this.destroyed || this.writableEnded) return;
      // Called back when everything before has gone into the shaper.
      this.write(NO_BYTES, () => {
        if (this.applied !== applied) return;
        this.clear();
      });
    });
  }

  /** No fault holds from now on; what already waits keeps those under which it came. */
  clear(): void {
    this.incoming.clear();
    this.outgoing.clear();
  }

  // What a client asks of a socket besides.

  setNoDelay(on: boolean): this {
    this.socket.setNoDelay(on);
    return this;
  }

  ref(): this {
    this.socket.ref();
    return this;
  }

  unref(): this {
    this.socket.unref();
    return this;
  }

  /** Closes with RST. */
  resetAndDestroy(): this {
    this.socket.resetAndDestroy();
    this.destroy();
    return this;
  }

  private received(chunk: Buffer): void {
    if (this.resetsReused && this.served > 0 && this.active === 0) {
      this.resetAndDestroy();
      return;
    }
    this.incoming.push(chunk, this.clock.now());
    this.pass();
    if (this.incoming.length > HELD_BACK) this.socket.pause();
  }

  override _read(): void {
    if (this.incoming.length <= HELD_BACK) this.socket.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.outgoing.push(chunk, this.clock.now());
    this.written = done;
    this.pass();
  }

  override _final(done: () => void): void {
    this.finished = done;
    this.outgoing.end(this.clock.now());
    this.pass();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.timer?.cancel();
    this.socket.destroy();
    done(error);
  }

  /** Hands on what is due, both ways, and comes back when more is. */
  private pass(): void {
    if (this.destroyed) return;
    const now = this.clock.now();
    for (const shaped of this.incoming.take(now)) this.deliver(shaped);
    while (!this.socket.writableNeedDrain && this.outgoing.nextAt <= now && !this.destroyed) {
      for (const shaped of this.outgoing.take(now)) this.send(shaped);
    }
    if (this.incoming.length <= HELD_BACK && this.socket.isPaused() && this.readableFlowing) this.socket.resume();
    const { written } = this;
    if (written && this.outgoing.length <= HELD_BACK && !this.socket.writableNeedDrain) {
      this.written = undefined;
      written();
    }
    this.schedule(now);
  }

  private deliver(shaped: Shaped): void {
    if (shaped === 'rst') this.resetAndDestroy();
    else if (shaped === 'fin') this.push(null);
    else if (!this.push(shaped)) this.socket.pause();
  }

  private send(shaped: Shaped): void {
    if (shaped === 'rst') {
      this.resetAndDestroy();
    } else if (shaped === 'fin') {
      const { finished } = this;
      this.finished = undefined;
      // The fault may close before the server does: what it still writes goes nowhere.
      this.socket.end(() => finished?.());
    } else if (this.socket.writable) {
      this.socket.write(shaped);
    }
  }

  private schedule(now: number): void {
    this.timer?.cancel();
    this.timer = undefined;
    if (this.destroyed) return;
    const down = this.socket.writableNeedDrain ? Number.POSITIVE_INFINITY : this.outgoing.nextAt;
    const at = Math.min(this.incoming.nextAt, down);
    if (Number.isFinite(at)) this.timer = this.clock.after(at - now, () => this.pass());
  }
}
