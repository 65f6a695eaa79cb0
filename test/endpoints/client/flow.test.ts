// Back-pressure both ways: what nobody reads is not gathered, and goes on when it is read. On real sockets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { FastcgiClient } from '../../../src/endpoints/client/index.js';
import { endRequest, record } from '../../../src/fastcgi/encode.js';
import { response, stdout } from '../../support/fastcgi-messages.js';
import { ScriptedApplication, type ScriptedConnection, withApplication } from '../../support/scripted-application.js';

const limit = { timeout: 30_000 };
const PIECE = record(6, 1, new Uint8Array(65_528).fill(120));

/** Sends `count` records as fast as the client takes them, then the end. */
async function pour(connection: ScriptedConnection, count: number): Promise<void> {
  const { socket } = connection;
  connection.send(stdout('A: b\r\n\r\n'));
  for (let i = 0; i < count; i++) {
    if (!socket.write(PIECE)) await new Promise((resolve) => socket.once('drain', resolve));
  }
  connection.send(endRequest(1));
}

/** Waits until a number stands still. */
async function still(read: () => number): Promise<number> {
  for (let last = -1, same = 0; ; ) {
    const now = read();
    same = now === last ? same + 1 : 0;
    if (same >= 4) return now;
    last = now;
    await sleep(25);
  }
}

test(
  'item 15, 75: a response that is not read stops at its buffer, and comes whole when it is read',
  limit,
  async () => {
    const count = 800; // 52 MB
    await withApplication(
      async (connection) => {
        await connection.requests(1);
        await pour(connection, count);
      },
      async (application) => {
        const client = new FastcgiClient(application.address);
        const answer = await client.request();
        const { body } = answer;
        // Nobody reads yet: the stream, one chunk of the socket, and the kernel's buffers are all there is.
        await still(() => body.readableLength);
        assert.ok(body.readableLength < 300_000, `${body.readableLength} bytes lie in the stream`);
        assert.equal(answer.appStatus, undefined);
        let length = 0;
        for await (const chunk of body) length += (chunk as Uint8Array).length;
        assert.equal(length, count * 65_528);
        assert.equal(answer.appStatus, 0);
        await client.close();
      },
    );
  },
);

test('item 15: without a reader at all no more than maxBuffered and a chunk is held', limit, async () => {
  await withApplication(
    async (connection) => {
      await connection.requests(1);
      await pour(connection, 100);
    },
    async (application) => {
      const client = new FastcgiClient(application.address, { maxBuffered: 200_000, timeouts: { idle: 0 } });
      const { params } = client.encode({});
      let room = 200_000;
      let ended = false;
      const exchange = client.exchange(
        { params },
        {
          stdout: (_, start, end) => (room -= end - start) > 0,
          completed: () => {
            ended = true;
          },
          failed: assert.fail,
        },
      );
      const held = await still(() => exchange.stdoutBytes);
      assert.ok(held >= 200_000 && held <= 200_000 + 2 * 65_536, `${held} bytes came`);
      assert.equal(ended, false);
      room = Number.POSITIVE_INFINITY;
      exchange.resume();
      while (!ended) await sleep(5);
      assert.equal(exchange.stdoutBytes, 100 * 65_528 + 8);
      await client.close();
    },
  );
});

test('item 39: the idle time does not run while nobody reads', limit, async () => {
  await withApplication(
    async (connection) => {
      await connection.requests(1);
      await pour(connection, 60);
    },
    async (application) => {
      const client = new FastcgiClient(application.address, { maxBuffered: 100_000, timeouts: { idle: 60 } });
      const answer = await client.request();
      await sleep(200);
      assert.equal((await answer.bytes()).length, 60 * 65_528);
      await client.close();
    },
  );
});

test("a request's body is taken no faster than the application reads it", limit, async () => {
  const total = 60 << 20;
  const chunk = new Uint8Array(1 << 16).fill(121);
  let taken = 0;
  // Reads nothing until it is told to.
  const application = await ScriptedApplication.start((connection) => {
    connection.socket.pause();
  });
  const client = new FastcgiClient(application.address);
  const pending = client.request({
    method: 'PUT',
    contentLength: total,
    body: (async function* () {
      while (taken < total) {
        taken += chunk.length;
        yield chunk;
      }
    })(),
  });
  const connection = await application.connection(1);
  const before = await still(() => taken);
  assert.ok(before < total / 2, `${before} bytes were taken although nobody read`);
  connection.socket.resume();
  await connection.bytesArrived(total);
  await connection.requests(1);
  assert.equal(taken, total);
  connection.send(response({ body: 'done' }));
  assert.equal(await (await pending).text(), 'done');
  await client.close();
  await application.stop();
});

test('everything of a small request leaves in one write', limit, async () => {
  const sizes: number[] = [];
  await withApplication(
    async (connection) => {
      connection.socket.on('data', (data: Uint8Array) => sizes.push(data.length));
      await connection.requests(1);
      connection.send(response());
      await connection.requests(2);
      connection.send(response());
    },
    async (application) => {
      const client = new FastcgiClient(application.address);
      await (await client.request({ body: 'x'.repeat(2000) })).completed;
      await (await client.request()).completed;
      assert.equal(sizes.length, 2);
      await client.close();
    },
  );
});
