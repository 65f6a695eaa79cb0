// Where a server listens, as it is told, as it is printed, and what can be said when the system refuses it.
import { ListenError } from './errors.js';

/** The descriptor an application inherits its listening socket on (specification 1.0, section 2.2). */
export const FCGI_LISTENSOCK_FILENO = 0;

export interface TcpAddress {
  /** Default `127.0.0.1`: an application is not for the open network. */
  readonly host?: string;
  /** 0: one that is free. */
  readonly port: number;
  /** Length of the accept queue; the system may cap it. Default 511. */
  readonly backlog?: number;
}

export interface UnixAddress {
  readonly path: string;
  /** Permissions of the socket file. Default 0o660. */
  readonly mode?: number;
  readonly backlog?: number;
}

export interface InheritedAddress {
  /** A listening socket this process was started with; usually FCGI_LISTENSOCK_FILENO. */
  readonly fd: number;
  readonly backlog?: number;
}

export type ListenAddress = TcpAddress | UnixAddress | InheritedAddress;

/** The address as people write it: `127.0.0.1:9000`, a path, `descriptor 0`. */
export function addressText(address: ListenAddress): string {
  if ('path' in address) return address.path;
  if ('fd' in address) return `descriptor ${address.fd}`;
  const host = address.host ?? '127.0.0.1';
  return host.includes(':') ? `[${host}]:${address.port}` : `${host}:${address.port}`;
}

export function listenError(error: NodeJS.ErrnoException, address: ListenAddress): ListenError {
  const where = addressText(address);
  switch (error.code) {
    case 'EADDRINUSE':
      return new ListenError(
        'ERR_ADDRESS_IN_USE',
        `${where} is in use`,
        'another program listens there; choose another address or stop it',
      );
    case 'EACCES':
      return new ListenError(
        'ERR_LISTEN_FAILED',
        `no permission to listen on ${where}`,
        'path' in address ? 'the folder must be writable' : 'ports below 1024 need privileges',
      );
    case 'EADDRNOTAVAIL':
      return new ListenError('ERR_LISTEN_FAILED', `${where} is no address of this host`);
    case 'EINVAL':
    case 'ENOTSOCK':
    case 'ERR_INVALID_FD_TYPE':
      // listen(2) refuses a socket that is connected, as standard input of a child process often is.
      if ('fd' in address) return notStarted(address.fd);
      break;
  }
  return new ListenError('ERR_LISTEN_FAILED', `can't listen on ${where}: ${error.message}`);
}

export function notStarted(fd: number): ListenError {
  return new ListenError(
    'ERR_NOT_STARTED_AS_FASTCGI',
    `descriptor ${fd} is no listening socket`,
    'start the program from spawn-fcgi or a web server, or give it an address to listen on',
  );
}
