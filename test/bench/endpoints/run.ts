// `npm run bench -- endpoints`: our server side by side with others in the same run. On kept connections CPU a request is
// compared, the steadier figure; on new ones requests a second.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectRoot } from '../../support/paths.js';
import { type Row, row } from '../targets.js';
import { type Load, loadFromC, loadFromNode } from './load.js';
import { benchPackage, goServer, libfcgiServer, type PeerCommand, phpServer } from './peers.js';
import { cpuOf, freePort, memoryOf, type RunningServer, startServer, stopServer } from './processes.js';
import { cannedRequest } from './wire.js';

export interface EndpointFigures {
  /** Requests a second: the most of all rounds. */
  readonly rate: number;
  /** Microseconds of CPU a request: the least of all rounds. */
  readonly cpu: number;
}

export interface EndpointBench {
  readonly rows: Row[];
  readonly measured: Record<string, Record<string, EndpointFigures>>;
  readonly notes: string[];
}

export interface EndpointBenchOptions {
  readonly rounds: number;
  /** Milliseconds of each measurement. */
  readonly time: number;
  readonly tell: (line: string) => void;
}

const own = (name: string) => fileURLToPath(new URL(`./${name}.js`, import.meta.url));
const BUNDLE = join(projectRoot, 'dist', 'bundle');
const CONNECTIONS = 16;

type Figures = Partial<Record<string, EndpointFigures>>;

export async function benchEndpoints({ rounds, time, tell }: EndpointBenchOptions): Promise<EndpointBench> {
  const folder = mkdtempSync(join(tmpdir(), 'fcgi-inspect-bench-endpoints-'));
  // php-fpm's workers are somebody else.
  chmodSync(folder, 0o755);
  const notes: string[] = [];
  const rows: Row[] = [];
  const running = new Map<string, RunningServer>();
  try {
    for (const [name, command] of Object.entries(await commands(folder))) {
      if ('missing' in command) notes.push(`${name} skipped: ${command.missing}`);
      else running.set(name, await startServer(command));
    }
    const fast = await loadFromC(folder);
    if (!fast)
      notes.push('new connections are compared by CPU: without a C compiler the load is slower than the servers');
    const short = await servers(running, rounds, time, 'new connections', fast ?? loadFromNode(false), tell);
    // One process of libfcgi serves one kept connection at a time, php-fpm four: they are not compared here.
    const kept = await servers(running, rounds, time, 'kept', loadFromNode(true), tell, ['libfcgi', 'php-fpm']);
    rows.push(...compared('server, kept', kept, KEPT), ...compared('server, new connections', short, SHORT, !fast));
    rows.push(await unreadRow(running.get('fcgi-inspect')!));
    const measured = { 'server, kept': kept, 'server, new connections': short };
    return { rows, measured: measured as EndpointBench['measured'], notes };
  } finally {
    for (const server of running.values()) await stopServer(server);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function commands(folder: string): Promise<Record<string, PeerCommand | { missing: string }>> {
  const node = (which: string, where: string): PeerCommand => ({
    program: process.execPath,
    args: ['--no-deprecation', own('server-process'), which, where],
  });
  const nodeFastcgi = benchPackage('node-fastcgi');
  return {
    'fcgi-inspect': node('fcgi-inspect', BUNDLE),
    canned: node('canned', BUNDLE),
    'node-fastcgi': 'missing' in nodeFastcgi ? nodeFastcgi : node('node-fastcgi', nodeFastcgi.folder),
    libfcgi: libfcgiServer(folder, await freePort()),
    'php-fpm': phpServer(folder, await freePort()),
    go: goServer(folder),
  };
}

async function servers(
  running: ReadonlyMap<string, RunningServer>,
  rounds: number,
  time: number,
  what: string,
  load: Load,
  tell: (line: string) => void,
  without: readonly string[] = [],
): Promise<Figures> {
  const figures: Figures = {};
  // Round by round, so that a slow minute of the machine meets all of them. The first one warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const [name, server] of running) {
      if (without.includes(name)) continue;
      const length = round === 0 ? Math.min(500, time) : time;
      const before = cpuOf(server.child.pid!);
      const { requests, failures } = await load(server, CONNECTIONS, length);
      if (round === 0) continue;
      const cpu = (cpuOf(server.child.pid!) - before) / requests;
      tell(
        `server ${what} ${name}: ${Math.round((requests / length) * 1000)} requests/s, ${cpu.toFixed(1)} µs each${failures > 0 ? `, ${failures} failed` : ''}`,
      );
      figures[name] = best(figures[name], { rate: (requests / length) * 1000, cpu });
    }
  }
  return figures;
}

function best(before: EndpointFigures | undefined, now: EndpointFigures): EndpointFigures {
  return before ? { rate: Math.max(before.rate, now.rate), cpu: Math.min(before.cpu, now.cpu) } : now;
}

/** What is to be reached: `more` times better than a peer, or `less` than so many times the floor's. */
interface EndpointTarget {
  readonly peer: string;
  readonly what: string;
  readonly by: keyof EndpointFigures;
  readonly better: 'more' | 'less';
  readonly atLeast: number;
}

const KEPT: readonly EndpointTarget[] = [
  { peer: 'node-fastcgi', what: 'less CPU a request than node-fastcgi', by: 'cpu', better: 'more', atLeast: 8 },
  { peer: 'go', what: 'less CPU a request than Go net/http/fcgi', by: 'cpu', better: 'more', atLeast: 1 },
  { peer: 'canned', what: 'CPU a request of the canned floor', by: 'cpu', better: 'less', atLeast: 2.2 },
];
const SHORT: readonly EndpointTarget[] = [
  { peer: 'node-fastcgi', what: "requests a second, of node-fastcgi's", by: 'rate', better: 'more', atLeast: 3 },
  { peer: 'libfcgi', what: "requests a second, of libfcgi C's", by: 'rate', better: 'more', atLeast: 0.5 },
];

/** @param byCpu compares CPU where requests a second are no measure of the server */
function compared(workload: string, figures: Figures, targets: readonly EndpointTarget[], byCpu = false): Row[] {
  const product = figures['fcgi-inspect'];
  return targets.flatMap(({ peer, what, by, better, atLeast }) => {
    const other = figures[peer];
    if (!product || !other) return [];
    const cost = by === 'rate' && !byCpu ? other.rate / product.rate : product.cpu / other.cpu;
    const asked = by === 'rate' && byCpu ? `${what}, by CPU` : what;
    return [row({ workload, what: asked, better, atLeast, unit: 'x' }, better === 'more' ? 1 / cost : cost)];
  });
}

/** An endless answer that nobody reads: how much the server's memory grows. */
async function unreadRow({ child, port }: RunningServer): Promise<Row> {
  const before = memoryOf(child.pid!);
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.pause();
  socket.write(cannedRequest(true, '/endless'));
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const grown = Math.max(0, memoryOf(child.pid!) - before);
  socket.destroy();
  return row(
    { workload: 'server, unread answer', what: 'memory grows by', better: 'less', atLeast: 16, unit: 'MB' },
    grown / 1e6,
  );
}
