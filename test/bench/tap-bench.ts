// `npm run bench -- tap`: the tap side by side with other relays, in turns, against the same application and load.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { bench, memoryOf, missingRelay, type RelayName, startRelayProcess } from './tap-relays.js';
import { type Row, row } from './targets.js';

interface Load {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly bytes: number;
}

export interface TapBench {
  readonly rows: Row[];
  readonly measured: Record<string, Partial<Record<RelayName, Load>>>;
  readonly notes: string[];
}

interface Work {
  readonly label: string;
  readonly mode: 'kept' | 'short';
  readonly atOnce: number;
  /** Bytes of an answer's body. */
  readonly body: number;
  readonly relays: readonly RelayName[];
}

const OTHERS: readonly RelayName[] = ['direct', 'nginx stream', 'haproxy', 'socat', 'tap'];
const WORKS: readonly Work[] = [
  { label: 'tap, kept connection', mode: 'kept', atOnce: 1, body: 64, relays: OTHERS },
  { label: 'tap, kept, 16 at once', mode: 'kept', atOnce: 16, body: 64, relays: ['tap', 'relay only'] },
  { label: 'tap, bulk', mode: 'kept', atOnce: 1, body: 64 << 20, relays: OTHERS },
  { label: 'tap, new connections', mode: 'short', atOnce: 16, body: 64, relays: [...OTHERS, 'relay only'] },
];

const CONNECTIONS = 9000;

export async function benchTap(runs: number, quick: boolean, tell: (line: string) => void): Promise<TapBench> {
  const measured: TapBench['measured'] = {};
  const notes = new Set<string>();
  const seconds = quick ? 1 : 3;
  for (const work of WORKS) measured[work.label] = await compare(work, runs, seconds, tell, notes);
  const rows: Row[] = [];
  const add = (value: number, target: Parameters<typeof row>[0]) => {
    if (Number.isFinite(value)) rows.push(row(target, value));
  };
  const [kept, busy, bulk, short] = WORKS.map(({ label }) => measured[label]);
  const less = { better: 'less', unit: 'x' } as const;
  const more = { better: 'more', unit: 'x' } as const;
  const added = (name: RelayName) => (kept[name]?.p50 ?? Number.NaN) - (kept.direct?.p50 ?? Number.NaN);
  add(added('tap') / added('nginx stream'), {
    ...less,
    workload: WORKS[0].label,
    what: 'added p50 of nginx stream',
    atLeast: 1.25,
  });
  const ratio = (of: typeof kept, name: RelayName, key: 'rate' | 'bytes') =>
    (of.tap?.[key] ?? Number.NaN) / (of[name]?.[key] ?? Number.NaN);
  add(ratio(bulk, 'haproxy', 'bytes'), { ...more, workload: WORKS[2].label, what: 'MB/s of haproxy', atLeast: 1 });
  add(ratio(short, 'nginx stream', 'rate'), {
    ...more,
    ...{ workload: WORKS[3].label, what: 'requests/s of nginx stream', atLeast: 0.4, aim: 0.55 },
  });
  for (const [of, { label }] of [[busy, WORKS[1]] as const, [short, WORKS[3]] as const])
    add(ratio(of, 'relay only', 'rate'), {
      ...more,
      workload: label,
      what: 'requests/s without analysis',
      atLeast: 0.85,
    });
  const count = quick ? CONNECTIONS / 10 : CONNECTIONS;
  add((await memoryOfConnections(count)) / count / 1024, {
    ...{ better: 'less', unit: 'kB', atLeast: 12 },
    ...{ workload: `tap, ${count} connections`, what: 'memory of each' },
  });
  return { rows, measured, notes: [...notes] };
}

async function compare(
  work: Work,
  runs: number,
  seconds: number,
  tell: (line: string) => void,
  notes: Set<string>,
): Promise<Partial<Record<RelayName, Load>>> {
  const best: Partial<Record<RelayName, Load>> = {};
  const application = await startApplication([String(work.body)]);
  try {
    for (let turn = 0; turn < runs; turn++) {
      for (const name of work.relays) {
        const reason = missingRelay(name);
        if (reason !== undefined) {
          notes.add(`${name} skipped: ${reason}`);
          continue;
        }
        const relay = await startRelayProcess(name, application.port);
        try {
          const load = await runLoad([
            String(relay.port),
            work.mode,
            String(work.atOnce),
            String(seconds),
            String(application.length),
          ]);
          tell(
            `${work.label} ${name}: ${Math.round(load.rate)} requests/s, p50 ${load.p50} µs, ${(load.bytes / 1e6).toFixed(0)} MB/s`,
          );
          const before = best[name];
          best[name] = before === undefined ? load : better(before, load);
        } finally {
          relay.stop();
        }
      }
    }
  } finally {
    application.process.kill();
  }
  return best;
}

/** The best of each figure: what the machine did meanwhile only makes them worse. */
function better(a: Load, b: Load): Load {
  return {
    rate: Math.max(a.rate, b.rate),
    p50: Math.min(a.p50, b.p50),
    p99: Math.min(a.p99, b.p99),
    bytes: Math.max(a.bytes, b.bytes),
  };
}

/** Bytes that so many open connections take in the tap beyond what it has without any. */
async function memoryOfConnections(count: number): Promise<number> {
  const application = await startApplication(['64', 'hold']);
  const relay = await startRelayProcess('tap', application.port);
  try {
    // One connection first, so that everything is loaded.
    await runLoad([String(relay.port), 'short', '1', '1', '64']).catch(() => undefined);
    const before = memoryOf(relay.pid!);
    const load = spawn(process.execPath, [bench('tap-load'), String(relay.port), 'idle', String(count), '0', '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await firstLine(load);
      return memoryOf(relay.pid!) - before;
    } finally {
      load.kill();
    }
  } finally {
    relay.stop();
    application.process.kill();
  }
}

async function startApplication(
  args: readonly string[],
): Promise<{ process: ChildProcess; port: number; length: number }> {
  const child = spawn(process.execPath, [bench('tap-application'), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port, length] = (await firstLine(child)).split(' ').map(Number);
  return { process: child, port, length };
}

async function runLoad(args: readonly string[]): Promise<Load> {
  const child = spawn(process.execPath, [bench('tap-load'), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  return JSON.parse(await firstLine(child)) as Load;
}

async function firstLine(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout! });
  const [line] = (await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(() => {
      throw new Error('it ended without a word');
    }),
  ])) as [string];
  return line;
}
