// The client against a program with the FastCGI SDK's library.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type ClientError, FastcgiClient, noPadding } from '../../src/endpoints/client/index.js';
import { crc32 } from '../support/crc32.js';
import { gcc } from '../support/peers/compiler.js';
import { compileApplication, libfcgi, spawnApplication, spawnFcgi } from '../support/peers/libfcgi.js';
import { missingPrograms } from '../support/peers/programs.js';
import { ss } from '../support/peers/sockets.js';
import { Stage } from '../support/peers/stage.js';
import * as peers from './client-peers.js';

const skip = missingPrograms(gcc, libfcgi, spawnFcgi, ss);
const limit = { timeout: 60_000, skip };

async function start(context: TestContext): Promise<peers.PeerUnderTest> {
  const stage = new Stage(context);
  const { endpoint } = await spawnApplication(stage, await compileApplication(stage, 'responder', ['fcgi']));
  return { address: endpoint };
}

test('the client and libfcgi', limit, async (context) => {
  const peer = await start(context);
  await context.test('GET', () => peers.asksGet(peer));
  await context.test('statuses', () => peers.asksStatuses(peer));
  await context.test('request bodies', () => peers.sendsBodies(peer));
  await context.test('large responses', () => peers.readsLargeResponses(peer));
  await context.test('giving up', () => peers.survivesGivingUp(peer));
  await context.test('many at once', () => peers.servesMany(peer, 1));

  await context.test('item 70: appStatus and STDERR', () =>
    peers.withClient(peer, {}, async (_, ask) => {
      for (const status of [7, 255, 0]) {
        const answer = await ask({ uri: `/x/exit?${status}` });
        assert.equal(await answer.text(), `exit ${status}`);
        assert.equal(answer.appStatus, status);
        assert.equal(answer.stderr, `it went wrong: ${status}`);
      }
    }),
  );

  await context.test('items 90 to 92: Authorizer', () =>
    peers.withClient(peer, {}, async (_, ask) => {
      const yes = await ask({ role: 'authorizer', uri: '/private', headers: { authorization: 'Basic let-me-in' } });
      assert.equal(yes.status, 200);
      assert.deepEqual([...yes.variables], [['REMOTE_USER', 'joe']]);
      await yes.completed;
      const no = await ask({ role: 'authorizer', uri: '/private' });
      assert.equal(no.status, 401);
      assert.equal(await no.text(), 'who are you?');
    }),
  );

  await context.test('item 93: Filter', () =>
    peers.withClient(peer, {}, async (_, ask) => {
      const content = new Uint8Array(150_000).fill(66);
      const answer = await ask({ role: 'filter', uri: '/x', body: 'hello', data: { content } });
      const hexOf = (bytes: Uint8Array) => crc32(bytes).toString(16);
      assert.equal(
        await answer.text(),
        `stdin 5 ${hexOf(Buffer.from('hello'))} data 150000 ${hexOf(content)} of 150000`,
      );
    }),
  );

  await context.test('item 46: GET_VALUES is answered because it is padded', () =>
    peers.withClient(peer, { multiplex: 'learn' }, async (client, ask) => {
      assert.equal(await (await ask({ uri: '/x/hello' })).text(), 'GET /x/hello ');
      assert.equal(client.values?.outcome, 'answered');
      assert.equal(client.values?.values.get('FCGI_MAX_CONNS'), '1');
      assert.equal(client.values?.perConnection, 1);
      assert.equal(client.counts.connections, 1);
    }),
  );

  await context.test('item 46: without padding it waits for more: the time limit ends it', () =>
    peers.withClient(peer, { getValuesPadding: noPadding, timeouts: { getValues: 300 } }, async (client) => {
      assert.equal((await client.getValues()).outcome, 'timeout');
    }),
  );

  await context.test('item 36: a second request on a connection is refused, and served elsewhere or later', () =>
    peers.withClient(peer, { multiplex: 4, pool: { maximum: 1 } }, async (client, ask) => {
      // The library sees the second request only while its program reads the first one's body.
      let go = (): void => {};
      const gate = new Promise<void>((resolve) => {
        go = resolve;
      });
      const first = ask({
        uri: '/x/body',
        contentLength: 4,
        body: (async function* () {
          yield 'ab';
          await gate;
          yield 'cd';
        })(),
      });
      while (client.counts.connections === 0) await new Promise((resolve) => setImmediate(resolve));
      const second = ask({ uri: '/x/hello?2', method: 'POST', body: 'x' });
      setTimeout(go, 50);
      // Version 2.4.2 takes the empty STDIN of the refused request for the end of the first one's: it may tell 2.
      assert.match(await (await first).text(), /^[24] /);
      const answer = await second;
      assert.equal(await answer.text(), 'POST /x/hello?2 ');
      assert.equal((await answer.completed).attempts, 2);
    }),
  );

  await context.test('unknown role: closed without an answer', () =>
    peers.withClient(peer, { keepConn: false }, async (_, ask) => {
      await assert.rejects(
        ask({ role: 9 }),
        (error: ClientError) => error.code === 'closed' && error.phase === 'before-answer',
      );
    }),
  );

  await context.test('a pair cut across records is understood', () =>
    peers.withClient(peer, { params: { cut: 'anywhere', recordSize: 50 } }, async (_, ask) => {
      assert.equal(await (await ask({ uri: '/x/hello?cut' })).text(), 'GET /x/hello?cut ');
    }),
  );
});

test('request id 0: the library closes and its program never hears of it', limit, async (context) => {
  const { lighttpd2009 } = await import('../../src/endpoints/client/index.js');
  const peer = await start(context);
  const client = new FastcgiClient(peer.address, { policy: lighttpd2009(65_535) });
  await assert.rejects(
    client.request({ uri: '/x/hello' }),
    (error: ClientError) => error.code === 'closed' || error.code === 'reset',
  );
  await client.close();
  await peers.asksStatuses(peer);
});
