// Every fault of the server's, really made: by a server on a socket, looked at as a web server sees it.
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it, type TestContext, test } from 'node:test';
import { ServerFaults } from '../../../src/endpoints/faults/server-faults.js';
import { createServer, type RequestHandler, type Server } from '../../../src/endpoints/server/index.js';
import { openListener } from '../../../src/endpoints/server/listener.js';
import { END_REQUEST, STDERR, STDOUT } from '../../../src/fastcgi/constants.js';
import { abortRequest } from '../../../src/fastcgi/encode.js';
import { parseFault } from '../../../src/faults/parse-fault.js';
import { FAULTS } from '../../../src/faults/vocabulary.js';
import { request } from '../../support/fastcgi-messages.js';
import { eventually, WebServer } from '../server/web-server.js';

const HEAD = 'Content-Type: text/plain\r\n\r\n';
const BODY = 'hello, wide world';
const hello: RequestHandler = (each) => each.end(HEAD + BODY);
const keep = { keepConn: true } as const;

async function serve(context: TestContext, specs: readonly string[], handler: RequestHandler = hello): Promise<Server> {
  const faults = new ServerFaults(specs.map((text) => parseFault(text, 'server')));
  const server = createServer({ responder: faults.handler(handler), alterOutput: faults.alterOutput });
  const take = (socket: Socket) =>
    void server.handleConnection(faults.wrapsSockets ? faults.wrapSocket(socket) : socket);
  server.attach(await openListener({ port: 0 }, take));
  context.after(() => server.close({ graceful: false }));
  return server;
}

/** What one request brings: records, and how the connection ended. */
async function ask(
  context: TestContext,
  specs: readonly string[],
  options: Parameters<typeof request>[0] = {},
): Promise<WebServer> {
  const web = await WebServer.connect(context, await serve(context, specs));
  web.send(request(options));
  await web.whenEnded();
  return web;
}

const types = (web: WebServer) => web.records.map(({ type }) => type);
const plain = [STDOUT, STDOUT, END_REQUEST];

const tested = new Set<string>();
function fault(name: string, what: string, run: (context: TestContext) => Promise<void>): void {
  tested.add(name);
  it(`${name}: ${what}`, run);
}

describe('records', () => {
  fault('drop_end_request', 'no END_REQUEST', async (context) => {
    assert.deepEqual(types(await ask(context, ['drop_end_request'])), plain.slice(0, 2));
  });
  fault('double_end_request', 'two of them', async (context) => {
    assert.deepEqual(types(await ask(context, ['double_end_request'])), [...plain, END_REQUEST]);
  });
  fault('data_after_end', 'STDOUT behind it', async (context) => {
    const web = await ask(context, ['data_after_end=5']);
    assert.deepEqual(types(web), [...plain, STDOUT]);
    assert.equal(web.records[3].content.length, 5);
  });
  for (const [status, number] of [
    ['CANT_MPX_CONN', 1],
    ['OVERLOADED', 2],
    ['UNKNOWN_ROLE', 3],
  ] as const) {
    fault('end_status', status, async (context) => {
      const web = await ask(context, [`end_status=${status}`]);
      assert.deepEqual(types(web), [END_REQUEST]);
      assert.equal(web.records[0].content[4], number);
    });
  }
  fault('app_status', 'in END_REQUEST', async (context) => {
    const web = await ask(context, ['app_status=139']);
    assert.equal(web.records.at(-1)?.content.readUInt32BE(), 139);
    assert.equal((await ask(context, ['app_status=139'])).records.length, 3);
  });
  fault('bad_version', 'of the first STDOUT', async (context) => {
    const web = await WebServer.connect(context, await serve(context, ['bad_version=5']), { isFastcgi: false });
    await web.send(request()).whenEnded();
    assert.match(Buffer.from(web.text, 'latin1').toString('hex'), /^05060001/);
  });
  fault('bad_type', 'a record in between', async (context) => {
    assert.deepEqual(types(await ask(context, ['bad_type'])), [99, ...plain]);
    assert.deepEqual(types(await ask(context, ['bad_type=11,on=end_request'])), [
      ...plain.slice(0, 2),
      11,
      END_REQUEST,
    ]);
  });
  fault('bad_id', 'of one record', async (context) => {
    assert.deepEqual(
      (await ask(context, ['bad_id'])).records.map(({ id }) => id),
      [257, 1, 1],
    );
  });
  fault('id', 'of all', async (context) => {
    assert.deepEqual(
      (await ask(context, ['id=0'])).records.map(({ id }) => id),
      [0, 0, 0],
    );
  });
  fault('garbage', 'before the answer', async (context) => {
    const web = await WebServer.connect(context, await serve(context, ['garbage=http']), { isFastcgi: false });
    await web.send(request()).whenEnded();
    assert.match(web.text, /^HTTP\/1\.1 400 Bad Request\r\n/);
    assert.ok(web.text.includes('\x01\x06\x00\x01'), 'the answer follows');
  });
  fault('header_bytes', 'one line of that length', async (context) => {
    const web = await WebServer.connect(context, await serve(context, ['header_bytes=40000']));
    const { stdout } = await web.send(request()).answer();
    assert.equal(stdout.indexOf('\r\n') + 2, 40_000);
    assert.ok(stdout.endsWith(HEAD + BODY));
  });
  fault('stderr_bytes', 'before the answer', async (context) => {
    const web = await WebServer.connect(context, await serve(context, ['stderr_bytes=100000']));
    const { stdout, stderr } = await web.send(request()).answer();
    assert.deepEqual([stderr.length, stdout], [100_000, HEAD + BODY]);
    assert.equal(web.records[0].type, STDERR);
  });
  fault('padding', 'of every record', async (context) => {
    const web = await WebServer.connect(context, await serve(context, ['padding=255']), { isFastcgi: false });
    await web.send(request()).whenEnded();
    assert.equal(web.text.length, 3 * (8 + 255) + HEAD.length + BODY.length + 8);
  });
  fault('close_before_headers', 'FIN without a byte, or RST', async (context) => {
    const web = await ask(context, ['close_before_headers']);
    assert.deepEqual([web.bytesReceived, web.error], [0, undefined]);
    const reset = await WebServer.connect(context, await serve(context, ['close_before_headers,how=rst']));
    await reset.send(request()).until(({ error }) => error !== undefined, 'RST');
    assert.equal(reset.error?.code, 'ECONNRESET');
  });
  fault('close_mid_body', 'after so many bytes, between records or inside', async (context) => {
    const web = await ask(context, ['close_mid_body=5']);
    assert.equal(web.records[0].content.toString(), `${HEAD}hello`);
    assert.deepEqual([types(web), web.text], [[STDOUT], '']);
    const cut = await ask(context, ['close_mid_body=5,cut=record']);
    assert.deepEqual(types(cut), []);
    assert.ok(cut.text.endsWith(`${HEAD}hello`));
  });
  fault('ignore_keep_conn', 'the connection is closed', async (context) => {
    assert.deepEqual(types(await ask(context, ['ignore_keep_conn'], keep)), plain);
  });

  test('only the requests that are meant: match, after, count on a kept connection', async (context) => {
    const server = await serve(context, [`app_status=9,match='uri ~ "^/x"',after=1,count=1`]);
    const web = await WebServer.connect(context, server);
    const statuses: number[] = [];
    for (const uri of ['/x', '/y', '/x', '/x']) {
      web.send(request({ ...keep, uri }));
      statuses.push((await web.answer()).appStatus);
    }
    assert.deepEqual(statuses, [0, 0, 9, 0]);
  });

  test('requests that come at once, with the same id and with others, each get their own', async (context) => {
    const server = await serve(context, ['app_status=9,every=2'], (each) => setImmediate(() => each.end(HEAD)));
    const web = await WebServer.connect(context, server);
    web.send(Buffer.concat([1, 2, 3].map((id) => request({ ...keep, id }))));
    const byId = await Promise.all([web.answer(1), web.answer(2), web.answer(3)].map((each) => each));
    assert.deepEqual(
      byId.map(({ appStatus }) => appStatus),
      [0, 9, 0],
    );
    const fast = await WebServer.connect(context, await serve(context, ['app_status=9,every=2']));
    fast.send(Buffer.concat([request(keep), request(keep), request(keep)]));
    assert.deepEqual(
      [(await fast.answer()).appStatus, (await fast.answer()).appStatus, (await fast.answer()).appStatus],
      [0, 9, 0],
    );
  });
});

describe('connections', () => {
  fault('rst_if_reused', 'the second request is reset', async (context) => {
    const web = await WebServer.connect(context, await serve(context, ['rst_if_reused']));
    await web.send(request(keep)).answer();
    await web.send(request(keep)).until(({ error }) => error !== undefined, 'RST');
    assert.equal(web.records.filter(({ type }) => type === END_REQUEST).length, 1);
  });
  fault('close_when_idle', 'a kept connection is closed when nobody asks', async (context) => {
    const server = await serve(context, ['close_when_idle=30ms']);
    const web = await WebServer.connect(context, server);
    await web.send(request(keep)).answer();
    await web.whenEnded();
    assert.equal(web.error, undefined);
  });
  fault('no_close', 'the connection stays, or for so long', async (context) => {
    const server = await serve(context, ['no_close']);
    const web = await WebServer.connect(context, server);
    await web.send(request()).answer();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(web.ended, false);
    web.end();
    await web.whenClosed();
    const held = await WebServer.connect(context, await serve(context, ['no_close=30ms']));
    await held.send(request()).answer();
    await held.whenEnded();
  });
  fault('ignore_abort', 'the whole answer comes', async (context) => {
    let answer = () => {};
    const handler: RequestHandler = (each) => {
      answer = () => each.end(HEAD + BODY);
    };
    for (const [specs, stdout] of [
      [['ignore_abort'], HEAD + BODY],
      [[], ''],
    ] as const) {
      const server = await serve(context, specs, handler);
      const web = await WebServer.connect(context, server);
      web.send(request(keep));
      await eventually(() => server.counters.running === 1, 'the handler');
      // The answer is made after the abort was read, or could have been.
      web.send(abortRequest(1));
      await new Promise((resolve) => setTimeout(resolve, 30));
      answer();
      assert.equal((await web.answer()).stdout, stdout);
    }
  });
});

// Times are looked at from below only: a slow machine makes nothing come earlier.
describe('bytes', () => {
  const size = 100_000;
  const big: RequestHandler = (each) => each.end(HEAD + 'x'.repeat(size));

  fault('latency', 'the answer comes late, whole', async (context) => {
    const web = await WebServer.connect(context, await serve(context, ['latency=60ms,jitter=10ms']));
    const began = performance.now();
    const { stdout } = await web.send(request()).answer();
    assert.ok(performance.now() - began >= 45);
    assert.equal(stdout, HEAD + BODY);
    await web.whenEnded();
  });
  fault('bandwidth', 'no faster than that', async (context) => {
    const web = await WebServer.connect(context, await serve(context, ['bandwidth=500kB'], big));
    const began = performance.now();
    const { stdout } = await web.send(request()).answer();
    assert.equal(stdout.length, HEAD.length + size);
    assert.ok(performance.now() - began >= 130, 'a hundred kilobytes take a fifth of a second');
  });
  fault('slicer', 'in pieces', async (context) => {
    const web = await WebServer.connect(context, await serve(context, ['slicer,average_size=5,delay=2ms']));
    const pieces: number[] = [];
    web.socket.on('data', (chunk) => pieces.push(chunk.length));
    assert.equal((await web.send(request()).answer()).stdout, HEAD + BODY);
    // How many pieces a busy reader puts together again nobody knows; the first one it meets alone.
    assert.ok(pieces.length > 1 && pieces[0] < 20, String(pieces));
  });
  fault('limit_data', 'cut at a byte', async (context) => {
    const web = await WebServer.connect(context, await serve(context, ['limit_data=1000'], big));
    await web.send(request()).whenEnded();
    assert.deepEqual([web.bytesReceived, web.error], [1000, undefined]);
    // An RST that comes together with data looks like an end to Node's sockets: this one comes later.
    const reset = await WebServer.connect(
      context,
      await serve(context, ['limit_data=1000,how=rst', 'slow_close=50ms'], big),
    );
    await reset.send(request()).until(({ error }) => error !== undefined, 'RST');
  });
  fault('limit_data', 'upstream: the application sees a body that breaks off', async (context) => {
    let cause: string | undefined;
    const server = await serve(context, ['limit_data=2000,stream=upstream'], async (each) => {
      each.onAbort((error) => {
        cause = error.abortCause;
      });
      await each.readBody();
    });
    const web = await WebServer.connect(context, server);
    const whole = request({ body: 'x'.repeat(50_000) });
    // PARAMS first: the fault begins when the request has.
    const body = whole.length - 50_000;
    web.send(whole.subarray(0, body));
    await eventually(() => server.counters.running === 1, 'the handler');
    web.send(whole.subarray(body));
    await eventually(() => cause !== undefined, 'the abort');
    assert.equal(cause, 'peer-ended');
  });
  fault('timeout', 'nothing comes, then the end', async (context) => {
    const web = await ask(context, ['timeout=30ms']);
    assert.equal(web.bytesReceived, 0);
  });
  fault('slow_close', 'the FIN is late', async (context) => {
    const web = await WebServer.connect(context, await serve(context, ['slow_close=60ms']));
    const began = performance.now();
    await web.send(request()).answer();
    await web.whenEnded();
    assert.ok(performance.now() - began >= 55);
  });
  fault('reset_peer', 'RST at once or later', async (context) => {
    for (const spec of ['reset_peer', 'reset_peer=20ms']) {
      const web = await WebServer.connect(context, await serve(context, [spec], () => {}));
      await web.send(request(keep)).until(({ error }) => error !== undefined, 'RST');
      assert.equal(web.error?.code, 'ECONNRESET');
    }
  });

  test('a request that was faulted does not spoil the next on the connection', async (context) => {
    const web = await WebServer.connect(context, await serve(context, ['latency=20ms,count=1', 'slicer,count=1']));
    assert.equal((await web.send(request(keep)).answer()).stdout, HEAD + BODY);
    assert.equal((await web.send(request(keep)).answer()).stdout, HEAD + BODY);
  });

  test('a slow wire holds the application back: memory stays bounded', async (context) => {
    let written = 0;
    const server = await serve(context, ['bandwidth=100kB'], async (each) => {
      const piece = Buffer.alloc(65_536);
      each.write(HEAD);
      for (let i = 0; i < 200 && !each.aborted; i++) {
        written += piece.length;
        if (!each.write(piece)) await each.drained();
      }
    });
    const web = await WebServer.connect(context, server);
    web.send(request());
    await web.until(({ bytesReceived }) => bytesReceived > 20_000, 'some of it');
    assert.ok(written < 1 << 20, `${written} bytes were written ahead`);
    web.socket.destroy();
    await eventually(() => server.counters.active === 0, 'the abort');
  });
});

test('every fault that a server makes is tested here or with the command', () => {
  const listener = FAULTS.filter(({ unit }) => unit === 'listener').map(({ name }) => name as string);
  const own = FAULTS.filter(({ at }) => (at as readonly string[]).includes('server')).map(({ name }) => name as string);
  assert.deepEqual(
    own.filter((name) => !tested.has(name) && !listener.includes(name)),
    [],
  );
});
