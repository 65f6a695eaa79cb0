// The kernel's accept queue behind a pool: when all workers are busy nobody accepts, connections wait in it in their
// order, up to the backlog, and survive whatever happens to single processes.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { WebServer } from '../server/web-server.js';
import { acceptQueue, begin, hasBegun, needsLinux, socketPath, startPool, until } from './pools.js';

for (const kind of ['TCP', 'AF_UNIX'] as const) {
  const listen = (backlog: number) => (kind === 'TCP' ? { port: 0, backlog } : { path: socketPath(), backlog });

  describe(`the accept queue of ${kind}`, { skip: needsLinux }, () => {
    test('holds three of five connections to two busy workers, and empties in order', async (context) => {
      const { pool, connect, until: untilStatus } = await startPool(context, { listen: listen(16), workers: 2 });
      const webs: WebServer[] = [];
      const held = [];
      for (let i = 0; i < 5; i++) {
        const web = await connect(context);
        webs.push(web);
        held.push(begin(web));
        if (i < 2) await web.until(hasBegun, 'a free worker');
      }
      const status = await untilStatus(({ stages }) => stages.processing === 2, 'two busy workers');
      assert.deepEqual(
        status.workers.map(({ state, connections, slotsTaken }) => [state, connections, slotsTaken]),
        [
          ['full', 1, 1],
          ['full', 1, 1],
        ],
      );
      assert.equal(acceptQueue(pool), 3);
      assert.deepEqual(webs.map(hasBegun), [true, true, false, false, false]);
      for (let next = 2; next < 5; next++) {
        await held[next - 2].finish();
        webs[next - 2].end();
        await webs[next].until(hasBegun, `connection ${next}`);
        assert.equal(acceptQueue(pool), 4 - next);
        assert.deepEqual(webs.slice(next + 1).map(hasBegun), new Array(4 - next).fill(false));
      }
      await held[3].finish();
      await held[4].finish();
      const { totals } = await pool.status();
      assert.equal(totals.accepted, 5);
      assert.equal(totals.answered, 5);
    });

    test('holds backlog + 1, and then overflows', async (context) => {
      const { pool, connect } = await startPool(context, { listen: listen(1), workers: 1 });
      const first = await connect(context);
      const held = begin(first);
      await first.until(hasBegun, 'the worker');
      const queued = [await connect(context), await connect(context)];
      await until(() => acceptQueue(pool) === 2, 'a full queue');
      if (kind === 'AF_UNIX') {
        await assert.rejects(connect(context), { code: 'EAGAIN' });
        assert.equal(acceptQueue(pool), 2);
      } else {
        // Its SYN is dropped, and sent again until there is room.
        const late = connect(context);
        queued.push(
          ...[
            await firstOf(
              late,
              held.finish().then(() => first.end()),
            ),
          ],
        );
      }
      if (kind === 'AF_UNIX') {
        await held.finish();
        first.end();
      }
      for (const web of queued) {
        const next = begin(web);
        await web.until(hasBegun, 'its turn');
        await next.finish();
        web.end();
      }
    });

    test('survives the death of every process that could hold it, one at a time', async (context) => {
      const {
        pool,
        connect,
        until: untilStatus,
      } = await startPool(context, { listen: listen(16), workers: 1, keepers: 2 });
      const busy = await connect(context);
      const held = begin(busy);
      await busy.until(hasBegun, 'the worker');
      const webs = [await connect(context), await connect(context)];
      const waiting = webs.map((web) => begin(web));
      for (const _ of [1, 2]) {
        const { keepers } = await untilStatus(({ keepers }) => keepers.length === 2, 'two keepers');
        process.kill(keepers[0], 'SIGKILL');
        await untilStatus(
          (status) => status.keepers.length === 2 && !status.keepers.includes(keepers[0]),
          'a new keeper',
        );
        assert.equal(acceptQueue(pool), 2);
      }
      await held.finish();
      busy.end();
      for (const [index, web] of webs.entries()) {
        await web.until(hasBegun, 'its turn');
        await waiting[index].finish();
        web.end();
      }
    });
  });
}

/** The first promise's value, after the second too. */
async function firstOf<T>(value: Promise<T>, other: Promise<unknown>): Promise<T> {
  await other;
  return value;
}
