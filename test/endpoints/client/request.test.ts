// The client's easy face against a scripted application: what it sends, what it makes of answers.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { ClientError, FastcgiClient } from '../../../src/endpoints/client/index.js';
import { endRequest } from '../../../src/fastcgi/encode.js';
import { UserError } from '../../../src/model/errors.js';
import { concat } from '../../support/bytes.js';
import { response, stderr, stdout } from '../../support/fastcgi-messages.js';
import { readPairs, streamOf } from '../../support/read-records.js';
import { answering, withApplication } from '../../support/scripted-application.js';

const limit = { timeout: 20_000 };

for (const kind of ['tcp', 'unix'] as const) {
  test(`a GET over ${kind}`, limit, async () => {
    await withApplication(
      async (connection) => {
        await connection.requests(1);
        connection.send(response({ body: 'hello\n', headers: { 'Content-Type': 'text/plain' }, stderr: 'a note' }));
      },
      async (application) => {
        const client = new FastcgiClient(application.address);
        const answer = await client.request({ uri: '/index.php?q=1', root: '/srv/www' });
        assert.equal(answer.status, 200);
        assert.equal(answer.headers.get('content-type'), 'text/plain');
        assert.equal(await answer.text(), 'hello\n');
        assert.equal(answer.stderr, 'a note');
        assert.equal(answer.appStatus, 0);
        assert.equal(answer.protocolStatus, 0);
        const { begun, firstByte, ended } = answer.times;
        assert.ok(begun <= firstByte && ended !== undefined && firstByte <= ended);
        const { records } = application.connections[0];
        assert.deepEqual(
          records.map(({ type, id }) => [type, id]),
          [
            [1, 1],
            [4, 1],
            [4, 1],
            [5, 1],
          ],
        );
        const params = new Map(readPairs(streamOf(records, 4, 1)));
        assert.equal(params.get('SCRIPT_FILENAME'), '/srv/www/index.php');
        assert.equal(params.get('QUERY_STRING'), 'q=1');
        await client.close();
      },
      kind,
    );
  });
}

describe('bodies', () => {
  const echo = answering(({ id, params, stdin }) =>
    response({
      id,
      body: `${params.get('CONTENT_LENGTH')}:${stdin.length}:${Buffer.from(stdin).toString('latin1').slice(0, 20)}`,
    }),
  );

  test('of bytes, text, arrays, generators and streams', limit, async () => {
    await withApplication(echo, async (application) => {
      const client = new FastcgiClient(application.address);
      const ask = async (
        body: NonNullable<Parameters<FastcgiClient['request']>[0]>['body'],
        contentLength?: number,
      ) => {
        const answer = await client.request({ body: body!, ...(contentLength === undefined ? {} : { contentLength }) });
        return answer.text();
      };
      assert.equal(await ask('é'), '2:2:Ã©');
      assert.equal(await ask(Uint8Array.of(65, 66)), '2:2:AB');
      assert.equal(await ask(new Uint8Array(200_000).fill(65)), `200000:200000:${'A'.repeat(20)}`);
      assert.equal(await ask([Buffer.from('a'), new Uint8Array(0), Buffer.from('bc')]), ':3:abc');
      assert.equal(
        await ask(
          (async function* () {
            yield 'one ';
            yield Buffer.from('two');
          })(),
          7,
        ),
        '7:7:one two',
      );
      assert.equal(await ask(Readable.from([Buffer.from('stream')]), 6), '6:6:stream');
      assert.equal(await ask(new Blob(['blob']).stream() as unknown as AsyncIterable<Uint8Array>, 4), '4:4:blob');
      await client.close();
    });
  });

  test('item 72: another CONTENT_LENGTH than the body is sent as it is told', limit, async () => {
    await withApplication(echo, async (application) => {
      const client = new FastcgiClient(application.address);
      for (const declared of [10, 3]) {
        const answer = await client.request({ body: 'hello', contentLength: declared });
        assert.equal(await answer.text(), `${declared}:5:hello`);
      }
      const none = await client.request({ body: 'hello', params: { CONTENT_LENGTH: undefined } });
      assert.equal(await none.text(), 'undefined:5:hello');
      await client.close();
    });
  });

  test('a body that fails gives the request up, and the connection with it', limit, async () => {
    await withApplication(undefined, async (application) => {
      const client = new FastcgiClient(application.address);
      const broken = client.request({
        body: (async function* () {
          yield 'begun';
          throw new Error('disk on fire');
        })(),
      });
      await assert.rejects(
        broken,
        (error: ClientError) => error.code === 'body-failed' && /disk on fire/.test(error.message),
      );
      await (await application.connection(1)).end();
      assert.equal(client.counts.connections, 0);
      await client.close();
    });
  });

  test('an answer before the body has ended stops the body, and that connection is not used again', limit, async () => {
    let stopped = false;
    await withApplication(
      async (connection, number) => {
        await connection.until((records) => records.some(({ type }) => type === 5));
        connection.send(response({ status: 413, body: `no ${number}` }));
      },
      async (application) => {
        const client = new FastcgiClient(application.address);
        const answer = await client.request({
          body: (async function* () {
            try {
              for (;;) {
                yield 'x'.repeat(1000);
                await new Promise((resolve) => setImmediate(resolve));
              }
            } finally {
              stopped = true;
            }
          })(),
        });
        assert.equal(answer.status, 413);
        assert.equal(await answer.text(), 'no 1');
        await (await application.connection(1)).end();
        assert.equal(stopped, true);
        assert.equal(await (await client.request()).text(), 'no 2');
        await client.close();
      },
    );
  });
});

describe('item 73: response heads', () => {
  test('cut at every byte and spread over records', limit, async () => {
    const out = Buffer.from('Status: 404 Not Found\nSet-Cookie: a\nSet-Cookie: b\nLocation: /x\n\nbody');
    await withApplication(
      answering(({ number, id }) =>
        concat(
          stdout(out.subarray(0, number), { id, recordSize: 3 }),
          stderr('noise', { id }),
          stdout(out.subarray(number), { id }),
          endRequest(id),
        ),
      ),
      async (application) => {
        const client = new FastcgiClient(application.address);
        for (let cut = 1; cut <= out.length; cut++) {
          const answer = await client.request();
          assert.equal(answer.status, 404);
          assert.deepEqual(answer.headers.getAll('set-cookie'), ['a', 'b']);
          assert.equal(await answer.text(), 'body');
          assert.equal(answer.stderr, 'noise', 'item 66: STDERR inside the head and the body stays out of them');
        }
        assert.equal(application.connections.length, 1);
        await client.close();
      },
    );
  });

  test('larger than 8 KiB, and a Location alone', limit, async () => {
    await withApplication(
      answering(({ number, id }) =>
        number === 1
          ? response({ id, headers: { 'X-Long': 'x'.repeat(40_000) }, streams: { recordSize: 1000 } })
          : concat(stdout('Location: /elsewhere\r\n\r\n', { id }), endRequest(id)),
      ),
      async (application) => {
        const client = new FastcgiClient(application.address);
        assert.equal((await client.request()).headers.get('x-long')?.length, 40_000);
        assert.equal((await client.request()).status, 302);
        await client.close();
      },
    );
  });

  test('item 74: that are none are an error with what arrived, or tolerated', limit, async () => {
    const heads: [string, string][] = [
      ['HTTP/1.1 404 Not Found\r\nA: b\r\n\r\n', 'status line'],
      ['PHP Warning in line 5\r\nA: b\r\n\r\n', 'colon'],
      ['Status: none\r\n\r\n', 'number'],
    ];
    for (const [head, why] of heads) {
      await withApplication(
        answering(({ id }) => concat(stdout(`${head}body`, { id }), endRequest(id))),
        async (application) => {
          const strict = new FastcgiClient(application.address);
          await assert.rejects(strict.request(), (error: ClientError) => {
            assert.ok(error instanceof ClientError);
            assert.equal(error.code, 'bad-head');
            assert.ok(error.message.includes(why), error.message);
            assert.ok(error.arrived.stdoutBytes > 0);
            return true;
          });
          await strict.close();
          const tolerant = new FastcgiClient(application.address, { tolerantHead: true });
          const answer = await tolerant.request();
          assert.equal(answer.status, head.startsWith('HTTP') ? 404 : head.startsWith('Status') ? 0 : 200);
          assert.equal(await answer.text(), 'body');
          await tolerant.close();
        },
      );
    }
  });

  test('that never end, or are too large', limit, async () => {
    await withApplication(
      answering(({ number, id }) =>
        number === 1
          ? concat(stdout('A: b\r\n', { id }), endRequest(id))
          : number === 2
            ? endRequest(id)
            : concat(stdout(`A: ${'x'.repeat(3000)}`, { id }), endRequest(id)),
      ),
      async (application) => {
        const client = new FastcgiClient(application.address, { maxHead: 2000 });
        for (const code of ['no-head', 'no-head', 'head-too-large']) {
          await assert.rejects(client.request(), (error: ClientError) => error.code === code);
        }
        await client.close();
      },
    );
  });
});

describe('roles', () => {
  test('item 90, 91, 92: an Authorizer', limit, async () => {
    await withApplication(
      async (connection, number) => {
        await connection.until(
          (records) => records.filter(({ type, content }) => type === 4 && content.length === 0).length > 0,
        );
        if (number === 1) {
          const out =
            'Status: 200 OK\r\nVariable-AUTH_METHOD: database\r\nVARIABLE-x: 1\r\nContent-Type: y\r\n\r\nignored';
          connection.finish(stdout(out), endRequest(1));
        } else {
          connection.finish(response({ status: 401, headers: { 'WWW-Authenticate': 'Basic' }, body: 'no' }));
        }
      },
      async (application) => {
        const client = new FastcgiClient(application.address, { keepConn: false });
        const yes = await client.request({
          role: 'authorizer',
          uri: '/private',
          headers: { authorization: 'Basic eA==' },
        });
        assert.equal(yes.status, 200);
        assert.deepEqual(
          [...yes.variables],
          [
            ['AUTH_METHOD', 'database'],
            ['x', '1'],
          ],
        );
        const { records } = application.connections[0];
        assert.ok(
          records.every(({ type }) => type === 1 || type === 4),
          'neither STDIN nor DATA',
        );
        assert.equal(records[0].content[1], 2);
        const params = new Map(readPairs(streamOf(records, 4, 1)));
        for (const name of ['CONTENT_LENGTH', 'PATH_INFO', 'PATH_TRANSLATED', 'SCRIPT_NAME']) {
          assert.equal(params.has(name), false, name);
        }
        assert.equal(params.get('HTTP_AUTHORIZATION'), 'Basic eA==');
        const no = await client.request({ role: 'authorizer', uri: '/private' });
        assert.equal(no.status, 401);
        assert.equal(no.headers.get('www-authenticate'), 'Basic');
        assert.equal(await no.text(), 'no');
        await client.close();
      },
    );
  });

  test('item 93: a Filter gets STDIN, then DATA, and is told of both', limit, async () => {
    await withApplication(
      async (connection) => {
        const records = await connection.until((all) =>
          all.some(({ type, content }) => type === 8 && content.length === 0),
        );
        assert.deepEqual(
          records.map(({ type, content }) => [type, type === 4 ? -1 : content.length]),
          [
            [1, 8],
            [4, -1],
            [4, -1],
            [5, 4],
            [5, 0],
            [8, 7],
            [8, 0],
          ],
        );
        connection.finish(response({ body: 'filtered' }));
      },
      async (application) => {
        const client = new FastcgiClient(application.address, { keepConn: false });
        const lastModified = new Date(1_700_000_000_900);
        const answer = await client.request({
          role: 'filter',
          body: 'post',
          data: { content: 'file it', lastModified },
        });
        assert.equal(await answer.text(), 'filtered');
        const params = new Map(readPairs(streamOf(application.connections[0].records, 4, 1)));
        assert.equal(params.get('FCGI_DATA_LENGTH'), '7');
        assert.equal(params.get('FCGI_DATA_LAST_MOD'), '1700000000');
        await client.close();
      },
    );
  });
});

test('a piece of a body that is no bytes fails the request', limit, async () => {
  await withApplication(undefined, async (application) => {
    const client = new FastcgiClient(application.address);
    await assert.rejects(
      client.request({ body: ['x', 5] as unknown as Uint8Array[] }),
      (error: ClientError) => error.code === 'body-failed' && error.cause instanceof TypeError,
    );
    await client.close();
  });
});

test('the body can be a stream, once', limit, async () => {
  const body = 'x'.repeat(300_000);
  await withApplication(
    answering(({ id }) => response({ id, body })),
    async (application) => {
      const client = new FastcgiClient(application.address);
      const answer = await client.request();
      let text = '';
      for await (const chunk of answer.body) text += chunk;
      assert.equal(text, body);
      assert.equal((await answer.completed).appStatus, 0);
      await assert.rejects(answer.text(), TypeError);
      const other = await client.request();
      assert.equal((await other.bytes()).length, body.length);
      assert.throws(() => other.body, TypeError);
      await client.close();
    },
  );
});

test('rules that could not work are UserErrors', () => {
  for (const wrong of [
    { pool: { maximum: 0 } },
    { params: { recordSize: 65_536 } },
    { body: { recordSize: 0 } },
    { body: { padding: () => 256 } },
    { multiplex: 0 },
    { timeouts: { idle: Number.NaN } },
    { retry: { attempts: 0 } },
  ]) {
    assert.throws(() => new FastcgiClient('127.0.0.1:1', wrong), UserError, JSON.stringify(wrong));
  }
  assert.ok(new FastcgiClient('127.0.0.1:1', { pool: { maximum: Number.POSITIVE_INFINITY } }));
});

test('a request that cannot be asked is a UserError or a RangeError, and nothing is sent', limit, async () => {
  assert.throws(() => new FastcgiClient('nowhere'), UserError);
  const client = new FastcgiClient('127.0.0.1:1');
  await assert.rejects(client.request({ uri: 'index.php' }), UserError);
  // What the types forbid and programs without types do.
  const untyped = client as unknown as { request(request: object): Promise<unknown> };
  await assert.rejects(untyped.request({ params: { A: 5 } }), TypeError);
  await assert.rejects(untyped.request({ body: 5 }), TypeError);
  await assert.rejects(untyped.request({ body: {} }), TypeError);
  assert.throws(
    () => client.exchange({ params: [['A', null]] as unknown as [string, string][] }, {} as never),
    TypeError,
  );
  assert.deepEqual(client.counts, { connections: 0, idle: 0, connecting: 0, requests: 0, waiting: 0 });
  await client.close();
  await assert.rejects(client.request(), (error: ClientError) => error.code === 'client-closed');
});
