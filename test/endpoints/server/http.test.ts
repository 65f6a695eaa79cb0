// The face of node:http: what a listener written for it sees of a FastCGI request, and what becomes of its response.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, it, type TestContext } from 'node:test';
import {
  createServer,
  type HttpListener,
  type HttpRequest,
  type HttpResponse,
  RequestError,
  type Server,
} from '../../../src/endpoints/server/index.js';
import { STDIN } from '../../../src/fastcgi/constants.js';
import { abortRequest, record } from '../../../src/fastcgi/encode.js';
import { type RequestFields, request } from '../../support/fastcgi-messages.js';
import { type Answer, eventually, WebServer } from './web-server.js';

interface Exchange {
  readonly server: Server;
  readonly web: WebServer;
  ask(fields?: RequestFields): Promise<Answer>;
}

async function exchange(context: TestContext, listener: HttpListener): Promise<Exchange> {
  const server = createServer(listener);
  context.after(() => server.close({ graceful: false }));
  await server.listen({ port: 0 });
  const web = await WebServer.connect(context, server);
  return { server, web, ask: (fields) => web.send(request({ keepConn: true, ...fields })).answer() };
}

/** The response to one request. */
async function responseTo(context: TestContext, listener: HttpListener, fields?: RequestFields): Promise<string> {
  return (await (await exchange(context, listener)).ask(fields)).stdout;
}

describe('a request', () => {
  it('has method, url, version, headers and the peer', async (context) => {
    let seen: HttpRequest | undefined;
    const { ask } = await exchange(context, (req, res) => {
      seen = req;
      res.end();
    });
    await ask({
      method: 'POST',
      uri: '/a/b?c=d',
      body: 'xyz',
      contentType: 'text/plain',
      parameters: { HTTP_X_FORWARDED_FOR: '203.0.113.9', HTTP_COOKIE: 'a=b; c=d', HTTPS: 'on', HTTP_ACCEPT: undefined },
    });
    const req = seen!;
    assert.deepEqual(
      [req.method, req.url, req.httpVersion, req.httpVersionMajor, req.httpVersionMinor],
      ['POST', '/a/b?c=d', '1.1', 1, 1],
    );
    assert.deepEqual(
      { ...req.headers },
      {
        'content-type': 'text/plain',
        'content-length': '3',
        host: 'www.example.org',
        'user-agent': 'curl/7.88.1',
        'x-forwarded-for': '203.0.113.9',
        cookie: 'a=b; c=d',
      },
    );
    assert.deepEqual(req.rawHeaders.slice(0, 4), ['content-type', 'text/plain', 'content-length', '3']);
    assert.deepEqual(req.socket, {
      remoteAddress: '192.0.2.7',
      remotePort: 51234,
      localAddress: '192.0.2.1',
      localPort: 80,
      encrypted: true,
    });
    assert.equal(req.params.get('SCRIPT_FILENAME'), '/srv/www/index.php');
    assert.equal(req.aborted, false);
  });

  it('has a url also where the web server sends no REQUEST_URI', async (context) => {
    const { ask } = await exchange(context, (req, res) => res.end(req.url));
    for (const [parameters, url] of [
      [{ SCRIPT_NAME: '/app', PATH_INFO: '/x', QUERY_STRING: 'q=1' }, '/app/x?q=1'],
      [{ SCRIPT_NAME: undefined, QUERY_STRING: '' }, '/'],
    ] as const) {
      const { stdout } = await ask({ parameters: { REQUEST_URI: undefined, ...parameters } });
      assert.ok(stdout.endsWith(`\r\n\r\n${url}`), stdout);
    }
  });

  it('is a stream of its body: events, iteration, pipelines', async (context) => {
    const ways: Record<string, HttpListener> = {
      events: (req, res) => {
        let body = '';
        req.setEncoding('utf8');
        req.on('data', (chunk) => (body += chunk));
        req.on('end', () => res.end(body));
      },
      iteration: async (req, res) => {
        let body = '';
        for await (const chunk of req) body += chunk;
        res.end(body);
      },
      pipeline: (req, res) => pipeline(req, res),
    };
    for (const [way, listener] of Object.entries(ways)) {
      const { ask, web } = await exchange(context, listener);
      for (const length of [0, 1, 100_000]) {
        const { stdout } = await ask({ body: 'b'.repeat(length) });
        assert.equal(stdout.slice(stdout.indexOf('\r\n\r\n') + 4).length, length, `${way} ${length}`);
      }
      web.send(request({ keepConn: true, body: 'one ', stdinEnd: false }));
      await new Promise((resolve) => setImmediate(resolve));
      web.send(record(STDIN, 1, 'two'), record(STDIN, 1));
      assert.match((await web.answer()).stdout, /\r\n\r\none two$/, way);
    }
  });
});

describe('a response', () => {
  it('in one piece gets its Content-Length', async (context) => {
    assert.equal(
      await responseTo(context, (_req, res) => {
        res.setHeader('Content-Type', 'text/plain; charset=utf-8');
        res.end('h\u00e9llo');
      }),
      `Content-Type: text/plain; charset=utf-8\r\nContent-Length: 6\r\n\r\n${Buffer.from('h\u00e9llo').toString('latin1')}`,
    );
    assert.equal(
      await responseTo(context, (_req, res) => res.end(Buffer.from([1, 2, 3]))),
      'Content-Length: 3\r\n\r\n\x01\x02\x03',
    );
    assert.equal(await responseTo(context, (_req, res) => res.end('cafe', 'hex')), 'Content-Length: 2\r\n\r\n\xca\xfe');
    assert.equal(await responseTo(context, (_req, res) => res.end()), 'Content-Length: 0\r\n\r\n');
  });

  it('in several pieces has none, and may set one', async (context) => {
    const text = await responseTo(context, async (_req, res) => {
      res.write('a');
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(res.headersSent, true);
      res.write(Buffer.from('b'));
      res.end('c');
    });
    assert.equal(text, 'Status: 200 OK\r\n\r\nabc');
    const told = await responseTo(context, (_req, res) => {
      res.writeHead(200, { 'content-length': 3 });
      res.write('abc');
      res.end();
    });
    assert.equal(told, 'content-length: 3\r\n\r\nabc');
  });

  it('says its status where it is not 200, with the usual words or others', async (context) => {
    assert.match(await responseTo(context, (_req, res) => res.writeHead(404).end()), /^Status: 404 Not Found\r\n/);
    assert.match(
      await responseTo(context, (_req, res) => res.writeHead(404, 'Gone Fishing').end()),
      /^Status: 404 Gone Fishing\r\n/,
    );
    assert.match(await responseTo(context, (_req, res) => res.writeHead(799).end()), /^Status: 799 Unknown\r\n/);
    assert.match(
      await responseTo(context, (_req, res) => {
        res.statusCode = 302;
        res.setHeader('Location', '/elsewhere').end();
      }),
      /^Status: 302 Found\r\nLocation: \/elsewhere\r\n/,
    );
  });

  it('has headers as node:http has them', async (context) => {
    const text = await responseTo(context, (_req, res) => {
      res.setHeader('X-One', 1).setHeader('Set-Cookie', ['a=1', 'b=2']);
      res.appendHeader('set-cookie', 'c=3').appendHeader('X-New', 'n');
      assert.deepEqual(
        [res.getHeader('x-one'), res.getHeader('SET-COOKIE'), res.hasHeader('x-none')],
        ['1', ['a=1', 'b=2', 'c=3'], false],
      );
      res.setHeader('Gone', 'x').removeHeader('gone');
      assert.deepEqual(res.getHeaderNames(), ['x-one', 'set-cookie', 'x-new']);
      assert.deepEqual({ ...res.getHeaders() }, { 'x-one': '1', 'set-cookie': ['a=1', 'b=2', 'c=3'], 'x-new': 'n' });
      // The hop between web server and client is the web server's business.
      res.setHeader('Connection', 'close').setHeader('Transfer-Encoding', 'chunked');
      res.writeHead(200, ['X-List', 'l', 'X-List', 'm']).end('.');
      assert.throws(() => res.setHeader('late', 'x'), { code: 'ERR_HEADERS_SENT' });
      assert.throws(() => res.writeHead(200), { code: 'ERR_HEADERS_SENT' });
    });
    assert.equal(
      text,
      'X-One: 1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nSet-Cookie: c=3\r\nX-New: n\r\nX-List: l\r\nX-List: m\r\nContent-Length: 1\r\n\r\n.',
    );
  });

  it('cannot be split by what is put into a header', async (context) => {
    await responseTo(context, (_req, res) => {
      for (const [name, value] of [
        ['X', 'a\r\nSet-Cookie: evil=1'],
        ['X', 'a\nb'],
        ['X', '\u2713'],
        ['X Y', 'a'],
        ['', 'a'],
        ['X:', 'a'],
      ] as const) {
        assert.throws(
          () => res.setHeader(name, value),
          (error) => error instanceof RequestError && error.code === 'ERR_INVALID_HEADER',
        );
      }
      assert.throws(() => res.writeHead(99), RangeError);
      res.setHeader('X', 'caf\xe9');
      res.end('body');
    });
    assert.match(
      await responseTo(context, (_req, res) => res.setHeader('X', 'caf\xe9').end('\u2713')),
      /^X: caf\xe9\r\nContent-Length: 3\r\n\r\n\xe2\x9c\x93$/,
    );
  });

  it('to HEAD, and with 204 and 304, has no body', async (context) => {
    assert.equal(
      await responseTo(context, (_req, res) => res.end('hello'), { method: 'HEAD' }),
      'Content-Length: 5\r\n\r\n',
    );
    assert.equal(
      await responseTo(
        context,
        (_req, res) => {
          res.write('hello');
          res.end('more');
        },
        { method: 'HEAD' },
      ),
      'Status: 200 OK\r\n\r\n',
    );
    assert.equal(
      await responseTo(context, (_req, res) => res.writeHead(204).end('x')),
      'Status: 204 No Content\r\n\r\n',
    );
    assert.equal(
      await responseTo(context, (_req, res) => res.writeHead(304).end()),
      'Status: 304 Not Modified\r\n\r\n',
    );
  });

  it('can send its head alone, and be a pipeline’s end', async (context) => {
    const { ask, web } = await exchange(context, async (req, res) => {
      if (req.url === '/head') {
        res.setHeader('X-Early', 'yes').flushHeaders();
        await once(req, 'end', { signal: AbortSignal.timeout(5000) }).catch(() => {});
        res.end('late');
        return;
      }
      await pipeline(Readable.from(['a', 'b', Buffer.alloc(200_000, 0x63)]), res);
    });
    const { stdout } = await ask();
    assert.equal(stdout.length, 'Status: 200 OK\r\n\r\nab'.length + 200_000);
    web.send(request({ keepConn: true, uri: '/head', stdinEnd: false, body: 'x' }));
    await web.until(({ records }) => records.some(({ content }) => `${content}`.includes('X-Early')), 'the head');
    web.send(abortRequest(1));
    await web.answer();
  });

  it('tells when it has finished, and an early end of the other side', async (context) => {
    const events: string[] = [];
    const responses: HttpResponse[] = [];
    const { ask, web } = await exchange(context, (req, res) => {
      responses.push(res);
      res.on('finish', () => events.push(`finish ${req.url}`)).on('close', () => events.push(`close ${req.url}`));
      req.on('close', () => events.push(`request closed ${req.url}`));
      if (req.url === '/whole') res.end('done', () => events.push('called back'));
      else req.resume();
    });
    await ask({ uri: '/whole' });
    await eventually(() => events.includes('close /whole'), 'close');
    assert.deepEqual(events.slice(0, 2).sort(), ['called back', 'finish /whole']);
    events.length = 0;
    web.send(request({ keepConn: true, uri: '/long', stdinEnd: false, body: 'x' }));
    await eventually(() => responses.length === 2, 'the request');
    web.send(abortRequest(1));
    assert.deepEqual(await web.answer(), { stdout: '', stderr: '', appStatus: 0, protocolStatus: 'REQUEST_COMPLETE' });
    await eventually(() => events.includes('close /long') && events.includes('request closed /long'), 'close');
    assert.ok(!events.includes('finish /long'));
    const [, res] = responses;
    assert.deepEqual([res.destroyed, res.req.aborted, res.req.signal.aborted], [true, true, true]);
    res.write('nobody is there');
    res.end('any more');
  });

  it('of a listener that throws or rejects is a 500, with the error in the log', async (context) => {
    const { ask, server } = await exchange(context, (req, res) => {
      if (req.url === '/throws') throw new Error('thrown');
      if (req.url === '/rejects') return Promise.reject(new Error('rejected'));
      if (req.url === '/halfway') {
        res.write('half');
        return Promise.reject(new Error('halfway'));
      }
      if (req.url === '/destroys') return res.destroy(new Error('destroyed'));
      return res.end('fine');
    });
    const errors: string[] = [];
    server.on('handlerError', (error) => errors.push((error as Error).message));
    for (const [uri, start, status] of [
      ['/throws', 'Status: 500 Internal Server Error\r\n', 1],
      ['/rejects', 'Status: 500 Internal Server Error\r\n', 1],
      ['/halfway', 'Status: 200 OK\r\n\r\nhalf', 1],
      ['/destroys', '', 1],
      ['/', 'Content-Length: 4\r\n\r\nfine', 0],
    ] as const) {
      const { stdout, stderr, appStatus } = await ask({ uri });
      assert.ok(stdout.startsWith(start), `${uri}: ${stdout}`);
      assert.equal(appStatus, status);
      assert.equal(stderr.startsWith('Error: '), ['/throws', '/rejects', '/halfway'].includes(uri), uri);
    }
    assert.deepEqual(errors, ['thrown', 'rejected', 'halfway']);
    assert.deepEqual([server.counters.active, server.counters.running], [0, 0]);
  });

  it('waits for a slow reader', async (context) => {
    const { web, server } = await exchange(context, async (_req, res) => {
      for (let n = 0; n < 512; n++) if (!res.write(Buffer.alloc(65_536))) await once(res, 'drain');
      res.end();
    });
    web.socket.pause();
    web.send(request({ keepConn: true }));
    await eventually(() => [...server.connections()].some(({ socket }) => socket.writableNeedDrain), 'the wait');
    assert.ok([...server.connections()][0].socket.writableLength < 1 << 20);
    web.socket.resume();
    assert.equal((await web.answer()).stdout.length, 'Status: 200 OK\r\n\r\n'.length + 512 * 65_536);
  });
});
