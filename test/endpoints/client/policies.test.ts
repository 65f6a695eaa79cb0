// Client policies against what the web servers they imitate really sent, record by record, and what they do with
// connections and wrong answers.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
  type ClientError,
  type ClientRequest,
  FastcgiClient,
  haproxyMultiplexing,
  lighttpd2009,
  nginx,
  nginxKeepalive,
  nginxKeepConn,
  POLICIES,
  policyNamed,
} from '../../../src/endpoints/client/index.js';
import { endRequest, getValuesResult, record } from '../../../src/fastcgi/encode.js';
import { response, stdout } from '../../support/fastcgi-messages.js';
import { projectRoot } from '../../support/paths.js';
import { type ReadRecord, readPairs, streamOf } from '../../support/read-records.js';
import {
  answering,
  type ScriptedApplication,
  type ScriptedConnection,
  withApplication,
} from '../../support/scripted-application.js';
import { type RecordedRecord, recordings } from './recorded-fronts.js';

const limit = { timeout: 20_000 };
const FORM = 'application/x-www-form-urlencoded';
const ok = answering(({ id }) => response({ id, body: 'ok' }));

const shape = (records: readonly ReadRecord[]): RecordedRecord[] =>
  records.map(({ type, id, content, padding }) => [type, id, content.length, padding.length]);

/** Records of the n-th request on any connection, from 0. */
function requestRecords(application: ScriptedApplication, n: number): readonly ReadRecord[] {
  const all = application.connections.flatMap((connection) => connection.records.filter(({ type }) => type !== 9));
  const begins = all.flatMap((one, index) => (one.type === 1 ? [index] : []));
  return all.slice(begins[n], begins[n + 1]);
}

const paramsOf = (records: readonly ReadRecord[]) => readPairs(streamOf(records, 4, records[0].id));

for (const name of recordings('').map(({ policy }) => policy)) {
  test(`${name} sends what it was recorded to send`, limit, async () => {
    await withApplication(ok, async (application) => {
      const recording = recordings(application.address).find(({ policy }) => policy === name)!;
      const client = new FastcgiClient(application.address, { policy: policyNamed(name)! });
      const ask = async (change: Partial<ClientRequest>) =>
        (await client.request({ ...recording.request, ...change })).completed;
      const headers = recording.request.headers as Record<string, string>;
      const uri = String(recording.request.uri).replace('?q=1', '');

      await ask({});
      const get = requestRecords(application, 0);
      assert.deepEqual(paramsOf(get), recording.get);
      assert.equal(get[0].content[2], recording.flags);
      assert.deepEqual([...get[0].content.subarray(3)], [0, 0, 0, 0, 0]);
      assert.equal(get[0].content[1], 1);

      await ask({ uri, body: 'hello', headers: { ...headers, 'content-length': '5', 'content-type': FORM } });
      const post = requestRecords(application, 1);
      assert.deepEqual(paramsOf(post), recording.post);
      for (const [index, [type, id, length, padding]] of recording.postRecords.entries()) {
        const is = shape(post)[index];
        assert.deepEqual(is.slice(0, 2), [type, id]);
        if (length >= 0) assert.equal(is[2], length);
        assert.equal(is[3], padding >= 0 ? padding : -is[2] & 7);
      }
      assert.equal(post.length, recording.postRecords.length);

      await ask({ uri, body: 'x'.repeat(100_000), headers });
      assert.deepEqual(
        shape(requestRecords(application, 2)).filter(([type]) => type === 5),
        recording.bigStdin,
      );

      const many: [string, string][] = [
        ['x-foo', '1'],
        ['X-Foo', '2'],
        ['Cookie', 'a=1'],
        ['Cookie', 'b=2'],
        ['X_Under', '1'],
      ];
      await ask({ uri, headers: [...Object.entries(headers), ...many] });
      const added = paramsOf(requestRecords(application, 3)).filter(([key]) => /^HTTP_(X_|COOKIE)/.test(key));
      assert.deepEqual(added, recording.headers);

      if (recording.large !== 'not asked') {
        const large = Array.from({ length: 10 }, (_, i): [string, string] => [`X-Big${i}`, 'y'.repeat(7000)]);
        const asked = ask({ uri, headers: [...Object.entries(headers), ...large] });
        if (recording.large === 'refused') {
          await assert.rejects(asked, (error: ClientError) => error.code === 'params-too-large');
        } else {
          await asked;
          const cut = requestRecords(application, 4).filter(({ type, content }) => type === 4 && content.length > 0);
          assert.deepEqual(
            cut.slice(0, recording.large.length).map(({ content }) => content.length),
            recording.large,
          );
          for (const { content } of cut) readPairs(content);
        }
      }
      await client.close();
    });
  });
}

describe('connections', () => {
  /** Three requests one after the other under a policy; who sent the first FIN on each connection. */
  async function three(name: string) {
    const firsts: string[] = [];
    const script = async (connection: ScriptedConnection, number: number) => {
      connection.socket.once('end', () => {
        firsts[number - 1] ??= 'web-server';
      });
      await answering(({ id, flags }) => {
        if (!(flags & 1)) firsts[number - 1] ??= 'application';
        return response({ id, body: 'ok' });
      })(connection, number);
    };
    const result = { connections: 0, firsts, ids: [] as number[] };
    await withApplication(script, async (application) => {
      const client = new FastcgiClient(application.address, { policy: policyNamed(name)! });
      for (let i = 0; i < 3; i++) await (await client.request()).completed;
      result.connections = application.connections.length;
      if (client.counts.connections === 0) for (const connection of application.connections) await connection.end();
      result.ids = application.connections.flatMap((connection) => connection.of(1).map(({ id }) => id));
      await client.close();
    });
    return result;
  }

  test('nginx: a new one for each request, the application closes', limit, async () => {
    const { connections, firsts, ids } = await three('nginx');
    assert.equal(connections, 3);
    assert.deepEqual(firsts, ['application', 'application', 'application']);
    assert.deepEqual(ids, [1, 1, 1]);
  });

  test('nginx with keep_conn and no pool: a new one for each request, nginx closes', limit, async () => {
    const { connections, firsts } = await three('nginx-keep-conn');
    assert.equal(connections, 3);
    assert.deepEqual(firsts, ['web-server', 'web-server', 'web-server']);
  });

  test('nginx with a pool and Apache with enablereuse: one', limit, async () => {
    for (const name of ['nginx-keepalive', 'apache-reuse']) {
      const { connections, ids } = await three(name);
      assert.equal(connections, 1, name);
      assert.deepEqual(ids, [1, 1, 1]);
    }
  });

  test('lighttpd and Apache: a new one for each request', limit, async () => {
    for (const name of ['lighttpd', 'apache']) {
      const { connections, firsts } = await three(name);
      assert.equal(connections, 3, name);
      assert.deepEqual(firsts, ['application', 'application', 'application']);
    }
  });

  test('HAProxy: one, with ids that only grow, dropped with a reset', limit, async () => {
    const { connections, ids } = await three('haproxy');
    assert.equal(connections, 1);
    assert.deepEqual(ids, [1, 3, 5]);
    await withApplication(ok, async (application) => {
      const client = new FastcgiClient(application.address, { policy: policyNamed('haproxy')! });
      await (await client.request()).completed;
      await client.close();
      const [connection] = application.connections;
      await connection.end();
      assert.equal(connection.wasReset, true);
    });
  });

  test("nginx's pool keeps as many as it is told", limit, async () => {
    await withApplication(ok, async (application) => {
      const client = new FastcgiClient(application.address, { policy: nginxKeepalive(2) });
      const answers = await Promise.all(Array.from({ length: 6 }, () => client.request()));
      await Promise.all(answers.map((answer) => answer.completed));
      assert.equal(application.connections.length, 6);
      assert.equal(client.counts.idle, 2);
      await client.close();
    });
  });

  test('HAProxy with mpxs-conns: asks first on each connection, unpadded, then shares them', limit, async () => {
    await withApplication(undefined, async (application) => {
      const client = new FastcgiClient(application.address, { policy: haproxyMultiplexing(3) });
      const pending = Array.from({ length: 3 }, () => client.request());
      const connections: ScriptedConnection[] = [];
      for (let number = 1; number <= 3; number++) {
        const connection = await application.connection(number);
        connections.push(connection);
        const [question] = await connection.until((records) => records.length > 0);
        assert.deepEqual(shape([question]), [[9, 0, 32, 0]]);
        assert.deepEqual(readPairs(question.content), [
          ['FCGI_MAX_REQS', ''],
          ['FCGI_MPXS_CONNS', ''],
        ]);
      }
      connections[0].send(getValuesResult({ FCGI_MAX_REQS: '9', FCGI_MPXS_CONNS: '1' }));
      await connections[0].requests(3);
      assert.deepEqual(
        connections[0].of(1).map(({ id }) => id),
        [1, 3, 5],
      );
      for (const id of [5, 1, 3]) connections[0].send(response({ id, body: `${id}` }));
      const texts = await Promise.all(pending.map(async (answer) => (await answer).text()));
      assert.deepEqual(texts, ['1', '3', '5']);
      await client.destroy();
    });
  });
});

describe('wrong answers', () => {
  /** What a policy's client says to an answer: the body, or an error's code. */
  async function outcome(name: string, bytes: Uint8Array, close = false): Promise<string> {
    let said = '';
    await withApplication(
      async (connection) => {
        await connection.requests(1);
        if (close) connection.finish(bytes);
        else connection.send(bytes);
      },
      async (application) => {
        const client = new FastcgiClient(application.address, {
          policy: policyNamed(name)!,
          timeouts: { firstByte: 300, idle: 300 },
        });
        try {
          said = await (await client.request()).text();
        } catch (error) {
          said = (error as ClientError).code;
        }
        await client.destroy();
      },
    );
    return said;
  }
  const head = 'Content-Type: text/plain\r\n\r\n';
  const cut = stdout(`${head}half`);

  test('a response cut in its body looks complete to nginx without keep_conn, and to nobody else', limit, async () => {
    assert.equal(await outcome('nginx', cut, true), 'half');
    for (const name of ['nginx-keep-conn', 'nginx-keepalive', 'lighttpd', 'apache', 'haproxy']) {
      assert.equal(await outcome(name, cut, true), 'closed', name);
    }
  });

  test('STDOUT ended, no END_REQUEST, closed: complete for nginx without keep_conn and HAProxy', limit, async () => {
    const bytes = stdout(`${head}all`, { end: true });
    assert.equal(await outcome('nginx', bytes, true), 'all');
    assert.equal(await outcome('haproxy', bytes, true), 'all');
    assert.equal(await outcome('nginx-keepalive', bytes, true), 'closed');
    assert.equal(await outcome('lighttpd', bytes, true), 'closed');
  });

  test('STDOUT ended, no END_REQUEST, left open: nginx without keep_conn does not wait', limit, async () => {
    const bytes = stdout(`${head}all`, { end: true });
    assert.equal(await outcome('nginx', bytes), 'all');
    assert.equal(await outcome('nginx-keep-conn', bytes), 'idle-timeout');
  });

  test('another request id: nginx and Apache give up, lighttpd does not look, HAProxy waits', limit, async () => {
    const bytes = response({ id: 2, body: 'whose?' });
    assert.equal(await outcome('nginx', bytes), 'protocol-error');
    assert.equal(await outcome('apache', bytes), 'protocol-error');
    assert.equal(await outcome('lighttpd', bytes), 'whose?');
    assert.equal(await outcome('haproxy', bytes), 'first-byte-timeout');
  });

  test('types that do not belong there: nginx gives up, Apache at id 0, the others go on', limit, async () => {
    const unknown = Buffer.concat([record(99, 1, 'x'), response({ body: 'ok' })]);
    assert.equal(await outcome('nginx', unknown), 'protocol-error');
    for (const name of ['apache', 'lighttpd', 'haproxy']) assert.equal(await outcome(name, unknown), 'ok', name);
    const management = Buffer.concat([record(11, 0, new Uint8Array(8)), response({ body: 'ok' })]);
    assert.equal(await outcome('nginx', management), 'protocol-error');
    assert.equal(await outcome('apache', management), 'protocol-error');
    for (const name of ['lighttpd', 'haproxy']) assert.equal(await outcome(name, management), 'ok', name);
  });
});

test('lighttpd of 2009: while a long poll lives ids grow, and overflow to 0', limit, async () => {
  await withApplication(
    async (connection) => {
      const [begin] = await connection.requests(1);
      if (begin.id !== 65_534)
        connection.finish(stdout('A: b\r\n\r\nok', { id: begin.id || 1 }), endRequest(begin.id || 1));
    },
    async (application) => {
      const client = new FastcgiClient(application.address, { policy: lighttpd2009(65_533) });
      const poll = client.request({ uri: '/poll' });
      await (await application.connection(1)).requests(1);
      const ids: number[] = [];
      for (let number = 2; number <= 4; number++) {
        const answer = client.request();
        await (await answer).completed;
        ids.push(application.connections[number - 1].of(1)[0].id);
      }
      assert.deepEqual(ids, [65_535, 65_535, 65_535], 'one more than the poll, as long as only it lives');
      const second = client.request({ uri: '/poll' });
      const [, third] = [await application.connection(5), client.request()];
      await (await application.connection(6)).requests(1);
      assert.equal(application.connections[5].of(1)[0].id, 0);
      for (const pending of [poll, second, third]) pending.catch(() => {});
      await client.destroy();
    },
  );
});

test('every policy has facts and is in the documentation', () => {
  const text = readFileSync(join(projectRoot, 'docs', 'client.md'), 'utf8');
  for (const { name, summary, facts } of POLICIES) {
    assert.ok(text.includes(`\`${name}\``), `docs/client.md names ${name}`);
    assert.ok(facts.length > 0 && summary.length > 0);
    for (const { what, from } of facts) assert.ok(what.length > 0 && from.length > 0);
  }
  assert.equal(new Set(POLICIES.map(({ name }) => name)).size, POLICIES.length);
  assert.equal(policyNamed('squid'), undefined);
  assert.ok([nginx, nginxKeepConn].every((policy) => POLICIES.includes(policy)));
});
