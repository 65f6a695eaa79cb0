// Looking at a conversation and altering it: the trace of records, and the seam where faults are made.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ClientError, FastcgiClient, type TraceEvent } from '../../../src/endpoints/client/index.js';
import { concat, hex } from '../../support/bytes.js';
import { response, stderr } from '../../support/fastcgi-messages.js';
import { ManualClock } from '../../support/manual-clock.js';
import { readRecords } from '../../support/read-records.js';
import { answering, withApplication } from '../../support/scripted-application.js';

const limit = { timeout: 20_000 };

/** An event in one line. */
function line(event: TraceEvent): string {
  if (event.kind === 'record') {
    const { direction, type, requestId, content, paddingLength } = event;
    return `${direction} ${type} id ${requestId} ${type === 4 ? 'n' : content.length}+${type === 4 ? 'n' : paddingLength}`;
  }
  if (event.kind === 'undecodable') return `undecodable ${event.direction} ${event.version}`;
  return event.kind === 'closed' ? `closed by ${event.by}` : event.kind;
}

describe('the trace', () => {
  test('has every record with its time, and the connections', limit, async () => {
    const clock = new ManualClock(500);
    const events: TraceEvent[] = [];
    await withApplication(
      async (connection) => {
        await connection.requests(1);
        clock.advance(7);
        // Cut inside records: what is told is whole records.
        const bytes = concat(stderr('oops', { padding: () => 4 }), response({ body: 'x' }));
        connection.send(bytes.subarray(0, 11));
        await new Promise((resolve) => setTimeout(resolve, 20));
        connection.send(bytes.subarray(11));
        await connection.requests(2);
        connection.finish(response());
      },
      async (application) => {
        const client = new FastcgiClient(application.address, { clock, trace: (event) => events.push(event) });
        await (await client.request({ body: 'hello' })).completed;
        await (await client.request()).completed;
        await client.close();
      },
    );
    assert.deepEqual(events.map(line), [
      'connecting',
      'connected',
      'sent 1 id 1 8+0',
      'sent 4 id 1 n+n',
      'sent 4 id 1 n+n',
      'sent 5 id 1 5+3',
      'sent 5 id 1 0+0',
      'received 7 id 1 4+4',
      'received 6 id 1 43+5',
      'received 6 id 1 0+0',
      'received 3 id 1 8+0',
      'reused',
      'sent 1 id 1 8+0',
      'sent 4 id 1 n+n',
      'sent 4 id 1 n+n',
      'sent 5 id 1 0+0',
      'received 6 id 1 42+6',
      'received 6 id 1 0+0',
      'received 3 id 1 8+0',
      'closed by client',
    ]);
    const sent = events.find((event) => event.kind === 'record' && event.type === 5);
    assert.ok(sent?.kind === 'record' && Buffer.from(sent.content).toString() === 'hello');
    assert.equal(sent.time, 500);
    const received = events.find((event) => event.kind === 'record' && event.direction === 'received');
    assert.ok(received?.kind === 'record' && Buffer.from(received.content).toString() === 'oops');
    assert.equal(received.time, 507);
    assert.ok(events.every(({ connection }) => connection === 1));
  });

  test('tells who closed, and what is no record', limit, async () => {
    const events: TraceEvent[] = [];
    await withApplication(
      async (connection) => {
        await connection.requests(1);
        connection.finish('HTTP/1.1 400 Bad Request\r\n\r\n');
      },
      async (application) => {
        const client = new FastcgiClient(application.address, { trace: (event) => events.push(event) });
        await assert.rejects(client.request());
        await client.close();
      },
    );
    assert.deepEqual(events.map(line).slice(-2), ['undecodable received 72', 'closed by client']);
    const reset: TraceEvent[] = [];
    await withApplication(
      async (connection) => {
        await connection.requests(1);
        connection.reset();
      },
      async (application) => {
        const client = new FastcgiClient(application.address, { trace: (event) => reset.push(event) });
        await assert.rejects(client.request());
        await client.close();
      },
    );
    assert.equal(line(reset.at(-1)!), 'closed by reset');
  });
});

describe('faults', () => {
  test('drop, replace, multiply and alter records; the trace shows what really went out', limit, async () => {
    const seen: number[] = [];
    await withApplication(undefined, async (application) => {
      const traced: string[] = [];
      const client = new FastcgiClient(application.address, {
        trace: (event) => {
          if (event.kind === 'record') traced.push(line(event));
        },
        faults: {
          record: ({ type, requestId, bytes, content, index, paddingLength }, connection) => {
            assert.equal(connection, 1);
            assert.equal(requestId, 1);
            assert.equal(bytes.length, 8 + content.length + paddingLength);
            seen.push(index);
            if (type === 1) return Uint8Array.from(bytes, (byte, at) => (at === 11 - 0 ? 0x55 : byte)); // reserved
            if (type === 4 && content.length === 0) return [];
            if (type === 5 && content.length > 0) return [bytes, bytes];
            return undefined;
          },
        },
      });
      const pending = client.request({ body: 'abc' });
      const connection = await application.connection(1);
      await connection.requests(1);
      const { records } = readRecords(connection.bytes);
      assert.deepEqual(
        records.map(({ type, content }) => [type, type === 4 ? -1 : content.length]),
        [
          [1, 8],
          [4, -1],
          [5, 3],
          [5, 3],
          [5, 0],
        ],
      );
      assert.equal(records[0].content[3], 0x55);
      assert.deepEqual(seen, [0, 1, 2, 3, 4]);
      assert.deepEqual(traced.length, 5);
      connection.send(response({ body: 'fine' }));
      assert.equal(await (await pending).text(), 'fine');
      await client.close();
    });
  });

  test('alter the bytes of a write', limit, async () => {
    await withApplication(undefined, async (application) => {
      const client = new FastcgiClient(application.address, {
        faults: { bytes: (bytes) => [hex('ffff'), bytes.subarray(0, 5)] },
      });
      const pending = client.request();
      pending.catch(() => {});
      const connection = await application.connection(1);
      await connection.bytesArrived(7);
      assert.deepEqual([...connection.bytes], [255, 255, 1, 1, 0, 1, 0]);
      await client.destroy();
      await assert.rejects(pending, (error: ClientError) => error.code === 'client-closed');
    });
  });

  test('a wrong CONTENT_LENGTH and a body that stalls need no seam', limit, async () => {
    await withApplication(
      answering(({ id }) => response({ id })),
      async (application) => {
        const controller = new AbortController();
        const client = new FastcgiClient(application.address);
        const pending = client.request({
          contentLength: 100,
          signal: controller.signal,
          body: (async function* () {
            yield 'forty bytes of a hundred, then silence..';
            await new Promise(() => {});
          })(),
        });
        const connection = await application.connection(1);
        await connection.until((records) => records.some(({ type }) => type === 5));
        assert.equal(connection.of(5).length, 1);
        controller.abort();
        await assert.rejects(pending);
        await client.close();
      },
    );
  });
});
