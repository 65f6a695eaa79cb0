// One connection of a case while it is played: the sockets of the sides that are ours, and what has arrived from either side.
import type { Socket } from 'node:net';
import { END_REQUEST } from '../../fastcgi/constants.js';
import { RecordParser, type RecordSink } from '../../fastcgi/record-parser.js';
import { APPLICATION, otherSide, type Side, WEB_SERVER } from '../../model/side.js';
import type { Clock } from '../clock.js';

const NOTHING = new Uint8Array(0);

/** Counts END_REQUEST records in what the application sends. */
class EndCounter implements RecordSink {
  ends = 0;
  readonly parser = new RecordParser(this);

  recordBegin(): void {}
  recordContent(): void {}
  recordMissing(): void {}
  recordBadVersion(): void {}
  recordResynchronised(): void {}

  recordWhole(parser: RecordParser): void {
    this.recordEnd(parser);
  }

  recordEnd({ type }: RecordParser): void {
    if (type === END_REQUEST) this.ends++;
  }

  knowsRequest(): boolean {
    return true;
  }
}

export class PlayedConnection {
  /** Sockets by the side that they stand for; undefined where that side is real, or not there yet. */
  readonly sockets: [Socket | undefined, Socket | undefined] = [undefined, undefined];
  /** Bytes that each side has sent, and those of it that have arrived at the other. */
  readonly sent: [number, number] = [0, 0];
  readonly arrived: [number, number] = [0, 0];
  /** The end of a side's stream has arrived at the other. */
  readonly ended: [boolean, boolean] = [false, false];
  /** A side's socket is closed. */
  readonly closed: [boolean, boolean] = [false, false];
  /** The socket of a side that ends its stream at the same time as the other. */
  crossing: Socket | undefined;
  private readonly answers = new EndCounter();
  private changed: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    /** Its place in the case. */
    readonly listener: number,
  ) {}

  /** END_REQUEST records that have come from the application. */
  get ends(): number {
    return this.answers.ends;
  }

  /** Takes a socket for a side; whatever happens on it is noted. */
  attach(socket: Socket, side: Side): void {
    const from = otherSide(side);
    this.sockets[side] = socket;
    socket.on('data', (bytes: Buffer) => {
      this.arrived[from] += bytes.length;
      if (from === APPLICATION) this.answers.parser.push(bytes, 0, bytes.length);
      this.changed?.();
    });
    socket.on('end', () => {
      this.ended[from] = true;
      this.changed?.();
    });
    socket.on('connect', () => this.changed?.());
    socket.on('drain', () => this.changed?.());
    // The close that follows is what counts.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed[side] = true;
      this.changed?.();
    });
  }

  /** Waits until that is so, or the time is over; returns whether it is. */
  until(holds: () => boolean, milliseconds: number, signal: AbortSignal): Promise<boolean> {
    if (holds()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const done = (held: boolean) => {
        timer.cancel();
        this.changed = undefined;
        signal.removeEventListener('abort', abort);
        resolve(held);
      };
      const abort = () => done(false);
      const timer = this.clock.after(milliseconds, () => done(false));
      signal.addEventListener('abort', abort);
      this.changed = () => {
        if (holds()) done(true);
      };
    });
  }

  /** Everything a side has sent has arrived, or cannot any more. */
  hasArrived(side: Side): boolean {
    return this.arrived[side] >= this.sent[side] || this.isDeaf(otherSide(side));
  }

  /** A side hears nothing any more: its socket is closed. */
  isDeaf(side: Side): boolean {
    return this.closed[side];
  }

  /** The web server's side is closed, or will be as soon as its end is sent. */
  isOver(): boolean {
    return this.closed[WEB_SERVER] || (this.ended[APPLICATION] && this.sockets[WEB_SERVER]?.writableEnded === true);
  }

  /**
   * A reset is told only to those who read or write: a socket whose stream has ended hears of it by a write of no bytes, which
   * sends nothing and fails where the peer is gone.
   */
  probe(): void {
    for (const socket of this.sockets) {
      if (socket?.readableEnded && socket.writable && socket.writableLength === 0) socket.write(NOTHING);
    }
  }

  destroy(): void {
    this.sockets[WEB_SERVER]?.destroy();
    this.sockets[APPLICATION]?.destroy();
  }
}

/** Closes with RST, at once. resetAndDestroy() of a socket that has ended would wait for its end to be acknowledged. */
export function resetSocket(socket: Socket): void {
  (socket as Socket & { resetAndClosing?: boolean }).resetAndClosing = true;
  socket.destroy();
}
