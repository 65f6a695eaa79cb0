// Where somebody listens, as users write it: `127.0.0.1:9000`, `[::1]:9000`, `host.name:9000`, `unix:/run/php.sock`.
import { UserError } from './errors.js';

export type EndpointAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** What sockaddr_un has room for, with the NUL at its end. */
const LONGEST_PATH = 107;
const HINT = 'An address is HOST:PORT, [IPV6]:PORT or unix:/PATH.';

/**
 * @param least the lowest port: 0 where the kernel may choose one
 * @throws UserError if the text is no address
 */
export function parseEndpoint(text: string, least: 0 | 1 = 1): EndpointAddress {
  const unix = /^unix:(.+)$/s.exec(text) ?? /^(\/.*)$/s.exec(text);
  if (unix) return { kind: 'unix', path: socketPath(unix[1]) };
  const match = /^(?:tcp:(?:\/\/)?)?(?:\[([^\]]+)\]|([^:[\]/]+)):(\d{1,5})$/.exec(text);
  if (!match) throw new UserError(`"${text}" is no address`, HINT);
  const port = Number(match[3]);
  if (port < least || port > 65535) throw new UserError(`port ${match[3]} is not between ${least} and 65535`, HINT);
  return { kind: 'tcp', host: match[1] ?? match[2], port };
}

/** As `parseEndpoint` reads it. */
export function formatEndpoint(address: EndpointAddress): string {
  if (address.kind === 'unix') return `unix:${address.path.replace(/^\0/, '@')}`;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** `@name` is Linux's abstract namespace, where a path begins with a NUL. */
function socketPath(text: string): string {
  const path = text.startsWith('@') ? `\0${text.slice(1)}` : text;
  if (new TextEncoder().encode(path).length > LONGEST_PATH)
    throw new UserError(`"${text}" is too long for the path of a socket`, `It has at most ${LONGEST_PATH} bytes.`);
  return path;
}
