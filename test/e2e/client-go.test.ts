// The client against Go's net/http/fcgi, which multiplexes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientError } from '../../src/endpoints/client/index.js';
import { go, startGo } from '../support/peers/go.js';
import { missingPrograms } from '../support/peers/programs.js';
import { Stage } from '../support/peers/stage.js';
import * as peers from './client-peers.js';

const limit = { timeout: 60_000, skip: missingPrograms(go) };

test('the client and Go', limit, async (context) => {
  const stage = new Stage(context);
  const { address } = await startGo(stage, 'responder');
  const peer: peers.PeerUnderTest = { address };
  await context.test('GET', () => peers.asksGet(peer));
  await context.test('statuses', () => peers.asksStatuses(peer));
  await context.test('request bodies', () => peers.sendsBodies(peer));
  await context.test('large responses', () => peers.readsLargeResponses(peer));
  await context.test('giving up', () => peers.survivesGivingUp(peer));
  await context.test('many at once', () => peers.servesMany(peer, 8));

  await context.test(
    'item 34: learned to multiplex, it serves all on one connection, the quick ones first',
    async () => {
      const problems: string[] = [];
      await peers.withClient(
        peer,
        { multiplex: 'learn', pool: { maximum: 1 }, onProblem: ({ code }) => problems.push(code) },
        async (client, ask) => {
          const order: number[] = [];
          const waits = [240, 160, 80, 0];
          await Promise.all(
            waits.map(async (wait) => {
              const answer = await ask({ uri: `/x/sleep?${wait}` });
              assert.equal(await answer.text(), `slept ${wait}`);
              order.push(wait);
            }),
          );
          assert.deepEqual(order, [0, 80, 160, 240]);
          assert.equal(client.values?.values.get('FCGI_MPXS_CONNS'), '1');
          assert.equal(client.counts.connections, 1);
          // Item 45: Go sends an empty GET_VALUES_RESULT after the real one.
          assert.deepEqual(problems, ['record-out-of-order']);
        },
      );
    },
  );

  await context.test('item 34: a hundred at once, with bodies both ways', () =>
    peers.withClient(peer, { multiplex: 100, pool: { maximum: 1 } }, async (client, ask) => {
      const texts = await Promise.all(
        Array.from({ length: 100 }, async (_, i) => {
          const answer = await ask(
            i % 2 ? { uri: `/x/large?${i * 1000}` } : { uri: '/x/body', body: 'b'.repeat(i * 1000) },
          );
          return (await answer.text()).length > 0 || i === 0 ? Number((await answer.completed).connection) : -1;
        }),
      );
      assert.ok(texts.every((connection) => connection === 1));
      assert.equal(client.counts.connections, 1);
    }),
  );

  await context.test('item 81: giving one up leaves its neighbours alone, though Go ends it twice', () =>
    peers.withClient(peer, { multiplex: 10, pool: { maximum: 1 } }, async (client, ask) => {
      const controller = new AbortController();
      const neighbour = ask({ uri: '/x/sleep?250' });
      const given = ask({ uri: '/x/body', body: forever(), signal: controller.signal });
      while (client.counts.connections === 0) await new Promise((resolve) => setImmediate(resolve));
      setTimeout(() => controller.abort(), 60);
      await assert.rejects(given, (error: ClientError) => error.code === 'aborted');
      const later = ask({ uri: '/x/sleep?100' });
      assert.equal(await (await neighbour).text(), 'slept 250');
      assert.equal(await (await later).text(), 'slept 100');
      assert.equal(await (await ask({ uri: '/x/hello?z' })).text(), 'GET /x/hello?z ');
    }),
  );

  await context.test('unknown role: refused with its status, and the connection is kept', () =>
    peers.withClient(peer, {}, async (client, ask) => {
      await assert.rejects(
        ask({ role: 'filter' }),
        (error: ClientError) => error.code === 'unknown-role' && error.phase === 'ended',
      );
      assert.equal(await (await ask({ uri: '/x/hello' })).text(), 'GET /x/hello ');
      assert.ok(client.counts.connections <= 1);
    }),
  );
});

test('the client and Go on a unix socket', limit, async (context) => {
  const { address } = await startGo(new Stage(context), 'responder', 'unix');
  const peer: peers.PeerUnderTest = { address };
  await peers.asksGet(peer);
  await peers.servesMany(peer, 4);
});

/** A body that never ends. */
async function* forever(): AsyncGenerator<Uint8Array> {
  for (;;) {
    yield new Uint8Array(1000);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
