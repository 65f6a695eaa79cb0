// Where an endpoint is: `127.0.0.1:9000`, `[::1]:9000`, `host.name:9000`, `unix:/run/php.sock`.
import { UserError } from '../model/errors.js';

export type EndpointAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

const HINT = 'An address is HOST:PORT, [IPV6]:PORT or unix:/PATH.';

/** @throws UserError if the text is no address. */
export function parseAddress(text: string): EndpointAddress {
  const unix = /^unix:(.+)$/s.exec(text) ?? /^(\/.*)$/s.exec(text);
  // `@name` is Linux's abstract namespace, where a path begins with a NUL.
  if (unix) return { kind: 'unix', path: unix[1].startsWith('@') ? `\0${unix[1].slice(1)}` : unix[1] };
  const match = /^(?:tcp:(?:\/\/)?)?(?:\[([^\]]+)\]|([^:[\]/]+)):(\d{1,5})$/.exec(text);
  if (!match) throw new UserError(`"${text}" is no address`, HINT);
  const port = Number(match[3]);
  if (port < 1 || port > 65535) throw new UserError(`port ${match[3]} is not between 1 and 65535`, HINT);
  return { kind: 'tcp', host: match[1] ?? match[2], port };
}

/** As `parseAddress` reads it. */
export function formatAddress(address: EndpointAddress): string {
  if (address.kind === 'unix') return `unix:${address.path.replace(/^\0/, '@')}`;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
