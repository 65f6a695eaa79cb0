// Back-pressure over real sockets: bodies nobody reads, readers that stop, and what that means for others. Memory is
// bounded by the marks, not by the bodies.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServerConnection, ServerRequest } from '../../../src/endpoints/server/index.js';
import { STDIN } from '../../../src/fastcgi/constants.js';
import { getValues, record } from '../../../src/fastcgi/encode.js';
import { request } from '../../support/fastcgi-messages.js';
import { eventually, serve, WebServer } from './web-server.js';

const MIB = 1 << 20;
const keep = { keepConn: true } as const;

/** A writer that sends so many bytes of STDIN and waits whenever the socket says so. */
async function upload(web: WebServer, id: number, total: number): Promise<void> {
  const piece = record(STDIN, id, new Uint8Array(65_528).fill(0x78));
  for (let sent = 0; sent < total; sent += 65_528) {
    if (!web.socket.write(piece)) await new Promise((resolve) => web.socket.once('drain', resolve));
  }
  web.send(record(STDIN, id));
}

/** Writes so many bytes as a well-behaved handler does; tells the most that ever waited in the socket. */
async function download(request: ServerRequest, total: number): Promise<number> {
  const piece = new Uint8Array(65_528).fill(0x79);
  let most = 0;
  request.write('\r\n');
  for (let sent = 0; sent < total; sent += piece.length) {
    const more = request.write(piece);
    most = Math.max(most, request.connection!.socket.writableLength);
    if (!more) await request.drained();
  }
  return most;
}

function firstConnection(connections: Iterable<ServerConnection>): ServerConnection {
  const [connection] = connections;
  assert.ok(connection);
  return connection;
}

describe('a body that nobody reads', () => {
  it('item 15: pauses the connection at the mark, and goes on when it is read', async (context) => {
    let read: () => void = () => {};
    const server = await serve(context, {
      responder: async (request) => {
        await new Promise<void>((resolve) => (read = resolve));
        let length = 0;
        for await (const piece of request.stdin) length += (piece as Buffer).length;
        request.write(`\r\n${length}`);
      },
      bodyHighWaterMark: 100_000,
    });
    const web = await WebServer.connect(context, server);
    web.send(request({ ...keep, stdinEnd: false, body: 'x' }));
    const sending = upload(web, 1, 64 * MIB);
    await eventually(() => firstConnection(server.connections()).isPaused, 'the pause');
    // One more piece of what the socket had read may have come.
    assert.ok(server.counters.bytesReceived < 100_000 + 2 * 65_536, String(server.counters.bytesReceived));
    // Others are served meanwhile.
    const other = await WebServer.connect(context, server);
    other.send(getValues([]));
    await other.until(({ records }) => records.length === 1, 'GET_VALUES_RESULT');
    assert.ok(server.counters.bytesReceived < 100_000 + 2 * 65_536 + 16);
    read();
    await sending;
    assert.equal((await web.answer()).stdout, `\r\n${Math.ceil((64 * MIB) / 65_528) * 65_528 + 1}`);
    assert.equal(firstConnection(server.connections()).isPaused, false);
  });

  it('item 39: does not hold up others on the connection within the mark, and not for ever beyond it', async (context) => {
    let now = 0;
    const server = await serve(context, {
      responder: async (request) => {
        if (request.params.get('REQUEST_URI') === '/other') request.end('\r\nother');
        else await new Promise(() => {});
      },
      clock: { now: () => now },
      timeouts: { stalledBody: 1000 },
    });
    const web = await WebServer.connect(context, server);
    web.send(request({ ...keep, stdinEnd: false, body: 'x'.repeat(60_000) }));
    web.send(request({ id: 2, ...keep, uri: '/other' }));
    assert.equal((await web.answer(2)).stdout, '\r\nother');
    // Beyond the mark the connection stands still, with another request on it that is still coming.
    web.send(request({ id: 4, ...keep, stdinEnd: false, body: 'y' }));
    web.send(record(STDIN, 1, 'x'.repeat(60_000)), record(STDIN, 1, 'x'.repeat(60_000)));
    await eventually(() => firstConnection(server.connections()).isPaused, 'the pause');
    web.send(request({ id: 6, ...keep, uri: '/other' }));
    server.sweep();
    now = 900;
    server.sweep();
    assert.equal(firstConnection(server.connections()).isPaused, true);
    now = 1100;
    server.sweep();
    const { appStatus, stdout } = await web.answer(1);
    assert.deepEqual([appStatus, stdout], [1, '']);
    assert.equal((await web.answer(6)).stdout, '\r\nother');
    assert.equal(server.counters.aborted, 1);
  });

  it('alone on its connection is waited for, long but not for ever', async (context) => {
    let now = 0;
    const server = await serve(context, {
      responder: () => {},
      clock: { now: () => now },
      timeouts: { stalledBody: 1000 },
    });
    const web = await WebServer.connect(context, server);
    web.send(request({ ...keep, stdinEnd: false, body: 'x'.repeat(200_000) }));
    await eventually(() => firstConnection(server.connections()).isPaused, 'the pause');
    now = server.timeouts.unreadBody - 1;
    server.sweep();
    assert.equal(server.counters.aborted, 0);
    now = server.timeouts.unreadBody + 1;
    server.sweep();
    assert.equal((await web.answer()).appStatus, 1);
    assert.equal(server.counters.aborted, 1);
  });

  it('item 82: does not hide that the web server has gone', async (context) => {
    for (const leave of [(web: WebServer) => web.end(), (web: WebServer) => web.socket.resetAndDestroy()]) {
      let aborted = '';
      const server = await serve(context, {
        responder: (request) => request.onAbort(({ abortCause }) => (aborted = String(abortCause))),
        bodyHighWaterMark: 10_000,
      });
      const web = await WebServer.connect(context, server);
      web.send(request({ ...keep, stdinEnd: false, body: 'x'.repeat(150_000) }));
      await eventually(() => firstConnection(server.connections()).isPaused, 'the pause');
      leave(web);
      await eventually(() => {
        server.sweep();
        return aborted !== '';
      }, 'the abort');
      assert.match(aborted, /^(peer-ended|connection-lost)$/);
    }
  });

  it('grows by a few pieces at most while that is looked for', async (context) => {
    const server = await serve(context, { responder: () => {}, bodyHighWaterMark: 10_000 });
    const web = await WebServer.connect(context, server);
    web.send(request({ ...keep, stdinEnd: false, body: 'x' }));
    upload(web, 1, 64 * MIB).catch(() => {});
    for (let sweeps = 0; sweeps < 50; sweeps++) {
      await eventually(() => firstConnection(server.connections()).isPaused, 'the pause');
      server.sweep();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    assert.ok(server.counters.bytesReceived < 10_000 + 10 * 65_536, String(server.counters.bytesReceived));
  });
});

describe('a reader that stops', () => {
  it('item 75: makes the handler wait, others are served, and everything comes in the end', async (context) => {
    let most = 0;
    let finished = false;
    const server = await serve(context, {
      responder: async (request) => {
        if (request.params.get('REQUEST_URI') === '/small') {
          request.end('\r\nsmall');
          return;
        }
        most = await download(request, 64 * MIB);
        finished = true;
      },
    });
    const web = await WebServer.connect(context, server);
    web.send(request({ ...keep, uri: '/large' }));
    web.socket.pause();
    const connection = () => firstConnection(server.connections());
    // The kernel takes some megabytes; then it is the handler that waits.
    await eventually(() => server.counters.requests === 1 && connection().socket.writableNeedDrain, 'the wait');
    const other = await WebServer.connect(context, server);
    for (let n = 0; n < 20; n++) {
      assert.equal((await other.send(request({ ...keep, uri: '/small' })).answer()).stdout, '\r\nsmall');
    }
    assert.equal(finished, false);
    assert.ok(connection().bytesSent < 32 * MIB);
    web.socket.resume();
    let received = 0;
    await web.until(() => {
      // Records are dropped as they come: the test must not keep what the server may not.
      received += web.records.splice(0, web.records.length).reduce((sum, { content }) => sum + content.length, 0);
      return received >= Math.ceil((64 * MIB) / 65_528) * 65_528 + 2 + 8;
    }, 'all of it');
    assert.equal(finished, true);
    assert.ok(most < MIB, `${most} bytes waited in the socket`);
  });

  it('and asks on and on is not read from any more', async (context) => {
    const server = await serve(context, { responder: (request) => request.end(`\r\n${'z'.repeat(30_000)}`) });
    const web = await WebServer.connect(context, server);
    web.socket.pause();
    const asking = Buffer.concat(Array.from({ length: 40 }, () => request(keep)));
    const connection = () => firstConnection(server.connections());
    let asked = 0;
    for (; asked < 2000 && !(server.counters.accepted > 0 && connection().isPaused); asked++) {
      web.send(asking);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(connection().isPaused);
    const waiting = connection().socket.writableLength;
    // One read of 64 KiB asks for so many replies at most.
    assert.ok(waiting < MIB + Math.ceil(65_536 / request(keep).length) * 30_100, `${waiting} bytes wait`);
    web.socket.resume();
    const count = () => web.records.filter(({ type }) => type === 3).length;
    await web.until(() => count() === asked * 40, 'all answers');
  });
});

describe('a stream of the handler', () => {
  it('waits for a slow reader in a pipeline', async (context) => {
    const { pipeline } = await import('node:stream/promises');
    const { Readable } = await import('node:stream');
    let produced = 0;
    const server = await serve(context, {
      responder: async (request) => {
        const source = Readable.from(
          (function* () {
            yield '\r\n';
            for (; produced < 32 * MIB; produced += 65_536) yield Buffer.alloc(65_536, 0x70);
          })(),
        );
        await pipeline(source, request.stdout);
      },
    });
    const web = await WebServer.connect(context, server);
    web.socket.pause();
    web.send(request(keep));
    await eventually(
      () => server.counters.requests === 1 && firstConnection(server.connections()).socket.writableNeedDrain,
      'the wait',
    );
    assert.ok(produced < 32 * MIB);
    assert.ok(firstConnection(server.connections()).socket.writableLength < MIB);
    web.socket.resume();
    const { stdout, appStatus } = await web.answer();
    assert.deepEqual([stdout.length, appStatus], [32 * MIB + 2, 0]);
  });
});
