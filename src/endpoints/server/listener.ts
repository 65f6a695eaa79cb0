// A listening socket: TCP, AF_UNIX, or one that was inherited. Opens it, says clearly why it could not, closes it.
import { fstatSync } from 'node:fs';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { type ListenAddress, listenError, notStarted } from './listen-address.js';
import { listenOnPath } from './unix-socket.js';

/** @throws ListenError */
export async function openListener(address: ListenAddress, onSocket: (socket: Socket) => void): Promise<NetServer> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, onSocket);
  const { backlog = 511 } = address;
  if ('path' in address) {
    await listenOnPath(server, address.path, address.mode ?? 0o660, backlog);
  } else if ('fd' in address) {
    if (!isSocket(address.fd)) throw notStarted(address.fd);
    await listening(server, { fd: address.fd, backlog }, address);
  } else {
    await listening(server, { host: address.host ?? '127.0.0.1', port: address.port, backlog }, address);
  }
  return server;
}

/** Waits until it listens. @throws ListenError */
function listening(
  server: NetServer,
  options: { fd?: number; host?: string; port?: number; backlog: number },
  address: ListenAddress,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => reject(listenError(error, address));
    server.once('error', failed);
    server.listen(options, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false;
  }
}
