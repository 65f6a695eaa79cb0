// What holds a slot: the connection, the request or the handler, on real connections to one worker.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { GET_VALUES_RESULT } from '../../../src/fastcgi/constants.js';
import { getValues } from '../../../src/fastcgi/encode.js';
import { request, stdin } from '../../support/fastcgi-messages.js';
import { temporaryFolder } from '../../support/run-bin.js';
import type { WebServer } from '../server/web-server.js';
import { acceptQueue, ask, begin, hasBegun, needsLinux, startPool, until } from './pools.js';

const folder = temporaryFolder();

describe('slots pinned by the connection', { skip: needsLinux }, () => {
  test('an idle kept connection holds the worker until it closes', async (context) => {
    const pool = await startPool(context, { workers: 1 });
    const kept = await pool.connect(context);
    await kept.send(request({ keepConn: true })).answer();
    const other = await pool.connect(context);
    const held = begin(other);
    const { workers, stages } = await pool.pool.status();
    assert.equal(workers[0].state, 'full');
    assert.equal(stages.idle, 1);
    assert.equal(acceptQueue(pool.pool), 1);
    await kept.send(request({ keepConn: true })).answer();
    assert.ok(!hasBegun(other), 'the kept connection is served, the other waits');
    kept.end();
    await other.until(hasBegun, 'the worker');
    await held.finish();
  });

  test('what was answered and not closed by the web server holds it too', async (context) => {
    const pool = await startPool(context, { workers: 1 });
    const web = await pool.connect(context);
    await web.send(request()).answer();
    const { stages, workers } = await pool.until(({ stages }) => stages.closing === 1, 'the end of the answer');
    assert.equal(workers[0].state, 'full');
    assert.deepEqual(stages, { idle: 0, reading: 0, waiting: 0, processing: 0, writing: 0, closing: 1 });
    web.end();
    await pool.until(({ workers }) => workers[0].state === 'accepting', 'a free worker');
  });

  test('the accept lock: one idle kept connection stops all four', async (context) => {
    const pool = await startPool(context, { workers: 1, slots: 4, acceptLock: true });
    const kept = await pool.connect(context);
    await kept.send(request({ keepConn: true })).answer();
    const other = await pool.connect(context);
    const held = begin(other);
    await until(() => acceptQueue(pool.pool) === 1, 'a connection that nobody accepts');
    const { workers } = await pool.pool.status();
    assert.equal(workers[0].slotsTaken, 1);
    assert.equal(workers[0].state, 'full');
    // While a request of it is served the lock is free.
    const second = begin(kept, { keepConn: true });
    await other.until(hasBegun, 'the lock');
    await held.finish();
    await second.finish();
  });

  test('the accept lock is free while a web server does not close what was answered', async (context) => {
    const pool = await startPool(context, { workers: 1, slots: 4, acceptLock: true });
    const web = await pool.connect(context);
    await web.send(request()).answer();
    await pool.until(({ stages, workers }) => stages.closing === 1 && workers[0].state === 'accepting', 'a free lock');
    assert.match(await ask(context, pool), /^\d+$/);
  });
});

describe('slots pinned by the request', { skip: needsLinux }, () => {
  test('kept connections hold none; their requests wait for one', async (context) => {
    const pool = await startPool(context, { workers: 1, slot: 'request' });
    const kept = await pool.connect(context);
    await kept.send(request({ keepConn: true })).answer();
    const other = await pool.connect(context);
    const held = begin(other);
    await other.until(hasBegun, 'the slot that the kept connection does not hold');
    const waiting = begin(kept, { keepConn: true });
    const third = await pool.connect(context);
    const { stages, workers } = await pool.until(({ stages }) => stages.waiting === 1, 'a request that waits');
    assert.equal(stages.processing, 1);
    assert.equal(workers[0].slotsTaken, 1);
    assert.equal(acceptQueue(pool.pool), 1);
    await held.finish();
    await waiting.finish();
    const last = begin(third);
    await third.until(hasBegun, 'its turn');
    await last.finish();
  });

  test('one that is aborted while it waits is answered without its handler', async (context) => {
    const pool = await startPool(context, { workers: 1, slot: 'request' });
    const kept = await pool.connect(context);
    await kept.send(request({ keepConn: true })).answer();
    const other = await pool.connect(context);
    const held = begin(other);
    await other.until(hasBegun, 'the slot');
    begin(kept, { keepConn: true });
    await pool.until(({ stages }) => stages.waiting === 1, 'a request that waits');
    kept.send(Uint8Array.of(1, 2, 0, 1, 0, 0, 0, 0));
    const { stdout } = await kept.answer();
    assert.equal(stdout, '');
    await held.finish();
    const { totals, stages } = await pool.until(({ stages }) => stages.processing === 0, 'the end');
    assert.equal(totals.aborted, 1);
    assert.equal(stages.waiting, 0);
  });
});

describe('slots pinned by the handler', () => {
  test('every stage has its depth, and what waits at one does not hold up another', async (context) => {
    const pool = await startPool(context, { workers: 1, slots: 2, slot: 'handler' });
    const file = join(folder, 'go');
    const fields = { uri: `/until?${file}`, method: 'POST', contentLength: 1, stdinEnd: false } as const;
    const webs: WebServer[] = [];
    for (let i = 0; i < 3; i++) webs.push((await pool.connect(context)).send(request(fields)));
    const idle = await pool.connect(context);
    await pool.until(({ stages }) => stages.reading === 3 && stages.idle === 1, 'three that are read');
    for (const web of webs) web.send(stdin('x', { end: true }));
    const { stages } = await pool.until(({ stages }) => stages.waiting === 1, 'one that waits');
    assert.deepEqual(stages, { idle: 1, reading: 0, waiting: 1, processing: 2, writing: 0, closing: 0 });
    writeFileSync(file, '');
    for (const web of webs) {
      await web.answer();
      web.end();
    }
    // A web server that asks for much and reads nothing holds no slot.
    const slow = await pool.connect(context);
    slow.socket.pause();
    slow.send(request({ uri: '/big?20000000' }));
    await pool.until(({ stages }) => stages.writing === 1 && stages.processing === 0, 'an answer that nobody takes');
    assert.match(await ask(context, pool), /^\d+$/);
    slow.socket.resume();
    await slow.answer();
    idle.end();
  });

  test('a body that is longer than what is read ahead goes to the handler as it comes', async (context) => {
    const pool = await startPool(context, { workers: 1, slot: 'handler', server: { bodyHighWaterMark: 1000 } });
    const web = await pool.connect(context);
    const body = 'x'.repeat(100_000);
    const { stdout } = await web.send(request({ uri: '/held', method: 'POST', body })).answer();
    assert.match(stdout, /begun \d+$/);
  });

  test('requests of one connection are served together', async (context) => {
    const pool = await startPool(context, { workers: 1, slots: 2, slot: 'handler' });
    const web = await pool.connect(context);
    const file = join(folder, 'multiplexed');
    web.send(request({ id: 1, keepConn: true, uri: `/until?${file}` }), request({ id: 2, keepConn: true }));
    assert.match((await web.answer(2)).stdout, /\d+$/);
    writeFileSync(file, '');
    await web.answer(1);
  });
});

test('what all workers take together is what web servers are told that ask', async (context) => {
  const pool = await startPool(context, { workers: 2, slots: 3 });
  const web = await pool.connect(context);
  web.send(getValues(['FCGI_MAX_CONNS', 'FCGI_MAX_REQS', 'FCGI_MPXS_CONNS']));
  await web.until(({ records }) => records.length > 0, 'an answer');
  const { type, content } = web.records[0];
  assert.equal(type, GET_VALUES_RESULT);
  for (const value of ['FCGI_MAX_CONNS6', 'FCGI_MAX_REQS6', 'FCGI_MPXS_CONNS0'])
    assert.ok(content.includes(value), value);
});

test('a gate that a handler holds keeps the worker from accepting', { skip: needsLinux }, async (context) => {
  const pool = await startPool(context, { workers: 1, slots: 4 });
  const kept = await pool.connect(context);
  await kept.send(request({ uri: '/close-gate', keepConn: true })).answer();
  const other = await pool.connect(context);
  other.send(request());
  await until(() => acceptQueue(pool.pool) === 1, 'a connection that nobody accepts');
  assert.equal((await pool.pool.status()).workers[0].state, 'full');
  await kept.send(request({ uri: '/open-gate', keepConn: true })).answer();
  await other.answer();
  assert.equal(acceptQueue(pool.pool), 0);
});
