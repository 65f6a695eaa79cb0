// Every fault of the client's, really made: by a client on a socket, looked at as an application sees it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ClientError } from '../../../src/endpoints/client/errors.js';
import { type ClientOptions, FastcgiClient, ScgiClient } from '../../../src/endpoints/client/index.js';
import { ClientFaults } from '../../../src/endpoints/faults/client-faults.js';
import { PARAMS, STDIN } from '../../../src/fastcgi/constants.js';
import { parseFault } from '../../../src/faults/parse-fault.js';
import { FAULTS } from '../../../src/faults/vocabulary.js';
import { response } from '../../support/fastcgi-messages.js';
import { readRecords } from '../../support/read-records.js';

const limit = { timeout: 20_000 };

/** What arrived on one connection. */
class Arrival {
  readonly pieces: Buffer[] = [];
  ended: 'fin' | 'rst' | undefined;
  private readonly waiting = new Set<() => void>();

  constructor(readonly socket: Socket) {
    socket.on('data', (piece) => {
      this.pieces.push(piece);
      this.changed();
    });
    socket.on('end', () => {
      this.ended = 'fin';
      this.changed();
    });
    socket.on('error', () => {
      this.ended = 'rst';
      this.changed();
    });
  }

  get bytes(): Buffer {
    return Buffer.concat(this.pieces);
  }

  get records() {
    return readRecords(this.bytes).records;
  }

  /** The body, or undefined while its end has not come. */
  get body(): string | undefined {
    const { records } = this;
    if (!records.some(({ type, content }) => type === STDIN && content.length === 0)) return undefined;
    return Buffer.concat(records.filter(({ type }) => type === STDIN).map(({ content }) => content)).toString();
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.waiting.add(resolve));
  }

  private changed(): void {
    for (const wake of this.waiting) wake();
    this.waiting.clear();
  }
}

interface Scene {
  readonly address: string;
  connection(): Promise<Arrival>;
}

async function application(context: TestContext, take: (arrival: Arrival) => unknown = () => {}): Promise<Scene> {
  const arrivals: Arrival[] = [];
  let came: () => void = () => {};
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const arrival = new Arrival(socket);
    arrivals.push(arrival);
    void take(arrival);
    came();
  });
  context.after(() => {
    for (const { socket } of arrivals) socket.destroy();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    connection: async () => {
      while (arrivals.length === 0) await new Promise<void>((resolve) => (came = resolve));
      return arrivals.shift()!;
    },
  };
}

function clientWith(context: TestContext, address: string, specs: readonly string[], options: ClientOptions = {}) {
  const faults = new ClientFaults(specs.map((text) => parseFault(text, 'client')));
  const client = new FastcgiClient(address, { ...options, faults });
  context.after(() => client.destroy());
  return { client, faults };
}

/** Answers each request when the whole of it has come. */
const answers = async (arrival: Arrival) => {
  await arrival.until(() => arrival.body !== undefined);
  arrival.socket.end(response({ body: 'answered' }));
};

test('content_length declares what it is told, whatever the body has', limit, async (context) => {
  const scene = await application(context, answers);
  const { client, faults } = clientWith(context, scene.address, ['content_length=100,match="method == POST"'], {
    keepConn: false,
  });
  await (await client.request({ body: 'short' })).completed;
  const posted = await scene.connection();
  assert.match(posted.bytes.toString('latin1'), /CONTENT_LENGTH100/);
  assert.equal(posted.body, 'short');
  await (await client.request({ method: 'PUT', body: 'short' })).completed;
  assert.match((await scene.connection()).bytes.toString('latin1'), /CONTENT_LENGTH5/);
  assert.deepEqual(faults.lines(), ['fault content_length=100,match="method == POST": happened 1 times']);
});

test('stall_stdin sends so much of the body, and the rest only later', limit, async (context) => {
  const scene = await application(context, answers);
  const { client } = clientWith(context, scene.address, ['stall_stdin=150ms,bytes=4']);
  const began = performance.now();
  const answered = client.request({ body: 'all of it' });
  const arrival = await scene.connection();
  await arrival.until(() => arrival.records.some(({ type }) => type === STDIN));
  assert.equal(
    Buffer.concat(arrival.records.filter(({ type }) => type === STDIN).map((each) => each.content)).toString(),
    'all ',
  );
  assert.equal(await (await answered).text(), 'answered');
  assert.equal(arrival.body, 'all of it');
  assert.ok(performance.now() - began >= 149);
});

test('a body that stalls for good ends with the request', limit, async (context) => {
  const scene = await application(context);
  const { client } = clientWith(context, scene.address, ['stall_stdin'], { timeouts: { total: 200 } });
  await assert.rejects(client.request({ body: 'never' }), { code: 'total-timeout' });
  const arrival = await scene.connection();
  await arrival.until(() => arrival.ended !== undefined);
  assert.equal(arrival.records.filter(({ type }) => type === PARAMS).at(-1)?.content.length, 0);
  assert.ok(arrival.records.every(({ type }) => type !== STDIN));
});

test('a request without a body stalls before the end of STDIN', limit, async (context) => {
  const scene = await application(context, answers);
  const { client } = clientWith(context, scene.address, ['stall_stdin=50ms']);
  assert.equal(await (await client.request()).text(), 'answered');
});

test('slicer cuts what is sent into pieces, and latency delays it', limit, async (context) => {
  const scene = await application(context, answers);
  const specs = ['slicer=40,delay=4ms,stream=upstream', 'latency=60ms,stream=upstream'];
  const { client } = clientWith(context, scene.address, specs);
  const began = performance.now();
  const answer = await client.request({ body: 'x'.repeat(400) });
  assert.equal(await answer.text(), 'answered');
  assert.ok(performance.now() - began >= 59);
  const arrival = await scene.connection();
  assert.ok(arrival.pieces.length > 5, `${arrival.pieces.length} pieces`);
  assert.equal(arrival.body, 'x'.repeat(400));
});

test('bandwidth and timeout meet the answer, where no stream is named', limit, async (context) => {
  const scene = await application(context, answers);
  const slow = clientWith(context, scene.address, ['bandwidth=500']);
  const began = performance.now();
  assert.equal(await (await slow.client.request()).text(), 'answered');
  assert.ok(performance.now() - began >= 100);
  const deaf = clientWith(context, scene.address, ['timeout'], { timeouts: { firstByte: 150 } });
  await assert.rejects(deaf.client.request(), { code: 'first-byte-timeout' });
});

test('limit_data and reset_peer end the connection as told', limit, async (context) => {
  const scene = await application(context);
  for (const spec of [
    'limit_data=20,stream=upstream',
    'limit_data=20,how=rst,stream=upstream',
    'reset_peer=30ms,stream=upstream',
  ]) {
    const { client } = clientWith(context, scene.address, [spec], { timeouts: { total: 400 } });
    await assert.rejects(client.request(), ClientError, spec);
    const arrival = await scene.connection();
    await arrival.until(() => arrival.ended !== undefined);
    if (spec.startsWith('limit_data')) assert.equal(arrival.bytes.length, 20);
    // A reset that follows close on bytes may look like a proper end to whoever reads them.
    else assert.equal(arrival.ended, 'rst');
  }
});

test('slow_close holds our FIN back', limit, async (context) => {
  const scene = await application(context, answers);
  const { client } = clientWith(context, scene.address, ['slow_close=150ms,stream=upstream']);
  assert.equal(await (await client.request()).text(), 'answered');
  const answered = performance.now();
  const arrival = await scene.connection();
  await arrival.until(() => arrival.ended !== undefined);
  assert.ok(performance.now() - answered >= 100);
});

test('a kept connection is without faults again when the next request has none', limit, async (context) => {
  const scene = await application(context, async (arrival) => {
    for (let count = 1; ; count++) {
      await arrival.until(
        () => arrival.records.filter(({ type, content }) => type === STDIN && content.length === 0).length >= count,
      );
      arrival.socket.write(response({ body: 'answered' }));
    }
  });
  const { client } = clientWith(context, scene.address, ['slicer=10,stream=upstream,count=1'], { keepConn: true });
  await (await client.request()).text();
  const arrival = await scene.connection();
  const { length } = arrival.pieces;
  assert.ok(length > 5);
  await (await client.request()).text();
  assert.equal(arrival.pieces.length, length + 1);
});

test('SCGI requests have the same faults', limit, async (context) => {
  const scene = await application(context, async (arrival) => {
    await arrival.until(() => arrival.bytes.toString('latin1').endsWith('body'));
    arrival.socket.end('Status: 200 OK\r\n\r\nanswered');
  });
  const faults = new ClientFaults(
    ['content_length=77', 'stall_stdin=60ms,bytes=1', 'slicer=9,stream=upstream'].map((text) =>
      parseFault(text, 'client'),
    ),
    { protocol: 'scgi' },
  );
  const client = new ScgiClient(scene.address, { faults });
  context.after(() => client.destroy());
  const began = performance.now();
  assert.equal(await (await client.request({ body: 'body' })).text(), 'answered');
  assert.ok(performance.now() - began >= 59);
  const text = (await scene.connection()).bytes.toString('latin1').replaceAll('\0', ' ');
  assert.match(text, /^\d+:CONTENT_LENGTH 77 .*SCGI 1 /s);
});

test('each fault of the client is tried here', () => {
  const tried = [
    'content_length',
    'stall_stdin',
    'slicer',
    'latency',
    'bandwidth',
    'timeout',
    'limit_data',
    'reset_peer',
    'slow_close',
  ];
  const known = FAULTS.filter(({ at }) => (at as readonly string[]).includes('client')).map(({ name }) => name);
  assert.deepEqual([...known].sort(), tried.sort());
});
