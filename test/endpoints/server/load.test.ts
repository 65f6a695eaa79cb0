// Many connections at once: idle ones, slow ones, and short ones. The big figures are test/bench/idle-connections.ts.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import type { ServerOptions } from '../../../src/endpoints/server/index.js';
import { request } from '../../support/fastcgi-messages.js';
import { eventually, portOf, serve, WebServer } from './web-server.js';

const hello: ServerOptions = { responder: (request) => request.end('\r\nhello') };
const COUNT = 300;

describe('many connections', () => {
  it('that are idle cost the others nothing, and go when their time is over', async (context) => {
    let now = 0;
    const server = await serve(context, { ...hello, clock: { now: () => now } });
    const idle = await Promise.all(Array.from({ length: COUNT }, () => WebServer.connect(context, server)));
    await eventually(() => server.counters.open === COUNT, 'the connections');
    const busy = await WebServer.connect(context, server);
    for (let n = 0; n < 50; n++) await busy.send(request({ keepConn: true })).answer();
    assert.equal(server.counters.open, COUNT + 1);
    // A third of them has been used once: those are kept.
    const kept = idle.filter((_, index) => index % 3 === 0);
    await Promise.all(kept.map((web) => web.send(request({ keepConn: true })).answer()));
    now = server.timeouts.firstByte + 1;
    server.sweep();
    const gone = idle.filter((_, index) => index % 3 !== 0);
    await Promise.all(gone.map((web) => web.whenEnded()));
    for (const web of gone) web.end();
    await eventually(() => server.counters.open === kept.length + 1, 'their end');
    await Promise.all([busy, ...kept].map((web) => web.send(request({ keepConn: true })).answer()));
  });

  it('item 89: that send a byte now and then are cut off, and others are served meanwhile', async (context) => {
    let now = 0;
    const server = await serve(context, { ...hello, clock: { now: () => now } });
    const bytes = request({ keepConn: true });
    const slow = await Promise.all(Array.from({ length: 100 }, () => WebServer.connect(context, server)));
    const good = await WebServer.connect(context, server);
    let sent = 0;
    const dribble = async (index: number) => {
      for (const web of slow) web.send(bytes.subarray(index, index + 1));
      sent += slow.length;
      await eventually(() => server.counters.bytesReceived >= sent + goodBytes, 'the bytes');
    };
    let goodBytes = 0;
    for (let index = 0; index < 20; index++) {
      await dribble(index);
      goodBytes += bytes.length;
      await good.send(bytes).answer();
      now += 1000;
      server.sweep();
      assert.equal(server.counters.open, 101);
    }
    now += server.timeouts.header + 1;
    server.sweep();
    await Promise.all(slow.map((web) => web.whenEnded()));
    for (const web of slow) web.end();
    await eventually(() => server.counters.open === 1, 'their end');
    assert.equal(server.counters.active, 0);
    await good.send(bytes).answer();
  });

  it('that come and go leave nothing behind', async (context) => {
    const server = await serve(context, hello);
    const port = portOf(server);
    const bytes = request();
    const visit = (index: number) =>
      new Promise<void>((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port, noDelay: true });
        socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? resolve() : reject(error)));
        socket.on('close', () => resolve());
        // Some leave at once, some in the middle, some wait for the answer.
        if (index % 3 === 0) socket.on('connect', () => socket.destroy());
        else if (index % 3 === 1) socket.write(bytes.subarray(0, (index * 37) % bytes.length), () => socket.destroy());
        else socket.end(bytes).resume();
      });
    for (let round = 0; round < 10; round++)
      await Promise.all(Array.from({ length: 30 }, (_, index) => visit(round * 30 + index)));
    await eventually(() => server.counters.open === 0, 'the end of all');
    assert.deepEqual([server.counters.active, server.counters.running], [0, 0]);
    const web = await WebServer.connect(context, server);
    assert.equal((await web.send(request()).answer()).stdout, '\r\nhello');
  });
});
