// `npm run bench`: how fast the product reads big captures, and how fast its server and client are, side by side with other
// programs in the same run.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { clientRows } from './client-rows.js';
import { type ContenderName, missing, run } from './contenders.js';
import { benchPackage } from './endpoints/peers.js';
import { benchEndpoints } from './endpoints/run.js';
import { cacheFolder, type GeneratedCapture, generated, type WorkloadName } from './generate.js';
import { leftOut } from './measure.js';
import { table } from './table.js';
import { benchTap } from './tap/run.js';
import { type Figures, GROWTH, type Row, row, TARGETS } from './targets.js';

const HELP = `npm run bench -- [endpoints | captures | tap] [options]
  endpoints       only our server and client against others
  captures        only the reading of captures
  tap             the tap beside nginx stream, haproxy and socat (--quick, --runs, --output)
  --only NAME     one of many-small, large-bodies, kept, growth, client (repeatable)
  --quick         captures of a tenth of the size (ratios are then only a hint: starting up weighs more)
  --runs N        runs of each program, the fastest counts (default 3)
  --thorough      tshark runs as often as the others instead of once
  --growth-16     growth up to 16 times the capture (5.4 GB on disk) instead of 4 times
  --output FILE   where the results go as JSON (default bench-results.json)`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    runs: { type: 'string', default: '3' },
    thorough: { type: 'boolean', default: false },
    'growth-16': { type: 'boolean', default: false },
    output: { type: 'string', default: 'bench-results.json' },
    help: { type: 'boolean', default: false },
  },
});

const WORKLOADS: readonly WorkloadName[] = ['many-small', 'large-bodies', 'kept'];
const runs = Math.max(1, Number(options.runs) || 3);
const size = options.quick ? 0.1 : 1;
const rows: Row[] = [];
const measured: Record<string, Record<string, Figures>> = {};
const endpointFigures: Record<string, unknown> = {};
const notes = new Set<string>();
let broken = false;

const tell = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
const wantedPart = (name: string): boolean => positionals.length === 0 || positionals.includes(name);
const wanted = (name: string): boolean =>
  wantedPart('captures') && (options.only === undefined || options.only.includes(name));

/** Runs the programs in turns, so that a slow minute of the machine meets all of them. */
async function sideBySide(
  label: string,
  capture: GeneratedCapture,
  names: readonly ContenderName[],
): Promise<Partial<Record<ContenderName, Figures>>> {
  const figures: Partial<Record<ContenderName, Figures>> = {};
  const failed = new Set<ContenderName>();
  for (const name of leftOut()) notes.add(`measured without ${name}, for which Node does more at each start`);
  for (let turn = 0; turn < runs; turn++) {
    for (const name of names) {
      const reason = missing(name);
      if (reason !== undefined) notes.add(`${name} skipped: ${reason}`);
      const onceOnly = name.startsWith('tshark') && !options.thorough;
      if (reason !== undefined || failed.has(name) || (turn > 0 && onceOnly)) continue;
      try {
        const { seconds, memory } = await run(name, capture);
        const before = figures[name] ?? { seconds: Number.POSITIVE_INFINITY, memory: 0 };
        figures[name] = { seconds: Math.min(seconds, before.seconds), memory: Math.max(memory, before.memory) };
        tell(`${label} ${name}: ${seconds.toFixed(2)} s, ${(memory / 1e6).toFixed(0)} MB`);
      } catch (error) {
        failed.add(name);
        delete figures[name];
        notes.add(`${name} failed on ${label}: ${(error as Error).message}`);
        if (name === 'fcgi-inspect') {
          broken = true;
          return figures; // there is nothing to compare the others with
        }
      }
    }
  }
  measured[label] = { ...figures };
  return figures;
}

async function compare(workload: WorkloadName): Promise<void> {
  const targets = TARGETS.filter((target) => target.workload === workload);
  const peers = [...new Set(targets.flatMap((target) => (target.peer === undefined ? [] : [target.peer])))];
  const figures = await sideBySide(workload, generated(workload, size, tell), ['fcgi-inspect', ...peers]);
  const product = figures['fcgi-inspect'];
  if (product === undefined) return;
  for (const target of targets) {
    const peer = target.peer === undefined ? undefined : figures[target.peer];
    if (target.peer === undefined) rows.push(row(target, product.memory / 1e6));
    else if (peer !== undefined) {
      const ratio = target.better === 'more' ? peer.seconds / product.seconds : product.seconds / peer.seconds;
      rows.push(row({ ...target, what: `${target.what} ${target.peer}` }, ratio));
    }
  }
}

async function grow(): Promise<void> {
  const scales = options['growth-16'] ? [1, 4, 16] : [1, 4];
  const figures: { scale: number; connections: number; product: Figures }[] = [];
  for (const scale of scales) {
    const capture = generated('many-small', scale * size, tell);
    const { 'fcgi-inspect': product } = await sideBySide(`many-small ${scale}x`, capture, ['fcgi-inspect']);
    if (product !== undefined) figures.push({ scale, connections: capture.connections, product });
  }
  const [first, ...rest] = figures;
  for (const { scale, connections, product } of rest) {
    const workload = `growth ${scale}x`;
    const slower = product.seconds / first.product.seconds / (scale / first.scale);
    const what = `time per packet against ${first.scale}x`;
    rows.push(row({ workload, what, better: 'less', unit: 'x', ...GROWTH.timePerScale }, slower));
    const memory = Math.max(0, product.memory - GROWTH.fixedMemory) / connections;
    const each = 'memory per connection over 150 MB';
    rows.push(row({ workload, what: each, better: 'less', unit: 'bytes', ...GROWTH.bytesPerConnection }, memory));
  }
}

async function endpoints(): Promise<void> {
  const bench = await benchEndpoints({ rounds: runs, time: options.quick ? 1000 : 4000, tell });
  rows.push(...bench.rows);
  for (const note of bench.notes) notes.add(note);
  Object.assign(endpointFigures, bench.measured);
}

async function client(): Promise<void> {
  const folder = benchPackage('fastcgi-client');
  if ('missing' in folder) notes.add(`fastcgi-client skipped: ${folder.missing}`);
  else process.env.FCGI_INSPECT_BENCH_MODULES ??= folder.folder;
  const figures = await clientRows(runs, size, tell);
  rows.push(...figures.rows);
  for (const note of figures.notes) notes.add(note);
}

if (options.help) {
  console.log(HELP);
} else if (positionals[0] === 'tap') {
  const result = await benchTap(runs, options.quick, tell);
  console.log(table(result.rows));
  for (const note of result.notes) console.log(note);
  const all = { node: process.version, quick: options.quick, runs, ...result };
  writeFileSync(options.output, `${JSON.stringify(all, null, 2)}\n`);
  if (result.rows.length === 0) process.exitCode = 1;
} else {
  for (const workload of WORKLOADS) if (wanted(workload)) await compare(workload);
  if (wanted('growth')) await grow();
  if (wantedPart('endpoints') && options.only === undefined) await endpoints();
  if (wantedPart('endpoints') && (options.only === undefined || options.only.includes('client'))) await client();
  console.log(table(rows));
  for (const note of notes) console.log(note);
  const result = {
    node: process.version,
    quick: options.quick,
    runs,
    rows,
    measured,
    endpoints: endpointFigures,
    notes: [...notes],
  };
  writeFileSync(options.output, `${JSON.stringify(result, null, 2)}\n`);
  console.log(`\nResults: ${options.output}. The captures stay in ${cacheFolder} for the next time.`);
  if (broken || rows.length === 0) process.exitCode = 1;
}
