// How connections end, over real sockets: nothing of an answer is lost, nothing waits for ever, nothing is written
// after the end.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AbortCause, createServer, type ServerRequest } from '../../../src/endpoints/server/index.js';
import { STDIN } from '../../../src/fastcgi/constants.js';
import { abortRequest, beginRequest, getValues, record } from '../../../src/fastcgi/encode.js';
import { request } from '../../support/fastcgi-messages.js';
import { eventually, serve, WebServer } from './web-server.js';

const MIB = 1 << 20;
const keep = { keepConn: true } as const;

/** A server whose requests wait until they are told to end. */
async function patient(
  context: Parameters<typeof serve>[0],
  options: Omit<Parameters<typeof serve>[1], 'responder'> = {},
) {
  const waiting: ServerRequest[] = [];
  const server = await serve(context, { ...options, responder: (request) => void waiting.push(request) });
  return { server, waiting };
}

describe('without KEEP_CONN', () => {
  it('item 83: the connection is closed after the answer, and the answer is whole although a body is unread', async (context) => {
    const page = `\r\n${'p'.repeat(MIB)}`;
    const server = await serve(context, { responder: (request) => request.end(page) });
    const web = await WebServer.connect(context, server);
    // All is sent before anything is read, as web servers do that send bodies whole.
    web.socket.pause();
    web.send(request({ body: Buffer.alloc(10 * MIB, 0x62) }));
    await eventually(() => server.counters.bytesReceived > 11 * MIB - MIB && server.counters.active === 0, 'the body');
    web.socket.resume();
    assert.equal((await web.answer()).stdout.length, page.length);
    await web.whenEnded();
    assert.equal(web.error, undefined);
    web.end();
    await web.whenClosed();
    assert.equal(web.error, undefined);
    await eventually(() => server.counters.open === 0, 'the close');
  });

  it('item 83: a web server that does not close is not waited for without end', async (context) => {
    let now = 0;
    const server = await serve(context, {
      responder: (request) => request.end('\r\nhi'),
      clock: { now: () => now },
      timeouts: { linger: 1000, lingerTotal: 5000 },
    });
    const quiet = await WebServer.connect(context, server);
    const talking = await WebServer.connect(context, server);
    for (const web of [quiet, talking]) {
      await web.send(request()).answer();
      await web.whenEnded();
    }
    now = 900;
    server.sweep();
    const before = server.counters.bytesReceived;
    talking.send(record(STDIN, 1, 'still talking'));
    await eventually(() => server.counters.bytesReceived > before, 'what is thrown away');
    assert.equal(server.counters.open, 2);
    now = 1100;
    server.sweep();
    await eventually(() => server.counters.open === 1, 'the close of the quiet one');
    now = 5100;
    server.sweep();
    await eventually(() => server.counters.open === 0, 'the close of the other');
  });

  it('item 83: a slow reader of the tail is given its time', async (context) => {
    let now = 0;
    const page = Buffer.alloc(32 * MIB, 0x70);
    const server = await serve(context, {
      responder: (request) => request.end(Buffer.concat([Buffer.from('\r\n'), page])),
      clock: { now: () => now },
    });
    const web = await WebServer.connect(context, server);
    web.socket.pause();
    web.send(request());
    await eventually(() => server.counters.requests === 1 && server.counters.active === 0, 'the answer');
    for (const time of [0, 1, 1e6, 2e6]) {
      now = time;
      server.sweep();
    }
    web.socket.resume();
    assert.equal((await web.answer()).stdout.length, page.length + 2);
    await web.whenEnded();
    assert.equal(web.error, undefined);
  });

  it('item 85: several requests are all answered before the close', async (context) => {
    const { server, waiting } = await patient(context);
    const web = await WebServer.connect(context, server);
    web.send(request({ id: 1 }), request({ id: 2, ...keep }), request({ id: 3 }));
    await eventually(() => waiting.length === 3, 'three requests');
    waiting[0].end('\r\none');
    assert.equal((await web.answer(1)).stdout, '\r\none');
    assert.equal(web.ended, false);
    waiting[2].end('\r\nthree');
    waiting[1].end('\r\ntwo');
    assert.equal((await web.answer(2)).stdout, '\r\ntwo');
    assert.equal((await web.answer(3)).stdout, '\r\nthree');
    await web.whenEnded();
  });
});

describe('with KEEP_CONN', () => {
  it('item 84: one request follows another, also in the same packet, also before the answer', async (context) => {
    const server = await serve(context, {
      responder: async (request) => {
        await new Promise((resolve) => setImmediate(resolve));
        request.write(`\r\n${request.params.get('REQUEST_URI')} ${await request.readBody()}`);
      },
    });
    const web = await WebServer.connect(context, server);
    assert.equal((await web.send(request({ ...keep, uri: '/1', body: 'a' })).answer()).stdout, '\r\n/1 a');
    web.send(Buffer.concat([2, 3, 4, 5].map((n) => request({ ...keep, uri: `/${n}`, body: 'b'.repeat(n * 50_000) }))));
    for (const n of [2, 3, 4, 5]) assert.equal((await web.answer()).stdout.length, 5 + n * 50_000);
    assert.deepEqual([server.counters.accepted, server.counters.requests, web.ended], [1, 5, false]);
  });

  it('item 44: GET_VALUES does not close the connection either', async (context) => {
    const server = await serve(context, { responder: (request) => request.end('\r\nhi') });
    const web = await WebServer.connect(context, server);
    web.send(getValues(['FCGI_MPXS_CONNS']));
    await web.until(({ records }) => records.length === 1, 'GET_VALUES_RESULT');
    assert.equal((await web.send(request(keep)).answer()).stdout, '\r\nhi');
  });

  it('item 88: a connection is closed when it was idle too long, or served enough', async (context) => {
    let now = 0;
    const server = await serve(context, {
      responder: (request) => request.end('\r\nhi'),
      clock: { now: () => now },
      timeouts: { idle: 1000 },
      limits: { requestsOfConnection: 3 },
    });
    const idle = await WebServer.connect(context, server);
    const busy = await WebServer.connect(context, server);
    for (const web of [idle, busy]) await web.send(request(keep)).answer();
    server.sweep();
    now = 900;
    await busy.send(request(keep)).answer();
    server.sweep();
    now = 1100;
    server.sweep();
    await idle.whenEnded();
    assert.equal(idle.error, undefined);
    assert.equal(busy.ended, false);
    await busy.send(request(keep)).answer();
    await busy.whenEnded();
    assert.deepEqual([server.counters.requests, busy.error], [4, undefined]);
  });

  it('item 88: by default an idle connection is kept', async (context) => {
    let now = 0;
    const server = await serve(context, { responder: (request) => request.end('\r\nhi'), clock: { now: () => now } });
    const web = await WebServer.connect(context, server);
    await web.send(request(keep)).answer();
    server.sweep();
    now = 1e9;
    server.sweep();
    assert.equal((await web.send(request(keep)).answer()).stdout, '\r\nhi');
  });
});

describe('a web server that goes away', () => {
  for (const [how, leave, causes] of [
    ['with a FIN', (web: WebServer) => web.end(), ['peer-ended']],
    ['with a RST', (web: WebServer) => web.socket.resetAndDestroy(), ['connection-lost']],
    ['closing both ways', (web: WebServer) => web.socket.destroy(), ['peer-ended', 'connection-lost']],
  ] as const) {
    it(`item 82: aborts its requests: ${how}`, async (context) => {
      const { server, waiting } = await patient(context);
      const heard: (AbortCause | undefined)[] = [];
      const errors: unknown[] = [];
      const web = await WebServer.connect(context, server);
      const other = await WebServer.connect(context, server);
      web.send(request(keep), request({ id: 2, ...keep, stdinEnd: false, body: 'half' }), beginRequest(3, 1, 1));
      other.send(request(keep));
      await eventually(() => waiting.length === 3 && server.counters.active === 4, 'the requests');
      const [first, second] = waiting.filter(({ connection }) => connection?.id === waiting[0].connection?.id);
      for (const one of [first, second]) {
        one.signal.addEventListener('abort', () =>
          heard.push((one.signal.reason as { abortCause: AbortCause }).abortCause),
        );
      }
      second.readBody().catch((error) => errors.push(error.code));
      leave(web);
      await eventually(() => heard.length === 2 && errors.length === 1, 'the aborts');
      assert.ok(
        heard.every((cause) => causes.includes(cause as never)),
        String(heard),
      );
      assert.deepEqual(errors, ['ERR_REQUEST_ABORTED']);
      // Handlers may go on writing for a while: nobody is hurt.
      for (const one of [first, second]) {
        if (one.ended) continue;
        one.write('\r\ninto the void');
        one.end();
      }
      await eventually(() => server.counters.open === 1, 'the close');
      assert.equal(server.counters.active, 1);
      waiting.find((one) => !one.ended)!.end('\r\nstill here');
      assert.equal((await other.answer()).stdout, '\r\nstill here');
    });
  }

  it('item 82: may have closed its direction only, and still gets what is written', async (context) => {
    for (const peerEnd of ['abort', 'finish'] as const) {
      const { server, waiting } = await patient(context, { peerEnd });
      const web = await WebServer.connect(context, server);
      web.send(request(keep)).end();
      await eventually(() => waiting.length === 1 && (peerEnd === 'finish' || waiting[0].aborted), 'the end');
      assert.equal(waiting[0].aborted, peerEnd === 'abort');
      waiting[0].end('\r\nanswer');
      assert.equal((await web.answer()).stdout, '\r\nanswer');
      await web.whenClosed();
      assert.equal(web.error, undefined);
    }
  });

  it('in the middle of what is written to it hurts nobody', async (context) => {
    const outcomes: unknown[] = [];
    const server = await serve(context, {
      responder: async (request) => {
        try {
          for (;;) if (!request.write(new Uint8Array(65_528))) await request.drained();
        } catch (error) {
          outcomes.push((error as { code: string }).code);
          throw error;
        }
      },
    });
    const web = await WebServer.connect(context, server);
    web.send(request(keep));
    await web.until(({ bytesReceived }) => bytesReceived > MIB, 'a megabyte');
    web.socket.resetAndDestroy();
    await eventually(() => server.counters.running === 0, 'the end of the handler');
    assert.deepEqual([outcomes, server.counters.failed], [['ERR_REQUEST_ABORTED'], 0]);
  });
});

describe('an ABORT_REQUEST', () => {
  it('item 76: reaches the handler as a signal and is answered with its END_REQUEST', async (context) => {
    const { server, waiting } = await patient(context);
    const web = await WebServer.connect(context, server);
    web.send(request(keep), request({ id: 2, ...keep }));
    await eventually(() => waiting.length === 2, 'the requests');
    const [first, second] = waiting;
    const { signal } = first;
    assert.equal(signal.aborted, false);
    web.send(abortRequest(1));
    await eventually(() => signal.aborted, 'the signal');
    assert.deepEqual([first.aborted, first.abortCause, second.aborted], [true, 'abort-request', false]);
    // Asked for later it is the same.
    web.send(abortRequest(2));
    await eventually(() => second.aborted, 'the other abort');
    assert.equal((second.signal.reason as { code: string }).code, 'ERR_REQUEST_ABORTED');
    assert.equal(first.write('too late'), false);
    await assert.rejects(first.drained(), { code: 'ERR_REQUEST_ABORTED', abortCause: 'abort-request' });
    first.appStatus = 4;
    first.end();
    assert.deepEqual(await web.answer(1), {
      stdout: '',
      stderr: '',
      appStatus: 4,
      protocolStatus: 'REQUEST_COMPLETE',
    });
  });

  it('item 77: ends the request without its handler after a time, if that is wanted', async (context) => {
    let now = 0;
    const { server, waiting } = await patient(context, { clock: { now: () => now }, timeouts: { abort: 1000 } });
    const web = await WebServer.connect(context, server);
    web.send(request(keep));
    await eventually(() => waiting.length === 1, 'the request');
    web.send(abortRequest(1));
    await eventually(() => waiting[0].aborted, 'the abort');
    now = 900;
    server.sweep();
    assert.equal(waiting[0].ended, false);
    now = 1100;
    server.sweep();
    assert.equal((await web.answer()).protocolStatus, 'REQUEST_COMPLETE');
    waiting[0].end();
    await web.send(request(keep));
    await eventually(() => waiting.length === 2, 'the next request');
    assert.equal(web.records.filter(({ type }) => type === 3).length, 1);
  });

  it('item 76: ends a handler that waits for its body', async (context) => {
    const server = await serve(context, {
      responder: async (request) => {
        await request.readBody();
      },
    });
    const web = await WebServer.connect(context, server);
    web.send(request({ ...keep, stdinEnd: false, body: 'x' }), abortRequest(1));
    const { stderr, appStatus } = await web.answer();
    assert.deepEqual([stderr, appStatus, server.counters.failed], ['', 0, 0]);
  });
});

describe('connections that take their time', () => {
  it('item 89: one that sends nothing is closed, one that is slow with its PARAMS too', async (context) => {
    let now = 0;
    const server = await serve(context, {
      responder: (request) => request.end('\r\nhi'),
      clock: { now: () => now },
      timeouts: { firstByte: 1000, header: 5000 },
    });
    const silent = await WebServer.connect(context, server);
    const slow = await WebServer.connect(context, server);
    const cut = await WebServer.connect(context, server);
    const good = await WebServer.connect(context, server);
    const bytes = request(keep);
    slow.send(bytes.subarray(0, 100));
    cut.send(bytes.subarray(0, 3));
    await good.send(bytes).answer();
    await eventually(() => server.counters.bytesReceived === 103 + bytes.length, 'the bytes');
    server.sweep();
    now = 1100;
    server.sweep();
    await silent.whenEnded();
    assert.deepEqual([slow.ended, cut.ended, good.ended], [false, false, false]);
    // A byte now and then does not help.
    for (const time of [2000, 3000, 4000]) {
      now = time;
      const before = server.counters.bytesReceived;
      slow.send(bytes.subarray(100 + time / 1000, 101 + time / 1000));
      cut.send(bytes.subarray(1 + time / 1000, 2 + time / 1000));
      await eventually(() => server.counters.bytesReceived === before + 2, 'the bytes');
      server.sweep();
    }
    now = 5200;
    server.sweep();
    assert.equal((await slow.answer()).protocolStatus, 'OVERLOADED');
    await slow.whenEnded();
    await cut.whenEnded();
    assert.equal((await good.send(bytes).answer()).stdout, '\r\nhi');
  });
});

describe('closing the server', () => {
  it('item 96: gracefully lets requests finish, closes what is idle, and takes what waits', async (context) => {
    const { server, waiting } = await patient(context);
    const idle = await WebServer.connect(context, server);
    const busy = await WebServer.connect(context, server);
    const fresh = await WebServer.connect(context, server);
    idle.send(request(keep));
    await eventually(() => waiting.length === 1, 'a request');
    waiting.pop()!.end('\r\nserved');
    await idle.answer();
    busy.send(request(keep));
    await eventually(() => waiting.length === 1, 'a request');
    const closed = server.close();
    await idle.whenEnded();
    assert.equal(server.isListening, false);
    await assert.rejects(WebServer.connect(context, { host: '127.0.0.1', port: busy.socket.remotePort! }));
    // A request beside one that is being answered, and the first of a connection that was accepted before.
    assert.equal((await busy.send(request({ id: 2, ...keep })).answer(2)).protocolStatus, 'OVERLOADED');
    fresh.send(request(keep));
    await eventually(() => waiting.length === 2, 'the last request');
    for (const one of waiting) one.end('\r\nlast');
    assert.equal((await busy.answer(1)).stdout, '\r\nlast');
    assert.equal((await fresh.answer()).stdout, '\r\nlast');
    for (const web of [idle, busy, fresh]) {
      await web.whenEnded();
      web.end();
    }
    assert.equal(await closed, true);
    assert.deepEqual([server.counters.open, server.counters.overloaded], [0, 1]);
  });

  it('item 96: forced, or after the timeout, cuts requests off and aborts them', async (context) => {
    for (const options of [{ graceful: false }, { timeout: 20 }]) {
      const { server, waiting } = await patient(context);
      const web = await WebServer.connect(context, server);
      web.send(request(keep));
      await eventually(() => waiting.length === 1, 'a request');
      assert.equal(await server.close(options), false);
      assert.deepEqual([waiting[0].abortCause, server.counters.open], ['closing', 0]);
      await web.whenEnded();
    }
  });

  it('may be told twice, and waits for nothing where nothing is', async (context) => {
    const server = await serve(context, { responder: () => {} });
    assert.deepEqual(await Promise.all([server.close(), server.close(), server.close({ graceful: false })]), [
      true,
      true,
      true,
    ]);
    await assert.rejects(server.listen({ port: 0 }), { code: 'ERR_SERVER_STATE' });
  });

  it('while it is about to listen leaves nothing listening', async () => {
    const server = createServer({ responder: () => {} });
    const listening = server.listen({ port: 0 });
    await assert.rejects(server.listen({ port: 0 }), { code: 'ERR_SERVER_STATE' });
    const closed = server.close();
    await assert.rejects(listening, { code: 'ERR_SERVER_STATE' });
    assert.equal(await closed, true);
    assert.equal(server.isListening, false);
  });
});
