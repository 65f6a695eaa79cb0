// FCGI_WEB_SERVER_ADDRS (specification 1.0, section 3.2): which web servers may connect.
import { isIP } from 'node:net';

export interface WebServerAddresses {
  readonly allowed: ReadonlySet<string>;
  /** Parts of the list that are no address. */
  readonly wrong: readonly string[];
}

/**
 * Reads the list: dotted IPv4 addresses separated by commas; IPv6 addresses are taken too. A list of which nothing is
 * an address allows nobody.
 */
export function webServerAddresses(list: string): WebServerAddresses {
  const allowed = new Set<string>();
  const wrong: string[] = [];
  for (const part of list.split(',').map((text) => text.trim())) {
    if (isIP(part) === 0) wrong.push(part);
    else allowed.add(plainAddress(part));
  }
  return { allowed, wrong };
}

/** Whether that peer may connect. An AF_UNIX peer has no address and, by the letter of the specification, may not. */
export function mayConnect(addresses: WebServerAddresses, remoteAddress: string | undefined): boolean {
  return remoteAddress !== undefined && addresses.allowed.has(plainAddress(remoteAddress));
}

/** IPv4 that came through an IPv6 socket as IPv4. */
function plainAddress(address: string): string {
  const lower = address.toLowerCase();
  return lower.startsWith('::ffff:') && isIP(lower.slice(7)) === 4 ? lower.slice(7) : lower;
}
