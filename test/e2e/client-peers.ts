// What every FastCGI application that the client is held against must answer: the same requests for all of them.
import assert from 'node:assert/strict';
import {
  ClientError,
  type ClientOptions,
  type ClientRequest,
  FastcgiClient,
} from '../../src/endpoints/client/index.js';
import { crc32 } from '../support/crc32.js';

export interface PeerUnderTest {
  readonly address: string;
  /** What its scripts need in every request. */
  readonly request?: ClientRequest;
}

/** A client, closed when the function is done. */
export async function withClient(
  peer: PeerUnderTest,
  options: ClientOptions,
  run: (client: FastcgiClient, ask: (request: ClientRequest) => ReturnType<FastcgiClient['request']>) => Promise<void>,
): Promise<void> {
  const client = new FastcgiClient(peer.address, options);
  try {
    await run(client, (request) => client.request({ ...peer.request, ...request }));
  } finally {
    await client.destroy();
  }
}

/** GET, headers, repeated cookies. */
export async function asksGet(peer: PeerUnderTest): Promise<void> {
  for (const keepConn of [false, true]) {
    await withClient(peer, { keepConn }, async (client, ask) => {
      for (let i = 0; i < 4; i++) {
        const answer = await ask({ uri: `/x/hello?${i}`, headers: { 'X-Word': 'word' } });
        assert.equal(answer.status, 200);
        assert.equal(await answer.text(), `GET /x/hello?${i} word`);
        assert.deepEqual(answer.headers.getAll('set-cookie'), ['a=1', 'b=2']);
        assert.equal(answer.appStatus, 0);
        const { connection, reused } = await answer.completed;
        assert.deepEqual([connection, reused], keepConn ? [1, i > 0] : [i + 1, false]);
      }
      assert.equal(client.counts.connections, keepConn ? 1 : 0);
    });
  }
}

/** Statuses, and the methods that have none. */
export async function asksStatuses(peer: PeerUnderTest): Promise<void> {
  await withClient(peer, {}, async (_, ask) => {
    for (const status of [200, 201, 404, 500, 503]) {
      const answer = await ask({ uri: `/x/status?${status}` });
      assert.equal(answer.status, status);
      assert.equal(await answer.text(), `status ${status}`);
    }
  });
}

/** Bodies of several sizes, as bytes and as streams. */
export async function sendsBodies(peer: PeerUnderTest): Promise<void> {
  await withClient(peer, {}, async (_, ask) => {
    for (const length of [0, 1, 5, 4096, 65_535, 65_536, 200_000, 5_000_000]) {
      const body = Uint8Array.from({ length }, (_, index) => (index * 31) >> 3);
      const expected = new RegExp(`^${length} 0*${crc32(body).toString(16)}\\b`);
      const whole = await ask({ uri: '/x/body', body });
      assert.match(await whole.text(), expected);
      const pieces = (async function* () {
        for (let at = 0; at < length; at += 70_001) yield body.subarray(at, at + 70_001);
      })();
      const streamed = await ask({ uri: '/x/body', method: 'PUT', body: pieces, contentLength: length });
      assert.match(await streamed.text(), expected);
    }
  });
}

/** Responses of several sizes, read at once and as a stream. */
export async function readsLargeResponses(peer: PeerUnderTest): Promise<void> {
  await withClient(peer, {}, async (_, ask) => {
    for (const length of [0, 1, 65_536, 1_000_000, 20_000_000]) {
      const whole = await ask({ uri: `/x/large?${length}` });
      assert.equal((await whole.bytes()).length, length);
      const streamed = await ask({ uri: `/x/large?${length}` });
      let read = 0;
      let last = '';
      for await (const chunk of streamed.body) {
        read += (chunk as Uint8Array).length;
        last = Buffer.from(chunk as Uint8Array)
          .toString('latin1')
          .slice(-1);
      }
      assert.equal(read, length);
      if (length > 0) assert.equal(last, '0123456789abcdef'[(length - 1) % 16]);
      assert.equal((await streamed.completed).protocolStatus, 0);
    }
  });
}

/** Giving up closes the connection; the next request is served. */
export async function survivesGivingUp(peer: PeerUnderTest): Promise<void> {
  await withClient(peer, {}, async (client, ask) => {
    const controller = new AbortController();
    const pending = ask({ uri: '/x/sleep?300', signal: controller.signal });
    setTimeout(() => controller.abort(), 30);
    await assert.rejects(pending, (error: ClientError) => error instanceof ClientError && error.code === 'aborted');
    assert.equal(client.counts.requests, 0);
    const half = await ask({ uri: '/x/large?20000000' });
    for await (const _ of half.body) break;
    assert.equal(await (await ask({ uri: '/x/hello?after' })).text(), 'GET /x/hello?after ');
  });
}

/** Many at once over few connections. */
export async function servesMany(peer: PeerUnderTest, maximum: number): Promise<void> {
  await withClient(peer, { pool: { maximum } }, async (client, ask) => {
    const texts = await Promise.all(
      Array.from({ length: 60 }, async (_, i) => (await ask({ uri: `/x/hello?${i}` })).text()),
    );
    assert.deepEqual(
      texts,
      Array.from({ length: 60 }, (_, i) => `GET /x/hello?${i} `),
    );
    assert.ok(client.counts.connections <= maximum);
  });
}
