// Which connection serves which request: keep-alive, the pool's bounds, connections that go away. On real sockets.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { type ClientError, FastcgiClient } from '../../../src/endpoints/client/index.js';
import { response, stdout } from '../../support/fastcgi-messages.js';
import { ManualClock } from '../../support/manual-clock.js';
import { answering, ScriptedApplication, withApplication } from '../../support/scripted-application.js';

const limit = { timeout: 20_000 };
const reply = answering(({ id, number }) => response({ id, body: `${number}` }));

const code = (expected: string) => (error: ClientError) => {
  assert.equal(error.code, expected, error.message);
  return true;
};

describe('kept connections', () => {
  test('serve one request after the other, always with the same id', limit, async () => {
    await withApplication(reply, async (application) => {
      const client = new FastcgiClient(application.address);
      for (let i = 1; i <= 5; i++) {
        const answer = await client.request();
        assert.equal(await answer.text(), String(i));
        const { reused, connection, requestId, attempts } = await answer.completed;
        assert.deepEqual([reused, connection, requestId, attempts], [i > 1, 1, 1, 1]);
      }
      assert.equal(application.connections.length, 1);
      const begins = application.connections[0].of(1);
      assert.ok(begins.every(({ id, content }) => id === 1 && content[2] === 1));
      assert.deepEqual(client.counts, { connections: 1, idle: 1, connecting: 0, requests: 0, waiting: 0 });
      await client.close();
      await application.connections[0].end();
    });
  });

  test(
    'are not asked for where the rules say so: the application closes, the next request gets a new one',
    limit,
    async () => {
      await withApplication(reply, async (application) => {
        const client = new FastcgiClient(application.address, { keepConn: false });
        for (let i = 0; i < 3; i++) assert.equal(await (await client.request()).text(), '1');
        assert.equal(application.connections.length, 3);
        assert.ok(application.connections.every((connection) => connection.of(1)[0].content[2] === 0));
        await client.close();
      });
    },
  );

  test('item 59: the next request waits for END_REQUEST', limit, async () => {
    await withApplication(undefined, async (application) => {
      const client = new FastcgiClient(application.address, { pool: { maximum: 1 } });
      const first = client.request();
      const second = client.request();
      const connection = await application.connection(1);
      await connection.requests(1);
      connection.send(stdout('A: b\r\n\r\nwhole body', { end: true }));
      const answer = await first;
      assert.equal(connection.of(1).length, 1);
      assert.equal(client.counts.waiting, 1);
      connection.send(response().subarray(-16));
      assert.equal(await answer.text(), 'whole body');
      await connection.requests(2);
      connection.send(response({ body: 'two' }));
      assert.equal(await (await second).text(), 'two');
      await client.close();
    });
  });

  test('that were asked for and not kept: the next request opens another', limit, async () => {
    await withApplication(
      async (connection) => {
        await connection.requests(1);
        connection.finish(response({ body: 'bye' }));
      },
      async (application) => {
        const client = new FastcgiClient(application.address);
        for (let i = 0; i < 3; i++) {
          assert.equal(await (await client.request()).text(), 'bye');
          await application.connections[i].end();
        }
        assert.equal(application.connections.length, 3);
        await client.close();
      },
    );
  });

  test('item 87: one that was closed while idle is not used, whatever the method', limit, async () => {
    await withApplication(reply, async (application) => {
      const client = new FastcgiClient(application.address);
      await (await client.request()).text();
      application.connections[0].finish();
      await application.connections[0].end();
      const answer = await client.request({ method: 'POST', body: 'x' });
      assert.equal((await answer.completed).attempts, 1);
      assert.equal((await answer.completed).connection, 2);
      await client.close();
    });
  });

  test('item 87: one that closes on the request: safe methods are sent again, others fail', limit, async () => {
    const script = async (connection: Parameters<ReturnType<typeof answering>>[0], number: number) => {
      await connection.requests(1);
      connection.send(response({ body: `first of ${number}` }));
      await connection.requests(2);
      connection.reset();
    };
    for (const [request, again] of [
      [{ method: 'GET' }, true],
      [{ method: 'POST', body: 'x' }, false],
      [{ method: 'POST', body: 'x', repeatable: true }, true],
      [
        {
          method: 'GET',
          body: (async function* () {
            yield 'x';
          })(),
        },
        false,
      ],
      [{ method: 'GET', repeatable: false }, false],
    ] as const) {
      await withApplication(script, async (application) => {
        const client = new FastcgiClient(application.address);
        assert.equal(await (await client.request()).text(), 'first of 1');
        if (again) {
          const answer = await client.request(request);
          assert.equal(await answer.text(), 'first of 2');
          assert.equal((await answer.completed).attempts, 2);
        } else {
          await assert.rejects(client.request(request), code('reset'));
          assert.equal(application.connections.length, 1);
        }
        await client.destroy();
      });
    }
  });

  test(
    'item 87: a new connection that closes is not tried again unless the rules say so, nor where a byte came',
    limit,
    async () => {
      await withApplication(
        async (connection) => {
          await connection.requests(1);
          connection.finish();
        },
        async (application) => {
          const client = new FastcgiClient(application.address);
          await assert.rejects(client.request(), code('closed'));
          assert.equal(application.connections.length, 1);
          await client.close();
          const stubborn = new FastcgiClient(application.address, { retry: { on: 'any', attempts: 3 } });
          await assert.rejects(
            stubborn.request(),
            (error: ClientError) => error.code === 'closed' && error.attempts === 3,
          );
          assert.equal(application.connections.length, 4);
          await stubborn.close();
        },
      );
      await withApplication(
        async (connection) => {
          await connection.requests(1);
          connection.finish(stdout('A'));
        },
        async (application) => {
          const client = new FastcgiClient(application.address, { retry: { on: 'any', attempts: 3 } });
          await assert.rejects(client.request(), code('closed'));
          assert.equal(application.connections.length, 1);
          await client.close();
        },
      );
    },
  );

  test('item 88: are closed after their idle time, and after their share of requests', limit, async () => {
    await withApplication(reply, async (application) => {
      const clock = new ManualClock();
      const client = new FastcgiClient(application.address, { clock, pool: { idleTimeout: 5000, maxRequests: 3 } });
      await (await client.request()).text();
      clock.advance(4000);
      await (await client.request()).text();
      clock.advance(4999);
      assert.equal(client.counts.idle, 1);
      clock.advance(20);
      assert.equal(client.counts.connections, 0);
      await application.connections[0].end();
      for (let i = 0; i < 3; i++) await (await client.request()).text();
      await application.connections[1].end();
      assert.equal(application.connections.length, 2);
      await (await client.request()).text();
      assert.equal(application.connections.length, 3);
      await client.close();
    });
  });

  test('are not used past their age', limit, async () => {
    await withApplication(reply, async (application) => {
      const clock = new ManualClock();
      const client = new FastcgiClient(application.address, { clock, pool: { idleTimeout: 0, maxAge: 1000 } });
      await (await client.request()).text();
      clock.advance(999);
      assert.equal(await (await client.request()).text(), '2');
      clock.advance(1);
      assert.equal(await (await client.request()).text(), '1');
      assert.equal(application.connections.length, 2);
      await client.close();
    });
  });

  test('the one used last serves next, or the one used longest ago', limit, async () => {
    for (const [order, expected] of [
      ['lifo', 2],
      ['fifo', 1],
    ] as const) {
      await withApplication(undefined, async (application) => {
        const client = new FastcgiClient(application.address, { pool: { order } });
        const pending = [client.request(), client.request()];
        const connections = [await application.connection(1), await application.connection(2)];
        // The first request need not be on the connection that was accepted first.
        for (const connection of connections) {
          await connection.requests(1);
          connection.send(response({ body: 'x' }));
          while (client.counts.idle < connections.indexOf(connection) + 1)
            await new Promise((resolve) => setImmediate(resolve));
        }
        await Promise.all(pending);
        const next = client.request();
        const serving = connections[expected - 1];
        await serving.requests(2);
        serving.send(response({ body: 'served' }));
        assert.equal(await (await next).text(), 'served');
        await client.close();
      });
    }
  });

  test('no more idle ones are kept than the rules say', limit, async () => {
    await withApplication(reply, async (application) => {
      const client = new FastcgiClient(application.address, { pool: { keepIdle: 2 } });
      const answers = await Promise.all(Array.from({ length: 5 }, () => client.request()));
      await Promise.all(answers.map((answer) => answer.completed));
      assert.equal(application.connections.length, 5);
      assert.equal(client.counts.idle, 2);
      assert.equal(client.counts.connections, 2);
      await client.close();
    });
  });

  test('item 38, 40: one on which something came that nobody asked for is closed', limit, async () => {
    const problems: string[] = [];
    await withApplication(
      async (connection, number) => {
        await connection.requests(1);
        connection.send(response({ body: `${number}` }), number === 1 ? stdout('for whom?') : '');
      },
      async (application) => {
        const client = new FastcgiClient(application.address, { onProblem: (problem) => problems.push(problem.code) });
        assert.equal(await (await client.request()).text(), '1');
        await application.connections[0].end();
        assert.equal(await (await client.request()).text(), '2');
        assert.deepEqual(problems, ['record-for-unknown-request']);
        await client.close();
      },
    );
  });
});

test('an idle connection does not keep the process alive', limit, async () => {
  await withApplication(reply, async (application) => {
    const library = new URL('../../../src/endpoints/client/index.js', import.meta.url).href;
    const source = `import { FastcgiClient } from ${JSON.stringify(library)};
      const client = new FastcgiClient(${JSON.stringify(application.address)});
      for (let i = 0; i < 3; i++) console.log(await (await client.request()).text());`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    assert.deepEqual(await once(child, 'close'), [0, null]);
    assert.equal(printed, '1\n2\n3\n');
  });
});

describe('the pool', () => {
  test('opens no more connections than its maximum; the others wait in their order', limit, async () => {
    const order: string[] = [];
    let most = 0;
    await withApplication(
      answering(({ id, params }) => {
        order.push(params.get('QUERY_STRING')!);
        return response({ id, body: params.get('QUERY_STRING')! });
      }),
      async (application) => {
        const client = new FastcgiClient(application.address, { pool: { maximum: 2 } });
        const answers = await Promise.all(
          Array.from({ length: 20 }, async (_, i) => {
            const text = await (await client.request({ uri: `/?${i}` })).text();
            most = Math.max(most, client.counts.connections);
            return text;
          }),
        );
        assert.deepEqual(
          answers,
          Array.from({ length: 20 }, (_, i) => String(i)),
        );
        assert.equal(application.connections.length, 2);
        assert.equal(most, 2);
        const numbers = order.map(Number);
        assert.ok(
          numbers.every((number, i) => Math.abs(number - i) <= 1),
          'first come, first served',
        );
        await client.close();
      },
    );
  });

  test('its queue has a limit and a time', limit, async () => {
    await withApplication(undefined, async (application) => {
      const clock = new ManualClock();
      const client = new FastcgiClient(application.address, {
        clock,
        pool: { maximum: 1, queueLimit: 2 },
        timeouts: { queue: 500, firstByte: 0 },
      });
      const first = client.request();
      first.catch(() => {});
      await (await application.connection(1)).requests(1);
      const waiting = [client.request(), client.request()];
      const outcomes = Promise.allSettled(waiting);
      await assert.rejects(
        client.request(),
        (error: ClientError) => error.code === 'queue-full' && error.phase === 'waiting',
      );
      clock.advance(600);
      for (const outcome of await outcomes) {
        assert.equal(outcome.status, 'rejected');
        assert.equal((outcome as PromiseRejectedResult).reason.code, 'queue-timeout');
      }
      assert.equal(client.counts.waiting, 0);
      await client.destroy();
      await assert.rejects(first, code('client-closed'));
    });
  });

  test('close lets requests in progress end and fails those that wait', limit, async () => {
    await withApplication(undefined, async (application) => {
      const client = new FastcgiClient(application.address, { pool: { maximum: 1 } });
      const first = client.request();
      const connection = await application.connection(1);
      await connection.requests(1);
      const second = client.request();
      const closed = client.close();
      await assert.rejects(second, code('client-closed'));
      connection.send(response({ body: 'last' }));
      assert.equal(await (await first).text(), 'last');
      await closed;
      await connection.end();
    });
  });

  test('what a completed exchange asks for at once finds its connection', limit, async () => {
    await withApplication(reply, async (application) => {
      const client = new FastcgiClient(application.address);
      const { params } = client.encode({});
      let left = 20;
      await new Promise<void>((resolve, reject) => {
        const next = (): void => {
          if (left-- === 0) resolve();
          else client.exchange({ params }, { stdout: () => true, completed: next, failed: reject });
        };
        next();
      });
      assert.equal(application.connections.length, 1);
      await client.close();
    });
  });
});

describe('connecting', () => {
  test('nobody listens', limit, async () => {
    const application = await ScriptedApplication.start();
    const { address } = application;
    await application.stop();
    const client = new FastcgiClient(address);
    await assert.rejects(client.request(), (error: ClientError) => {
      assert.equal(error.code, 'connect-failed');
      assert.equal(error.phase, 'connecting');
      assert.equal((error.cause as { code?: string }).code, 'ECONNREFUSED');
      assert.match(error.message, /nobody listens/);
      return true;
    });
    assert.deepEqual(client.counts, { connections: 0, idle: 0, connecting: 0, requests: 0, waiting: 0 });
    await client.close();
    const unix = new FastcgiClient('unix:/nowhere/at/all.sock');
    await assert.rejects(unix.request({ method: 'POST', body: 'x' }), /no such socket/);
    await unix.close();
  });

  test(
    'a full accept queue of a unix socket fails at once, or is waited for as a blocking connect() does',
    limit,
    async () => {
      // Listens with room for two and accepts nobody until it is told to.
      const folder = mkdtempSync(join(tmpdir(), 'fcgi-inspect-test-'));
      const path = join(folder, 'full.sock');
      const gate = new Int32Array(new SharedArrayBuffer(4));
      const listener = new Worker(
        `const { workerData, parentPort } = require('node:worker_threads');
       require('node:net').createServer((socket) => { socket.on('error', () => {}); socket.end(workerData.reply); })
         .listen({ path: workerData.path, backlog: 1 }, () => {
           parentPort.postMessage('ready');
           setImmediate(() => Atomics.wait(workerData.gate, 0, 0));
         });`,
        { eval: true, workerData: { path, gate, reply: response({ body: 'at last' }) } },
      );
      const sockets: Socket[] = [];
      try {
        await once(listener, 'message');
        for (let i = 0; i < 2; i++) {
          const socket = connect(path);
          sockets.push(socket);
          await once(socket, 'connect');
        }
        const hasty = new FastcgiClient(`unix:${path}`);
        await assert.rejects(hasty.request(), (error: ClientError) => {
          assert.equal((error.cause as { code?: string }).code, 'EAGAIN');
          assert.match(error.message, /accept queue is full/);
          return error.code === 'connect-failed';
        });
        await hasty.close();
        const patient = new FastcgiClient(`unix:${path}`, { connectRetry: { blocking: true } });
        const pending = patient.request();
        await new Promise((resolve) => setTimeout(resolve, 60));
        assert.deepEqual([patient.counts.connecting, patient.counts.connections], [1, 0]);
        Atomics.store(gate, 0, 1);
        Atomics.notify(gate, 0);
        assert.equal(await (await pending).text(), 'at last');
        await patient.close();
      } finally {
        Atomics.store(gate, 0, 1);
        Atomics.notify(gate, 0);
        for (const socket of sockets) socket.destroy();
        await listener.terminate();
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );

  test("mod_cgid's retries: 15 tries, sleeping 0.1, 0.2 ... 3.2, 3.2 seconds", limit, async () => {
    const { modCgid } = await import('../../../src/endpoints/client/index.js');
    const application = await ScriptedApplication.start();
    const { address } = application;
    await application.stop();
    const clock = new ManualClock();
    const sleeps: number[] = [];
    const client = new FastcgiClient(address, {
      policy: modCgid,
      clock,
      trace: (event) => {
        if (event.kind !== 'connect-retry') return;
        assert.equal(event.code, 'ECONNREFUSED');
        sleeps.push(event.delay);
        setImmediate(() => clock.advance(event.delay));
      },
    });
    await assert.rejects(
      client.request(),
      (error: ClientError) => error.code === 'connect-failed' && error.attempts === 15,
    );
    assert.deepEqual(sleeps, [100, 200, 400, 800, 1600, 3200, 3200, 3200, 3200, 3200, 3200, 3200, 3200, 3200]);
    assert.equal(
      sleeps.reduce((sum, sleep) => sum + sleep),
      31_900,
    );
    await client.close();
  });
});
