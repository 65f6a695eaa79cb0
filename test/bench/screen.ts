// `npm run bench:screen`: the screen with a million requests. How long from a key to the last byte of the frame, how
// long filters and sorts take, how much is written, what it costs to do nothing, and when the first findings are there.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bin } from '../support/run-bin.js';
import { generated } from './generate.js';
import { table } from './table.js';
import { type Row, row, type Target } from './targets.js';

// React reads it when it is loaded, which is below.
process.env['NODE_ENV'] = 'production';

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, output: { type: 'string', default: 'bench-screen.json' } },
});
const tell = (text: string) => process.stderr.write(`${text}\n`);
/** 100,000 requests at scale 1. */
const capture = generated('kept', options.quick ? 1 : 10, tell);
const many = generated('many-small', options.quick ? 0.1 : 1, tell);

const { concludeSteps } = await import('../../src/analysis/conclude-steps.js');
const { gather } = await import('../../src/sources/gather.js');
const { Controller } = await import('../../src/tui/controller.js');
const { systemTurns } = await import('../../src/tui/clock.js');
const { mount } = await import('../../src/tui/mount.js');
const { Painter } = await import('../../src/tui/painter.js');
const { initialState } = await import('../../src/tui/state.js');
const { rereadServices } = await import('../../src/cli/screen-services.js');

const gathering = await gather([capture.path], { named: [], logTimes: { zone: () => 0 } });
let written = 0;
let paintedAt = 0;
const painter = new Painter({
  columns: 100,
  rows: 30,
  write(text: string) {
    written += text.length;
    paintedAt = performance.now();
  },
});
const controller = new Controller(
  initialState(
    {
      source: { name: 'bench', command: [capture.path], live: false, rereadable: true },
      phase: 'reading',
      progress: { packets: 0, bytes: 0, size: undefined, elapsed: 0 },
      shown: undefined,
      warnings: [],
    },
    { columns: 100, rows: 30 },
    { ascii: false, colour: true },
  ),
  {
    reread: rereadServices({ paths: [capture.path], reader: 'own', showSecrets: false }),
    command: async () => undefined,
    failed(error) {
      throw error;
    },
  },
  systemTurns,
);
controller.opened({
  snapshotSteps: () => concludeSteps(gathering.gathered()),
  histories: gathering.pipeline.tracker.histories,
});
controller.read({ packets: gathering.pipeline.packets, bytes: 0, size: undefined });
const mounted = mount(controller, painter);
painter.begin();
await controller.finished([]);
await rowsSettled();
const requests = controller.state.tables.requests.total;
tell(`${requests} requests loaded`);

const pause = () => new Promise((resolve) => setImmediate(resolve));
const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Until filters and sorts have done what the state asks for. */
async function rowsSettled(): Promise<void> {
  let before: unknown;
  for (let quiet = 0; quiet < 20; ) {
    await new Promise((resolve) => setImmediate(resolve));
    const { tables, busy } = controller.state;
    quiet = busy === undefined && tables === before ? quiet + 1 : 0;
    before = tables;
  }
}

/** Milliseconds of processor time so far: on a machine that others use too, the clock tells more of them than of us. */
const processor = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
};

/**
 * Milliseconds that this thread worked so far: what a key has to wait for. The engine's own threads, which compile and
 * collect beside it, are not in it. Linux tells; elsewhere it is the whole process.
 */
const THREAD = '/proc/thread-self/schedstat';
const ownWork = existsSync(THREAD) ? () => Number(readFileSync(THREAD, 'latin1').split(' ')[0]) / 1e6 : processor;

/** From the key to the last byte of its frame. */
async function press(name: string, text?: string): Promise<{ time: number; work: number }> {
  const began = performance.now();
  const before = ownWork();
  const painted = paintedAt;
  controller.dispatch({ kind: 'key', key: text === undefined ? { name } : { name, text } });
  while (paintedAt === painted && performance.now() - began < 500) await pause();
  return { time: paintedAt === painted ? 0 : paintedAt - began, work: ownWork() - before };
}

async function measure(what: string, keys: readonly string[], rounds: number): Promise<void> {
  for (const key of keys) await press(key); // the machine's code is compiled
  await rowsSettled();
  const presses: { time: number; work: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const key of keys) {
      presses.push(await press(key));
      await wait(5);
    }
  }
  const sorted = (of: 'time' | 'work') => presses.map((each) => each[of]).sort((a, b) => a - b);
  const at = (values: readonly number[], share: number) =>
    values[Math.min(values.length - 1, Math.floor(values.length * share))];
  add(`${what}, p50`, at(sorted('time'), 0.5), 'ms', 16);
  add(`${what}, processor time, p50`, at(sorted('work'), 0.5), 'ms', 16);
  add(`${what}, processor time, p95 of ${presses.length}`, at(sorted('work'), 0.95), 'ms', 16);
}

const rows: Row[] = [];
function add(what: string, value: number, unit: Target['unit'], reach: number): void {
  tell(`${what}: ${value.toFixed(1)} ${unit}`);
  rows.push(row({ workload: 'screen', what, better: 'less', unit, atLeast: reach }, value));
}

/** Milliseconds until the table is as asked for; and the longest that a key would have had to wait meanwhile. */
async function work(what: string, start: () => Promise<unknown>): Promise<void> {
  let longest = 0;
  let last = ownWork();
  let going = true;
  const watch = async () => {
    while (going) {
      await pause();
      const now = ownWork();
      longest = Math.max(longest, now - last);
      last = now;
    }
  };
  const began = performance.now();
  const before = processor();
  const watching = watch();
  await start();
  await rowsSettled();
  const time = performance.now() - began;
  going = false;
  await watching;
  add(`${what}: done`, time, 'ms', 1000);
  add(`${what}: processor time`, processor() - before, 'ms', 1000);
  add(`${what}: longest turn (processor time)`, longest, 'ms', 16);
}

async function type(text: string): Promise<void> {
  await press('/');
  await press('ctrl-u');
  for (const character of text.slice(0, -1))
    controller.dispatch({ kind: 'key', key: { name: character, text: character } });
  await press(text.slice(-1), text.slice(-1));
}

await press('3');
await measure('move', ['down', 'page-down', 'up', 'G', 'g'], 12);
await measure('change of view', ['1', '2', '3', '4', '5', '6'], 6);
await press('3');
await measure('open and back', ['enter', 'q'], 8);
await press('3');
for (const filter of ['total > 1ms', 'status >= 500 or stdout > 20000', 'uri ~ "item/1[0-9]"', 'cart']) {
  await work(`filter ${filter}`, () => type(filter));
  await press('enter');
}
await press('escape');
await rowsSettled();
for (let column = 0; column < 6; column++) {
  const name = ['total', 'first byte', 'status', 'uri', 'method', 'stdout'][column];
  await work(`sort by ${name}`, () => press('o'));
}
await press('2');
await press('3');
written = 0;
await press('down');
await press('up');
add('bytes for two moves', written, 'bytes', 2000);
await wait(300);
const cpu = process.cpuUsage();
await wait(2000);
const idle = process.cpuUsage(cpu);
add('CPU of an idle second', (idle.user + idle.system) / 1e3 / 2, 'ms', 10);
controller.close();
mounted.unmount();

await inTerminal();
console.log(table(rows));
writeFileSync(options.output, `${JSON.stringify({ node: process.version, requests, rows }, null, 2)}\n`);

/** The program itself, on a terminal that `script` makes: its first findings, and its memory. */
async function inTerminal(): Promise<void> {
  if (spawnSync('script', ['--version'], { stdio: 'ignore' }).status !== 0) {
    tell('script is not installed: the first screen and the memory are not measured');
    return;
  }
  const times: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    await program(many.path, async (screen) => {
      await screen.until(/(ERROR|WARN|NOTE)/);
      times.push(performance.now() - screen.began);
    });
  }
  add('first findings of many-small', Math.min(...times), 'ms', 500);
  await program(capture.path, async (screen) => {
    await screen.until(/done/);
    for (const key of ['3', 'o', 'G', '2', 'o', '1']) {
      screen.press(key);
      await wait(400);
    }
    await wait(1000);
    const status = readFileSync(`/proc/${screen.pid()}/status`, 'utf8');
    add(`memory with ${requests} requests, sorted`, Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1e3, 'MB', 300);
    add('the most it was while reading', Number(/VmHWM:\s+(\d+)/.exec(status)![1]) / 1e3, 'MB', 350);
  });
}

interface ProgramScreen {
  readonly began: number;
  until(pattern: RegExp): Promise<void>;
  press(keys: string): void;
  pid(): number;
}

async function program(path: string, work: (screen: ProgramScreen) => Promise<void>): Promise<void> {
  const { CI, ...env } = process.env;
  void CI;
  const folder = mkdtempSync(join(tmpdir(), 'fcgi-inspect-bench-'));
  const pidFile = join(folder, 'pid');
  const command = `stty rows 30 columns 100; echo $$ > ${pidFile}; exec ${process.execPath} ${bin} ${path}`;
  const began = performance.now();
  const child = spawn('script', ['-qfec', command, '/dev/null'], {
    env: { ...env, TERM: 'xterm', LC_ALL: 'C.UTF-8', SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let seen = '';
  let look = () => {};
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()));
  child.stdout.on('data', (chunk: Buffer) => {
    seen = (seen + chunk.toString('latin1')).slice(-100_000);
    look();
  });
  await work({
    began,
    until: (pattern) =>
      new Promise((resolve) => {
        look = () => {
          if (pattern.test(seen)) resolve();
        };
        look();
        void closed.then(resolve);
      }),
    press: (keys) => void child.stdin.write(keys),
    pid: () => Number(readFileSync(pidFile, 'utf8')),
  });
  child.stdin.write('Q');
  await closed;
  rmSync(folder, { recursive: true });
}
