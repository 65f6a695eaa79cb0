// A worker's way to the cache in the primary, without processes: answers find their questions, and nothing piles up.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CacheClient } from '../../../src/endpoints/workers/cache-client.js';
import { CacheOwner } from '../../../src/endpoints/workers/cache-owner.js';
import type { FromWorker } from '../../../src/endpoints/workers/messages.js';

type Cached = Parameters<CacheOwner['hear']>[0];

describe('a worker’s way to the cache', () => {
  test('questions get their own answers, in whatever order they come', async () => {
    const owner = new CacheOwner({});
    const sent: FromWorker[] = [];
    const client = new CacheClient((message, done) => {
      sent.push(message);
      done?.();
    });
    client.set('a', { content: Buffer.from('one'), appStatus: 0 }, 1000);
    client.set('b', { content: Buffer.from('two'), appStatus: 0 }, 1000);
    client.delete('b');
    const asked = [client.get('a'), client.get('b'), client.counters()] as const;
    const answers = sent.flatMap((message) => owner.hear(message as Cached) ?? []);
    for (const answer of answers.reverse()) {
      assert.ok(answer.kind === 'cached' || answer.kind === 'cacheCounters');
      client.answered(answer);
    }
    const [one, two, counters] = await Promise.all(asked);
    assert.equal(Buffer.from(one?.content ?? []).toString(), 'one');
    assert.equal(two, undefined);
    assert.deepEqual([counters?.hits, counters?.misses, counters?.stored], [1, 1, 2]);
  });

  test('with too many questions on their way one more is a miss', async () => {
    let sent = 0;
    const client = new CacheClient(() => sent++);
    for (let i = 0; i < 4096; i++) void client.get(`key ${i}`);
    assert.equal(await client.get('one more'), undefined);
    assert.equal(await client.counters(), undefined);
    assert.equal(sent, 4096);
  });

  test('with too many bytes on their way nothing is stored until they have gone', () => {
    const waiting: (() => void)[] = [];
    const client = new CacheClient((_message, done) => waiting.push(done ?? (() => {})));
    const response = { content: new Uint8Array(8 << 20), appStatus: 0 };
    for (const key of ['a', 'b', 'c', 'd']) client.set(key, response, 1000);
    assert.equal(waiting.length, 2);
    waiting[0]();
    client.set('e', response, 1000);
    assert.equal(waiting.length, 3);
  });

  test('an answer to nothing does no harm', () => {
    new CacheClient(() => {}).answered({ kind: 'cached', id: 7, response: undefined });
  });
});
