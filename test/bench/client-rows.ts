// The FastCGI client beside others: the processor time of a small request over kept connections, against php-fpm and a
// libfcgi program.
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { projectRoot } from '../support/paths.js';
import { gcc } from '../support/peers/compiler.js';
import { compileApplication, libfcgi, spawnApplication, spawnFcgi } from '../support/peers/libfcgi.js';
import { phpFpm, startPhpFpm } from '../support/peers/php-fpm.js';
import { missingPrograms, type Program } from '../support/peers/programs.js';
import { ss } from '../support/peers/sockets.js';
import { Stage } from '../support/peers/stage.js';
import type { ClientKind } from './client-process.js';
import { type Row, row } from './targets.js';

const CLIENT = fileURLToPath(new URL('./client-process.js', import.meta.url));
const run = promisify(execFile);

interface Application {
  readonly name: string;
  readonly programs: readonly Program[];
  readonly connections: number;
  /** Starts it; returns its address and the script to name. */
  start(stage: Stage): Promise<{ readonly address: string; readonly script: string }>;
}

const APPLICATIONS: readonly Application[] = [
  {
    name: 'php-fpm',
    programs: [phpFpm, ss],
    connections: 4,
    async start(stage) {
      const script = stage.file('hello.php', '<?php header("Content-Type: text/plain"); echo "hello\\n";');
      const { endpoint } = await startPhpFpm(stage, { children: 4 });
      return { address: endpoint, script };
    },
  },
  {
    name: 'libfcgi',
    programs: [gcc, libfcgi, spawnFcgi, ss],
    connections: 1,
    async start(stage) {
      const program = await compileApplication(stage, 'hello', ['fcgi']);
      const { endpoint } = await spawnApplication(stage, program);
      return { address: endpoint, script: '/hello' };
    },
  },
];

/** The least CPU time a request took in so many runs, in microseconds. */
async function least(
  kind: ClientKind,
  address: string,
  connections: number,
  count: number,
  script: string,
): Promise<number> {
  const { stdout } = await run(process.execPath, [CLIENT, kind, address, String(connections), String(count), script]);
  return (JSON.parse(stdout) as { microseconds: number }).microseconds;
}

function hasNpmClient(): boolean {
  try {
    createRequire(`${process.env.FCGI_INSPECT_BENCH_MODULES ?? projectRoot}/`).resolve('fastcgi-client');
    return true;
  } catch {
    return false;
  }
}

/** @param size share of the usual number of requests. */
export async function clientRows(
  runs: number,
  size: number,
  tell: (line: string) => void,
): Promise<{ readonly rows: readonly Row[]; readonly notes: readonly string[] }> {
  const rows: Row[] = [];
  const notes: string[] = [];
  const kinds: ClientKind[] = ['floor', 'request', 'exchange'];
  if (hasNpmClient()) kinds.push('fastcgi-client');
  else notes.push('fastcgi-client skipped: not installed (npm install --no-save fastcgi-client)');
  for (const application of APPLICATIONS) {
    const missing = missingPrograms(...application.programs);
    if (missing !== false) {
      notes.push(`client with ${application.name} skipped: ${missing}`);
      continue;
    }
    const ends: (() => unknown)[] = [];
    const stage = new Stage({ name: 'bench', after: (end: () => unknown) => ends.push(end) } as unknown as TestContext);
    try {
      const { address, script } = await application.start(stage);
      const best = new Map<ClientKind, number>();
      for (let turn = 0; turn < runs; turn++) {
        for (const kind of kinds) {
          const count = Math.ceil((kind === 'fastcgi-client' ? 5000 : 40_000) * size);
          const microseconds = await least(kind, address, application.connections, count, script);
          best.set(kind, Math.min(microseconds, best.get(kind) ?? Number.POSITIVE_INFINITY));
          tell(`client ${application.name} ${kind}: ${microseconds.toFixed(1)} µs of CPU a request`);
        }
      }
      const workload = `client, ${application.name}`;
      for (const kind of ['request', 'exchange'] as const) {
        const value = best.get(kind)! / best.get('floor')!;
        rows.push(
          row({ workload, what: `CPU of ${kind}() against a floor`, better: 'less', atLeast: 1.6, unit: 'x' }, value),
        );
      }
      const npm = best.get('fastcgi-client');
      if (npm !== undefined) {
        const what = 'request() less CPU than fastcgi-client';
        rows.push(row({ workload, what, better: 'more', atLeast: 4, unit: 'x' }, npm / best.get('request')!));
      }
    } finally {
      for (const end of ends) await end();
    }
  }
  return { rows, notes };
}
