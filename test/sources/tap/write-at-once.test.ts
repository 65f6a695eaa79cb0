// Bytes that are only lent, written to a socket: they arrive in their order and as they were, whoever reads when.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { writeAtOnce } from '../../../src/sources/tap/write-at-once.js';
import { temporaryFolder } from '../../support/run-bin.js';
import { addressOf, bytesOf, connectTo, End, FAMILIES, type Family, listenOn } from './relay-scene.js';

const folder = temporaryFolder();

/** Two ends of a connection; nothing is read of the far one. */
async function pair(context: TestContext, family: Family): Promise<{ near: Socket; far: Socket }> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  const near = connectTo(await listenOn(server, addressOf(family, folder)));
  const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [[Socket], unknown];
  server.close();
  context.after(() => {
    near.destroy();
    far.destroy();
  });
  return { near, far };
}

/** From now on it is read, until so much has come. */
async function read(socket: Socket, length: number): Promise<Buffer> {
  const end = new End(socket);
  socket.resume();
  await end.until(() => end.length >= length);
  return end.bytes;
}

describe('writing lent bytes', { timeout: 20_000 }, () => {
  for (const family of FAMILIES) {
    test(`${family}: what is taken at once does not wait`, async (context) => {
      const { near, far } = await pair(context, family);
      const lent = Buffer.alloc(1000);
      for (let seed = 0; seed < 5; seed++) {
        bytesOf(seed, 1000).copy(lent);
        writeAtOnce(near, lent);
        assert.equal(near.writableLength, 0);
      }
      const sent = Buffer.concat(Array.from({ length: 5 }, (_, seed) => bytesOf(seed, 1000)));
      assert.deepEqual(await read(far, sent.length), sent);
    });

    test(`${family}: what a full socket does not take waits as it was, and what follows waits behind it`, async (context) => {
      const { near, far } = await pair(context, family);
      const lent = Buffer.alloc(60_000);
      const sent: Buffer[] = [];
      let waited = 0;
      while (waited < 5) {
        const bytes = bytesOf(sent.length, sent.length % 3 === 0 ? 60_000 : 77);
        sent.push(bytes);
        bytes.copy(lent);
        const before = near.writableLength;
        writeAtOnce(near, lent.subarray(0, bytes.length));
        if (before > 0) assert.equal(near.writableLength, before + bytes.length);
        if (near.writableLength > 0) waited++;
      }
      lent.fill(0);
      const whole = Buffer.concat(sent);
      assert.ok((await read(far, whole.length)).equals(whole));
      // Everything is written: the system is asked again.
      while (near.writableLength > 0) await once(near, 'drain');
      writeAtOnce(near, Buffer.from('and more'));
      assert.equal(near.writableLength, 0);
      assert.equal(String((await once(far, 'data'))[0]), 'and more');
    });

    test(`${family}: the other end is gone: the socket fails once, and with the system's first word`, async (context) => {
      // Nobody reads here, so it is the write that is told.
      const { near: other, far: socket } = await pair(context, family);
      if (family === 'tcp') other.resetAndDestroy();
      else other.destroy();
      await once(other, 'close');
      const codes: unknown[] = [];
      socket.on('error', (error: NodeJS.ErrnoException) => codes.push(error.code));
      const closed = new Promise((resolve) => socket.on('close', resolve));
      writeAtOnce(socket, Buffer.from('too late'));
      assert.ok(socket.destroyed);
      await closed;
      assert.deepEqual(codes, [family === 'tcp' ? 'ECONNRESET' : 'EPIPE']);
    });
  }

  test('a socket that still connects keeps a copy', async (context) => {
    const server = createServer();
    context.after(() => server.close());
    const near = connectTo(await listenOn(server, addressOf('tcp', folder)));
    const lent = Buffer.from('early');
    writeAtOnce(near, lent);
    lent.fill(0);
    const [far] = (await once(server, 'connection')) as [Socket];
    assert.equal(String(await read(far, 5)), 'early');
    near.destroy();
    far.destroy();
  });
});
