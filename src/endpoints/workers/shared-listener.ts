// A worker's share of the pool's listening socket: it can be closed while the worker is full, which leaves connections
// in the accept queue, and opened again, as often as needed.
import { createServer, type Server, type Socket } from 'node:net';
import type { ListenAddress } from '../server/listen-address.js';
import { listenOptions } from './listen-options.js';

export interface SharedListenerEvents {
  accepted(socket: Socket): void;
  /** It accepts. */
  opened(): void;
  /** `fatal`: it can't listen. Else a connection could not be accepted: too many open files, usually. */
  failed(error: Error, fatal: boolean): void;
}

export class SharedListener {
  private wanted = false;
  private server: Server | undefined;

  constructor(
    private readonly address: ListenAddress,
    private readonly events: SharedListenerEvents,
  ) {}

  /** Accepts, as soon as the primary has given the socket. */
  open(): void {
    this.wanted = true;
    // One is being opened: a second would be another socket to node:cluster.
    if (this.server) return;
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.events.accepted(socket));
    this.server = server;
    server.on('error', (error) => this.events.failed(error, !server.listening));
    server.listen(listenOptions(this.address), () => {
      if (this.wanted) this.events.opened();
      else this.closeNow();
    });
  }

  /** Accepts no more: not one connection comes after the call. */
  close(): void {
    this.wanted = false;
    if (this.server?.listening) this.closeNow();
  }

  private closeNow(): void {
    const { server } = this;
    this.server = undefined;
    server?.close();
  }
}
