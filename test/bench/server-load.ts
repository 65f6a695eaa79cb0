// Load on a FastCGI server from this process: so many connections, one request at a time on each, for so long.
import { connect, type Socket } from 'node:net';
import { request } from '../support/fastcgi-messages.js';

const END_REQUEST = 3;

export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  /** Whether connections are kept, or made anew for each request. */
  readonly keep: boolean;
  readonly milliseconds: number;
}

/** Answered requests. */
export function load({ port, connections, keep, milliseconds }: LoadOptions): Promise<number> {
  const bytes = request({ keepConn: keep });
  const end = performance.now() + milliseconds;
  let answered = 0;
  let open = 0;
  return new Promise((resolve, reject) => {
    const start = (): void => {
      open++;
      const socket = connect({ host: '127.0.0.1', port, noDelay: true });
      const counter = new EndCounter();
      socket.write(bytes);
      socket.on('data', (chunk) => {
        for (let ends = counter.push(chunk); ends > 0; ends--) {
          answered++;
          if (performance.now() >= end || !keep) socket.end();
          else socket.write(bytes);
        }
      });
      socket.on('error', reject);
      socket.on('close', () => {
        open--;
        if (performance.now() < end) start();
        else if (open === 0) resolve(answered);
      });
    };
    for (let i = 0; i < connections; i++) start();
  });
}

/** Opens so many connections that say nothing. */
export async function openIdle(port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const batch = Array.from(
      { length: Math.min(200, count - sockets.length) },
      () =>
        new Promise<Socket>((resolve, reject) => {
          const socket = connect({ host: '127.0.0.1', port }, () => resolve(socket));
          socket.on('error', reject);
        }),
    );
    sockets.push(...(await Promise.all(batch)));
  }
  return sockets;
}

/** Counts END_REQUEST records. */
class EndCounter {
  private readonly header: number[] = [];
  private left = 0;

  push(chunk: Buffer): number {
    let ends = 0;
    for (let at = 0; at < chunk.length; ) {
      if (this.left > 0) {
        const skipped = Math.min(this.left, chunk.length - at);
        this.left -= skipped;
        at += skipped;
      } else {
        this.header.push(chunk[at++]);
      }
      if (this.header.length === 8) {
        this.left = this.header[4] * 256 + this.header[5] + this.header[6];
        if (this.header[1] === END_REQUEST) ends++;
        this.header.length = 0;
      }
    }
    return ends;
  }
}
