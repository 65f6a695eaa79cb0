// A listening address as node:net takes it. All processes of a pool give the same, which is how they share one socket.
import type { ListenOptions } from 'node:net';
import type { ListenAddress } from '../server/listen-address.js';

export function listenOptions(address: ListenAddress): ListenOptions & { readonly fd?: number } {
  const { backlog = 511 } = address;
  if ('path' in address) return { path: address.path, backlog };
  if ('fd' in address) return { fd: address.fd, backlog };
  return { host: address.host ?? '127.0.0.1', port: address.port, backlog };
}
