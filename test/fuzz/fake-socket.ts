// A socket that is none: what a server connection needs of one, with a peer that reads when the dice say so.
import { EventEmitter } from 'node:events';
import type { ConnectionSocket } from '../../src/endpoints/server/index.js';
import type { Random } from '../support/random.js';

export class FakeSocket extends EventEmitter {
  writableLength = 0;
  writableNeedDrain = false;
  destroyed = false;
  allowHalfOpen = false;
  remoteAddress: string | undefined;
  /** What the server has sent, as far as the peer has read it. */
  readonly received: Uint8Array[] = [];
  /** The server has closed its direction. */
  ended = false;
  isPaused = false;
  private readonly unread: Uint8Array[] = [];
  private readonly waiting: Uint8Array[] = [];
  private endWaits = false;
  private peerEnded = false;
  private callbacks: (() => void)[] = [];

  constructor(private readonly dice: Random) {
    super();
  }

  // The server's side.

  write(bytes: Uint8Array | string, second?: unknown, third?: unknown): boolean {
    const done = typeof second === 'function' ? second : third;
    if (this.destroyed || this.ended) return false;
    if (bytes.length > 0) this.unread.push(bytes as Uint8Array);
    this.writableLength += bytes.length;
    if (typeof done === 'function') this.callbacks.push(done as () => void);
    // Most peers read at once.
    if (!this.dice.oneIn(4) && this.unread.length < 3) this.readByPeer();
    else this.writableNeedDrain = true;
    return !this.writableNeedDrain;
  }

  end(): this {
    if (this.ended) return this;
    this.ended = true;
    this.closeIfDone();
    return this;
  }

  destroy(): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    process.nextTick(() => this.emit('close'));
    return this;
  }

  resetAndDestroy(): this {
    return this.destroy();
  }

  pause(): this {
    this.isPaused = true;
    return this;
  }

  resume(): this {
    this.isPaused = false;
    this.deliver();
    return this;
  }

  cork(): void {}

  uncork(): void {}

  // The peer's side.

  /** The peer sends. */
  send(bytes: Uint8Array): void {
    this.waiting.push(bytes);
    this.deliver();
  }

  /** The peer closes its direction. */
  sendEnd(): void {
    this.endWaits = true;
    this.deliver();
  }

  /** The connection breaks. */
  break(): void {
    if (this.destroyed) return;
    this.emit('error', new Error('read ECONNRESET'));
    this.destroy();
  }

  /** The peer reads all that was sent. */
  readByPeer(): void {
    this.received.push(...this.unread.splice(0));
    this.writableLength = 0;
    const { callbacks } = this;
    this.callbacks = [];
    for (const done of callbacks) process.nextTick(done);
    if (this.writableNeedDrain) {
      this.writableNeedDrain = false;
      if (!this.destroyed) this.emit('drain');
    }
    this.closeIfDone();
  }

  private deliver(): void {
    while (!this.isPaused && !this.destroyed && this.waiting.length > 0) this.emit('data', this.waiting.shift()!);
    if (this.isPaused || this.destroyed || !this.endWaits || this.peerEnded) return;
    this.peerEnded = true;
    this.emit('end');
    this.closeIfDone();
  }

  private closeIfDone(): void {
    if (this.ended && this.peerEnded && this.unread.length === 0) this.destroy();
  }
}

/** As the server takes it: a `net.Socket` has more overloads than anybody calls. */
export function asConnectionSocket(socket: FakeSocket): ConnectionSocket {
  return socket as unknown as ConnectionSocket;
}
