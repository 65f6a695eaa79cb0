// Everything that can go wrong with a request, as typed errors: code, phase, request id, what had arrived.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  ClientError,
  type ClientErrorCode,
  type ClientOptions,
  FastcgiClient,
  type Phase,
} from '../../../src/endpoints/client/index.js';
import { endRequest, record } from '../../../src/fastcgi/encode.js';
import { concat, toBytes } from '../../support/bytes.js';
import { response, stderr, stdout } from '../../support/fastcgi-messages.js';
import { ManualClock } from '../../support/manual-clock.js';
import { answering, type ScriptedConnection, withApplication } from '../../support/scripted-application.js';

const limit = { timeout: 20_000 };

/** Asks once; the script answers; the error that comes is returned, wherever it shows. */
async function failure(
  script: (connection: ScriptedConnection) => void,
  options: ClientOptions = {},
): Promise<ClientError> {
  let caught: unknown;
  await withApplication(
    async (connection) => {
      await connection.requests(1);
      script(connection);
    },
    async (application) => {
      const client = new FastcgiClient(application.address, options);
      try {
        const answer = await client.request();
        await answer.text();
      } catch (error) {
        caught = error;
      }
      await client.destroy();
    },
  );
  assert.ok(caught instanceof ClientError, `an error of the client: ${caught}`);
  return caught;
}

const HEAD = 'Status: 201 Created\r\nA: b\r\n\r\n';

describe('item 86: the application closes before END_REQUEST', () => {
  const cases: [string, Uint8Array, Phase, Partial<ClientError>][] = [
    ['before a byte', new Uint8Array(0), 'before-answer', { missing: 0 }],
    ['inside a record header', record(6, 1, 'x').subarray(0, 3), 'before-answer', { missing: 5 }],
    ['after STDERR only', stderr('dying'), 'in-head', {}],
    ['inside the head', stdout('Status: 2'), 'in-head', {}],
    ['inside the body', stdout(`${HEAD}half`), 'in-body', { missing: 0 }],
    ['inside a record of the body', stdout(`${HEAD}half`).subarray(0, -6), 'in-body', {}],
    ['after the end of STDOUT', stdout(`${HEAD}all`, { end: true }), 'after-stdout', {}],
  ];
  for (const [when, bytes, phase, more] of cases) {
    test(when, limit, async () => {
      const error = await failure((connection) => connection.finish(bytes));
      assert.equal(error.code, 'closed');
      assert.equal(error.phase, phase);
      assert.equal(error.requestId, 1);
      for (const [key, value] of Object.entries(more)) assert.equal(error[key as keyof ClientError], value);
      if (phase === 'in-body' || phase === 'after-stdout') {
        assert.equal(error.arrived.status, 201);
        assert.ok(error.arrived.stdoutBytes >= HEAD.length);
      }
      if (when === 'after STDERR only') assert.equal(Buffer.from(error.arrived.stderr).toString(), 'dying');
      if (when.startsWith('inside a record of')) assert.ok(error.missing > 0);
    });
  }

  test('a reset is told apart', limit, async () => {
    for (const bytes of [new Uint8Array(0), stdout(`${HEAD}half`)]) {
      const error = await failure((connection) => {
        connection.socket.write(bytes, () => setTimeout(() => connection.reset(), 30));
      });
      assert.equal(error.code, 'reset');
      assert.equal(error.phase, bytes.length === 0 ? 'before-answer' : 'in-body');
    }
  });
});

describe('item 58: protocol statuses', () => {
  const cases: [number, ClientErrorCode][] = [
    [1, 'cant-multiplex'],
    [2, 'overloaded'],
    [3, 'unknown-role'],
    [4, 'protocol-status'],
    [255, 'protocol-status'],
  ];
  for (const [status, code] of cases) {
    test(`${status} is ${code}`, limit, async () => {
      await withApplication(
        answering(({ id }) => endRequest(id, 42, status)),
        async (application) => {
          const client = new FastcgiClient(application.address);
          await assert.rejects(client.request(), (error: ClientError) => {
            assert.equal(error.code, code);
            assert.equal(error.protocolStatus, status);
            assert.equal(error.appStatus, 42);
            assert.equal(error.phase, 'ended');
            return true;
          });
          await client.close();
        },
      );
    });
  }

  test('one that comes after a part of the response breaks the body off', limit, async () => {
    const error = await failure((connection) => connection.send(stdout(`${HEAD}x`), endRequest(1, 0, 2)));
    assert.equal(error.code, 'overloaded');
    assert.equal(error.arrived.status, 201);
  });

  test('item 70: appStatus is data, not an error', limit, async () => {
    await withApplication(
      answering(({ id }) => response({ id, body: 'x', appStatus: 0xffffffff })),
      async (application) => {
        const client = new FastcgiClient(application.address);
        const answer = await client.request();
        await answer.text();
        assert.equal(answer.appStatus, 0xffffffff);
        await client.close();
      },
    );
  });
});

describe('what is no FastCGI', () => {
  test('item 4: an HTTP server on the port is named', limit, async () => {
    const error = await failure((connection) => connection.finish('HTTP/1.1 400 Bad Request\r\n\r\n'));
    assert.equal(error.code, 'not-fastcgi');
    assert.match(error.message, /HTTP server/);
  });

  test('item 4: versions 0 and 2', limit, async () => {
    for (const version of [0, 2]) {
      const bytes = response();
      bytes[0] = version;
      assert.equal((await failure((connection) => connection.send(bytes))).code, 'not-fastcgi');
    }
  });

  test('item 69: END_REQUEST of a wrong length', limit, async () => {
    const error = await failure((connection) => connection.send(stdout(HEAD), record(3, 1, new Uint8Array(7))));
    assert.equal(error.code, 'protocol-error');
  });

  test('item 38: only records for other requests: nothing of them is taken', limit, async () => {
    const clock = new ManualClock();
    const error = await failure(
      (connection) => {
        connection.socket.write(concat(response({ id: 2, body: 'not yours' })), () =>
          setTimeout(() => clock.advance(70_000), 30),
        );
      },
      { clock },
    );
    assert.equal(error.code, 'first-byte-timeout');
    assert.equal(error.arrived.stdoutBytes, 0);
  });
});

describe('giving up', () => {
  test('item 81: on a connection of its own, an AbortSignal closes it', limit, async () => {
    await withApplication(undefined, async (application) => {
      const client = new FastcgiClient(application.address);
      const controller = new AbortController();
      const pending = client.request({ signal: controller.signal });
      const connection = await application.connection(1);
      await connection.requests(1);
      const reason = new Error('changed my mind');
      controller.abort(reason);
      await assert.rejects(pending, (error: ClientError) => error.code === 'aborted' && error.cause === reason);
      await connection.end();
      assert.equal(connection.of(2).length, 0, 'no ABORT_REQUEST');
      assert.deepEqual(client.counts, { connections: 0, idle: 0, connecting: 0, requests: 0, waiting: 0 });
      await client.close();
    });
  });

  test('before it begins, and while it waits', limit, async () => {
    await withApplication(undefined, async (application) => {
      const client = new FastcgiClient(application.address, { pool: { maximum: 1 } });
      await assert.rejects(
        client.request({ signal: AbortSignal.abort() }),
        (error: ClientError) => error.code === 'aborted' && error.phase === 'waiting',
      );
      assert.equal(application.connections.length, 0);
      const first = client.request();
      first.catch(() => {});
      await (await application.connection(1)).requests(1);
      const controller = new AbortController();
      const second = client.request({ signal: controller.signal });
      controller.abort();
      await assert.rejects(second, (error: ClientError) => error.phase === 'waiting');
      assert.equal(client.counts.waiting, 0);
      await client.destroy();
    });
  });

  test('in the middle of the body: the stream is destroyed, and nothing is called any more', limit, async () => {
    await withApplication(
      async (connection) => {
        await connection.requests(1);
        connection.send(stdout(`${HEAD}part`));
      },
      async (application) => {
        const client = new FastcgiClient(application.address);
        const controller = new AbortController();
        const answer = await client.request({ signal: controller.signal });
        const { body } = answer;
        body.once('data', () => controller.abort());
        await assert.rejects(
          (async () => {
            for await (const _ of body);
          })(),
          (error: ClientError) => error.code === 'aborted' && error.phase === 'in-body',
        );
        await assert.rejects(answer.completed, ClientError);
        await application.connections[0].end();
        await client.close();
      },
    );
  });

  test('a body that is not wanted any more gives its request up', limit, async () => {
    await withApplication(
      async (connection) => {
        await connection.requests(1);
        connection.send(stdout(`${HEAD}part`));
      },
      async (application) => {
        const client = new FastcgiClient(application.address);
        const answer = await client.request();
        for await (const _ of answer.body) break;
        await application.connections[0].end();
        assert.equal(client.counts.requests, 0);
        await client.close();
      },
    );
  });

  test(
    'item 81: with `tell` ABORT_REQUEST goes out, and the connection is used again after END_REQUEST',
    limit,
    async () => {
      await withApplication(undefined, async (application) => {
        const client = new FastcgiClient(application.address, { abort: 'tell', pool: { maximum: 1 } });
        const controller = new AbortController();
        const pending = client.request({ signal: controller.signal });
        const connection = await application.connection(1);
        await connection.requests(1);
        controller.abort();
        await assert.rejects(pending, ClientError);
        await connection.until((records) => records.some(({ type }) => type === 2));
        const next = client.request();
        connection.send(stdout('late'), endRequest(1));
        await connection.requests(2);
        assert.equal(connection.of(1)[1].id, 2, 'the id of the one given up is not used again');
        connection.send(response({ id: 2, body: 'next' }));
        assert.equal(await (await next).text(), 'next');
        await client.close();
      });
    },
  );

  test('item 81: an application that never ends it loses the connection', limit, async () => {
    await withApplication(undefined, async (application) => {
      const clock = new ManualClock();
      const client = new FastcgiClient(application.address, { abort: 'tell', clock });
      const controller = new AbortController();
      const pending = client.request({ signal: controller.signal });
      const connection = await application.connection(1);
      await connection.requests(1);
      controller.abort();
      await assert.rejects(pending, ClientError);
      assert.equal(client.counts.connections, 1);
      clock.advance(5000);
      assert.equal(client.counts.connections, 0);
      await connection.end();
      await client.close();
    });
  });
});

describe('times', () => {
  async function timed(
    options: ClientOptions,
    script: (connection: ScriptedConnection, clock: ManualClock) => Promise<void>,
  ): Promise<ClientError> {
    const clock = new ManualClock();
    let caught: unknown;
    await withApplication(undefined, async (application) => {
      const client = new FastcgiClient(application.address, { clock, ...options });
      const asked = client.request().then((answer) => answer.text());
      asked.catch((error: unknown) => {
        caught = error;
      });
      const connection = await application.connection(1);
      await connection.requests(1);
      await script(connection, clock);
      await assert.rejects(asked);
      await connection.end();
      await client.close();
    });
    assert.ok(caught instanceof ClientError);
    return caught;
  }
  const settle = () => new Promise((resolve) => setTimeout(resolve, 30));

  test('nothing answered', limit, async () => {
    const error = await timed({ timeouts: { firstByte: 300 } }, async (_, clock) => clock.advance(300));
    assert.equal(error.code, 'first-byte-timeout');
    assert.equal(error.phase, 'before-answer');
  });

  test('the response stands still; every byte counts', limit, async () => {
    const error = await timed({ timeouts: { firstByte: 5000, idle: 300 } }, async (connection, clock) => {
      connection.send(stdout(HEAD));
      for (let i = 0; i < 5; i++) {
        connection.send(stdout('x'));
        await settle();
        clock.advance(250);
      }
      clock.advance(100);
    });
    assert.equal(error.code, 'idle-timeout');
    assert.equal(error.phase, 'in-body');
    assert.equal(error.arrived.stdoutBytes, HEAD.length + 5);
  });

  test('the whole takes too long, whatever comes', limit, async () => {
    const error = await timed({ timeouts: { total: 1000, idle: 300 } }, async (connection, clock) => {
      connection.send(stdout(HEAD));
      for (let i = 0; i < 5; i++) {
        connection.send(stdout('x'));
        await settle();
        clock.advance(220);
      }
    });
    assert.equal(error.code, 'total-timeout');
  });

  test('of one request only', limit, async () => {
    const clock = new ManualClock();
    await withApplication(undefined, async (application) => {
      const client = new FastcgiClient(application.address, { clock });
      const slow = client.request();
      const quick = client.request({ timeouts: { firstByte: 100 } });
      quick.catch(() => {});
      await (await application.connection(1)).requests(1);
      await (await application.connection(2)).requests(1);
      clock.advance(100);
      await assert.rejects(quick, (error: ClientError) => error.code === 'first-byte-timeout');
      assert.equal(client.counts.requests, 1);
      await client.destroy();
      await assert.rejects(slow, ClientError);
    });
  });

  test('connecting takes too long', limit, async () => {
    // A socket whose accept queue is full would do; a clock that is set does it anywhere.
    const clock = new ManualClock();
    const client = new FastcgiClient('192.0.2.1:9', { clock, timeouts: { connect: 500 } });
    const pending = client.request();
    pending.catch(() => {});
    clock.advance(500);
    await assert.rejects(pending, (error: ClientError) => ['connect-timeout', 'connect-failed'].includes(error.code));
    await client.close();
  });
});

test('STDERR is kept up to its limit and counted beyond', limit, async () => {
  await withApplication(
    answering(({ id }) => concat(...Array.from({ length: 50 }, () => stderr('0123456789', { id })), response({ id }))),
    async (application) => {
      const client = new FastcgiClient(application.address, { maxStderr: 25 });
      const answer = await client.request();
      await answer.completed;
      assert.equal(answer.stderr, '0123456789012345678901234');
      assert.equal(answer.stderrBytes, 500);
      await client.close();
    },
  );
});

test('PARAMS too large for rules of one record fail before anything is sent', limit, async () => {
  await withApplication(undefined, async (application) => {
    const client = new FastcgiClient(application.address, { params: { tooLarge: 'refuse' } });
    await assert.rejects(
      client.request({ params: { BIG: toBytes('x'.repeat(70_000)) } }),
      (error: ClientError) => error.code === 'params-too-large' && error.phase === 'waiting',
    );
    assert.equal(application.connections.length, 0);
    await client.close();
  });
});

test('item 27: a pair larger than a record is sent in two, with a warning', limit, async () => {
  const problems: string[] = [];
  await withApplication(
    answering(({ id, params }) => response({ id, body: String(params.get('BIG')?.length) })),
    async (application) => {
      const client = new FastcgiClient(application.address, { onProblem: ({ code }) => problems.push(code) });
      const answer = await client.request({ params: { BIG: 'x'.repeat(70_000) } });
      assert.equal(await answer.text(), '70000');
      assert.deepEqual(problems, ['pair-split']);
      await client.close();
    },
  );
});
