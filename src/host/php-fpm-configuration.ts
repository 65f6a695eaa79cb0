// php-fpm's configuration, as far as it says what a pool listens on and how many workers it may have. Hostile or broken
// files give fewer pools, never an error.
import type { ListenerConfiguration } from '../model/host-sample.js';

export interface PoolConfiguration extends ListenerConfiguration {
  /** As it stands there: `127.0.0.1:9000`, `9000`, `/run/php/php-fpm.sock`. */
  readonly listen: string;
}

export interface PhpFpmConfiguration {
  readonly pools: readonly PoolConfiguration[];
  /** Patterns of further files. */
  readonly includes: readonly string[];
}

const MOST_POOLS = 1000;

/** @param source the file's name */
export function parsePhpFpmConfiguration(text: string, source: string): PhpFpmConfiguration {
  const pools: PoolConfiguration[] = [];
  const includes: string[] = [];
  let section = '';
  let values = new Map<string, string>();
  const close = () => {
    const listen = values.get('listen');
    if (section !== '' && section !== 'global' && listen && pools.length < MOST_POOLS) {
      pools.push(poolOf(section, listen, values, source));
    }
    values = new Map();
  };
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line === '' || line.startsWith(';') || line.startsWith('#')) continue;
    const head = /^\[([^\]]{1,200})\]/.exec(line);
    if (head) {
      close();
      section = head[1].trim();
      continue;
    }
    const pair = /^([a-z_.]+(?:\[[^\]]*\])?)\s*=\s*(.*)$/i.exec(line);
    if (!pair) continue;
    const value = unquoted(pair[2]).replaceAll('$pool', section);
    if (pair[1] === 'include') includes.push(value);
    else values.set(pair[1], value);
  }
  close();
  return { pools, includes };
}

function poolOf(pool: string, listen: string, values: ReadonlyMap<string, string>, source: string): PoolConfiguration {
  const number = (name: string) => {
    const value = values.get(name) ?? '';
    return /^-?\d+$/.test(value) ? Number(value) : Number.NaN;
  };
  return {
    source,
    pool,
    listen,
    manager: values.get('pm') ?? '',
    maxChildren: number('pm.max_children'),
    // php-fpm's default on Linux: as much as the kernel gives.
    backlog: values.has('listen.backlog') ? number('listen.backlog') : -1,
    statusPath: values.get('pm.status_path') ?? '',
    statusListen: values.get('pm.status_listen') ?? '',
  };
}

function unquoted(text: string): string {
  const quoted = /^"([^"]*)"|^'([^']*)'/.exec(text);
  if (quoted) return quoted[1] ?? quoted[2];
  return text.replace(/\s+[;#].*$/, '').trim();
}

/** php-fpm's way to name an address, as ours: `unix:/run/x.sock`, `127.0.0.1:9000`, `[::]:9000`. */
export function poolAddress(listen: string): string | undefined {
  if (listen.startsWith('/')) return `unix:${listen}`;
  // A port alone is every address of the host, IPv6 included.
  if (/^\d{1,5}$/.test(listen)) return `[::]:${listen}`;
  return /^(\[[0-9a-fA-F:.]+\]|[^:[\]/\s]+):\d{1,5}$/.test(listen) ? listen : undefined;
}
