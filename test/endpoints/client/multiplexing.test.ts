// Several requests on one connection, GET_VALUES, and what multiplexing must not do. On real sockets.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ClientError, FastcgiClient } from '../../../src/endpoints/client/index.js';
import { endRequest, getValuesResult, record, unknownType } from '../../../src/fastcgi/encode.js';
import { concat } from '../../support/bytes.js';
import { response, stdout } from '../../support/fastcgi-messages.js';
import { ManualClock } from '../../support/manual-clock.js';
import { readPairs } from '../../support/read-records.js';
import {
  answering,
  type ScriptedApplication,
  type ScriptedConnection,
  withApplication,
} from '../../support/scripted-application.js';

const limit = { timeout: 20_000 };
const MPXS = getValuesResult({ FCGI_MAX_CONNS: '1', FCGI_MAX_REQS: '50', FCGI_MPXS_CONNS: '1' });
const asked = (connection: ScriptedConnection) => connection.until((records) => records.some(({ type }) => type === 9));

describe('several requests on one connection', () => {
  test('item 34: are served in any order', limit, async () => {
    await withApplication(undefined, async (application) => {
      const client = new FastcgiClient(application.address, { multiplex: 10, pool: { maximum: 1 } });
      const pending = Array.from({ length: 25 }, (_, i) => client.request({ uri: `/?${i}` }));
      const connection = await application.connection(1);
      await connection.requests(10);
      assert.equal(connection.of(1).length, 10, 'no more at a time than the rules say');
      for (let served = 0; served < 25; served++) {
        await connection.requests(Math.min(25, served + 1));
        const open = connection
          .of(1)
          .slice(served)
          .map(({ id }) => id);
        assert.ok(
          open.every((id) => id >= 1 && id <= 11),
          'item 37: ids stay small',
        );
        const begin = connection.of(1)[served];
        connection.send(
          stdout('A: b\r\n\r\n', { id: begin.id }),
          stdout(`${served}`, { id: begin.id }),
          endRequest(begin.id),
        );
        await connection.requests(Math.min(25, served + 11));
      }
      const texts = await Promise.all(pending.map(async (answer) => (await answer).text()));
      assert.deepEqual(
        texts,
        Array.from({ length: 25 }, (_, i) => String(i)),
      );
      assert.equal(application.connections.length, 1);
      await client.close();
    });
  });

  test('item 34: the last one asked may be the first one answered, records interleaved', limit, async () => {
    await withApplication(undefined, async (application) => {
      const client = new FastcgiClient(application.address, { multiplex: 5, pool: { maximum: 1 } });
      const pending = Array.from({ length: 5 }, () => client.request());
      const connection = await application.connection(1);
      await connection.requests(5);
      const ids = connection.of(1).map(({ id }) => id);
      assert.deepEqual(ids, [1, 2, 3, 4, 5]);
      for (const id of ids) connection.send(stdout('A: b\r\n\r\n', { id }));
      for (let round = 0; round < 3; round++) for (const id of ids) connection.send(stdout(`${id}${round} `, { id }));
      for (const id of [...ids].reverse()) connection.send(endRequest(id, id));
      for (const [index, answer] of (await Promise.all(pending)).entries()) {
        const id = index + 1;
        assert.equal(await answer.text(), `${id}0 ${id}1 ${id}2 `);
        assert.equal(answer.appStatus, id);
      }
      await client.close();
    });
  });

  test('item 36: CANT_MPX_CONN sends the refused one elsewhere, and none is shared after it', limit, async () => {
    let application: ScriptedApplication | undefined;
    await withApplication(
      async (connection, number) => {
        if (number > 1) {
          await answering(({ id }) => response({ id, body: 'elsewhere' }))(connection, number);
          return;
        }
        await connection.requests(2);
        connection.send(endRequest(2, 0, 1));
        await (await application!.connection(2)).requests(1);
        connection.send(response({ id: 1, body: 'first' }));
      },
      async (started) => {
        application = started;
        const client = new FastcgiClient(started.address, { multiplex: 5, pool: { maximum: 2 } });
        const first = client.request();
        const connection = await started.connection(1);
        await connection.requests(1);
        const second = client.request({ method: 'POST', body: 'not safe to repeat, but it was refused' });
        const answer = await second;
        assert.equal(await answer.text(), 'elsewhere');
        assert.equal((await answer.completed).attempts, 2);
        assert.equal((await answer.completed).connection, 2);
        assert.equal(await (await first).text(), 'first');
        assert.equal(connection.of(1).length, 2);
        await client.close();
      },
    );
  });

  test('item 81: giving one up sends ABORT_REQUEST and waits; the others go on', limit, async () => {
    await withApplication(undefined, async (application) => {
      const client = new FastcgiClient(application.address, { multiplex: 5, pool: { maximum: 1 } });
      const controller = new AbortController();
      const given = client.request({ signal: controller.signal });
      const other = client.request();
      const connection = await application.connection(1);
      await connection.requests(2);
      controller.abort();
      await assert.rejects(given, (error: ClientError) => error.code === 'aborted');
      const records = await connection.until((all) => all.some(({ type }) => type === 2));
      assert.deepEqual(
        records.filter(({ type }) => type === 2).map(({ id, content }) => [id, content.length]),
        [[1, 0]],
      );
      const third = client.request();
      await connection.requests(3);
      assert.equal(connection.of(1)[2].id, 3, 'id 1 has not ended');
      connection.send(stdout('for nobody', { id: 1 }), response({ id: 2, body: 'two' }), endRequest(1));
      connection.send(response({ id: 3, body: 'three' }));
      assert.equal(await (await other).text(), 'two');
      assert.equal(await (await third).text(), 'three');
      assert.equal(application.connections.length, 1);
      await client.close();
    });
  });

  test('the end of the connection is the end of all of them', limit, async () => {
    await withApplication(undefined, async (application) => {
      const client = new FastcgiClient(application.address, { multiplex: 5, pool: { maximum: 1 } });
      const pending = [client.request(), client.request(), client.request()];
      const connection = await application.connection(1);
      await connection.requests(3);
      connection.finish(stdout('A', { id: 2 }));
      const outcomes = await Promise.allSettled(pending);
      assert.deepEqual(
        outcomes.map((outcome) => (outcome as PromiseRejectedResult).reason.phase),
        ['before-answer', 'in-head', 'before-answer'],
      );
      await client.close();
    });
  });

  test('item 39: an unread response stops its neighbours only past its buffer, or is given up', limit, async () => {
    for (const slowReader of ['pause', 'abort'] as const) {
      await withApplication(undefined, async (application) => {
        const client = new FastcgiClient(application.address, {
          multiplex: 5,
          slowReader,
          maxBuffered: 50_000,
          pool: { maximum: 1 },
        });
        const slow = client.request();
        const quick = client.request();
        const connection = await application.connection(1);
        await connection.requests(2);
        connection.send(stdout(`A: b\r\n\r\n${'x'.repeat(40_000)}`, { id: 1 }));
        const slowAnswer = await slow;
        connection.send(stdout('A: b\r\n\r\nwithin', { id: 2 }));
        const quickAnswer = await quick;
        const gone = slowReader === 'abort' ? assert.rejects(slowAnswer.completed, /not read/) : undefined;
        connection.send(stdout('y'.repeat(40_000), { id: 1 }), endRequest(2));
        if (slowReader === 'abort') {
          await gone;
          assert.equal(await quickAnswer.text(), 'within');
          assert.equal((await connection.until((all) => all.some(({ type }) => type === 2))).at(-1)?.id, 1);
        } else {
          const [text] = await Promise.all([slowAnswer.text(), (async () => connection.send(endRequest(1)))()]);
          assert.equal(text.length, 80_000);
          assert.equal(await quickAnswer.text(), 'within');
        }
        await client.destroy();
      });
    }
  });
});

describe('item 36, 46: learning whether to multiplex', () => {
  test('GET_VALUES once, padded, before the first request; then its answer is followed', limit, async () => {
    await withApplication(undefined, async (application) => {
      const client = new FastcgiClient(application.address, { multiplex: 'learn' });
      const pending = Array.from({ length: 8 }, () => client.request());
      const connection = await application.connection(1);
      const [question] = await asked(connection);
      assert.equal(question.id, 0);
      assert.deepEqual(readPairs(question.content), [
        ['FCGI_MAX_CONNS', ''],
        ['FCGI_MAX_REQS', ''],
        ['FCGI_MPXS_CONNS', ''],
      ]);
      assert.ok(question.padding.length >= 1);
      assert.equal(connection.records.length, 1, 'the requests wait for the answer');
      connection.send(MPXS);
      await connection.requests(8);
      for (let id = 1; id <= 8; id++) connection.send(response({ id, body: `${id}` }));
      const texts = await Promise.all(pending.map(async (answer) => (await answer).text()));
      assert.deepEqual(texts, ['1', '2', '3', '4', '5', '6', '7', '8']);
      assert.equal(connection.of(9).length, 1);
      assert.equal(application.connections.length, 1);
      assert.equal(client.values?.perConnection, 50);
      await client.close();
    });
  });

  const answers: [string, Uint8Array | undefined, number][] = [
    ['FCGI_MPXS_CONNS=0', getValuesResult({ FCGI_MPXS_CONNS: '0', FCGI_MAX_REQS: '50' }), 1],
    ['no values', getValuesResult({}), 1],
    ['unknown names', getValuesResult({ X: 'y' }), 1],
    ['UNKNOWN_TYPE', unknownType(9), 1],
    ['MPXS without MAX_REQS', getValuesResult({ FCGI_MPXS_CONNS: '1' }), 100],
    ['nonsense', getValuesResult({ FCGI_MPXS_CONNS: '1', FCGI_MAX_REQS: 'many' }), 1],
  ];
  for (const [what, bytes, perConnection] of answers) {
    test(`an answer with ${what}: ${perConnection} at a time`, limit, async () => {
      await withApplication(
        async (connection, number) => {
          if (number === 1) {
            await asked(connection);
            connection.send(bytes!);
          }
          await answering(({ id }) => response({ id, body: 'ok' }))(connection, number);
        },
        async (application) => {
          const client = new FastcgiClient(application.address, { multiplex: 'learn' });
          assert.equal(await (await client.request()).text(), 'ok');
          assert.equal(client.values?.perConnection, perConnection);
          assert.equal(application.connections.length, 1, 'the connection it asked on serves');
          await client.close();
        },
      );
    });
  }

  test('an application that never answers costs the time limit, and that connection', limit, async () => {
    const clock = new ManualClock();
    await withApplication(
      async (connection, number) => {
        if (number === 1) await asked(connection).then(() => clock.advance(1000));
        else await answering(({ id }) => response({ id, body: 'ok' }))(connection, number);
      },
      async (application) => {
        const client = new FastcgiClient(application.address, { multiplex: 'learn', clock });
        assert.equal(await (await client.request()).text(), 'ok');
        assert.equal(client.values?.outcome, 'timeout');
        assert.equal(application.connections.length, 2);
        await client.close();
      },
    );
  });

  test('one that closes on GET_VALUES is asked on another connection', limit, async () => {
    await withApplication(
      async (connection, number) => {
        if (number === 1) await asked(connection).then(() => connection.finish());
        else await answering(({ id }) => response({ id, body: 'ok' }))(connection, number);
      },
      async (application) => {
        const client = new FastcgiClient(application.address, { multiplex: 'learn' });
        assert.equal(await (await client.request()).text(), 'ok');
        assert.equal(client.values?.outcome, 'closed');
        await client.close();
      },
    );
  });
});

describe('getValues', () => {
  test('tells what came; an idle connection is used and kept', limit, async () => {
    await withApplication(
      async (connection) => {
        await connection.requests(1);
        connection.send(response({ body: 'x' }));
        await asked(connection);
        connection.send(getValuesResult({ FCGI_MAX_CONNS: '9', OTHER: 'é' }), record(10, 0));
      },
      async (application) => {
        const problems: string[] = [];
        const client = new FastcgiClient(application.address, { onProblem: ({ code }) => problems.push(code) });
        await (await client.request()).text();
        const answer = await client.getValues(['FCGI_MAX_CONNS', 'FCGI_MAX_CONNS', 'MORE']);
        assert.equal(answer.outcome, 'answered');
        assert.deepEqual(
          [...answer.values],
          [
            ['FCGI_MAX_CONNS', '9'],
            ['OTHER', 'é'],
          ],
        );
        const [question] = application.connections[0].of(9);
        assert.deepEqual(
          readPairs(question.content).map(([name]) => name),
          ['FCGI_MAX_CONNS', 'MORE'],
          'no name twice',
        );
        assert.equal(application.connections.length, 1);
        assert.equal(client.counts.idle, 1);
        await client.close();
      },
    );
  });

  test('fails only where there is no connection', limit, async () => {
    const client = new FastcgiClient('unix:/nowhere.sock');
    await assert.rejects(client.getValues(), (error: ClientError) => error.code === 'connect-failed');
    await client.close();
  });
});

test('while values are asked on a connection, requests go elsewhere', limit, async () => {
  await withApplication(
    async (connection, number) => {
      if (number === 1) await asked(connection);
      await answering(({ id }) => response({ id, body: `${number}` }))(connection, number);
    },
    async (application) => {
      const client = new FastcgiClient(application.address, { multiplex: 4, timeouts: { getValues: 0 } });
      const values = client.getValues();
      await asked(await application.connection(1));
      assert.equal(await (await client.request()).text(), '2');
      application.connections[0].send(getValuesResult({ X: 'y' }));
      assert.equal((await values).values.get('X'), 'y');
      await client.close();
    },
  );
});

test('a policy that asks first uses a connection when it is answered', limit, async () => {
  await withApplication(
    async (connection) => {
      await asked(connection);
      assert.equal(connection.records.length, 1);
      connection.send(MPXS);
      await connection.requests(2);
      connection.send(concat(response({ id: 2, body: '2' }), response({ id: 1, body: '1' })));
    },
    async (application) => {
      const client = new FastcgiClient(application.address, { askFirst: true, multiplex: 2, pool: { maximum: 1 } });
      const [a, b] = await Promise.all([client.request(), client.request()]);
      assert.deepEqual([await a.text(), await b.text()], ['1', '2']);
      await client.close();
    },
  );
});
