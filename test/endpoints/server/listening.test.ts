// Where a server listens: TCP, AF_UNIX, a descriptor it inherited, and who may connect.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer as createNetServer, type Server as NetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import {
  createServer,
  ListenError,
  type ServerOptions,
  webServerAddresses,
} from '../../../src/endpoints/server/index.js';
import { UserError } from '../../../src/model/errors.js';
import { request } from '../../support/fastcgi-messages.js';
import { isMissing, programSource, runProgram, watch } from './programs.js';
import { eventually, portOf, serve, WebServer } from './web-server.js';

const hello: ServerOptions = { responder: (request) => request.end('\r\nhello') };

function folder(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'fcgi-inspect-test-'));
  context.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function listening(context: TestContext, address: { path: string } | { port: number }): Promise<NetServer> {
  const server = createNetServer({ allowHalfOpen: true });
  context.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(address, resolve));
  return server;
}

async function greeting(context: TestContext, to: Parameters<typeof WebServer.connect>[1]): Promise<string> {
  const web = await WebServer.connect(context, to);
  return (await web.send(request()).answer()).stdout;
}

async function listenError(promise: Promise<unknown>): Promise<ListenError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof ListenError && error instanceof UserError, String(error));
    return error;
  }
  throw new Error('it listens');
}

describe('TCP', () => {
  it('a port that is in use is told as such', async (context) => {
    const first = await serve(context, hello);
    const error = await listenError(createServer(hello).listen({ port: portOf(first) }));
    assert.equal(error.code, 'ERR_ADDRESS_IN_USE');
    assert.match(error.message, /^127\.0\.0\.1:\d+ is in use$/);
    assert.ok(error.hint);
  });

  it('an address that is none of this host’s, and a second listen', async (context) => {
    const error = await listenError(createServer(hello).listen({ host: '192.0.2.1', port: 0 }));
    assert.match(error.message, /^192\.0\.2\.1:0 is no address of this host$/);
    const server = await serve(context, hello);
    assert.equal((await listenError(server.listen({ port: 0 }))).code, 'ERR_SERVER_STATE');
    assert.equal((await listenError(createServer(hello).listen())).code, 'ERR_SERVER_STATE');
  });

  it('stops listening and listens again on the same port, while connections go on', async (context) => {
    const server = await serve(context, hello);
    const events: string[] = [];
    server.on('stopped', () => events.push('stopped')).on('listening', () => events.push('listening'));
    const port = portOf(server);
    const kept = await WebServer.connect(context, server);
    await server.stopListening();
    await server.stopListening();
    await assert.rejects(WebServer.connect(context, { host: '127.0.0.1', port }), { code: 'ECONNREFUSED' });
    assert.equal((await kept.send(request({ keepConn: true })).answer()).stdout, '\r\nhello');
    await server.listen();
    assert.equal(portOf(server), port);
    assert.equal(await greeting(context, server), '\r\nhello');
    assert.deepEqual(events, ['stopped', 'listening']);
  });

  it('takes sockets and listening servers of node:net', async (context) => {
    const server = createServer(hello);
    context.after(() => server.close({ graceful: false }));
    const net = await listening(context, { port: 0 });
    const { port } = net.address() as { port: number };
    net.once('connection', (socket) => server.handleConnection(socket));
    assert.equal(await greeting(context, { host: '127.0.0.1', port }), '\r\nhello');
    server.attach(net);
    assert.equal(await greeting(context, { host: '127.0.0.1', port }), '\r\nhello');
    assert.equal(server.counters.accepted, 2);
  });

  it('closes what comes beyond the limit of connections at once', async (context) => {
    const server = await serve(context, { ...hello, limits: { connections: 2 } });
    const reasons: string[] = [];
    server.on('dropped', (reason) => reasons.push(reason));
    const [first, , third] = await Promise.all([1, 2, 3].map(() => WebServer.connect(context, server)));
    await third.whenEnded();
    assert.deepEqual([reasons, server.counters.dropped, server.counters.open], [['limit'], 1, 2]);
    await first.send(request()).answer();
    first.end();
    await eventually(() => server.counters.open === 1, 'room');
    assert.equal(await greeting(context, server), '\r\nhello');
  });
});

describe('AF_UNIX', () => {
  it('has the mode it was given, whatever the umask, and leaves no file', async (context) => {
    const path = join(folder(context), 'app.sock');
    for (const mode of [0o600, 0o660, 0o666]) {
      const server = createServer(hello);
      const before = process.umask();
      await server.listen({ path, mode });
      assert.equal(process.umask(), before);
      assert.equal(statSync(path).mode & 0o777, mode);
      assert.equal(await greeting(context, { path }), '\r\nhello');
      await server.close({ graceful: false });
      assert.equal(existsSync(path), false);
    }
    const server = createServer(hello);
    await server.listen({ path });
    assert.equal(statSync(path).mode & 0o777, 0o660);
    await server.close({ graceful: false });
  });

  it('takes the place of a file that a dead process left, and of no other', async (context) => {
    const place = folder(context);
    const path = join(place, 'app.sock');
    // Left behind by a process that was killed.
    const dead = runProgram(
      context,
      `const s = lib.createServer({}); await s.listen({ path: ${JSON.stringify(path)} }); say('listens')`,
    );
    await dead.says('listens');
    dead.process.kill('SIGKILL');
    await dead.exit;
    assert.ok(statSync(path).isSocket());
    const server = createServer(hello);
    context.after(() => server.close({ graceful: false }));
    await server.listen({ path });
    assert.equal(await greeting(context, { path }), '\r\nhello');

    const error = await listenError(createServer(hello).listen({ path }));
    assert.deepEqual([error.code, error.message], ['ERR_ADDRESS_IN_USE', `${path} is in use`]);
    assert.equal(await greeting(context, { path }), '\r\nhello');

    const file = join(place, 'file');
    writeFileSync(file, 'precious');
    assert.equal((await listenError(createServer(hello).listen({ path: file }))).code, 'ERR_NOT_A_SOCKET');
    assert.equal(statSync(file).size, 8);
    const link = join(place, 'link');
    symlinkSync(path, link);
    assert.equal((await listenError(createServer(hello).listen({ path: link }))).code, 'ERR_NOT_A_SOCKET');

    const missing = await listenError(createServer(hello).listen({ path: join(place, 'no', 'such', 'folder') }));
    assert.equal(missing.code, 'ERR_LISTEN_FAILED');
    if (process.getuid?.() !== 0) {
      chmodSync(place, 0o500);
      const denied = await listenError(createServer(hello).listen({ path: join(place, 'other') }));
      assert.match(denied.message, /^no permission/);
      chmodSync(place, 0o700);
    }
  });
});

describe('item 95: a socket inherited on descriptor 0', () => {
  const PROGRAM = `
    const server = lib.createServer({ responder: (request) => request.end('\\r\\ninherited'), webServerAddresses: process.env.FCGI_WEB_SERVER_ADDRS });
    try {
      await server.listen({ fd: lib.FCGI_LISTENSOCK_FILENO });
      say('listens');
    } catch (error) {
      say(error.code + ' ' + error.message + ' ' + error.hint);
    }`;

  it('is served from, TCP', async (context) => {
    const stdin = await listening(context, { port: 0 });
    const program = runProgram(context, PROGRAM, { stdin });
    await program.says('listens');
    const { port } = stdin.address() as { port: number };
    // This process must not accept: its copy of the socket goes.
    stdin.close();
    assert.equal(await greeting(context, { host: '127.0.0.1', port }), '\r\ninherited');
  });

  it('is served from, AF_UNIX', async (context) => {
    const path = join(folder(context), 'app.sock');
    const stdin = await listening(context, { path });
    const program = runProgram(context, PROGRAM, { stdin });
    await program.says('listens');
    const link = `${path}.2`;
    // Closing a listening socket of node:net removes its file.
    const { linkSync } = await import('node:fs');
    linkSync(path, link);
    stdin.close();
    assert.equal(await greeting(context, { path: link }), '\r\ninherited');
  });

  it('or it is said that there is none', async (context) => {
    for (const stdin of ['ignore', 'pipe'] as const) {
      const program = watch(context, process.execPath, ['--input-type=module', '-e', programSource(PROGRAM)], stdin);
      await program.says(
        'ERR_NOT_STARTED_AS_FASTCGI descriptor 0 is no listening socket start the program from spawn-fcgi',
      );
      assert.deepEqual(await program.exit, { code: 0, signal: null });
    }
  });

  it('spawn-fcgi starts it', { skip: isMissing('spawn-fcgi') }, async (context) => {
    const place = folder(context);
    const script = join(place, 'app.mjs');
    writeFileSync(script, programSource(PROGRAM));
    const path = join(place, 'app.sock');
    const program = watch(context, 'spawn-fcgi', ['-n', '-s', path, '--', process.execPath, script]);
    await program.says('listens');
    assert.equal(await greeting(context, { path }), '\r\ninherited');
    const other = watch(context, 'spawn-fcgi', ['-n', '-s', `${path}.2`, '--', process.execPath, script], 'ignore', {
      FCGI_WEB_SERVER_ADDRS: '127.0.0.1',
    });
    await other.says('listens');
    const refused = await WebServer.connect(context, { path: `${path}.2` });
    await refused.send(request()).whenEnded();
    assert.equal(refused.bytesReceived, 0);
  });
});

describe('item 95: FCGI_WEB_SERVER_ADDRS', () => {
  for (const [list, allowed] of [
    [undefined, true],
    ['127.0.0.1', true],
    ['192.0.2.1, 127.0.0.1', true],
    ['192.0.2.1', false],
    ['garbage', false],
    ['garbage,127.0.0.1', true],
    ['', false],
  ] as const) {
    it(`${JSON.stringify(list)} lets 127.0.0.1 ${allowed ? 'in' : 'out'}`, async (context) => {
      const server = createServer({ ...hello, webServerAddresses: list });
      context.after(() => server.close({ graceful: false }));
      const wrong: string[] = [];
      const dropped: string[] = [];
      server.on('addressProblem', (part) => wrong.push(part)).on('dropped', (reason) => dropped.push(reason));
      await server.listen({ port: 0 });
      const web = await WebServer.connect(context, server);
      web.send(request());
      if (allowed) {
        assert.equal((await web.answer()).stdout, '\r\nhello');
      } else {
        await web.whenEnded();
        assert.deepEqual([web.bytesReceived, dropped], [0, ['address']]);
      }
      assert.deepEqual(wrong, list === '' ? [''] : /garbage/.test(list ?? '') ? ['garbage'] : []);
    });
  }

  it('AF_UNIX peers are on no list', async (context) => {
    const path = join(folder(context), 'app.sock');
    const server = createServer({ ...hello, webServerAddresses: '127.0.0.1' });
    context.after(() => server.close({ graceful: false }));
    await server.listen({ path });
    const web = await WebServer.connect(context, { path });
    await web.whenEnded();
    assert.deepEqual([web.bytesReceived, server.counters.dropped], [0, 1]);
  });

  it('IPv4 that comes through an IPv6 socket is IPv4', async (context) => {
    const server = createServer({ ...hello, webServerAddresses: '127.0.0.1' });
    context.after(() => server.close({ graceful: false }));
    try {
      await server.listen({ host: '::', port: 0 });
    } catch {
      context.skip('no IPv6 here');
      return;
    }
    assert.equal(await greeting(context, { host: '127.0.0.1', port: portOf(server) }), '\r\nhello');
    const { allowed, wrong } = webServerAddresses('::FFFF:10.0.0.1,2001:DB8::1,x');
    assert.deepEqual([[...allowed], wrong], [['10.0.0.1', '2001:db8::1'], ['x']]);
  });
});
