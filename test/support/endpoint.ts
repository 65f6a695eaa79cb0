// Reads `10.0.0.1:9000` and `[::1]:9000` for the packet builders.
import { isIPv4, isIPv6 } from 'node:net';

/** 4 or 16 bytes. */
export type Address = Uint8Array;

export interface Endpoint {
  readonly address: Address;
  readonly port: number;
}

/** @throws Error if the text is not `host:port` with a numeric host. */
export function endpoint(text: string): Endpoint {
  const match = /^(?:\[(?<v6>.+)\]|(?<v4>[^:]+)):(?<port>\d+)$/.exec(text);
  const port = Number(match?.groups?.port ?? Number.NaN);
  if (!match || port > 65535) throw new Error(`not an endpoint: ${text}`);
  return { address: addressBytes(match.groups?.v6 ?? match.groups?.v4 ?? ''), port };
}

/** @throws Error if the text is neither an IPv4 nor an IPv6 address. */
export function addressBytes(text: string): Address {
  if (isIPv4(text)) return Uint8Array.from(text.split('.'), Number);
  if (!isIPv6(text)) throw new Error(`not an address: ${text}`);
  const [head, tail] = text.split('::');
  const groups = (part: string | undefined): number[] =>
    part
      ? part.split(':').flatMap((group) => (group.includes('.') ? dotted(group) : [Number.parseInt(group, 16)]))
      : [];
  const before = groups(head);
  const after = groups(tail);
  const zeros = text.includes('::') ? new Array<number>(8 - before.length - after.length).fill(0) : [];
  return Uint8Array.from([...before, ...zeros, ...after].flatMap((group) => [group >>> 8, group & 255]));
}

function dotted(text: string): number[] {
  const [a, b, c, d] = text.split('.').map(Number);
  return [(a << 8) | b, (c << 8) | d];
}
