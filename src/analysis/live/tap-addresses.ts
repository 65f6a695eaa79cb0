// IP addresses for what a tap sees: those of TCP ends as they are, and stand-ins for AF_UNIX paths, so that a recording
// is a capture like any other. The stand-ins lie in 127/8, where no packet leaves the machine.
import type { AddressTable } from '../../model/address.js';
import { type EndpointAddress, formatEndpoint } from '../../model/endpoint-address.js';

/** 4 or 16 bytes, and a port. */
export interface TapEnd {
  readonly address: Uint8Array;
  readonly port: number;
}

/** An AF_UNIX path and the IPv4 address that stands for it. */
export interface StandIn {
  readonly address: string;
  /** As it is shown: `unix:/run/php.sock`. */
  readonly name: string;
  /** Web servers behind a path have no name of their own: they are told apart by number. */
  readonly numbered: boolean;
}

/** Port of an application behind a path: what `-d tcp.port==9000,fcgi` of other programs finds. */
export const STAND_IN_PORT = 9000;

/** The stand-ins of a tap's pairs, each path once. */
export function standIns(pairs: readonly { listen: EndpointAddress; to: EndpointAddress }[]): StandIn[] {
  const found: StandIn[] = [];
  const add = (address: EndpointAddress, network: number, numbered: boolean) => {
    const name = formatEndpoint(address);
    if (address.kind !== 'unix' || found.some((other) => other.name === name && other.numbered === numbered)) return;
    const number = found.length + 1;
    found.push({ address: `127.${network}.${number >> 8}.${number & 255}`, name, numbered });
  };
  for (const { listen, to } of pairs) {
    add(to, 100, false);
    add(listen, 101, true);
  }
  return found;
}

/** Makes the table show the paths. */
export function nameStandIns(addresses: AddressTable, list: readonly StandIn[]): void {
  for (const { address, name, numbered } of list) {
    const bytes = addressBytes(address);
    if (bytes === undefined || bytes.length !== 4) continue;
    const word = ((bytes[0] << 24) | (bytes[1] << 16) | (bytes[2] << 8) | bytes[3]) >>> 0;
    addresses.standFor(addresses.ipv4(word), name, numbered);
    addresses.standFor(addresses.ipv6(0, 0, 0xffff, word), name, numbered);
  }
}

/** Both addresses in one family: IPv4, or IPv6 with IPv4 mapped into it (RFC 4291, 2.5.5.2). */
export function sameFamily(a: Uint8Array, b: Uint8Array): [Uint8Array, Uint8Array] {
  return a.length === b.length ? [a, b] : [mapped(a), mapped(b)];
}

function mapped(address: Uint8Array): Uint8Array {
  if (address.length === 16) return address;
  const bytes = new Uint8Array(16);
  bytes[10] = bytes[11] = 255;
  bytes.set(address, 12);
  return bytes;
}

/** An address as the system prints it; IPv4 mapped into IPv6 becomes IPv4. Undefined if it is none. */
export function addressBytes(text: string): Uint8Array | undefined {
  const v4 = /^(?:::ffff:)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/i.exec(text);
  if (v4) return Uint8Array.from(v4.slice(1), Number);
  const [head, tail, more] = text.replace(/%.*$/, '').split('::');
  if (more !== undefined || !/^[\da-f:]*$/i.test(head) || !text.includes(':')) return undefined;
  const groups = (part: string | undefined) => (part ? part.split(':').map((group) => Number.parseInt(group, 16)) : []);
  const before = groups(head);
  const after = groups(tail);
  const missing = 8 - before.length - after.length;
  if (missing < 0 || (tail === undefined && missing !== 0)) return undefined;
  const all = [...before, ...new Array<number>(missing).fill(0), ...after];
  if (all.some((group) => !(group >= 0 && group <= 0xffff))) return undefined;
  return Uint8Array.from(all.flatMap((group) => [group >>> 8, group & 255]));
}
