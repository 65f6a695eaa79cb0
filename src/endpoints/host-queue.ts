// The accept queue of a listening socket on this host, where the kernel shows it (Linux).
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { tcpAcceptQueue, unixAcceptQueue } from '../status/accept-queue.js';
import type { EndpointAddress } from './address.js';

/** Connections that wait to be accepted; undefined where that cannot be known from here. */
export function hostAcceptQueue(address: EndpointAddress): number | undefined {
  if (address.kind === 'unix') return unixAcceptQueue(table('unix'), address.path.replace(/^\0/, '@'));
  if (!isLoopback(address.host)) return undefined;
  const four = tcpAcceptQueue(table('tcp'), address.port);
  const six = tcpAcceptQueue(table('tcp6'), address.port);
  return four === undefined && six === undefined ? undefined : (four ?? 0) + (six ?? 0);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function table(name: 'unix' | 'tcp' | 'tcp6'): string {
  try {
    return readFileSync(`/proc/net/${name}`, 'utf8');
  } catch {
    return '';
  }
}
