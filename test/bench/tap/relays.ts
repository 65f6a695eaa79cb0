// The relays that are compared: the product, its relay without analysis, and nginx, haproxy and socat where installed.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectRoot } from '../../support/paths.js';

export type RelayName = 'direct' | 'tap' | 'relay only' | 'nginx stream' | 'haproxy' | 'socat';

export interface StartedRelay {
  readonly name: RelayName;
  readonly port: number;
  /** Processes whose memory and CPU are the relay's. */
  readonly pid: number | undefined;
  stop(): void;
}

const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';
const relayOnly = fileURLToPath(new URL('./relay-only.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'fcgi-inspect-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** Why a relay cannot run here, or undefined. */
export function missingRelay(name: RelayName): string | undefined {
  const program = { 'nginx stream': 'nginx', haproxy: 'haproxy', socat: 'socat' }[name as string];
  if (program === undefined) return undefined;
  const option = program === 'socat' ? '-V' : '-v';
  if (spawnSync(program, [option], { stdio: 'ignore' }).error !== undefined) return `${program} is not installed`;
  if (program === 'nginx' && !existsSync(STREAM_MODULE))
    return 'its stream module (libnginx-mod-stream) is not installed';
  return undefined;
}

/** Starts it in front of the application's port, and waits until it listens. */
export async function startRelayProcess(name: RelayName, application: number): Promise<StartedRelay> {
  if (name === 'direct') return { name, port: application, pid: undefined, stop: () => {} };
  const port = await freePort();
  const [program, ...args] = commandOf(name, port, application);
  const child = spawn(program, args, { stdio: 'ignore' });
  await listening(port);
  const worker = name === 'nginx stream' ? childOf(child.pid!) : child.pid;
  return { name, port, pid: worker, stop: () => stop(child) };
}

function commandOf(name: RelayName, port: number, application: number): readonly string[] {
  const listen = `127.0.0.1:${port}`;
  const to = `127.0.0.1:${application}`;
  switch (name) {
    case 'tap': {
      const options = ['--format', 'json', '--quiet', '-o', '/dev/null', '--grace', '0'];
      return [
        process.execPath,
        join(projectRoot, 'bin', 'fcgi-inspect.js'),
        'tap',
        '-l',
        listen,
        '--to',
        to,
        ...options,
      ];
    }
    case 'relay only':
      return [process.execPath, relayOnly, String(port), String(application)];
    case 'nginx stream': {
      const file = join(folder, `nginx-${port}.conf`);
      const servers = `server { listen ${listen} backlog=4096; proxy_pass ${to}; }`;
      const events = 'worker_processes 1; events { worker_connections 20000; }';
      const files = `pid ${file}.pid; error_log ${file}.log;`;
      writeFileSync(file, `load_module ${STREAM_MODULE}; daemon off; ${files} ${events} stream { ${servers} }\n`);
      return ['nginx', '-c', file, '-e', `${file}.log`];
    }
    case 'haproxy': {
      const file = join(folder, `haproxy-${port}.cfg`);
      const global =
        'global\n  nbthread 1\n  maxconn 4000\ndefaults\n  mode tcp\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n';
      writeFileSync(file, `${global}listen tap\n  bind ${listen}\n  server app ${to}\n`);
      return ['haproxy', '-db', '-f', file];
    }
    default:
      return ['socat', `TCP-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr,backlog=511,nodelay`, `TCP:${to},nodelay`];
  }
}

/** Resident memory of a process in bytes. */
export function memoryOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

function stop(child: ChildProcess): void {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), 1000).unref();
}

function childOf(pid: number): number {
  const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' });
  return Number(stdout.trim().split('\n')[0]) || pid;
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port });
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on port ${port}`);
}
