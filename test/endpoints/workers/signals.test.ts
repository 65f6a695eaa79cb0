// How pools end: by signals, by the death of the primary, by the death of whoever started them. No process is left.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { WorkerPool } from '../../../src/endpoints/workers/pool.js';
import { request } from '../../support/fastcgi-messages.js';
import { runProgram } from '../server/programs.js';
import { WebServer } from '../server/web-server.js';
import { begin, HANDLERS, hasBegun, isAlive, startPool, until } from './pools.js';

const workers = new URL('../../../src/endpoints/workers/index.js', import.meta.url).href;

/** A program that starts a pool, closes it on signals, and prints its port and processes. */
const STARTER = `
const { startWorkers } = await import(${JSON.stringify(workers)});
const pool = await startWorkers({ handler: { module: ${JSON.stringify(HANDLERS.href)} }, listen: { port: 0 }, workers: 2 });
lib.closeOnSignals(process, pool);
const { pid, keepers, workers } = await pool.status();
say(JSON.stringify({ port: pool.address.port, pids: [pid, ...keepers, ...workers.map((worker) => worker.pid)] }) + ' started');
`;

async function pidsOf(pool: WorkerPool): Promise<number[]> {
  const { pid, keepers, workers } = await pool.status();
  return [pid, ...keepers, ...workers.map((worker) => worker.pid)];
}

async function allGone(pids: readonly number[]): Promise<void> {
  assert.ok(pids.length >= 4, 'a primary, a keeper and two workers');
  await until(() => !pids.some(isAlive), 'the end of all processes');
}

for (const signal of ['SIGTERM', 'SIGUSR1'] as const) {
  describe(`${signal} to the primary`, () => {
    test('lets requests finish, and all processes exit with 0', async (context) => {
      const { pool, connect, ended } = await startPool(context);
      const web = await connect(context);
      const held = begin(web);
      await web.until(hasBegun, 'the handler');
      const pids = await pidsOf(pool);
      process.kill(pool.pid, signal);
      await until(() => ended.length === 1, 'the end of the idle worker');
      assert.ok(isAlive(pool.pid));
      assert.match(await held.finish(), /^begun \d+$/);
      web.end();
      assert.deepEqual(await pool.closed, { code: 0, signal: null, finished: true });
      await allGone(pids);
      assert.deepEqual(
        ended.map(({ code, retired }) => [code, retired]),
        [
          [0, true],
          [0, true],
        ],
      );
      assert.equal(await pool.close(), true, 'closing what has ended does no harm');
      await assert.rejects(pool.status(), /has ended/);
    });

    test('a second one does not wait', async (context) => {
      const { pool, connect, ended } = await startPool(context);
      const [web, stuck] = [await connect(context), await connect(context)];
      begin(web);
      await web.until(hasBegun, 'the handler');
      stuck.send(request({ uri: '/stuck' }));
      const pids = await pidsOf(pool);
      process.kill(pool.pid, signal);
      // It is heard when the pool refuses to start anybody.
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(ended.length, 0);
      process.kill(pool.pid, signal);
      assert.deepEqual(await pool.closed, { code: signal === 'SIGTERM' ? 143 : 138, signal: null, finished: false });
      await allGone(pids);
    });
  });
}

test('close() waits for requests no longer than it is told, and then says so', async (context) => {
  const { pool, connect } = await startPool(context);
  const web = await connect(context);
  begin(web);
  await web.until(hasBegun, 'the handler');
  const pids = await pidsOf(pool);
  assert.equal(await pool.close({ timeout: 100 }), false);
  assert.equal((await pool.closed).code, 0);
  await allGone(pids);
});

test('a handler that does not let go does not keep a pool from closing', async (context) => {
  const { pool, connect, until: untilStatus } = await startPool(context);
  (await connect(context)).send(request({ uri: '/stuck' }));
  await untilStatus(({ workers }) => workers.some(({ responding }) => !responding), 'a stuck worker');
  const pids = await pidsOf(pool);
  assert.equal(await pool.close({ timeout: 50 }), false);
  await allGone(pids);
});

test('a primary that is killed leaves nobody behind', async (context) => {
  const { pool, connect } = await startPool(context, { keepers: 2 });
  const web = await connect(context);
  begin(web);
  await web.until(hasBegun, 'the handler');
  const pids = await pidsOf(pool);
  process.kill(pool.pid, 'SIGKILL');
  assert.deepEqual(await pool.closed, { code: null, signal: 'SIGKILL', finished: false });
  await allGone(pids);
  await web.whenEnded();
});

interface Starter {
  readonly port: number;
  readonly pids: number[];
}

test('a starter that is killed leaves nobody behind', async (context) => {
  const program = runProgram(context, STARTER);
  await program.says('started');
  const { pids } = JSON.parse(program.output().split(' started')[0]) as Starter;
  program.process.kill('SIGKILL');
  await allGone(pids);
});

test('a signal to all processes at once, as from a terminal, ends them gracefully', async (context) => {
  const program = runProgram(context, STARTER);
  await program.says('started');
  const { port, pids } = JSON.parse(program.output().split(' started')[0]) as Starter;
  const web = await WebServer.connect(context, { port, host: '127.0.0.1' });
  const held = begin(web);
  await web.until(hasBegun, 'the handler');
  for (const pid of [program.process.pid!, ...pids]) process.kill(pid, 'SIGINT');
  assert.match(await held.finish(), /^begun \d+$/);
  web.end();
  assert.deepEqual(await program.exit, { code: 0, signal: null });
  await allGone(pids);
});
