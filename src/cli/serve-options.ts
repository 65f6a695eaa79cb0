// What the serve command can be told, and its values from text. Loads nothing of the server, so that the help is quick.
import { UserError } from '../model/errors.js';

export const SLOTS = ['connection', 'request', 'compute'] as const;
/** Names for --limit and --timeout, as the server's options have them but with hyphens; a test holds them against it. */
export const LIMIT_NAMES = [
  'connections',
  'requests',
  'requests-per-connection',
  'requests-of-connection',
  'params-bytes',
  'params-count',
  'pair-bytes',
] as const;
export const TIMEOUT_NAMES = [
  'first-byte',
  'header',
  'idle',
  'stalled-body',
  'unread-body',
  'abort',
  'linger',
  'linger-total',
] as const;

export interface ServeCommandOptions {
  readonly hello?: boolean;
  readonly echo?: boolean;
  readonly stream?: number;
  readonly status?: number;
  readonly sleep?: number;
  readonly stderr?: string;
  readonly exit?: number;
  readonly root?: string;
  readonly cgi?: string;
  readonly cgiLimit: number;
  readonly cgiTimeout: number;
  readonly scgi?: boolean;
  readonly asCgi?: boolean;
  readonly workers?: number;
  readonly perWorker?: number;
  readonly slot?: (typeof SLOTS)[number];
  readonly backlog?: number;
  readonly maxRequests?: number;
  readonly lifetime?: number;
  readonly acceptLock?: boolean;
  readonly multiplex?: boolean;
  readonly limit?: readonly Setting[];
  readonly timeout?: readonly Setting[];
  readonly mode?: number;
  readonly webServers?: string;
  readonly fault?: readonly string[];
  readonly verbose?: boolean;
  readonly quiet?: boolean;
  readonly ascii?: boolean;
}

/** A name in the spelling of the server's options (`firstByte`), and a number. */
export type Setting = readonly [name: string, value: number];

export type ServeAddress =
  | { readonly host: string; readonly port: number }
  | { readonly path: string }
  | { readonly fd: number };

const HINT = 'Addresses are HOST:PORT, [IPV6]:PORT, unix:/PATH, or fd:0 for a socket that is inherited.';

/** Where to listen: as `parseAddress`, and also port 0 (one that is free) and `fd:0`. @throws UserError */
export function parseListenAddress(text: string): ServeAddress {
  const fd = /^fd:(\d{1,4})$/.exec(text);
  if (fd) return { fd: Number(fd[1]) };
  const unix = /^unix:(.+)$/s.exec(text) ?? /^(\/.*)$/s.exec(text);
  if (unix) return { path: unix[1] };
  const tcp = /^(?:\[([^\]]+)\]|([^:[\]/]*)):(\d{1,5})$/.exec(text) ?? /^()()(\d{1,5})$/.exec(text);
  if (!tcp || Number(tcp[3]) > 65535) throw new UserError(`"${text}" is no address to listen on`, HINT);
  const host = tcp[1] ?? tcp[2];
  return { host: host === '' ? '127.0.0.1' : host === '*' ? '0.0.0.0' : host, port: Number(tcp[3]) };
}

/** `params-bytes=65536`: a name of the list and a number that `parse` reads. Repeatable. */
export function parseSetting(
  value: string,
  previous: readonly Setting[] | undefined,
  option: string,
  names: readonly string[],
  parse: (value: string, option: string) => number,
): Setting[] {
  const [name, number] = value.split(/=(.*)/s);
  if (!names.includes(name)) throw new UserError(`${option} ${value}: not one of ${names.join(', ')}`);
  if (number === undefined)
    throw new UserError(`${option} ${value}: the value is missing`, `write ${option} ${name}=...`);
  return [...(previous ?? []), [camelCase(name), parse(number, `${option} ${name}`)]];
}

export function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** `0660`: permissions of a socket file. */
export function parseMode(value: string): number {
  if (!/^0?[0-7]{3}$/.test(value))
    throw new UserError(`--mode ${value}: not permissions`, 'write three octal digits: 660');
  return Number.parseInt(value, 8);
}

/** @throws UserError for options that do not go together */
export function checkedServe(options: ServeCommandOptions): ServeCommandOptions {
  const kinds = ['hello', 'echo', 'stream', 'root', 'cgi'] as const;
  const given = kinds.filter((name) => options[name] !== undefined);
  if (given.length > 1) throw new UserError(`--${given[0]} and --${given[1]} do not go together`, 'one thing answers');
  const demo = ['status', 'sleep', 'stderr', 'exit'] as const;
  const extra = demo.find((name) => options[name] !== undefined);
  if (extra && (options.root !== undefined || options.cgi !== undefined)) {
    throw new UserError(`--${extra} is of the demo application and does not go with --${given[0]}`);
  }
  const pool = ['slot', 'maxRequests', 'lifetime'] as const;
  const pooled = pool.find((name) => options[name] !== undefined);
  if (pooled && options.workers === undefined) {
    throw new UserError(`--${kebabCase(pooled)} is about workers`, 'add --workers N');
  }
  if (options.asCgi && options.workers !== undefined) {
    throw new UserError('--as-cgi answers one request in this process', 'leave --workers out');
  }
  if (options.asCgi && options.fault) {
    throw new UserError('--as-cgi has no connection and no records that faults could be made in');
  }
  return options;
}

function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
