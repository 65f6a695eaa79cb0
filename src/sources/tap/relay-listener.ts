// Listening for web servers, over TCP or AF_UNIX: errors that say what is in the way, access rights like those of the
// application's socket, and at the end only the own socket file is removed.
import { chmodSync, chownSync, linkSync, lstatSync, type Stats, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { type EndpointAddress, formatEndpoint } from '../../model/endpoint-address.js';
import { UserError } from '../../model/errors.js';
import { HIGH_WATER } from './relay-connection.js';

/** The kernel takes less where net.core.somaxconn says so. Connections are accepted at once: it should never fill. */
const BACKLOG = 4096;

export interface ListenOptions {
  /** Nothing is read of the socket before the one who gets it begins. */
  onConnection(socket: Socket): void;
  /** A connection could not be accepted. */
  onError(error: NodeJS.ErrnoException): void;
  /** A socket file whose owner and rights the new one gets; undefined where the application has none. */
  readonly like?: string | undefined;
  /** Rights of the new socket file, instead. */
  readonly mode?: number | undefined;
}

export interface RelayListener {
  readonly address: EndpointAddress;
  readonly warnings: readonly string[];
  close(): void;
  /** Listens on the same address anew, after `close`. */
  again(): Promise<RelayListener>;
}

/** @throws UserError if nobody can listen there */
export async function startListening(address: EndpointAddress, options: ListenOptions): Promise<RelayListener> {
  const server = createServer(
    { allowHalfOpen: true, noDelay: true, highWaterMark: HIGH_WATER, pauseOnConnect: true },
    (socket) => options.onConnection(socket),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(address, error)));
    if (address.kind === 'unix') server.listen({ path: address.path, backlog: BACKLOG }, resolve);
    else server.listen({ host: address.host, port: address.port, backlog: BACKLOG }, resolve);
  });
  server.removeAllListeners('error').on('error', (error: NodeJS.ErrnoException) => options.onError(error));
  if (address.kind === 'unix') return unixListener(server, address.path, options);
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
  const chosen = { ...address, port };
  return {
    address: chosen,
    warnings: [],
    close: () => server.close(),
    again: () => startListening(chosen, options),
  };
}

function unixListener(server: Server, path: string, options: ListenOptions): RelayListener {
  const abstract = path.startsWith('\0');
  const warnings = abstract ? [] : copyRights(path, options);
  const own = abstract ? undefined : lstatSync(path);
  return {
    address: { kind: 'unix', path },
    warnings,
    close: () => (own === undefined ? server.close() : closeUnix(server, path, own)),
    again: () => startListening({ kind: 'unix', path }, options),
  };
}

/** The web server's processes must be allowed to connect here as they were there. */
function copyRights(path: string, { like, mode }: ListenOptions): string[] {
  const warnings: string[] = [];
  let pattern: Stats | undefined;
  try {
    if (like !== undefined && !like.startsWith('\0')) pattern = lstatSync(like);
  } catch {
    // The application is not there yet: that is told when somebody connects.
  }
  // Everybody on this host may connect to an application's port.
  const wanted = mode ?? (like === undefined ? 0o666 : pattern === undefined ? undefined : pattern.mode & 0o777);
  if (wanted !== undefined) chmodSync(path, wanted);
  const own = lstatSync(path);
  if (pattern === undefined || (own.uid === pattern.uid && own.gid === pattern.gid)) return warnings;
  try {
    chownSync(path, pattern.uid, pattern.gid);
  } catch {
    warnings.push(
      `${path} belongs to user ${own.uid} and group ${own.gid}, not to ${pattern.uid} and ${pattern.gid} like ${like}: ` +
        'a web server that connects as another user may be refused',
    );
  }
  return warnings;
}

/** Closing removes whatever has the path, which may be another program's by now: that one is kept. */
function closeUnix(server: Server, path: string, own: Stats): void {
  let kept: string | undefined;
  try {
    const now = lstatSync(path);
    if (now.ino !== own.ino || now.dev !== own.dev) {
      kept = `${path}.kept-${own.ino}`;
      linkSync(path, kept);
    }
  } catch {
    kept = undefined;
  }
  server.close();
  if (kept === undefined) return;
  linkSync(kept, path);
  unlinkSync(kept);
}

function listenError(address: EndpointAddress, error: NodeJS.ErrnoException): UserError {
  const name = formatEndpoint(address);
  switch (error.code) {
    case 'EADDRINUSE':
      if (address.kind === 'tcp')
        return new UserError(`cannot listen on ${name}: another program listens there`, 'ss -ltnp shows which');
      return new UserError(
        `cannot listen on ${name}: the file is there already`,
        `if nobody listens there any more (ss -lxp), remove it: rm ${address.path}`,
      );
    case 'EACCES':
    case 'EPERM':
      return new UserError(`cannot listen on ${name}: no permission`, permissionHint(address));
    case 'EADDRNOTAVAIL':
      return new UserError(
        `cannot listen on ${name}: this machine does not have that address`,
        'ip address shows them',
      );
    case 'ENOENT':
    case 'ENOTDIR':
      if (address.kind === 'unix')
        return new UserError(`cannot listen on ${name}: there is no folder ${dirname(address.path)}`);
      break;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new UserError(`cannot listen on ${name}: the name is not known`);
  }
  return new UserError(`cannot listen on ${name}: ${error.message}`);
}

function permissionHint(address: EndpointAddress): string {
  if (address.kind === 'unix') return `the folder ${dirname(address.path)} must be writable for this user`;
  return address.port < 1024 ? 'ports below 1024 need root, or another port' : 'another port or user may do';
}
