// From an address as people write it to what is looked for in the kernel's tables: names become IP addresses, of several
// the one that somebody listens on.
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { plainAddress } from '../host/host-address.js';
import { TcpTable } from '../host/tcp-table.js';
import { listeningRows } from '../host/watched-tcp.js';
import { UserError } from '../model/errors.js';
import { readPieces } from './host-files.js';
import type { WatchedAddress } from './host-probe.js';

/**
 * @param text how the address is called from then on
 * @param net the folder of the network namespace's tables
 * @throws UserError for a name that nobody knows
 */
export async function resolveWatched(
  text: string,
  address:
    | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
    | { readonly kind: 'unix'; readonly path: string },
  net = '/proc/net',
): Promise<WatchedAddress> {
  // The abstract namespace begins with a NUL, and /proc and ss write it as @.
  if (address.kind === 'unix') return { kind: 'unix', address: text, path: address.path.replace(/^\0/, '@') };
  const { host, port } = address;
  if (isIP(host) !== 0) return { kind: 'tcp', address: text, host: plainAddress(host), port };
  const found = await lookup(host, { all: true }).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`${host} has no address: ${error.code ?? error.message}`);
  });
  const addresses = found.map((each) => plainAddress(each.address));
  const table = new TcpTable(undefined);
  for (const name of ['tcp', 'tcp6']) {
    await readPieces(`${net}/${name}`, (piece) => table.push(piece));
    table.end();
  }
  const listening = addresses.find((each) => listeningRows(table.rows, each, port).length > 0);
  return { kind: 'tcp', address: text, host: listening ?? addresses[0], port };
}
