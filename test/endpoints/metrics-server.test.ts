// The metrics server: what it serves, what it refuses, and what it says when it cannot listen.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { serveMetrics } from '../../src/endpoints/metrics-server.js';
import { UserError } from '../../src/model/errors.js';

const ANY = { host: '127.0.0.1', port: 0 };

test('metrics are at /metrics, in the format that is asked for', async () => {
  const accepts: (string | undefined)[] = [];
  const server = await serveMetrics(ANY, (accept) => {
    accepts.push(accept);
    return { type: 'text/plain; version=0.0.4', text: 'up 1\n' };
  });
  try {
    const answer = await fetch(`http://${server.address}/metrics?x=1`, { headers: { accept: 'text/special' } });
    assert.deepEqual(
      [answer.status, answer.headers.get('content-type'), await answer.text()],
      [200, 'text/plain; version=0.0.4', 'up 1\n'],
    );
    assert.deepEqual(accepts, ['text/special']);
    assert.equal((await fetch(`http://${server.address}/metrics`, { method: 'HEAD' })).status, 200);
    assert.equal((await fetch(`http://${server.address}/`)).status, 404);
    assert.equal((await fetch(`http://${server.address}/metrics`, { method: 'POST' })).status, 405);
  } finally {
    await server.close();
  }
});

test('nonsense and a scraper that goes away disturb nobody', async () => {
  const server = await serveMetrics(ANY, () => ({ type: 'text/plain', text: 'up 1\n' }));
  const port = Number(server.address.split(':')[1]);
  for (const text of ['\0\0\0\0\r\n\r\n', 'GET /metrics HTTP/1.1\r\nHost: x\r\n']) {
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.end(text));
      socket
        .resume()
        .on('error', () => {})
        .on('close', () => resolve());
    });
  }
  assert.equal(await (await fetch(`http://${server.address}/metrics`)).text(), 'up 1\n');
  await server.close();
});

test("a port in use, and an address of others, are the user's to mend", async () => {
  const server = await serveMetrics(ANY, () => ({ type: '', text: '' }));
  const port = Number(server.address.split(':')[1]);
  await assert.rejects(
    serveMetrics({ host: '127.0.0.1', port }, () => ({ type: '', text: '' })),
    (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /the port is in use/);
      return true;
    },
  );
  await assert.rejects(
    serveMetrics({ host: '192.0.2.1', port: 0 }, () => ({ type: '', text: '' })),
    /no address of this host/,
  );
  await server.close();
});
