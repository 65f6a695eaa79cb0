// Where one scenario plays: a folder, an address on the loopback interface, free ports, and the daemons that were
// started. Everything is gone when the test is over, however it ended.
import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Daemon, type DaemonOptions } from './daemon.js';

export interface StageOptions {
  /** Default: an address in 127.64.0.0/10 that belongs to this process. */
  readonly address?: string;
}

const given = new Set<string>();

export class Stage {
  /** Readable and writable for daemons that run as somebody else. */
  readonly folder: string;
  readonly address: string;
  private readonly daemons: Daemon[] = [];
  private readonly closers: (() => unknown)[] = [];

  constructor(
    private readonly context: TestContext,
    options: StageOptions = {},
  ) {
    this.folder = mkdtempSync(join(tmpdir(), 'fcgi-inspect-stage-'));
    chmodSync(this.folder, 0o777);
    this.address = options.address ?? ownAddress();
    context.after(() => this.close());
  }

  /** `host:port` on a port that the kernel chose and that no other stage of this process gets. */
  async endpoint(): Promise<string> {
    for (;;) {
      const endpoint = hostAndPort(this.address, await freePort(this.address));
      if (given.has(endpoint)) continue;
      given.add(endpoint);
      return endpoint;
    }
  }

  /** Consecutive ports; returns the first endpoint of them and the others. */
  async consecutiveEndpoints(count: number): Promise<string[]> {
    for (;;) {
      const first = await this.endpoint();
      const { port } = endpointParts(first);
      const endpoints = Array.from({ length: count }, (_, index) => hostAndPort(this.address, port + index));
      const others = endpoints.slice(1);
      if (others.some((endpoint) => given.has(endpoint)) || !(await areFree(others))) continue;
      for (const endpoint of others) given.add(endpoint);
      return endpoints;
    }
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Writes a file into the folder. Returns its path. */
  file(name: string, content: string): string {
    const path = this.path(name);
    writeFileSync(path, content);
    return path;
  }

  start(command: string, args: readonly string[], options: Omit<DaemonOptions, 'output'> = {}): Daemon {
    const name = command.replace(/.*\//, '');
    const output = this.path(`${name}-${this.daemons.length}.output`);
    const daemon = Daemon.start(command, args, { ...options, output });
    this.daemons.push(daemon);
    return daemon;
  }

  /** Runs at the end of the test, before the daemons are stopped. */
  atEnd(closer: () => unknown): void {
    this.closers.push(closer);
  }

  /** Stops the daemons, the last one first: web servers before the applications behind them. */
  async stopDaemons(): Promise<void> {
    const failures: unknown[] = [];
    for (let daemon = this.daemons.pop(); daemon !== undefined; daemon = this.daemons.pop())
      await daemon.stop().catch((error) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  private async close(): Promise<void> {
    try {
      for (const closer of this.closers) await closer();
      await this.stopDaemons();
    } finally {
      // To look into what failed: configurations, logs and the capture.
      const keep = process.env.FCGI_INSPECT_KEEP;
      if (keep) cpSync(this.folder, join(keep, this.context.name.replace(/\W+/g, '-')), { recursive: true });
      rmSync(this.folder, { recursive: true, force: true });
    }
  }
}

/** `127.0.0.1:9000`, `[::1]:9000`. */
function hostAndPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Processes that test at the same time meet on no address, and so on no port. */
function ownAddress(): string {
  const { pid } = process;
  return `127.${64 + ((pid >>> 16) & 63)}.${(pid >>> 8) & 255}.${pid & 255}`;
}

async function areFree(endpoints: readonly string[]): Promise<boolean> {
  for (const { host, port } of endpoints.map(endpointParts)) {
    if (port > 65535) return false;
    if ((await freePort(host, port).catch(() => undefined)) === undefined) return false;
  }
  return true;
}

function freePort(address: string, wanted = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(wanted, address, () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** The two parts of an endpoint; an IPv6 address without its brackets. */
export function endpointParts(endpoint: string): { readonly host: string; readonly port: number } {
  const colon = endpoint.lastIndexOf(':');
  return { host: endpoint.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(endpoint.slice(colon + 1)) };
}
