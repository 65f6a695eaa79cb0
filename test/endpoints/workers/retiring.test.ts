// Workers that have served their time are replaced, and nobody notices.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request } from '../../support/fastcgi-messages.js';
import { ask, begin, hasBegun, isAlive, startPool } from './pools.js';

test('after so many requests each', async (context) => {
  const pool = await startPool(context, { workers: 1, maxRequests: 5, jitter: 0 });
  const answers: string[] = [];
  for (let i = 0; i < 12; i++) answers.push(await ask(context, pool, { uri: '/count' }));
  const counts = answers.map((answer) => Number(answer.split(' ')[1]));
  assert.deepEqual(counts, [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2]);
  assert.equal(new Set(answers.map((answer) => answer.split(' ')[0])).size, 3);
  const { retired, died, totals, workers } = await pool.pool.status();
  assert.deepEqual([retired, died], [2, 0]);
  assert.equal(totals.answered, 12, 'what ended workers did counts');
  assert.equal(workers[workers.length - 1].generation, 2);
  assert.deepEqual(
    pool.ended.map(({ code, retired, requests }) => [code, retired, requests]),
    [
      [0, true, 5],
      [0, true, 5],
    ],
  );
  assert.deepEqual(pool.messages, ['closed', 'closed'], 'its handlers are told');
});

test('after a time, whether or not it has anything to do', async (context) => {
  const pool = await startPool(context, { workers: 2, lifetime: 150 });
  await pool.until(
    ({ workers, retired }) => retired >= 4 && workers.every(({ generation }) => generation >= 2),
    'new workers',
  );
  assert.match(await ask(context, pool), /^\d+$/);
  assert.equal((await pool.pool.status()).died, 0);
});

test('not before it has finished what it has; a kept connection is closed', async (context) => {
  const pool = await startPool(context, { workers: 1, slots: 3, maxRequests: 2, jitter: 0 });
  const kept = await pool.connect(context);
  await kept.send(request({ keepConn: true })).answer();
  const web = await pool.connect(context);
  const held = begin(web);
  await web.until(hasBegun, 'the handler');
  await ask(context, pool);
  const { workers } = await pool.until(({ workers }) => workers.some(({ state }) => state === 'retiring'), 'its time');
  const [old] = workers;
  assert.equal(old.generation, 0);
  await kept.whenEnded();
  kept.end();
  assert.equal(await held.finish(), `begun ${old.pid}`);
  web.end();
  assert.notEqual(await ask(context, pool), String(old.pid));
});

test('not all at once, unless asked for', async (context) => {
  const options = { workers: 4, maxRequests: 1000, lifetime: 3_600_000, seed: 1 };
  const spread = await startPool(context, options);
  const limits = (await spread.pool.status()).workers.map(({ retiresAfter }) => retiresAfter);
  assert.equal(new Set(limits.map(({ requests }) => requests)).size, 4);
  assert.equal(new Set(limits.map(({ age }) => age)).size, 4);
  for (const { requests, age } of limits) {
    assert.ok(requests >= 800 && requests <= 1000);
    assert.ok(age >= 2_880_000 && age <= 3_600_000);
  }
  await spread.pool.close();
  const together = await startPool(context, { ...options, jitter: 0 });
  for (const { retiresAfter } of (await together.pool.status()).workers)
    assert.deepEqual(retiresAfter, { requests: 1000, age: 3_600_000 });
});

test('one that gets a SIGTERM finishes and is replaced', async (context) => {
  const pool = await startPool(context, { workers: 1 });
  const web = await pool.connect(context);
  const held = begin(web);
  await web.until(hasBegun, 'the handler');
  const [{ pid }] = (await pool.pool.status()).workers;
  for (const signal of ['SIGINT', 'SIGUSR1', 'SIGHUP', 'SIGTERM'] as const) process.kill(pid, signal);
  await pool.until(({ workers }) => workers[0].state === 'retiring', 'its retirement');
  assert.equal(await held.finish(), `begun ${pid}`);
  web.end();
  await pool.until(({ workers }) => workers.length === 1 && workers[0].generation === 1, 'its successor');
  assert.deepEqual([pool.ended[0].code, pool.ended[0].retired], [0, true]);
  assert.ok(!isAlive(pid));
});

test('one that does not finish in time is cut off', async (context) => {
  const pool = await startPool(context, { workers: 1, lifetime: 100, jitter: 0, retireTimeout: 100 });
  const web = await pool.connect(context);
  begin(web);
  await web.until(hasBegun, 'the handler');
  await web.whenEnded();
  await pool.until(({ retired }) => retired >= 1, 'its end');
});
