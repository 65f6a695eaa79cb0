// kill -9 of any worker at any time: it costs at most what that worker had, nothing of the others, and not the cache.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { END_REQUEST } from '../../../src/fastcgi/constants.js';
import { request } from '../../support/fastcgi-messages.js';
import type { ReplyRecord } from '../../support/reply-records.js';
import { ask, bodyOf, needsLinux, socketPath, startPool, type TestPool, until } from './pools.js';

const CLIENTS = 5;
const REQUESTS = 30;
const KILLS = 3;

for (const kind of ['TCP', 'AF_UNIX'] as const) {
  for (const slots of kind === 'TCP' ? [1, 4] : [1]) {
    test(`kill -9 under load over ${kind}, slots of a worker: ${slots}`, async (context) => {
      const pool = await startPool(context, {
        listen: kind === 'TCP' ? { port: 0 } : { path: socketPath() },
        workers: 3,
        slots,
        keepers: 2,
        cache: {},
      });
      const cached = await ask(context, pool, { uri: '/count' });
      assert.equal(await ask(context, pool, { uri: '/count' }), cached);

      let answered = 0;
      const lost: string[] = [];
      let longest = 0;
      const load = Array.from({ length: CLIENTS }, async () => {
        for (let i = 0; i < REQUESTS; i++) {
          try {
            const web = await pool.connect(context);
            web.send(request({ uri: '/after?3', method: 'POST' }));
            await web.until(({ ended, closed, records }) => ended || closed || hasEnd(records), 'an answer or the end');
            web.end();
            const { stdout } = await web.answer();
            assert.match(bodyOf(stdout), /^\d+$/);
            answered++;
          } catch (error) {
            lost.push(String(error));
          }
        }
      });
      for (let kills = 0; kills < KILLS; kills++) {
        const before = pool.accepting.length;
        const enough = answered + 10;
        await until(() => answered >= Math.min(enough, CLIENTS * REQUESTS - CLIENTS), 'some answers');
        const { workers } = await pool.pool.status();
        const { pid, seat } = workers[kills % workers.length];
        const killedAt = performance.now();
        process.kill(pid, 'SIGKILL');
        await until(() => pool.accepting.slice(before).some((worker) => worker.seat === seat), 'its successor');
        longest = Math.max(longest, performance.now() - killedAt);
      }
      await Promise.all(load);

      assert.equal(answered + lost.length, CLIENTS * REQUESTS);
      // A connection has one request: what a worker held when it was killed is all that may be gone.
      assert.ok(lost.length <= KILLS * slots, `${lost.length} requests were lost: ${lost.join('; ')}`);
      assert.ok(
        lost.every((reason) => /closed without END_REQUEST/.test(reason)),
        lost.join('; '),
      );
      assert.equal(await ask(context, pool, { uri: '/count' }), cached);
      const status = await pool.pool.status();
      assert.equal(status.died, KILLS);
      assert.equal(status.empty, 0);
      assert.deepEqual(
        status.workers.map(({ seat }) => seat),
        [0, 1, 2],
      );
      assert.equal(status.cache?.entries, 1);
      context.diagnostic(
        `${answered} answered, ${lost.length} lost with ${KILLS} workers; back after ${Math.round(longest)} ms at most`,
      );
    });
  }
}

function hasEnd(records: readonly ReplyRecord[]): boolean {
  return records.some(({ type }) => type === END_REQUEST);
}

/** Kills workers so that the primary learns of all deaths at once, however busy the machine is. */
async function killAtOnce({ pool }: TestPool, pids: readonly number[]): Promise<void> {
  process.kill(pool.pid, 'SIGSTOP');
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  const isZombie = (pid: number): boolean => /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  await until(() => pids.every(isZombie), 'deaths that nobody has noticed');
  process.kill(pool.pid, 'SIGCONT');
}

describe('workers that die at the same time', { skip: needsLinux }, () => {
  test('are all replaced', async (context) => {
    const pool = await startPool(context, { workers: 3 });
    const { workers } = await pool.pool.status();
    await killAtOnce(
      pool,
      workers.map(({ pid }) => pid),
    );
    const status = await pool.until(
      ({ workers, died }) => died === 3 && workers.filter(({ state }) => state === 'accepting').length === 3,
      'three new workers',
    );
    assert.deepEqual(
      status.workers.map(({ seat, generation }) => [seat, generation]),
      [
        [0, 1],
        [1, 1],
        [2, 1],
      ],
    );
    assert.deepEqual(
      pool.ended.map(({ signal, retired }) => [signal, retired]),
      new Array(3).fill(['SIGKILL', false]),
    );
  });

  test('leave an empty seat for good where the parent looks once for each signal', async (context) => {
    const pool = await startPool(context, { workers: 3, replaceDead: 'one-per-check' });
    const { workers } = await pool.pool.status();
    await killAtOnce(pool, [workers[0].pid, workers[1].pid]);
    const isHalfFilled = ({ workers, died }: { workers: readonly { state: string }[]; died: number }) =>
      died >= 2 && workers.filter(({ state }) => state === 'accepting').length === 2;
    const status = await pool.until(isHalfFilled, 'one new worker of two');
    assert.equal(status.empty, 1);
    assert.equal(status.lost, 1);
    process.kill(workers[2].pid, 'SIGKILL');
    const later = await pool.until((now) => now.died === 3 && isHalfFilled(now), 'one for the next that dies');
    assert.equal(later.lost, 1);
  });

  test('are not replaced where that is the policy', async (context) => {
    const pool = await startPool(context, { workers: 2, replaceDead: 'never' });
    const { workers } = await pool.pool.status();
    process.kill(workers[0].pid, 'SIGKILL');
    const status = await pool.until(({ died }) => died === 1, 'the death');
    assert.equal(status.lost, 1);
    assert.deepEqual(
      status.workers.map(({ pid }) => pid),
      [workers[1].pid],
    );
    assert.equal(await ask(context, pool), String(workers[1].pid), 'the other one answers');
  });
});

describe('a handler', () => {
  test('that kills or ends its process costs its own request', async (context) => {
    const pool = await startPool(context, { workers: 1 });
    for (const [uri, code, signal] of [
      ['/die', null, 'SIGKILL'],
      ['/exit?0', 0, null],
      ['/exit?3', 3, null],
    ] as const) {
      const web = await pool.connect(context);
      await web.send(request({ uri })).whenEnded();
      assert.equal(web.records.length, 0);
      await pool.until(({ workers }) => workers[0]?.state === 'accepting', 'a new worker');
      const end = pool.ended[pool.ended.length - 1];
      assert.deepEqual([end.code, end.signal, end.retired], [code, signal, false]);
    }
    assert.match(await ask(context, pool), /^\d+$/);
  });

  test('that throws is told of, and its worker goes on', async (context) => {
    const pool = await startPool(context, { workers: 1 });
    const web = await pool.connect(context);
    const { stdout, appStatus } = await web.send(request({ uri: '/throw' })).answer();
    web.end();
    assert.match(stdout, /^Status: 500/);
    assert.equal(appStatus, 1);
    await until(() => pool.failures.length === 1, 'the error');
    assert.match(pool.failures[0], /thrown by the handler/);
    assert.equal((await pool.pool.status()).totals.failed, 1);
    assert.equal(pool.ended.length, 0);
  });

  test('that does not let go is seen, and can be killed', async (context) => {
    const pool = await startPool(context, { workers: 2 });
    const web = await pool.connect(context);
    web.send(request({ uri: '/stuck' }));
    const status = await pool.until(({ workers }) => workers.some(({ responding }) => !responding), 'a stuck worker');
    const stuck = status.workers.find(({ responding }) => !responding);
    assert.match(await ask(context, pool), /^\d+$/, 'the other one answers');
    assert.ok(stuck);
    process.kill(stuck.pid, 'SIGKILL');
    await web.whenEnded();
    await pool.until(
      ({ workers }) => workers.filter(({ state }) => state === 'accepting').length === 2,
      'a new worker',
    );
  });
});
