// SCGI over real sockets, on the handlers that FastCGI has: items S8 to S12 of the conformance checklist.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createServer, httpHandler, type ServerRequest } from '../../../src/endpoints/server/index.js';
import { toBytes } from '../../support/bytes.js';
import { request } from '../../support/fastcgi-messages.js';
import { scgiRequest } from '../../support/scgi-messages.js';
import { eventually, serve, WebServer } from './web-server.js';

const raw = { isFastcgi: false } as const;

async function echo(request: ServerRequest): Promise<void> {
  const body = await request.readBody();
  request.write(`Content-Type: text/plain\r\n\r\n${request.protocol} ${request.params.get('REQUEST_URI')} ${body}`);
}

describe('an SCGI server', () => {
  it('items S10, S11: answers one request with plain CGI output and closes', async (context) => {
    const server = await serve(context, { protocol: 'scgi', responder: echo });
    const web = await WebServer.connect(context, server, raw);
    web.send(scgiRequest({ method: 'POST', uri: '/a?b', body: 'the body' }));
    await web.whenEnded();
    assert.equal(web.text, 'Content-Type: text/plain\r\n\r\nscgi /a?b the body');
    web.send(scgiRequest({ uri: '/again' })).end();
    await web.whenClosed();
    assert.deepEqual([server.counters.requests, web.error], [1, undefined]);
    await eventually(() => server.counters.open === 0, 'the close');
  });

  it('item S8: a body that is cut aborts the request, bytes behind it are told', async (context) => {
    const errors: string[] = [];
    const server = await serve(context, {
      protocol: 'scgi',
      responder: (request) =>
        request.readBody().then(
          (body) => request.end(`\r\n${body}`),
          (error) => void errors.push(error.abortCause),
        ),
    });
    const problems: string[] = [];
    server.on('problem', ({ code }) => problems.push(code));
    const whole = scgiRequest({ method: 'POST', body: 'the body' });
    const cut = await WebServer.connect(context, server, raw);
    cut.send(whole.subarray(0, -1)).end();
    await cut.whenClosed();
    assert.deepEqual([cut.text, errors], ['', ['peer-ended']]);
    const long = await WebServer.connect(context, server, raw);
    long.send(whole, toBytes('and more'));
    await long.whenEnded();
    assert.equal(long.text, '\r\nthe body');
    await eventually(() => problems.length === 2 || server.counters.bytesReceived > 2 * whole.length, 'the rest');
    assert.ok(problems.every((code) => code === 'content-length-mismatch'));
  });

  it('what is no SCGI request is closed without an answer', async (context) => {
    const server = await serve(context, { protocol: 'scgi', responder: echo });
    for (const bytes of ['GET / HTTP/1.1\r\n\r\n', '007:', '5:abcde,', '12345678901234567890:']) {
      const web = await WebServer.connect(context, server, raw);
      await web.send(toBytes(bytes)).whenEnded();
      assert.equal(web.text, '');
    }
    assert.deepEqual([server.counters.problems, server.counters.requests], [{ 'scgi-malformed': 4 }, 0]);
  });

  it('has words of HTTP for what SCGI has none: no room, no handler; and an event for STDERR', async (context) => {
    const texts: string[] = [];
    const server = await serve(context, {
      protocol: 'scgi',
      responder: (request) => {
        request.writeError('a warning\n');
        throw new Error('boom');
      },
    });
    server.on('stderr', (text) => texts.push(String(text)));
    const answer = async (): Promise<string> => {
      const web = await WebServer.connect(context, server, raw);
      await web.send(scgiRequest()).whenEnded();
      return web.text;
    };
    assert.match(await answer(), /^Status: 500 /);
    assert.match(texts.join(''), /^a warning\nError: boom\n/);
    server.limits.requests = 0;
    assert.match(await answer(), /^Status: 503 /);
    assert.equal(server.counters.overloaded, 1);
    const other = await serve(context, { protocol: 'scgi', authorizer: () => {} });
    const web = await WebServer.connect(context, other, raw);
    await web.send(scgiRequest()).whenEnded();
    assert.match(web.text, /^Status: 501 /);
  });

  it('item 75: a slow reader is waited for', async (context) => {
    const server = await serve(context, {
      protocol: 'scgi',
      responder: async (request) => {
        request.write('\r\n');
        for (let sent = 0; sent < 32; sent++) if (!request.write(new Uint8Array(1 << 20))) await request.drained();
      },
    });
    const web = await WebServer.connect(context, server, raw);
    web.socket.pause();
    web.send(scgiRequest());
    await eventually(() => [...server.connections()].some(({ socket }) => socket.writableNeedDrain), 'the wait');
    assert.ok([...server.connections()][0].socket.writableLength < 3 << 20);
    web.socket.removeAllListeners('data');
    let received = 0;
    web.socket.on('data', (chunk) => (received += chunk.length));
    web.socket.resume();
    await web.whenEnded();
    assert.equal(received, 32 * (1 << 20) + 2);
  });

  it('item S12: one server tells FastCGI from SCGI by the first byte', async (context) => {
    const server = await serve(context, { protocol: 'detect', responder: echo });
    const scgi = await WebServer.connect(context, server, raw);
    await scgi.send(scgiRequest({ uri: '/s' })).whenEnded();
    assert.match(scgi.text, /scgi \/s $/);
    const fastcgi = await WebServer.connect(context, server);
    assert.match((await fastcgi.send(request({ uri: '/f' })).answer()).stdout, /fastcgi \/f $/);
    const http = await WebServer.connect(context, server);
    await http.send(toBytes('GET / HTTP/1.1\r\n\r\n')).whenEnded();
    assert.deepEqual(server.counters.problems, { 'record-bad-version': 1 });
  });

  it('answers handlers of the kind of node:http', async (context) => {
    const server = createServer({
      protocol: 'scgi',
      responder: httpHandler((req, res) => res.writeHead(404, { 'X-Url': req.url }).end('nothing')),
    });
    context.after(() => server.close({ graceful: false }));
    await server.listen({ port: 0 });
    const web = await WebServer.connect(context, server, raw);
    await web.send(scgiRequest({ uri: '/x' })).whenEnded();
    assert.equal(web.text, 'Status: 404 Not Found\r\nX-Url: /x\r\nContent-Length: 7\r\n\r\nnothing');
  });
});
