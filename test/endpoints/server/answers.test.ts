// Requests and their answers over real sockets, with raw handlers: what handlers see, what web servers get.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { createServer, RequestError, type ServerRequest } from '../../../src/endpoints/server/index.js';
import {
  AUTHORIZER,
  CANT_MPX_CONN,
  DATA,
  FILTER,
  OVERLOADED,
  RESPONDER,
  STDIN,
  UNKNOWN_ROLE,
} from '../../../src/fastcgi/constants.js';
import { beginRequest, getValues, params, record, stream } from '../../../src/fastcgi/encode.js';
import { request } from '../../support/fastcgi-messages.js';
import { replyLines } from '../../support/reply-records.js';
import { eventually, serve, WebServer } from './web-server.js';

const keep = { keepConn: true } as const;

async function echo(request: ServerRequest): Promise<void> {
  const body = await request.readBody();
  request.write(`Content-Type: text/plain\r\n\r\n${request.params.get('REQUEST_URI')} ${body}`);
}

describe('an answer', () => {
  it('item 53: roles have handlers of their own', async (context) => {
    const answer = (name: string) => (request: ServerRequest) => request.end(`\r\n${name} ${request.role}`);
    const server = await serve(context, {
      responder: answer('responder'),
      authorizer: answer('authorizer'),
      filter: answer('filter'),
    });
    const web = await WebServer.connect(context, server);
    for (const [role, name] of [
      [RESPONDER, 'responder'],
      [AUTHORIZER, 'authorizer'],
      [FILTER, 'filter'],
    ] as const) {
      web.send(request({ ...keep, role }));
      assert.equal((await web.answer()).stdout, `\r\n${name} ${role}`);
    }
  });

  it('item 62: may begin before the request has ended', async (context) => {
    const server = await serve(context, {
      responder: async (request) => {
        request.write('\r\n');
        for await (const piece of request.stdin) request.write(`[${piece}]`);
      },
    });
    const web = await WebServer.connect(context, server);
    const seen = (text: string) =>
      web.until(() => web.records.some(({ content }) => `${content}`.includes(text)), text);
    web.send(request({ ...keep, stdinEnd: false, body: 'one' }));
    await seen('[one]');
    web.send(record(STDIN, 1, 'two'));
    await seen('[two]');
    web.send(record(STDIN, 1));
    assert.equal((await web.answer()).stdout, '\r\n[one][two]');
  });

  it('item 70: a handler sets the appStatus, by property or by what it resolves to; an error sets one', async (context) => {
    const server = await serve(context, {
      responder: async (request) => {
        const uri = request.params.get('REQUEST_URI');
        if (uri === '/property') request.appStatus = 938;
        if (uri === '/number') return 7;
        if (uri === '/negative') return -1;
        if (uri === '/error') throw new Error('boom');
        request.write('\r\nfine');
        if (uri === '/late-error') throw 'just text';
        return undefined;
      },
    });
    const failures: unknown[] = [];
    server.on('handlerError', (error) => failures.push(error));
    const web = await WebServer.connect(context, server);
    const ask = (uri: string) => web.send(request({ ...keep, uri })).answer();
    assert.deepEqual(await ask('/property'), {
      stdout: '\r\nfine',
      stderr: '',
      appStatus: 938,
      protocolStatus: 'REQUEST_COMPLETE',
    });
    assert.equal((await ask('/number')).appStatus, 7);
    assert.equal((await ask('/negative')).appStatus, 0xffffffff);
    const failed = await ask('/error');
    assert.match(failed.stdout, /^Status: 500 Internal Server Error\r\n/);
    assert.match(failed.stderr, /^Error: boom\n\s+at /);
    assert.deepEqual([failed.appStatus, failed.protocolStatus], [1, 'REQUEST_COMPLETE']);
    assert.deepEqual(await ask('/late-error'), {
      stdout: '\r\nfine',
      stderr: 'thrown: just text\n',
      appStatus: 1,
      protocolStatus: 'REQUEST_COMPLETE',
    });
    assert.equal((await ask('/')).appStatus, 0);
    assert.deepEqual([failures.length, server.counters.failed, server.counters.running], [2, 2, 0]);
  });

  it('a handler that throws at once fails the same way, and the connection goes on', async (context) => {
    const server = await serve(context, {
      responder: (request) => {
        if (request.params.get('REQUEST_URI') === '/bad') throw new TypeError('at once');
        request.end('\r\ngood');
      },
    });
    const web = await WebServer.connect(context, server);
    assert.equal((await web.send(request({ ...keep, uri: '/bad' })).answer()).appStatus, 1);
    assert.equal((await web.send(request({ ...keep })).answer()).stdout, '\r\ngood');
  });

  it('item 71: a reply that fits is one write, with the ends of its streams and END_REQUEST', async (context) => {
    const server = await serve(context, { responder: (request) => request.end('\r\nhello') });
    let writes = 0;
    server.on('connection', ({ socket }) => {
      const { write } = socket;
      socket.write = ((...args: Parameters<typeof write>) => {
        writes++;
        return write.apply(socket, args);
      }) as typeof write;
    });
    const web = await WebServer.connect(context, server);
    for (let n = 1; n <= 3; n++) {
      assert.equal((await web.send(request(keep)).answer()).stdout, '\r\nhello');
      assert.equal(writes, n);
    }
    // Three requests in one packet, three replies in one write.
    web.send(Buffer.concat([1, 2, 3].map((id) => request({ id, ...keep }))));
    for (let id = 1; id <= 3; id++) await web.answer(id);
    assert.equal(writes, 4);
  });

  it('item 72: a handler sees how much was declared and how much came', async (context) => {
    const server = await serve(context, {
      responder: async (request) => {
        await request.readBody();
        request.write(`\r\n${request.contentLength} ${request.stdinBytes} ${request.stdinEnded}`);
      },
    });
    const codes: string[] = [];
    server.on('problem', ({ code }) => codes.push(code));
    const web = await WebServer.connect(context, server);
    const ask = async (contentLength: string | number, body: string) =>
      (await web.send(request({ ...keep, contentLength, body })).answer()).stdout;
    assert.equal(await ask(10, 'abcde'), '\r\n10 5 true');
    assert.equal(await ask(5, 'abcdefghij'), '\r\n5 10 true');
    assert.equal(await ask('', 'abcde'), '\r\nundefined 5 true');
    assert.equal(await ask(5, 'abcde'), '\r\n5 5 true');
    assert.deepEqual(codes, Array(3).fill('content-length-mismatch'));
  });

  it('item 34: requests on one connection are answered as they finish', async (context) => {
    const finish = new Map<string, () => void>();
    const server = await serve(context, {
      responder: async (request) => {
        const uri = request.params.get('REQUEST_URI')!;
        await new Promise<void>((resolve) => finish.set(uri, resolve));
        request.write(`\r\n${uri}`);
      },
    });
    const web = await WebServer.connect(context, server);
    web.send(...[1, 2, 3].map((id) => request({ id, ...keep, uri: `/${id}` })));
    while (finish.size < 3) await once(server, 'request');
    for (const id of [2, 3, 1]) {
      finish.get(`/${id}`)!();
      assert.equal((await web.answer()).stdout, `\r\n/${id}`);
    }
    assert.deepEqual([server.counters.active, server.counters.running], [0, 0]);
  });

  it('items 35, 54, 57: what cannot begin is refused as configured, and counted', async (context) => {
    let finish = () => {};
    const server = await serve(context, {
      responder: async () => new Promise<void>((resolve) => (finish = resolve)),
      multiplex: false,
      limits: { requests: 1 },
    });
    const refused: number[] = [];
    server.on('refused', (_role, status) => refused.push(status));
    const web = await WebServer.connect(context, server);
    const other = await WebServer.connect(context, server);
    web.send(request(keep), request({ id: 2, ...keep }));
    assert.equal((await web.answer(2)).protocolStatus, 'CANT_MPX_CONN');
    assert.equal((await other.send(request(keep)).answer()).protocolStatus, 'OVERLOADED');
    assert.equal((await other.send(request({ ...keep, role: FILTER })).answer()).protocolStatus, 'UNKNOWN_ROLE');
    finish();
    assert.equal((await web.answer(1)).protocolStatus, 'REQUEST_COMPLETE');
    assert.deepEqual(refused, [CANT_MPX_CONN, OVERLOADED, UNKNOWN_ROLE]);
    const { cannotMultiplex, overloaded, unknownRole, active, requests } = server.counters;
    assert.deepEqual([cannotMultiplex, overloaded, unknownRole, active, requests], [1, 1, 1, 0, 1]);
  });

  it('items 42, 43: GET_VALUES is answered with what is enforced, also in the middle of a request', async (context) => {
    const server = await serve(context, { responder: echo, limits: { connections: 3, requests: 2 } });
    const web = await WebServer.connect(context, server);
    const ask = async () => {
      const before = web.records.length;
      web.send(getValues(['FCGI_MAX_CONNS', 'FCGI_MAX_REQS', 'FCGI_MPXS_CONNS']));
      await web.until(() => web.records.length > before, 'GET_VALUES_RESULT');
      return replyLines(web.records.slice(before))[0];
    };
    assert.equal(await ask(), 'GET_VALUES_RESULT: FCGI_MAX_CONNS=3 FCGI_MAX_REQS=2 FCGI_MPXS_CONNS=1');
    web.send(
      request({ ...keep, stdinEnd: false, body: 'ab' }),
      request({ id: 2, ...keep, stdinEnd: false, body: 'x' }),
    );
    assert.equal(await ask(), 'GET_VALUES_RESULT: FCGI_MAX_CONNS=3 FCGI_MAX_REQS=2 FCGI_MPXS_CONNS=1');
    web.send(request({ id: 3, ...keep }));
    assert.equal((await web.answer(3)).protocolStatus, 'OVERLOADED');
    server.limits.requests = 5;
    server.multiplex = false;
    assert.equal(await ask(), 'GET_VALUES_RESULT: FCGI_MAX_CONNS=3 FCGI_MAX_REQS=5 FCGI_MPXS_CONNS=0');
    web.send(record(STDIN, 1, 'c'), record(STDIN, 1));
    assert.match((await web.answer(1)).stdout, /abc$/);
  });

  it('item 90: an Authorizer runs without waiting for a STDIN', async (context) => {
    const server = await serve(context, {
      authorizer: async (request) => {
        const body = await request.readBody();
        request.write(`Status: 200 OK\r\nVariable-USER: ${request.params.get('REMOTE_ADDR')} ${body.length}\r\n\r\n`);
      },
    });
    const web = await WebServer.connect(context, server);
    web.send(beginRequest(1, AUTHORIZER, 1), params(1, { REMOTE_ADDR: '192.0.2.7', CONTENT_LENGTH: '5' }));
    assert.equal((await web.answer()).stdout, 'Status: 200 OK\r\nVariable-USER: 192.0.2.7 0\r\n\r\n');
  });

  it('items 93, 94: a Filter reads its file after STDIN, or answers without', async (context) => {
    const server = await serve(context, {
      filter: async (request) => {
        const body = await request.readBody();
        if (request.params.get('REQUEST_URI') === '/cached') {
          request.end('\r\ncached');
          return;
        }
        const data = await request.readData();
        const { dataLength, dataBytes, dataEnded, dataLastModified } = request;
        request.write(`\r\n${body}|${data}|${dataLength} ${dataBytes} ${dataEnded} ${dataLastModified?.toISOString()}`);
      },
    });
    const web = await WebServer.connect(context, server);
    const parameters = { FCGI_DATA_LENGTH: '9', FCGI_DATA_LAST_MOD: '1700000000' };
    web.send(request({ ...keep, role: FILTER, body: 'in', parameters }), stream(DATA, 1, 'the file'));
    assert.equal((await web.answer()).stdout, '\r\nin|the file|9 8 true 2023-11-14T22:13:20.000Z');
    web.send(request({ ...keep, role: FILTER, uri: '/cached', parameters }));
    assert.equal((await web.answer()).stdout, '\r\ncached');
    web.send(stream(DATA, 1, 'nobody reads it'), request({ ...keep, role: FILTER, uri: '/cached', parameters }));
    assert.equal((await web.answer()).stdout, '\r\ncached');
  });
});

describe('a body', () => {
  it('is read whole up to a limit', async (context) => {
    const server = await serve(context, {
      responder: async (request) => {
        try {
          const body = await request.readBody(100);
          request.write(`\r\n${body.length}`);
        } catch (error) {
          assert.ok(error instanceof RequestError);
          request.write(`Status: 413 Content Too Large\r\n\r\n${error.code}`);
        }
      },
    });
    const web = await WebServer.connect(context, server);
    for (const length of [0, 1, 99, 100]) {
      assert.equal((await web.send(request({ ...keep, body: 'x'.repeat(length) })).answer()).stdout, `\r\n${length}`);
    }
    web.send(request({ ...keep, body: 'x'.repeat(101), streams: { recordSize: 10 } }));
    assert.match((await web.answer()).stdout, /^Status: 413.*ERR_BODY_TOO_LARGE$/s);
    assert.equal((await web.send(request({ ...keep, body: 'abc' })).answer()).stdout, '\r\n3');
  });

  it('of many small records is put together, and read as a stream late or early', async (context) => {
    const body = Buffer.from(Array.from({ length: 30_000 }, (_, index) => index & 255));
    let wait: Promise<unknown> = Promise.resolve();
    const pieces: number[] = [];
    const server = await serve(context, {
      responder: async (request) => {
        await wait;
        const parts: Buffer[] = [];
        for await (const piece of request.stdin) parts.push(piece as Buffer);
        pieces.push(parts.length);
        assert.deepEqual(Buffer.concat(parts), body);
      },
    });
    const web = await WebServer.connect(context, server);
    web.send(request({ ...keep, body, streams: { recordSize: 3 } }));
    assert.deepEqual((await web.answer()).stderr, '');
    // Read only when all has come.
    let go = () => {};
    wait = new Promise<void>((resolve) => (go = resolve));
    web.send(request({ ...keep, body, streams: { recordSize: 3 } }), getValues([]));
    await web.until(() => web.records.some(({ type }) => type === 10), 'GET_VALUES_RESULT');
    go();
    assert.deepEqual((await web.answer(1)).stderr, '');
    assert.ok(pieces[1] < 20, `${pieces[1]} pieces`);
  });

  it('cannot be read after the end of its request', async (context) => {
    const codes: string[] = [];
    const server = await serve(context, {
      responder: async (request) => {
        const early = request.readBody();
        request.end('\r\nended');
        for (const read of [early, request.readBody(), request.drained()]) {
          await read.catch((error) => codes.push(error.code));
        }
        request.stdin.on('close', () => codes.push('closed')).resume();
      },
    });
    const web = await WebServer.connect(context, server);
    web.send(request({ ...keep, stdinEnd: false, body: 'x' }));
    assert.equal((await web.answer()).stdout, '\r\nended');
    await eventually(() => codes.length === 4, 'the errors');
    assert.deepEqual(codes, ['ERR_REQUEST_ENDED', 'ERR_REQUEST_ENDED', 'ERR_REQUEST_ENDED', 'closed']);
    assert.equal(server.counters.running, 0);
  });

  it('that nobody reads is skipped', async (context) => {
    const server = await serve(context, { responder: (request) => request.end('\r\nno, thanks') });
    const web = await WebServer.connect(context, server);
    for (let n = 0; n < 3; n++) {
      web.send(request({ ...keep, body: 'x'.repeat(300_000) }));
      assert.equal((await web.answer()).stdout, '\r\nno, thanks');
    }
    assert.deepEqual(server.counters.problems, {});
  });
});

describe('output', () => {
  it('goes through streams as well, and after the end it is an error', async (context) => {
    const codes: unknown[] = [];
    const server = await serve(context, {
      responder: async (request) => {
        assert.throws(() => request.write(5 as unknown as string), TypeError);
        request.stdout.write('Content-Type: text/plain\r\n');
        request.stderr.write('a warning');
        await new Promise<void>((resolve) => request.stdout.end('\r\nbody', resolve));
        request.end();
        assert.throws(() => createServer({ bodyHighWaterMark: -1 }), RangeError);
        for (const late of [() => request.write('x'), () => request.writeError('x')]) {
          assert.throws(late, (error) => codes.push((error as RequestError).code) > 0);
        }
      },
    });
    const web = await WebServer.connect(context, server);
    const { stdout, stderr, appStatus } = await web.send(request(keep)).answer();
    assert.deepEqual([stdout, stderr, appStatus], ['Content-Type: text/plain\r\n\r\nbody', 'a warning', 0]);
    assert.deepEqual(codes, ['ERR_WRITE_AFTER_END', 'ERR_WRITE_AFTER_END']);
    assert.equal(server.counters.failed, 0);
  });
});
