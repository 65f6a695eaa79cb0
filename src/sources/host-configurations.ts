// php-fpm's configuration files, found through the titles of its masters: what each pool listens on and asks for.
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isWildcard, splitEndpoint } from '../host/host-address.js';
import { type PoolConfiguration, parsePhpFpmConfiguration, poolAddress } from '../host/php-fpm-configuration.js';
import type { ProcessSample } from '../model/host-sample.js';
import { readSmall } from './host-files.js';

const MOST_FILES = 500;
const MASTER = /^php-fpm: master process \((.+)\)/;

export class HostConfigurations {
  private readonly read = new Map<string, readonly PoolConfiguration[]>();

  /** @param root in front of every path: the file system of a container, or '' */
  constructor(private readonly root: string) {}

  /** Reads the files of masters that are new. */
  learn(processes: readonly Pick<ProcessSample, 'title'>[]): void {
    for (const { title } of processes) {
      const path = MASTER.exec(title)?.[1];
      if (path !== undefined && !this.read.has(path)) this.read.set(path, this.load(path));
    }
  }

  get pools(): readonly PoolConfiguration[] {
    return [...this.read.values()].flat();
  }

  /** The pool that listens on `host:port` or `unix:/path`. */
  of(address: string): PoolConfiguration | undefined {
    return this.pools.find(({ listen }) => isSame(poolAddress(listen), address));
  }

  private load(path: string): readonly PoolConfiguration[] {
    const pools: PoolConfiguration[] = [];
    const pending = [path];
    const seen = new Set<string>();
    while (pending.length > 0 && seen.size < MOST_FILES) {
      const file = pending.shift()!;
      if (seen.has(file)) continue;
      seen.add(file);
      const text = readSmall(this.root + file);
      if (text === undefined) continue;
      const configuration = parsePhpFpmConfiguration(text, file);
      pools.push(...configuration.pools);
      for (const pattern of configuration.includes) pending.push(...this.matching(join(dirname(file), '/'), pattern));
    }
    return pools;
  }

  /** Files of a pattern such as `/etc/php/8.2/fpm/pool.d/*.conf`: php-fpm's own use of glob, stars in the last part. */
  private matching(folder: string, pattern: string): string[] {
    const path = pattern.startsWith('/') ? pattern : join(folder, pattern);
    if (!/[*?]/.test(path)) return [path];
    const name = path.slice(dirname(path).length + 1);
    const expression = new RegExp(
      `^${name
        .replace(/[.+^${}()|[\]\\]/g, '\\$&')
        .replace(/\*/g, '.*')
        .replace(/\?/g, '.')}$`,
    );
    try {
      return readdirSync(this.root + dirname(path))
        .filter((each) => expression.test(each))
        .sort()
        .map((each) => join(dirname(path), each));
    } catch {
      return [];
    }
  }
}

/** The same listener: the same path; or the same port, and the same host where both name one. */
function isSame(listen: string | undefined, address: string): boolean {
  if (listen === undefined || listen === address) return listen === address;
  if (listen.startsWith('unix:') || address.startsWith('unix:')) return false;
  const one = splitEndpoint(listen);
  const other = splitEndpoint(address);
  if (!one || !other || one.port !== other.port) return false;
  return one.address === other.address || isWildcard(one.address) || isWildcard(other.address);
}
