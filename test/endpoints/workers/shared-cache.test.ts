// One cache for all workers, and one in each.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { request } from '../../support/fastcgi-messages.js';
import { ask, startPool, type TestPool } from './pools.js';

/** Asks each worker once: as many connections at once as there are workers. */
async function askAll(
  context: Parameters<typeof ask>[0],
  pool: TestPool,
  uri: string,
  workers: number,
): Promise<string[]> {
  const webs = [];
  for (let i = 0; i < workers; i++) {
    const web = await pool.connect(context);
    // Kept, so that each takes another worker.
    webs.push({ web, stdout: (await web.send(request({ uri, keepConn: true })).answer()).stdout });
  }
  for (const { web } of webs) web.end();
  return webs.map(({ stdout }) => stdout);
}

describe('a cache in the primary', () => {
  test('answers for all workers, and does not die with any', async (context) => {
    const pool = await startPool(context, { workers: 2, cache: {} });
    const [first, second] = await askAll(context, pool, '/count', 2);
    assert.equal(first, second);
    for (const { pid } of (await pool.pool.status()).workers) process.kill(pid, 'SIGKILL');
    await pool.until(
      ({ workers, died }) => died === 2 && workers.every(({ state }) => state === 'accepting'),
      'new workers',
    );
    assert.deepEqual(await askAll(context, pool, '/count', 2), [first, first]);
    const { cache } = await pool.pool.status();
    assert.deepEqual([cache?.entries, cache?.hits, cache?.misses, cache?.stored], [1, 3, 1, 1]);
  });

  test('keeps no more than it may, and nothing that is not for everybody', async (context) => {
    const pool = await startPool(context, { workers: 1, cache: { maxBytes: 8000, maxEntryBytes: 3000 } });
    for (let i = 0; i < 6; i++) await ask(context, pool, { uri: `/big?${2000 + i}` });
    await ask(context, pool, { uri: '/big?5000' });
    await ask(context, pool, { uri: '/count', method: 'POST' });
    await ask(context, pool, { uri: '/count', parameters: { HTTP_COOKIE: 'a=b' } });
    const web = await pool.connect(context);
    await web.send(request({ uri: '/throw' })).answer();
    web.end();
    const { cache } = await pool.pool.status();
    assert.ok(cache && cache.bytes <= 8000);
    assert.equal(cache.stored, 6);
    assert.equal(cache.evicted, 6 - cache.entries);
  });

  test('is there for handlers alone where responses are not to be kept', async (context) => {
    const pool = await startPool(context, { workers: 1, cache: { responses: false } });
    assert.notEqual(await ask(context, pool, { uri: '/count' }), await ask(context, pool, { uri: '/count' }));
    assert.equal((await pool.pool.status()).cache?.misses, 0);
  });
});

test('a cache in each worker dies with it', async (context) => {
  const pool = await startPool(context, { workers: 1, cache: { owner: 'worker' } });
  const first = await ask(context, pool, { uri: '/count' });
  assert.equal(await ask(context, pool, { uri: '/count' }), first);
  process.kill((await pool.pool.status()).workers[0].pid, 'SIGKILL');
  await pool.until(({ died, workers }) => died === 1 && workers[0]?.state === 'accepting', 'a new worker');
  assert.notEqual(await ask(context, pool, { uri: '/count' }), first);
  const { cache } = await pool.pool.status();
  assert.deepEqual([cache?.hits, cache?.stored], [0, 1], 'the counters died too');
});
