// `npm run bench -- tap`: the tap side by side with other relays, in turns, against the same application and load.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { median } from '../../../src/analysis/queue-likelihood.js';
import { request } from '../../support/fastcgi-messages.js';
import { projectRoot } from '../../support/paths.js';
import { compile, gcc } from '../../support/peers/compiler.js';
import { findProgram } from '../../support/peers/programs.js';
import { type Row, row } from '../targets.js';
import { memoryOf, missingRelay, type RelayName, type StartedRelay, startRelayProcess } from './relays.js';

interface Load {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly bytes: number;
}

type Round = Partial<Record<RelayName, Load>>;

export interface TapBench {
  readonly rows: Row[];
  /** By workload, a round each. */
  readonly measured: Record<string, readonly Round[]>;
  readonly notes: string[];
}

interface Work {
  readonly label: string;
  readonly mode: 'kept' | 'short';
  readonly atOnce: number;
  /** Bytes of an answer's body. */
  readonly body: number;
}

const OTHERS: readonly RelayName[] = ['direct', 'nginx stream', 'haproxy', 'socat', 'tap'];
/** Nobody beside these two: socat, which makes a process a connection, would leave the machine to one and not to the other. */
const WITH_AND_WITHOUT: readonly RelayName[] = ['tap', 'relay only'];

const KEPT: Work = { label: 'tap, kept connection', mode: 'kept', atOnce: 1, body: 64 };
const BUSY: Work = { label: 'tap, kept, 16 at once', mode: 'kept', atOnce: 16, body: 64 };
const BULK: Work = { label: 'tap, bulk', mode: 'kept', atOnce: 1, body: 64 << 20 };
const SHORT: Work = { label: 'tap, new connections', mode: 'short', atOnce: 16, body: 64 };

const CONNECTIONS = 9000;
/** Milliseconds of load before anything is counted: machine code is made meanwhile. */
const WARM_UP = 3000;

/** What asks and what answers, compiled, and requests in files. */
interface Peers {
  readonly load: string;
  readonly application: string;
  /** That of a kept connection, and that of a new one. */
  request(kept: boolean): string;
  remove(): void;
}

export async function benchTap(runs: number, quick: boolean, tell: (line: string) => void): Promise<TapBench> {
  if (findProgram(gcc) === undefined) throw new Error('gcc is not installed: the load and the application are in C');
  const peers = await makePeers();
  try {
    return await benchWith(peers, runs, quick, tell);
  } finally {
    peers.remove();
  }
}

async function benchWith(peers: Peers, runs: number, quick: boolean, tell: (line: string) => void): Promise<TapBench> {
  const measured: Record<string, Round[]> = {};
  const notes = new Set<string>();
  const milliseconds = quick ? 500 : 1500;
  const rounds = quick ? 2 : 4 * runs;
  const measure = async (work: Work, relays: readonly RelayName[], count: number) => {
    const made = await compare(peers, work, relays, count, milliseconds, tell, notes);
    measured[`${work.label}: ${relays.join(', ')}`] = made;
    return made;
  };
  const kept = await measure(KEPT, OTHERS, rounds / 2);
  const bulk = await measure(BULK, OTHERS, rounds / 2);
  const short = await measure(SHORT, OTHERS, rounds / 2);
  const rows: Row[] = [];
  const add = (value: number, target: Parameters<typeof row>[0]) => {
    if (Number.isFinite(value)) rows.push(row(target, value));
  };
  const less = { better: 'less', unit: 'x' } as const;
  const more = { better: 'more', unit: 'x' } as const;
  // Each round is compared with itself: the machine is not the same in the next one.
  const added = (round: Round, name: RelayName) => (round[name]?.p50 ?? Number.NaN) - (round.direct?.p50 ?? Number.NaN);
  add(median(kept.map((round) => added(round, 'tap') / added(round, 'nginx stream')).filter(Number.isFinite)), {
    ...less,
    workload: KEPT.label,
    what: 'added p50 of nginx stream',
    atLeast: 1.25,
  });
  const ratio = (of: readonly Round[], name: RelayName, key: 'rate' | 'bytes') =>
    median(
      of.map((round) => (round.tap?.[key] ?? Number.NaN) / (round[name]?.[key] ?? Number.NaN)).filter(Number.isFinite),
    );
  add(ratio(bulk, 'haproxy', 'bytes'), { ...more, workload: BULK.label, what: 'MB/s of haproxy', atLeast: 1 });
  add(ratio(short, 'nginx stream', 'rate'), {
    ...more,
    ...{ workload: SHORT.label, what: 'requests/s of nginx stream', atLeast: 0.4, aim: 0.55 },
  });
  const analysed = async (work: Work, target: { atLeast?: number; aim?: number }) =>
    add(ratio(await measure(work, WITH_AND_WITHOUT, rounds), 'relay only', 'rate'), {
      ...more,
      ...{ workload: work.label, what: 'requests/s without analysis', ...target },
    });
  await analysed(KEPT, { atLeast: 0.85 });
  await analysed(SHORT, { atLeast: 0.85 });
  // An aim only: on two processors load, relay and application fill both, and any other thread takes more from them than
  // its time (ARCHITECTURE.md, "The analysis gives way").
  await analysed(BUSY, { aim: 0.85 });
  const count = quick ? CONNECTIONS / 10 : CONNECTIONS;
  add((await memoryOfConnections(peers, count)) / count / 1024, {
    ...{ better: 'less', unit: 'kB', atLeast: 12 },
    ...{ workload: `tap, ${count} connections`, what: 'memory of each' },
  });
  return { rows, measured, notes: [...notes] };
}

async function makePeers(): Promise<Peers> {
  const folder = mkdtempSync(join(tmpdir(), 'fcgi-inspect-bench-'));
  const source = (name: string) => join(projectRoot, 'test', 'bench', 'tap', `${name}.c`);
  const requestFile = (kept: boolean) => join(folder, kept ? 'kept' : 'new');
  for (const kept of [true, false])
    writeFileSync(requestFile(kept), request({ uri: '/bench.php?n=1', keepConn: kept }));
  return {
    load: await compile(source('load'), join(folder, 'load')),
    application: await compile(source('application'), join(folder, 'application')),
    request: requestFile,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/**
 * All relays stand side by side and get their load in turns, so that each round finds the machine the same for all of
 * them; every second round turns the order around, as who comes after whom matters too.
 */
async function compare(
  peers: Peers,
  work: Work,
  names: readonly RelayName[],
  rounds: number,
  milliseconds: number,
  tell: (line: string) => void,
  notes: Set<string>,
): Promise<Round[]> {
  const application = await startApplication(peers, [String(work.body)]);
  const relays: StartedRelay[] = [];
  const load = (relay: StartedRelay, ...times: readonly number[]) =>
    runLoad(peers, [
      String(relay.port),
      work.mode,
      ...[work.atOnce, ...times, application.length].map(String),
      peers.request(work.mode === 'kept'),
    ]);
  try {
    for (const name of names) {
      const reason = missingRelay(name);
      if (reason !== undefined) notes.add(`${name} skipped: ${reason}`);
      else relays.push(await startRelayProcess(name, application.port));
    }
    for (const relay of relays) await load(relay, 0, WARM_UP);
    const measured: Round[] = [];
    for (let count = 0; count < rounds; count++) {
      const round: Round = {};
      for (const relay of count % 2 === 0 ? relays : relays.toReversed()) {
        const figures = await load(relay, 100, milliseconds);
        round[relay.name] = figures;
        const { rate, p50, bytes } = figures;
        tell(
          `${work.label} ${relay.name}: ${Math.round(rate)} requests/s, p50 ${p50} µs, ${(bytes / 1e6).toFixed(0)} MB/s`,
        );
      }
      measured.push(round);
    }
    return measured;
  } finally {
    for (const relay of relays) relay.stop();
    application.process.kill();
  }
}

/** Bytes that so many open connections take in the tap beyond what it has without any. */
async function memoryOfConnections(peers: Peers, count: number): Promise<number> {
  const application = await startApplication(peers, ['64', 'hold']);
  const relay = await startRelayProcess('tap', application.port);
  const open = (connections: number) =>
    spawn(
      peers.load,
      [String(relay.port), 'idle', String(connections), '0', '0', String(application.length), peers.request(true)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
  try {
    // One connection first, so that everything is loaded.
    const first = open(1);
    await firstLine(first);
    first.kill();
    const before = memoryOf(relay.pid!);
    const load = open(count);
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
  peers: Peers,
  args: readonly string[],
): Promise<{ process: ChildProcess; port: number; length: number }> {
  const child = spawn(peers.application, [...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port, length] = (await firstLine(child)).split(' ').map(Number);
  return { process: child, port, length };
}

async function runLoad(peers: Peers, args: readonly string[]): Promise<Load> {
  const child = spawn(peers.load, [...args], { stdio: ['ignore', 'pipe', 'inherit'] });
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
