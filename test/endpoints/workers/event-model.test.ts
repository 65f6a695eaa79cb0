// The event model: this process serves everything.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request } from '../../support/fastcgi-messages.js';
import type { WebServer } from '../server/web-server.js';
import { ask, begin, hasBegun, socketPath, startPool } from './pools.js';

test('takes every connection, and is a pool like others', async (context) => {
  const pool = await startPool(context, { model: 'event', cache: {} });
  assert.equal(pool.pool.pid, process.pid);
  const webs: WebServer[] = [];
  const held = [];
  for (let i = 0; i < 20; i++) {
    const web = await pool.connect(context);
    webs.push(web);
    held.push(begin(web));
    await web.until(hasBegun, 'the handler');
  }
  const status = await pool.pool.status();
  assert.equal(status.slots, null);
  assert.deepEqual(status.keepers, []);
  assert.deepEqual(
    status.workers.map(({ pid, state, connections, slotsTaken }) => ({ pid, state, connections, slotsTaken })),
    [{ pid: process.pid, state: 'accepting', connections: 20, slotsTaken: 20 }],
  );
  assert.equal(status.stages.processing, 20);
  const closing = pool.pool.close();
  for (const one of held) assert.equal(await one.finish(), `begun ${process.pid}`);
  for (const web of webs) web.end();
  assert.equal(await closing, true);
  assert.deepEqual(await pool.pool.closed, { code: 0, signal: null, finished: true });
  assert.deepEqual(pool.messages, ['closed']);
});

test('multiplexes, and keeps responses where it is told to', async (context) => {
  const pool = await startPool(context, { model: 'event', listen: { path: socketPath() }, cache: {} });
  const web = await pool.connect(context);
  const held = begin(web, { id: 1, keepConn: true });
  const { stdout } = await web.send(request({ id: 2, uri: '/count', keepConn: true })).answer(2);
  assert.match(stdout, /\d+ \d+$/);
  await held.finish();
  assert.equal(await ask(context, pool, { uri: '/count' }), stdout.slice(stdout.indexOf('\r\n\r\n') + 4));
  assert.equal((await pool.pool.status()).cache?.hits, 1);
});

test('with slots pinned by the handler computes no more than that at once', async (context) => {
  const pool = await startPool(context, { model: 'event', slot: 'handler', slots: 1 });
  const file = socketPath();
  const webs = [await pool.connect(context), await pool.connect(context)];
  for (const web of webs) web.send(request({ uri: `/until?${file}`, keepConn: true }));
  const { stages } = await pool.until(({ stages }) => stages.waiting === 1, 'one that waits');
  assert.equal(stages.processing, 1);
});
