// The client against php-fpm.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ClientError, FastcgiClient } from '../../src/endpoints/client/index.js';
import { projectRoot } from '../support/paths.js';
import { phpFpm, startPhpFpm } from '../support/peers/php-fpm.js';
import { missingPrograms } from '../support/peers/programs.js';
import { ss } from '../support/peers/sockets.js';
import { Stage } from '../support/peers/stage.js';
import * as peers from './client-peers.js';

const skip = missingPrograms(phpFpm, ss);
const limit = { timeout: 60_000, skip };
const script = readFileSync(join(projectRoot, 'test', 'e2e', 'programs', 'responder.php'), 'utf8');

/** Its children are somebody else, who may not be allowed to read where the project lies. */
const readable = (stage: Stage): string => stage.file('responder.php', script);

async function start(context: TestContext, children = 2): Promise<peers.PeerUnderTest & { stage: Stage }> {
  const stage = new Stage(context);
  const { endpoint } = await startPhpFpm(stage, { children });
  return { address: endpoint, request: { script: readable(stage) }, stage };
}

test('the client and php-fpm', limit, async (context) => {
  const peer = await start(context);
  await context.test('GET', () => peers.asksGet(peer));
  await context.test('statuses', () => peers.asksStatuses(peer));
  await context.test('request bodies', () => peers.sendsBodies(peer));
  await context.test('large responses', () => peers.readsLargeResponses(peer));
  await context.test('giving up', () => peers.survivesGivingUp(peer));
  await context.test('many at once', () => peers.servesMany(peer, 2));

  await context.test('STDERR is told apart', () =>
    peers.withClient(peer, {}, async (_, ask) => {
      const answer = await ask({ uri: '/x/error?17' });
      assert.equal(await answer.text(), 'logged');
      assert.match(answer.stderr, /it went wrong: 17/);
    }),
  );

  await context.test('GET_VALUES: it does not multiplex, and serves on the same connection', () =>
    peers.withClient(peer, { multiplex: 'learn' }, async (client, ask) => {
      assert.equal(await (await ask({ uri: '/x/hello' })).text(), 'GET /x/hello ');
      assert.equal(client.values?.outcome, 'answered');
      assert.equal(client.values?.values.get('FCGI_MPXS_CONNS'), '0');
      assert.equal(client.values?.perConnection, 1);
      assert.equal(client.counts.connections, 1);
    }),
  );

  await context.test('item 27: PARAMS of more than a record are understood, because no pair is cut', () =>
    peers.withClient(peer, {}, async (_, ask) => {
      const params = Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`HTTP_X_${i}`, 'v'.repeat(100)]));
      assert.equal(await (await ask({ uri: '/x/hello', params })).text(), 'GET /x/hello ');
    }),
  );

  await context.test('item 27: pairs cut across records are answered with a reset', () =>
    peers.withClient(peer, { params: { cut: 'anywhere', recordSize: 100 } }, async (_, ask) => {
      await assert.rejects(ask({ uri: '/x/hello' }), (error: ClientError) => ['reset', 'closed'].includes(error.code));
    }),
  );
});

test(
  'item 87: a child that retires on a kept connection is no error: the next request finds another',
  limit,
  async (context) => {
    const stage = new Stage(context);
    const { endpoint } = await startPhpFpm(stage, { children: 1, pool: 'pm.max_requests = 3' });
    const client = new FastcgiClient(endpoint);
    const pids = new Set<string>();
    for (let i = 0; i < 12; i++) {
      const answer = await client.request({ uri: '/x/pid', script: readable(stage) });
      pids.add(await answer.text());
    }
    await client.close();
    assert.equal(pids.size, 4);
  },
);

test(
  'item 72: a declared length that never comes: php-fpm waits, and the time limit ends it',
  limit,
  async (context) => {
    const peer = await start(context, 1);
    await peers.withClient(peer, { timeouts: { firstByte: 300 } }, async (_, ask) => {
      await assert.rejects(
        ask({ uri: '/x/body', body: 'hello', contentLength: 10 }),
        (error: ClientError) => error.code === 'first-byte-timeout' && error.phase === 'before-answer',
      );
      assert.equal(await (await ask({ uri: '/x/body', body: 'hello' })).text(), '5 3610a686');
    });
  },
);
