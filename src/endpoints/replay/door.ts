// Where the played application listens: a port that the kernel chose, which can be closed for a connection that is to be
// refused and opened again.
import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../clock.js';

const HOST = '127.0.0.1';
const BACKLOG = 4096;

export class Door {
  port = 0;
  private server: Server | undefined;
  private readonly waiting: Socket[] = [];
  private wanted: ((socket: Socket) => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly host = HOST,
  ) {}

  /** @throws Error when the port is not free any more */
  async open(): Promise<void> {
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) => {
      // Whoever closes before anybody asks for it is not an error of ours.
      socket.on('error', () => {});
      if (this.wanted) this.wanted(socket);
      else this.waiting.push(socket);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: this.host, port: this.port, backlog: BACKLOG }, resolve);
    });
    server.removeAllListeners('error').on('error', () => {});
    this.server = server;
    const address = server.address();
    if (typeof address === 'object' && address !== null) this.port = address.port;
  }

  /** The next connection, paused; undefined when none comes in time. */
  next(milliseconds: number, signal: AbortSignal): Promise<Socket | undefined> {
    const first = this.waiting.shift();
    if (first !== undefined) return Promise.resolve(first);
    return new Promise((resolve) => {
      const done = (socket: Socket | undefined) => {
        timer.cancel();
        this.wanted = undefined;
        signal.removeEventListener('abort', abort);
        resolve(socket);
      };
      const abort = () => done(undefined);
      const timer = this.clock.after(milliseconds, () => done(undefined));
      signal.addEventListener('abort', abort);
      this.wanted = done;
    });
  }

  /** Nobody listens any more; connections go on. */
  close(): void {
    this.server?.close();
    this.server = undefined;
  }

  /** And connections that nobody asked for end. */
  end(): void {
    this.close();
    for (const socket of this.waiting.splice(0)) socket.destroy();
  }
}
