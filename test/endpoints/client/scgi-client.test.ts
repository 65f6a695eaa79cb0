// The SCGI client on real sockets: the request it writes, responses without framing. Items S1 to S11 of the conformance
// checklist where they are the web server's.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ClientError, ScgiClient } from '../../../src/endpoints/client/index.js';
import { UserError } from '../../../src/model/errors.js';
import { ManualClock } from '../../support/manual-clock.js';
import { cuts, pieces } from '../../support/pieces.js';
import { ScriptedApplication, type ScriptedConnection, withApplication } from '../../support/scripted-application.js';

const limit = { timeout: 20_000 };

/** A request read as the protocol's text lays it out. @throws Error where it is not. */
function readRequest(bytes: Uint8Array): { headers: [string, string][]; body: string } | undefined {
  const text = Buffer.from(bytes).toString('latin1');
  const colon = text.indexOf(':');
  if (colon === -1) return undefined;
  assert.match(text.slice(0, colon), /^(0|[1-9]\d*)$/);
  const end = colon + 1 + Number(text.slice(0, colon));
  if (text.length <= end) return undefined;
  assert.equal(text[end], ',');
  const strings = text.slice(colon + 1, end).split('\0');
  assert.equal(strings.pop(), '', 'the last value ends with NUL');
  assert.equal(strings.length % 2, 0);
  const headers: [string, string][] = [];
  for (let i = 0; i < strings.length; i += 2) headers.push([strings[i], strings[i + 1]]);
  return { headers, body: text.slice(end + 1) };
}

async function arrived(connection: ScriptedConnection) {
  for (;;) {
    const request = readRequest(connection.bytes);
    if (request && request.body.length >= Number(request.headers[0][1])) return request;
    await connection.bytesArrived(connection.bytes.length + 1);
  }
}

const code = (expected: string) => (error: ClientError) => {
  assert.ok(error instanceof ClientError);
  assert.equal(error.code, expected, error.message);
  return true;
};

for (const kind of ['tcp', 'unix'] as const) {
  test(`a GET over ${kind}`, limit, async () => {
    await withApplication(
      async (connection) => {
        const { headers, body } = await arrived(connection);
        assert.deepEqual(headers.slice(0, 2), [
          ['CONTENT_LENGTH', '0'],
          ['SCGI', '1'],
        ]);
        const names = headers.map(([name]) => name);
        assert.equal(new Set(names).size, names.length, 'item S6: no name twice');
        assert.ok(
          names.every((name) => name !== ''),
          'item S3: no empty name',
        );
        assert.equal(body, '');
        const all = new Map(headers);
        assert.equal(all.get('REQUEST_URI'), '/deep?thought=1');
        assert.equal(all.get('HTTP_X_ONE'), 'a, b');
        connection.finish('Status: 201 Created\r\nX: y\r\n\r\nforty-two');
      },
      async (application) => {
        const client = new ScgiClient(application.address);
        const answer = await client.request({ uri: '/deep?thought=1', headers: { 'X-One': ['a', 'b'] } });
        assert.equal(answer.status, 201);
        assert.equal(await answer.text(), 'forty-two');
        assert.equal(answer.appStatus, undefined);
        assert.equal(client.requests, 0);
      },
      kind,
    );
  });
}

describe('the request', () => {
  const echo = async (connection: ScriptedConnection) => {
    const { headers, body } = await arrived(connection);
    connection.finish(`A: b\r\n\r\n${headers[0].join('=')} ${body.length} ${body.slice(0, 10)}`);
  };

  test(
    'item S1, S2, S3, S4, S5, S7, S8: a netstring of headers, CONTENT_LENGTH first, then exactly that many bytes',
    limit,
    async () => {
      await withApplication(echo, async (application) => {
        const client = new ScgiClient(application.address);
        const ask = async (request: Parameters<ScgiClient['request']>[0]) => (await client.request(request)).text();
        assert.equal(await ask({ body: 'What is the answer to life?' }), 'CONTENT_LENGTH=27 27 What is th');
        assert.equal(await ask({ body: new Uint8Array(300_000).fill(65) }), 'CONTENT_LENGTH=300000 300000 AAAAAAAAAA');
        assert.equal(
          await ask({ body: Readable.from([Buffer.from('ab'), Buffer.from('c')]), contentLength: 3 }),
          'CONTENT_LENGTH=3 3 abc',
        );
        // What the protocol writes itself cannot be given.
        assert.equal(await ask({ params: { SCGI: '2', CONTENT_LENGTH: '9' } }), 'CONTENT_LENGTH=0 0 ');
      });
    },
  );

  test('item S8: a stream that yields another number of bytes fails', limit, async () => {
    await withApplication(undefined, async (application) => {
      const client = new ScgiClient(application.address);
      await assert.rejects(
        client.request({ body: Readable.from([Buffer.from('abc')]), contentLength: 5 }),
        code('body-failed'),
      );
      await assert.rejects(
        client.request({ body: Readable.from([Buffer.from('abcdef')]), contentLength: 5 }),
        code('body-failed'),
      );
      await assert.rejects(client.request({ body: Readable.from(['x']) }), UserError);
      assert.equal(client.requests, 0);
    });
  });

  test('bytes with another length than declared are sent as they are told', limit, async () => {
    await withApplication(
      async (connection) => {
        await connection.bytesArrived(1);
        connection.finish('A: b\r\n\r\nx');
      },
      async (application) => {
        const client = new ScgiClient(application.address);
        await (await client.request({ body: 'abc', contentLength: 10 })).completed;
        const request = readRequest(application.connections[0].bytes);
        assert.deepEqual([request?.headers[0][1], request?.body], ['10', 'abc']);
      },
    );
  });

  test('item S11: a connection for each', limit, async () => {
    await withApplication(echo, async (application) => {
      const client = new ScgiClient(application.address);
      for (let i = 0; i < 3; i++) await (await client.request()).text();
      assert.equal(application.connections.length, 3);
      for (const connection of application.connections) await connection.end();
    });
  });
});

describe('the response', () => {
  async function ask(
    script: (connection: ScriptedConnection) => void,
    options: ConstructorParameters<typeof ScgiClient>[1] = {},
  ) {
    let caught: unknown;
    let text = '';
    await withApplication(
      async (connection) => {
        await arrived(connection);
        script(connection);
      },
      async (application) => {
        const client = new ScgiClient(application.address, options);
        try {
          text = await (await client.request()).text();
        } catch (error) {
          caught = error;
        }
        await client.destroy();
      },
    );
    return caught === undefined ? text : (caught as ClientError).code;
  }

  test('item S10: ends where the application closes', limit, async () => {
    assert.equal(await ask((connection) => connection.finish('A: b\n\nbody')), 'body');
    assert.equal(await ask((connection) => connection.finish('Content-Length: 4\r\n\r\nbody')), 'body');
    assert.equal(await ask((connection) => connection.finish('A: b\r\n\r\n')), '');
  });

  test('item S10: that cannot be whole is an error', limit, async () => {
    assert.equal(await ask((connection) => connection.finish()), 'closed');
    assert.equal(await ask((connection) => connection.finish('Status: 2')), 'no-head');
    assert.equal(await ask((connection) => connection.finish('Content-Length: 40\r\n\r\nbody')), 'scgi-truncated');
    assert.equal(await ask((connection) => connection.finish('<html>\r\n\r\n')), 'bad-head');
    assert.equal(
      await ask((connection) => connection.finish(`A: ${'x'.repeat(500)}\r\n\r\n`), { maxHead: 300 }),
      'head-too-large',
    );
    assert.equal(await ask((connection) => connection.reset()), 'reset');
  });

  test('times', limit, async () => {
    const clock = new ManualClock();
    const late = (milliseconds: number) => setTimeout(() => clock.advance(milliseconds), 30);
    assert.equal(await ask(() => late(100), { clock, timeouts: { firstByte: 100 } }), 'first-byte-timeout');
    assert.equal(await ask(() => late(100), { clock, timeouts: { total: 100 } }), 'total-timeout');
    const half = (connection: ScriptedConnection) => {
      connection.send('A: b\r\n\r\nx');
      late(100);
    };
    assert.equal(await ask(half, { clock, timeouts: { idle: 100, firstByte: 5000 } }), 'idle-timeout');
    assert.deepEqual(clock.timers, []);
  });

  test('item S9: any bytes in any pieces: a request always ends', { timeout: 60_000 }, async () => {
    let next: readonly Uint8Array[] = [];
    const head = fc.constantFrom('Status: 200\r\n\r\n', 'Content-Length: 3\r\n\r\n', 'A: b\n\n', '');
    const bytes = fc
      .tuple(head, fc.uint8Array({ maxLength: 60 }))
      .map(([text, rest]) => Buffer.concat([Buffer.from(text), rest]));
    await withApplication(
      async (connection) => {
        await arrived(connection);
        for (const piece of next) connection.send(piece);
        connection.finish();
      },
      async (application) => {
        const client = new ScgiClient(application.address);
        await fc.assert(
          fc.asyncProperty(bytes, cuts, async (answer, shares) => {
            next = pieces(answer, shares);
            try {
              await (await client.request()).text();
            } catch (error) {
              assert.ok(error instanceof ClientError, String(error));
            }
            assert.equal(client.requests, 0);
          }),
          { seed: 31, numRuns: 150 },
        );
      },
    );
  });
});

test('giving up closes the connection; so does the end of the client', limit, async () => {
  await withApplication(undefined, async (application) => {
    const client = new ScgiClient(application.address);
    const controller = new AbortController();
    const pending = client.request({ signal: controller.signal });
    const connection = await application.connection(1);
    await arrived(connection);
    controller.abort();
    await assert.rejects(pending, code('aborted'));
    await connection.end();
    await assert.rejects(client.request({ signal: AbortSignal.abort() }), code('aborted'));
    const other = client.request();
    await arrived(await application.connection(2));
    await client.destroy();
    await assert.rejects(other, code('client-closed'));
    await assert.rejects(client.request(), code('client-closed'));
  });
});

test('nobody listens', limit, async () => {
  const application = await ScriptedApplication.start();
  await application.stop();
  await assert.rejects(new ScgiClient(application.address).request(), code('connect-failed'));
});
